/** What sends the data that is gathered in this thread, once there may be any. */
let flush: (() => void) | undefined

/** Says what sends the data that is gathered in this thread. */
export function gatheredDataIsSentBy(send: () => void): void {
  flush = send
}

/**
 * Sends what is gathered. To be called before anything else is done with a descriptor: sent, set, connected, shut down, closed, or passed to
 * others, so that all comes in the order of the calls; and before a call that may stop the thread until a peer has got it.
 */
export function flushGatheredData(): void {
  flush?.()
}
