/**
 * How many results may be delivered in a row without a wait. After that the event loop turns once, so that one busy socket cannot starve
 * the others.
 */
export const COOP_BUDGET = 64
