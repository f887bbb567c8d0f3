import { type Deadline, NEVER } from './deadline.js'

/**
 * Called right before each wait, with the milliseconds left (Infinity without a deadline). Returning false ends the operation with
 * ECANCELED, an exception ends it with that error.
 */
export type WaitHook = (remainingMs: number) => unknown

/** How long an operation may wait, and what may end it before. All of it is there, so that nothing of it is inherited. */
export interface Wait {
  /** When it times out. */
  readonly deadline: Deadline
  /** Aborts it from outside. */
  readonly signal: AbortSignal | undefined
  /** Is asked before each wait. */
  readonly onWait: WaitHook | undefined
  /** The owner of the call, which may end it: see `Direction.abandon`. */
  readonly owner?: object | undefined
}

/** No deadline, no signal, no hook: the wait of most calls. */
export const WAIT_FOREVER: Wait = { deadline: NEVER, signal: undefined, onWait: undefined }
