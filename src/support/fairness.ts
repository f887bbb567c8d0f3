/**
 * Cooperative budget: after so many completions in a row without a wait the event loop turns once, so that one busy socket cannot starve
 * the others.
 */
export const COOP_BUDGET = 64
