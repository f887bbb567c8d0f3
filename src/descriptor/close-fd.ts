import { SO_LINGER, SOL_SOCKET } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { native, registers } from '../native/sockets.js'
import { check, fdContext } from '../support/errors.js'

/** Whether close(2) would wait for unsent data, which it does even on a non-blocking socket. */
export function lingers(fd: number): boolean {
  const known = native.getsockopt(fd, SOL_SOCKET, SO_LINGER, native.kinds.linger) >= 0
  const [enabled = 0, seconds = 0] = registers
  return known && enabled !== 0 && seconds > 0
}

/** close(2). The number is free whatever it returns, so EINTR is not a failure. See close(2), "Dealing with error returns". */
export function closeFd(fd: number): void {
  const result = native.close(fd)
  if (result !== -sys.EINTR) check(result, 'close', () => fdContext(fd))
}

/**
 * close(2) on libuv's thread pool, for a socket that lingers. Node's own fs.close() would warn in a worker about every descriptor that
 * Node did not open.
 */
export async function closeOnPool(fd: number): Promise<void> {
  const result = await new Promise<number>((closed) => {
    // Without memory for the work of another thread, this thread has to wait.
    if (native.closeAsync(closed, fd) < 0) closed(native.close(fd))
  })
  if (result !== -sys.EINTR) check(result, 'close', () => fdContext(fd))
}

/** Closes a descriptor whose errors have no receiver. When close(2) would wait, another thread does. */
export function closeDetached(fd: number): void {
  if (lingers(fd)) closeOnPool(fd).catch(() => undefined)
  else native.close(fd)
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
