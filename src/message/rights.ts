import type { AddrInfo } from '../address/addrinfo.js'
import { MSG_CTRUNC, SCM_RIGHTS, SOL_SOCKET } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { untrack } from '../descriptor/owned-fd.js'
import { native, registers } from '../native/sockets.js'
import { check, systemError } from '../support/errors.js'
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

/** A control message with room for one descriptor, and the number that goes there. */
const oneNumber = new Int32Array(1)
const numberBytes = Buffer.from(oneNumber.buffer)
const oneRight = Buffer.alloc(native.cmsgSpace(numberBytes.length))
const payload = [PAYLOAD]
const payloadRooms = [payloadRoom]

/** One sendmsg(2) that passes a descriptor: the count of data bytes, or `-errno`. */
export function sendDescriptor(fd: number, passed: number, to: AddrInfo | undefined, flags: number): number {
  oneNumber[0] = passed
  check(native.cmsgPut(oneRight, 0, SOL_SOCKET, SCM_RIGHTS, numberBytes), 'cmsg')
  return native.sendmsg(fd, payload, flags, to?.sockaddr, oneRight)
}

/** The descriptor of a control buffer that holds one, and nothing else; -1 for any other, which has to be looked at piece by piece. */
function onlyDescriptor(length: number): number {
  const next = native.cmsgAt(controlRoom, length, 0)
  const start = registers[2] as number
  const isRight = registers[0] === SOL_SOCKET && registers[1] === SCM_RIGHTS && registers[3] === numberBytes.length
  if (next <= 0 || !isRight) return -1
  if (native.cmsgAt(controlRoom, length, next) > 0) return -1
  controlRoom.copy(numberBytes, 0, start, start + numberBytes.length)
  return oneNumber[0] as number
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
  const count = native.recvmsg(fd, payloadRooms, flags, undefined, controlRoom)
  if (count < 0) return count
  const controlLength = registers[1] as number
  const truncated = ((registers[2] as number) & MSG_CTRUNC) !== 0
  into.fd = truncated ? -1 : onlyDescriptor(controlLength)
  if (into.fd < 0) return severalOrNone(count, controlLength, truncated, zeroIsEnd, into)
  untrack(into.fd)
  return count
}

/** What came beside a descriptor, or in its place. All of it is owned before any of it is judged. */
function severalOrNone(
  count: number,
  controlLength: number,
  truncated: boolean,
  zeroIsEnd: boolean,
  into: ReceivedDescriptor,
): number {
  const cmsgs = new CmsgHdrs()
  cmsgs.decode(controlRoom, controlLength)
  const rights = [...cmsgs].filter((cmsg) => cmsg.isRights())
  const arrived = rights.reduce((sum, cmsg) => sum + cmsg.fds().length, 0)
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
