import { sys } from '../constants/lookup.js'
import { native } from '../native/sockets.js'

/** What a call returns that would have to wait. */
export const AGAIN: unique symbol = Symbol('AGAIN')

/** The type of {@link AGAIN}. */
export type Again = typeof AGAIN

const wouldBlock = new Set([-sys.EAGAIN, -sys.EWOULDBLOCK, -sys.EINPROGRESS, -sys.EALREADY])

function isNonblocking(fd: number): boolean {
  const flags = native.fcntl(fd, sys.F_GETFL, 0)
  return flags >= 0 && (flags & sys.O_NONBLOCK) !== 0
}

/**
 * Makes one system call and says what it answered: a count, {@link AGAIN}, or `-errno` of a failure. An interrupted call is
 * made again on a non-blocking socket; on a blocking one the caller learns of the signal as AGAIN.
 */
export function attempt(fd: number, call: (fd: number) => number): number | Again {
  for (;;) {
    const result = call(fd)
    if (result >= 0) return result
    if (wouldBlock.has(result)) return AGAIN
    if (result !== -sys.EINTR) return result
    if (!isNonblocking(fd)) return AGAIN
  }
}
