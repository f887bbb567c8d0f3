import { type AddrInfo, addressFrom } from '../address/addrinfo.js'
import { native, registers } from '../native/sockets.js'
import { invalidType } from '../support/validate.js'
import { MsgHdr } from './msghdr.js'

/** Where the kernel puts an address or control messages before they are copied out; nobody keeps a view of it. */
const nameRoom = Buffer.alloc(native.limits.sockaddr_max)
let controlRoom = Buffer.alloc(0)

function controlOf(bytes: number): Buffer {
  if (controlRoom.length < bytes) controlRoom = Buffer.alloc(bytes)
  return controlRoom.subarray(0, bytes)
}

/** Checks an argument that is to be a message. */
export function messageHeader(msg: unknown): MsgHdr {
  if (!(msg instanceof MsgHdr)) throw invalidType('msg', 'an instance of MsgHdr', msg)
  return msg
}

/** One sendmsg(2): the count, or `-errno`. */
export function sendMessage(fd: number, msg: MsgHdr, flags: number): number {
  return native.sendmsg(fd, msg.outgoing(), flags, msg.name()?.sockaddr, msg.control().encode())
}

/** One recvmsg(2) into the message: the count, or `-errno`. Control messages of before are dropped. */
export function receiveMessage(fd: number, msg: MsgHdr, flags: number): number {
  const cmsgs = msg.control()
  const control = controlOf(cmsgs.reserve())
  const count = native.recvmsg(fd, msg.incoming(), flags, nameRoom, control)
  if (count < 0) return count
  // By index, because an array that is taken apart is iterated; and all of them before another call of the addon, which uses them too.
  const nameLength = registers[0] as number
  const controlLength = registers[1] as number
  const messageFlags = registers[2] as number
  msg.received(count, addressIn(nameLength), messageFlags)
  cmsgs.decode(control, controlLength)
  return count
}

/** The address in our own room. */
function addressIn(length: number): AddrInfo | null {
  return addressFrom(nameRoom, length)
}

/** Where the sender's address is put. */
export interface Sender {
  /** `null` where there is none. */
  address: AddrInfo | null
}

/** One recvfrom(2): the count, or `-errno`, and the sender in `from.address`. */
export function receiveFrom(
  fd: number,
  into: Uint8Array,
  offset: number,
  length: number,
  flags: number,
  from: Sender,
): number {
  const count = native.recvfrom(fd, into, offset, length, flags, nameRoom)
  if (count >= 0) from.address = addressIn(registers[0] ?? 0)
  return count
}
