import { MSG_CTRUNC, SCM_RIGHTS, SOL_SOCKET } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { untrack } from '../descriptor/owned-fd.js'
import { native, registers } from '../native/sockets.js'
import { check, systemError } from '../support/errors.js'
import { CmsgHdrs, decodeControl } from './cmsghdrs.js'

/** The data that goes with a descriptor: a stream drops descriptors that come without any (unix(7)). */
const payloadToSend = Buffer.alloc(1)
const payloadReceived = Buffer.alloc(1)

/**
 * Memory for one descriptor behind all other control messages that a socket may deliver: credentials, a security label, a pidfd. These
 * come first, and would take the room of a descriptor that has only its own. So more than one descriptor may fit: they are counted, and
 * never lost.
 */
const controlRoom = Buffer.alloc(512)

/** A control message with one descriptor, and the memory of its number. */
const oneNumber = new Int32Array(1)
const numberBytes = Buffer.from(oneNumber.buffer)
const oneRight = Buffer.alloc(native.cmsgSpace(numberBytes.length))

/** One sendmsg(2) that passes a descriptor: the count of data bytes, or `-errno`. */
export function sendDescriptor(fd: number, passed: number, sockaddr: Uint8Array | undefined, flags: number): number {
  oneNumber[0] = passed
  check(native.cmsgPut(oneRight, 0, SOL_SOCKET, SCM_RIGHTS, numberBytes), 'cmsg')
  return native.sendmsg(fd, payloadToSend, flags, sockaddr, oneRight)
}

/** An object that keeps a received descriptor: the operation itself, so that a receive allocates no further one. */
export interface ReceivedDescriptor {
  /** -1 when the peer has closed. */
  fd: number
}

/**
 * One recvmsg(2) that expects exactly one descriptor: the count of data bytes, or `-errno`; sets `into.fd`.
 * @param zeroMeansEof - whether a message without data and descriptors means that the peer has closed.
 * @throws EMFILE when the kernel could not install it, EMSGSIZE when there were several (all are closed), ENOMSG when there
 *   was none. In each case the message is consumed.
 */
export function receiveDescriptor(fd: number, flags: number, zeroMeansEof: boolean, into: ReceivedDescriptor): number {
  const count = native.recvmsg(fd, payloadReceived, flags, undefined, controlRoom)
  if (count < 0) return count
  const controlLength = registers[1] as number
  const isTruncated = ((registers[2] as number) & MSG_CTRUNC) !== 0
  into.fd = isTruncated ? -1 : (registers[3] as number)
  if (into.fd < 0) into.fd = descriptorAmong(controlLength, isTruncated, count === 0 && zeroMeansEof)
  else untrack(into.fd)
  return count
}

/**
 * The one descriptor among other control messages; -1 at the end of a stream. Everything that arrived gets an owner first, so that
 * nothing stays open when this throws.
 */
function descriptorAmong(controlLength: number, isTruncated: boolean, isEnd: boolean): number {
  const cmsgs = new CmsgHdrs()
  decodeControl(cmsgs, controlRoom, controlLength)
  const rights = [...cmsgs].filter((cmsg) => cmsg.isRights())
  const arrived = rights.reduce((sum, cmsg) => sum + cmsg.fds().length, 0)
  const isOne = arrived === 1 && !isTruncated
  const [fd = -1] = isOne ? rights.flatMap((cmsg) => cmsg.take()) : []
  cmsgs.clear()
  if (isOne || (arrived === 0 && !isTruncated && isEnd)) return fd
  throw refusal(arrived > 0, isTruncated)
}

function refusal(arrived: boolean, isTruncated: boolean): Error {
  if (arrived)
    return systemError(sys.EMSGSIZE, 'recvfd', { detail: 'more than one descriptor in the message; all are closed' })
  if (isTruncated) return systemError(sys.EMFILE, 'recvfd', { detail: 'the descriptor is lost: no free number for it' })
  return systemError(sys.ENOMSG, 'recvfd', { detail: 'the message had no descriptor' })
}
