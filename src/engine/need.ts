import type { AGAIN_NOW, HOLD } from './operation.js'

/** What an operation waits for: readiness, time, another thread, a promise, or only the next turn of the event loop. */
export const WAIT: unique symbol = Symbol('wait')
export const PAUSE: unique symbol = Symbol('pause')
export const OFFLOAD: unique symbol = Symbol('offload')
export const NEXT_TURN: unique symbol = Symbol('next turn')
/** What an operation waits for. */
export type Step = typeof WAIT | typeof PAUSE | typeof OFFLOAD | typeof NEXT_TURN | typeof HOLD

/** What one call may need besides: another call, after a transient error. */
export const RETRY: unique symbol = Symbol('retry')
/** What one call may need. */
export type Need = Step | typeof RETRY | typeof AGAIN_NOW

/** Needs are symbols beside the values of operations, of which none is a symbol: an object around each value would be an allocation. */
export function isNeed(outcome: unknown): outcome is Need {
  return typeof outcome === 'symbol'
}
