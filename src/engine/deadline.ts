import { now } from '../support/globals.js'
import { atLeast, integer } from '../support/validate.js'

/** A point of time on the monotonic clock, in milliseconds; `NEVER` when there is no deadline. */
export type Deadline = number

/** No deadline. */
export const NEVER: Deadline = Number.POSITIVE_INFINITY

/** Milliseconds that a deadline may be away: what fits into 32 bits with a sign, some 24 days. */
export const LONGEST_MS = 0x7fffffff

/** The deadline of a budget that starts now; 0 milliseconds stand for no deadline. */
export function after(milliseconds: number): Deadline {
  return milliseconds === 0 ? NEVER : now() + milliseconds
}

/** Milliseconds left, rounded up, so that a wait never ends too early; 0 when it is over, Infinity for `NEVER`. */
export function remaining(deadline: Deadline): number {
  return deadline === NEVER ? NEVER : Math.max(0, Math.ceil(deadline - now()))
}

/** A budget in milliseconds as callers give it: whole or not, 0 for none. */
export function budget(name: string, value: unknown): number {
  return atLeast(name, value, 0, LONGEST_MS)
}

/** A budget in whole milliseconds, as the reference asks for that of a connection; 0 for none. */
export function wholeBudget(name: string, value: unknown): number {
  return integer(name, value, 0, LONGEST_MS)
}
