/** Descriptors that are open, and were not before. */
import { setImmediate as turn } from 'node:timers/promises'
import { openFds } from '../../util/index.js'

/** What libuv and the reactor open when they are first used, and keep. */
const MACHINERY = /^anon_inode:/

/** Closing is often a matter of the next turns of the loop. */
const GRACE_MS = 10_000

function opened(before: ReadonlyMap<number, string>): string[] {
  return [...openFds()]
    .filter(([fd, target]) => before.get(fd) !== target && !MACHINERY.test(target))
    .map(([fd, target]) => `${fd} (${target})`)
}

/** What was opened while something ran, and is still open when it is over. */
export async function leftOpen(act: () => Promise<void>): Promise<string[]> {
  const before = openFds()
  await act()
  const end = performance.now() + GRACE_MS
  for (;;) {
    const left = opened(before)
    if (left.length === 0 || performance.now() > end) return left
    await turn()
  }
}
