import type { AnyPending } from './pending.js'

/** Operations that wait for their turn: first come, first served, and any of them may leave. */
export class Turns {
  readonly #waiting = new Set<AnyPending>()
  /** Gives the first one. It is kept, because a new iterator would pass over everything that was ever removed. */
  readonly #order = this.#waiting.values()

  get size(): number {
    return this.#waiting.size
  }

  /** Those that wait, in their order. */
  list(): AnyPending[] {
    return [...this.#waiting]
  }

  add(pending: AnyPending): void {
    this.#waiting.add(pending)
  }

  delete(pending: AnyPending): void {
    this.#waiting.delete(pending)
  }

  /** Removes the first one and returns it; there has to be one. */
  take(): AnyPending {
    // Not at its end: there is one, and each that was given before was removed.
    const first = this.#order.next().value as AnyPending
    this.#waiting.delete(first)
    return first
  }
}
