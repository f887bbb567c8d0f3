import { monitorEventLoopDelay } from 'node:perf_hooks'

/** How long an operation took, and how long the event loop stood still meanwhile, in milliseconds. */
export interface Delays {
  readonly took: number
  readonly worst: number
  /** What all but one of a hundred turns kept to: one turn may be late for reasons of the machine. */
  readonly p99: number
}

const RESOLUTION_MS = 2
const NS_PER_MS = 1e6

/** Watches the event loop while something runs. */
export async function delaysDuring(act: () => Promise<unknown>): Promise<Delays> {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delays.enable()
  // What ran before the first turn is no delay of the operation.
  await new Promise((resolve) => setTimeout(resolve, 2 * RESOLUTION_MS))
  delays.reset()
  const start = performance.now()
  await act()
  const took = performance.now() - start
  delays.disable()
  return { took, worst: delays.max / NS_PER_MS, p99: delays.percentile(99) / NS_PER_MS }
}
