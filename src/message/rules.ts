import { AF_UNIX, MSG_DONTWAIT, MSG_ERRQUEUE } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import type { Handle } from '../descriptor/handle.js'
import { lookAhead } from '../descriptor/receiving.js'
import { native } from '../native/sockets.js'
import { type ErrorContext, givenFdContext, systemError } from '../support/errors.js'
import { takeReceived, untruncated } from '../support/receive-buffer.js'
import { passedFds, passesFds } from './cmsghdr.js'
import { listOf } from './cmsghdrs.js'
import { addressOf, bytesOf, controlOf, type MsgHdr, roomsOf } from './msghdr.js'

/** Whether a receive is from the error queue. Its notes may have no data, so that 0 bytes are not the end there. */
export function isErrorQueue(flags: number | undefined): boolean {
  return flags !== undefined && (flags & MSG_ERRQUEUE) !== 0
}

/**
 * Whether a receive of `count` bytes was the end of the data. A seqpacket may be empty: as long as the peer has not shut down its side,
 * or when more follows, 0 bytes are an empty record. Only an empty record right before the end cannot be distinguished from it.
 */
export function isEof(handle: Handle, count: number): boolean {
  const { fd: owned, kind } = handle
  if (count > 0 || !kind.zeroMeansEof) return false
  if (!kind.preservesBoundaries) return true
  const fd = owned.number('recv')
  let events: number
  do events = native.poll(fd, sys.POLLRDHUP, 0)
  while (events === -sys.EINTR)
  // If poll(2) cannot tell, it is not taken for the end: the next receive will be.
  if (events < 0 || (events & sys.POLLRDHUP) === 0) return false
  return lookAhead(handle, fd, MSG_DONTWAIT) <= 0
}

/**
 * Whether 0 bytes in a message mean the end of the data. Not when there was no room for any, nor in a seqpacket that came with control
 * messages, which is an empty record. A stream has no empty messages, yet may deliver credentials along with its end.
 */
export function isMessageEof(handle: Handle, header: MsgHdr, flags: number): boolean {
  const { kind } = handle
  if (isErrorQueue(flags) || !kind.zeroMeansEof || roomsOf(header).every((room) => room.length === 0)) return false
  return !kind.preservesBoundaries || (listOf(controlOf(header)).length === 0 && isEof(handle, 0))
}

/** Takes what was received into the scratch memory: `null` for the end of the data. */
export function takeData(handle: Handle, syscall: string, count: number, room: number, flags: number): Buffer | null {
  if (!isErrorQueue(flags) && isEof(handle, count)) return null
  return takeReceived(untruncated(syscall, count, room, flags), room)
}

/**
 * Refuses descriptors that the kernel would drop without an error, as it does on sockets of any other family.
 * @throws EBADF, EOPNOTSUPP.
 */
export function requireRightsSupport({ fd, kind }: Handle, syscall: string): void {
  fd.use(syscall)
  if (kind.family !== AF_UNIX) throw systemError(sys.EOPNOTSUPP, syscall)
}

/** Names the descriptor of a message that cannot be passed. */
export function rightsContext(msg: MsgHdr, errno?: number): ErrorContext {
  return errno === sys.EBADF ? givenFdContext(listOf(controlOf(msg)).flatMap(passedFds), errno) : {}
}

/**
 * Refuses a message whose descriptors would be lost without an error: on a socket of another family, or on a stream without data.
 * @throws EOPNOTSUPP, EINVAL.
 */
export function checkRights(handle: Handle, msg: MsgHdr): void {
  const ai = addressOf(msg)
  if (ai && !handle.kind.checksFamily) handle.kind.requireFamily(ai, 'sendmsg')
  if (!listOf(controlOf(msg)).some(passesFds)) return
  requireRightsSupport(handle, 'sendmsg')
  if (!handle.kind.preservesBoundaries && bytesOf(msg) === 0)
    throw systemError(sys.EINVAL, 'sendmsg', { detail: 'descriptors on a stream need at least one byte of data' })
}
