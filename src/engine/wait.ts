import { type Deadline, NEVER } from './deadline.js'

/** Called right before each wait, with the milliseconds left (Infinity without a deadline); false ends the operation with ECANCELED, an exception ends it with that. */
export type WaitHook = (remainingMs: number) => unknown

/** How long an operation may wait, and who may end it. */
export interface Patience {
  /** When it is over. */
  readonly deadline: Deadline
  /** Ends it from outside. */
  readonly signal?: AbortSignal | undefined
  /** Is asked before each wait. */
  readonly hook?: WaitHook | undefined
}

/** For ever, and nobody. */
export const PATIENT: Patience = { deadline: NEVER }
