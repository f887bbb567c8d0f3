import { sys } from '../constants/lookup.js'
import { native } from '../native/sockets.js'
import { check, fdContext, systemError } from '../support/errors.js'

/** Checks what close(2) returned. The number is free whatever that is, so EINTR is not a failure. See close(2), "Dealing with error returns". */
export function checkClosed(result: number, fd: number): void {
  if (result !== -sys.EINTR) check(result, 'close', () => fdContext(fd))
}

/**
 * close(2), which waits if the socket lingers, even if it is non-blocking.
 * @throws EBADF, without a call, for an object whose number belongs to another file by now.
 */
export function closeFd(fd: number): void {
  if (fd < 0) throw systemError(sys.EBADF, 'close', fdContext(fd))
  checkClosed(native.close(fd), fd)
}

/**
 * Closes without waiting, and throws what close(2) reported. If the socket lingers, another thread makes the call, and its answer is not
 * known; where there can be no thread, it does not linger.
 */
export function closeWithoutWaiting(fd: number): void {
  if (native.lingers(fd) === 0) closeFd(fd)
  else if (native.closeOnThread(fd) < 0) checkClosed(native.closeAtOnce(fd), fd)
}

/** The same for a descriptor whose errors have no receiver. */
export function closeDetached(fd: number): void {
  try {
    closeWithoutWaiting(fd)
  } catch {
    // It is closed in any case.
  }
}

/** What can be closed. */
interface Closeable {
  /** Closes it. */
  close(): void
}

/** Closes all of them, whatever the others report, and then throws the first failure. */
export function closeAll(all: Iterable<Closeable>): void {
  const failures: unknown[] = []
  for (const one of all)
    try {
      one.close()
    } catch (error) {
      failures.push(error)
    }
  if (failures.length > 0) throw failures[0]
}
