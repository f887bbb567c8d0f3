import { setTimeout as pause } from 'node:timers/promises'

/** How many times slower this machine may be than those that the tests' times are meant for. */
const FACTOR = Number(process.env['BERKELEY_PATIENCE']) || 1

/** How long anything in a test may take before the test gives up on it. */
export const PATIENCE_MS = 10_000 * FACTOR

/** The patience of a test that names its own. */
export const patient = (milliseconds: number): number => milliseconds * FACTOR

/** Rejects with `what` when the promise takes longer than the tests' patience, or that many milliseconds. The timer goes with the answer. */
export async function within<T>(promise: Promise<T>, what: string, patience?: number): Promise<T> {
  const milliseconds = patience === undefined ? PATIENCE_MS : patient(patience)
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error(`${what} did not happen within ${milliseconds} ms`)), milliseconds)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Lets the event loop turn until `holds` is true. For state that is not announced by an event, such as /proc or the
 * garbage collector's work; whatever has an event is to be waited for by that.
 */
export async function eventually(holds: () => boolean, what: string, patience?: number): Promise<void> {
  const milliseconds = patience === undefined ? PATIENCE_MS : patient(patience)
  const end = performance.now() + milliseconds
  while (!holds()) {
    if (performance.now() > end) throw new Error(`${what} did not happen within ${milliseconds} ms`)
    await pause(2)
  }
}

/** Whether a promise is still pending after the event loop has turned twenty times, with whatever events there are. */
export async function isPending(promise: Promise<unknown>): Promise<boolean> {
  let pending = true
  const settled = (): void => {
    pending = false
  }
  promise.then(settled, settled)
  for (let i = 0; i < 20; i++) await new Promise((turn) => setImmediate(turn))
  return pending
}
