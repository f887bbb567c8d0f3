import type { AddrInfo } from '../address.js'
import { MSG_CTRUNC, sys } from '../constants.js'
import { systemError } from '../errors.js'
import { native, registers } from '../native.js'
import { CmsgHdr } from './cmsghdr.js'
import { CmsgHdrs } from './cmsghdrs.js'

/** A stream drops descriptors that come without data, so one byte goes along (unix(7)). */
const PAYLOAD = Buffer.alloc(1)

/**
 * Room for one descriptor behind all else that a socket may have been told to deliver: credentials, a security label, a
 * pidfd. They come first, and would take the room of a descriptor that has only its own. So more than one may fit: they
 * are counted, and never lost unseen.
 */
const controlRoom = Buffer.alloc(512)
const payloadRoom = Buffer.alloc(1)

/** One sendmsg(2) that passes a descriptor: the count of data bytes, or `-errno`. */
export function sendDescriptor(fd: number, passed: number, to: AddrInfo | undefined, flags: number): number {
  const cmsgs = new CmsgHdrs()
  cmsgs.push(CmsgHdr.rights(passed))
  return native.sendmsg(fd, [PAYLOAD], flags, to?.sockaddr, cmsgs.encode())
}

/** What {@link receiveDescriptor} found. */
export interface ReceivedDescriptor {
  /** -1 when the peer has closed. */
  fd: number
}

/**
 * One recvmsg(2) that asks for exactly one descriptor: `-errno`, or the count of data bytes with the descriptor in `into`.
 * @throws EMFILE when the kernel could not install it, EMSGSIZE when there were more than one (all are closed), ENOMSG when
 *   there was none. In each case the message is consumed.
 */
export function receiveDescriptor(fd: number, flags: number, zeroIsEnd: boolean, into: ReceivedDescriptor): number {
  const count = native.recvmsg(fd, [payloadRoom], flags, undefined, controlRoom)
  if (count < 0) return count
  const [, controlLength = 0, messageFlags = 0] = registers
  const cmsgs = new CmsgHdrs()
  cmsgs.decode(controlRoom, controlLength)
  const rights = [...cmsgs].filter((cmsg) => cmsg.isRights())
  const arrived = rights.reduce((sum, cmsg) => sum + cmsg.fds().length, 0)
  const truncated = (messageFlags & MSG_CTRUNC) !== 0
  const isOne = arrived === 1 && !truncated
  if (isOne) [into.fd = -1] = rights.flatMap((cmsg) => cmsg.take())
  cmsgs.clear()
  if (isOne || (arrived === 0 && !truncated && count === 0 && zeroIsEnd)) return count
  throw refusal(arrived > 0, truncated)
}

function refusal(arrived: boolean, truncated: boolean): Error {
  if (arrived)
    return systemError(sys.EMSGSIZE, 'recvfd', { detail: 'more than one descriptor in the message; all are closed' })
  if (truncated) return systemError(sys.EMFILE, 'recvfd', { detail: 'the descriptor is lost: no free number for it' })
  return systemError(sys.ENOMSG, 'recvfd', { detail: 'the message had no descriptor' })
}
