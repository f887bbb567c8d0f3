// What calls ask of an AbortSignal, by the language's own accessors and methods: properties that code has put on a signal are never read.

/** Whatever the class has at load: it is asked for once, so that nothing that replaces it later has a say. */
const { aborted, reason } = Object.getOwnPropertyDescriptors(AbortSignal.prototype)
const { addEventListener, removeEventListener } = EventTarget.prototype

/** Whether a value is an AbortSignal: the getter of the class throws for any other object. */
export function isAbortSignal(value: unknown): value is AbortSignal {
  try {
    aborted.get?.call(value)
    return value instanceof AbortSignal
  } catch {
    return false
  }
}

/** Whether a signal is there, and was aborted. */
export function isAborted(signal: AbortSignal | undefined): signal is AbortSignal {
  return signal !== undefined && aborted.get?.call(signal) === true
}

/** What a signal was aborted with. */
export function reasonOf(signal: AbortSignal): unknown {
  return reason.get?.call(signal)
}

/**
 * The calls that one signal ends. They share one listener, which is there as long as one of them is: with a listener for each call Node
 * would warn of a leak from the eleventh on, and a call would cost more. While there is a listener, Node keeps signals of
 * `AbortSignal.timeout()` and `AbortSignal.any()` from being collected.
 */
class Listeners {
  readonly #signal: AbortSignal
  readonly #callbacks = new Set<() => void>()

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  add(callback: () => void): void {
    if (this.#callbacks.size === 0) addEventListener.call(this.#signal, 'abort', this.#onAbort)
    this.#callbacks.add(callback)
  }

  delete(callback: () => void): void {
    if (!this.#callbacks.delete(callback) || this.#callbacks.size > 0) return
    removeEventListener.call(this.#signal, 'abort', this.#onAbort)
  }

  /** Ends the calls in the order in which they were made. One that ends because another does is not called any more. */
  readonly #onAbort = (): void => {
    // An event of that name that a program dispatched aborts nothing.
    if (!isAborted(this.#signal)) return
    removeEventListener.call(this.#signal, 'abort', this.#onAbort)
    for (const callback of this.#callbacks) callback()
  }
}

/** They stay with their signal: the next call that waits with it is likely. */
const bySignal = new WeakMap<AbortSignal, Listeners>()

/** Calls `callback` when the signal is aborted, unless {@link ignoreAbort} comes before. A signal that is aborted already calls nothing. */
export function listenForAbort(signal: AbortSignal, callback: () => void): void {
  let listeners = bySignal.get(signal)
  if (listeners === undefined) {
    listeners = new Listeners(signal)
    bySignal.set(signal, listeners)
  }
  listeners.add(callback)
}

/** Takes a callback back. */
export function ignoreAbort(signal: AbortSignal, callback: () => void): void {
  bySignal.get(signal)?.delete(callback)
}
