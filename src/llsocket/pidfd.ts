import { untrack } from '../descriptor/owned-fd.js'
import { native } from '../native/sockets.js'
import { check, fdContext } from '../support/errors.js'
import * as validate from '../support/validate.js'

/** What the kernel has just made belongs to the caller; an object that had that number has lost it. */
function given(fd: number): number {
  untrack(fd)
  return fd
}

/**
 * Opens a descriptor of a process, which polls readable once the process has ended. It belongs to the caller, and is close-on-exec.
 * @param pid - the process id.
 * @returns the descriptor.
 * @throws ESRCH when there is no such process, EMFILE, … See pidfd_open(2).
 */
export function pidfd_open(pid: number): number {
  const number = validate.integer('pid', pid, 1)
  return given(check(native.pidfdOpen(number), 'pidfd_open', { detail: `pid ${number}` }))
}

/**
 * Duplicates a descriptor of another process. It belongs to the caller, and is close-on-exec; the other process keeps its own. For a
 * socket see the `wrap()` functions.
 * @param pidfd - a descriptor of the process: of {@link pidfd_open}, `peerpidfd()`, or a received message.
 * @param fd - the number in that process.
 * @returns the number of the duplicate in this process.
 * @throws EBADF when either is not open; EPERM without the permission to trace the process (CAP_SYS_PTRACE); ESRCH when it has ended. See
 *   pidfd_getfd(2).
 */
export function pidfd_getfd(pidfd: number, fd: number): number {
  const process = validate.descriptor('pidfd', pidfd)
  const number = validate.descriptor('fd', fd)
  return given(check(native.pidfdGetfd(process, number), 'pidfd_getfd', fdContext(number)))
}
