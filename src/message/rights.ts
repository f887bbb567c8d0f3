import { MSG_CTRUNC } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { evict } from '../descriptor/owned-fd.js'
import { behindRegisters, native, registers } from '../native/sockets.js'
import { systemError } from '../support/errors.js'
import { CmsgHdrs, decodeControl } from './cmsghdrs.js'

/** One sendmsg(2) that passes a descriptor: the count of data bytes, or `-errno`. */
export function sendDescriptor(fd: number, passed: number, sockaddr: Uint8Array | undefined, flags: number): number {
  return native.sendDescriptor(fd, passed, flags, sockaddr)
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
  const count = native.recvDescriptor(fd, flags)
  if (count < 0) return count
  into.fd = registers[3] as number
  if (into.fd >= 0) {
    evict(into.fd)
    return count
  }
  const isTruncated = ((registers[2] as number) & MSG_CTRUNC) !== 0
  into.fd = descriptorAmong(registers[1] as number, isTruncated, count === 0 && zeroMeansEof)
  return count
}

/**
 * The one descriptor among other control messages; -1 at the end of a stream. Everything that arrived gets an owner first, so that
 * nothing stays open when this throws.
 */
function descriptorAmong(controlLength: number, isTruncated: boolean, isEnd: boolean): number {
  const cmsgs = new CmsgHdrs()
  decodeControl(cmsgs, behindRegisters.data, controlLength)
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
