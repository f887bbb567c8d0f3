// What the package waits by, taken when it is loaded. Test runners replace these functions while a test controls its time: sockets go on by
// real time then, as those of Node do. `npm run lint` checks that no other module takes them elsewhere.
import * as timers from 'node:timers'

/** Those of the module and not of the global object: test runners with a global object of their own replace those of that alone. */
export const { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, clearImmediate } = timers

/** The function of the global object when the package was loaded. */
export const queueMicrotask: (callback: () => void) => void = globalThis.queueMicrotask

/** Returns milliseconds on the monotonic clock. */
export const now: () => number = performance.now.bind(performance)

/** Returns milliseconds since 1970, for comparing with dates. */
export const wallClock: () => number = Date.now.bind(Date)

/** The function of `process` when the package was loaded. */
export const nextTick: (callback: () => void) => void = process.nextTick.bind(process)

const nanoseconds: () => bigint = process.hrtime.bigint.bind(process.hrtime)

/** Returns whole microseconds of CLOCK_MONOTONIC, which other processes share. */
export const monotonicMicroseconds = (): bigint => nanoseconds() / 1000n
