import { addressFrom } from '../address/addrinfo.js'
import { peekFlags } from '../descriptor/receiving.js'
import { native, registers } from '../native/sockets.js'
import { invalidType } from '../support/validate.js'
import { decodeControl, encodeControl, listOf, roomOf } from './cmsghdrs.js'
import { controlOf, isMsgHdr, type MsgHdr, piecesOf, recordReceived, roomsOf, sockaddrOf } from './msghdr.js'

/** Memory for the address and the control messages of one call, which are copied out right after it. */
const nameRoom = Buffer.alloc(native.limits.sockaddr_max)
let controlRoom = Buffer.alloc(0)

function controlRoomOf(bytes: number): Buffer {
  if (controlRoom.length < bytes) controlRoom = Buffer.alloc(bytes)
  return controlRoom.subarray(0, bytes)
}

/** Checks that an argument is a {@link MsgHdr}. */
export function messageHeader(msg: unknown): MsgHdr {
  if (!isMsgHdr(msg)) throw invalidType('msg', 'an instance of MsgHdr', msg)
  return msg
}

/**
 * What one sendmsg(2) sends of a message. It is laid out before the number of the descriptor is taken: reading an address may run code of
 * the user, who may close the socket, and other code may have the number then.
 */
export interface OutgoingMessage {
  /** Its elements. */
  readonly pieces: Buffer[]
  /** Where to. */
  readonly sockaddr: Uint8Array | undefined
  /** Its control messages. */
  readonly control: Buffer | undefined
}

/** Lays out a message to be sent. */
export function outgoing(msg: MsgHdr): OutgoingMessage {
  return { pieces: piecesOf(msg), sockaddr: sockaddrOf(msg), control: encodeControl(listOf(controlOf(msg))) }
}

/** One sendmsg(2): the count, or `-errno`. */
export function sendMessage(fd: number, { pieces, sockaddr, control }: OutgoingMessage, flags: number): number {
  return native.sendmsg(fd, pieces, flags, sockaddr, control)
}

/** The memory that one recvmsg(2) receives into, laid out as that of a message to be sent. */
export interface IncomingMessage {
  /** The message. */
  readonly msg: MsgHdr
  /** The memory of its elements. */
  readonly rooms: Buffer[]
  /** Memory for control messages. */
  readonly control: Buffer
}

/** Lays out the memory of a message to receive into. */
export function incoming(msg: MsgHdr): IncomingMessage {
  return { msg, rooms: roomsOf(msg), control: controlRoomOf(roomOf(controlOf(msg))) }
}

/** One recvmsg(2) into the message: the count, or `-errno`. Control messages that it had before are closed and removed. */
export function receiveMessage(fd: number, { msg, rooms, control }: IncomingMessage, flags: number): number {
  const count = native.recvmsg(fd, rooms, peekFlags(fd, flags), nameRoom, control)
  if (count < 0) return count
  // Read by index, because destructuring iterates; and all of them now, because the next call of the addon overwrites them.
  const nameLength = registers[0] as number
  const controlLength = registers[1] as number
  const messageFlags = registers[2] as number
  recordReceived(msg, count, addressFrom(nameRoom, nameLength), messageFlags)
  decodeControl(controlOf(msg), control, controlLength)
  return count
}
