// Goes through the steps, and tells of each how it ended.
import { setTimeout as pause } from 'node:timers/promises'
import { count, seconds } from './figures.js'
import { openSockets } from './leftovers.js'
import type { Screen } from './screen.js'
import type { Step } from './step.js'
import { Mismatch, same } from './verify.js'

/** No step takes a tenth of this. One that does hangs. */
const STEP_MS = 25_000

/** node:net closes its sockets in later turns of the event loop. */
const CLOSING_MS = 1000

function report(error: unknown, screen: Screen): void {
  if (error instanceof Mismatch) return screen.failed(error.what, error.expected, error.actual)
  const { message, code, stack } = error as NodeJS.ErrnoException
  screen.failed('something failed that should not', 'no error', message)
  // Errors of the system say it all; of any other the place matters.
  if (code === undefined) for (const line of stack?.split('\n').slice(1) ?? []) screen.line(line.trim())
}

async function inTime(work: Promise<string>, milliseconds: number): Promise<string> {
  const timer = new AbortController()
  const late = pause(milliseconds, undefined, { signal: timer.signal }).then(() => {
    throw new Mismatch('the time that the step takes', `less than ${seconds(milliseconds)}`, 'no end')
  })
  late.catch(() => {}) // It is not awaited once the work is done.
  return Promise.race([work, late]).finally(() => timer.abort())
}

/** Whether it was verified. */
async function take(number: number, step: Step, screen: Screen, milliseconds: number): Promise<boolean> {
  screen.heading(number, step.title)
  try {
    screen.done(await inTime(step.run(screen), milliseconds))
    return true
  } catch (error) {
    report(error, screen)
    return false
  }
}

async function leavesNothing(before: number): Promise<void> {
  const end = performance.now() + CLOSING_MS
  while (openSockets() !== before && performance.now() < end) await pause(5)
  same('sockets that are still open', openSockets() - before, 0)
}

/** Takes the steps in their order and returns the exit status: 0 only when every one of them was verified. */
export async function takeSteps(steps: ReadonlyMap<number, Step>, screen: Screen, stepMs = STEP_MS): Promise<number> {
  const begin = performance.now()
  const before = openSockets()
  const failed: string[] = []
  for (const [number, step] of steps)
    if (!(await take(number, step, screen, stepMs))) failed.push(`${number} (${step.title})`)
  const took = seconds(performance.now() - begin)

  if (failed.length > 0) {
    screen.summary(false, `Not verified: ${failed.join(', ')}. ${took}.`)
    return 1
  }
  try {
    await leavesNothing(before)
  } catch (error) {
    report(error, screen)
    return 1
  }
  screen.summary(true, `Verified ${count(steps.size, 'step')} in ${took}. No socket was left open.`)
  return 0
}
