/** Descriptors that are open, and were not before. */
import { setImmediate as turn } from 'node:timers/promises'
import { openedSince, openFds } from '../../test/util/index.js'

/** Closing is often a matter of the next turns of the loop. */
const GRACE_MS = 10_000

/** What was opened while something ran, and is still open when it is over. */
export async function leftOpen(act: () => Promise<void>): Promise<string[]> {
  const before = openFds()
  await act()
  const end = performance.now() + GRACE_MS
  for (;;) {
    const left = openedSince(before)
    if (left.length === 0 || performance.now() > end) return left
    await turn()
  }
}
