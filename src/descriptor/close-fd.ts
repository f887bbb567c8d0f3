import { SO_LINGER, SOL_SOCKET } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { native, registers } from '../native/sockets.js'
import { check } from '../support/errors.js'

/** Whether close(2) would wait for unsent data, which it does even on a non-blocking socket. */
export function lingers(fd: number): boolean {
  const known = native.getsockopt(fd, SOL_SOCKET, SO_LINGER, native.kinds.linger) >= 0
  const [enabled = 0, seconds = 0] = registers
  return known && enabled !== 0 && seconds > 0
}

/** close(2). The number is gone whatever it says; EINTR is therefore no failure. See close(2), "Dealing with error returns". */
export function closeFd(fd: number): void {
  const result = native.close(fd)
  if (result !== -sys.EINTR) check(result, 'close')
}

/**
 * The same on libuv's pool, for a close that waits. Not by Node's own fs.close(), which in a worker warns of every descriptor
 * that Node did not open.
 */
export async function closeFdInPool(fd: number): Promise<void> {
  const result = await new Promise<number>((closed) => {
    // Without memory for a thread's work, this thread has to wait.
    if (native.closeAsync(closed, fd) < 0) closed(native.close(fd))
  })
  if (result !== -sys.EINTR) check(result, 'close')
}

/** Closes what nobody asks for any more, nor what close(2) says of it. Where it would wait, another thread does. */
export function closeUnheard(fd: number): void {
  if (lingers(fd)) closeFdInPool(fd).catch(() => undefined)
  else native.close(fd)
}

/** What can be closed. */
interface Closeable {
  /** Closes it. */
  close(): void
}

/** Closes every one, whatever the others say; then throws what the first failure was. */
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
