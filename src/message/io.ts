import { addressFrom } from '../address/addrinfo.js'
import { peekFlags } from '../descriptor/receiving.js'
import { native, registers } from '../native/sockets.js'
import { invalidType } from '../support/validate.js'
import { MsgHdr } from './msghdr.js'

/** Memory for the address and the control messages of one call, which are copied out right after it. */
const nameRoom = Buffer.alloc(native.limits.sockaddr_max)
let controlRoom = Buffer.alloc(0)

function controlOf(bytes: number): Buffer {
  if (controlRoom.length < bytes) controlRoom = Buffer.alloc(bytes)
  return controlRoom.subarray(0, bytes)
}

/** Checks that an argument is a {@link MsgHdr}. */
export function messageHeader(msg: unknown): MsgHdr {
  if (!(msg instanceof MsgHdr)) throw invalidType('msg', 'an instance of MsgHdr', msg)
  return msg
}

/** One sendmsg(2): the count, or `-errno`. */
export function sendMessage(fd: number, msg: MsgHdr, flags: number): number {
  return native.sendmsg(fd, msg.outgoing(), flags, msg.name()?.sockaddr, msg.control().encode())
}

/** One recvmsg(2) into the message: the count, or `-errno`. Control messages that it had before are closed and removed. */
export function receiveMessage(fd: number, msg: MsgHdr, flags: number): number {
  const cmsgs = msg.control()
  const control = controlOf(cmsgs.reserve())
  const count = native.recvmsg(fd, msg.incoming(), peekFlags(fd, flags), nameRoom, control)
  if (count < 0) return count
  // Read by index, because destructuring iterates; and all of them now, because the next call of the addon overwrites them.
  const nameLength = registers[0] as number
  const controlLength = registers[1] as number
  const messageFlags = registers[2] as number
  msg.received(count, addressFrom(nameRoom, nameLength), messageFlags)
  cmsgs.decode(control, controlLength)
  return count
}
