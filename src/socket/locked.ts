/** Runs a verb under the lock of its direction: see {@link Socket}. */
export const locked = Symbol('berkeley.locked')

/** A class whose verbs can run under a lock. */
export interface Lockable {
  [locked]<T>(verb: () => Promise<T>): Promise<T>
}

/**
 * Gives a class the locked form of verbs that it has: `recvsync` for `recv`, and so on. They wait for their turn, first come,
 * first served, where the plain ones are refused with EALREADY; waiting for the turn counts against the deadline.
 */
export function defineLocked(target: { prototype: Lockable }, verbs: readonly string[]): void {
  const prototype = target.prototype as unknown as Record<string, unknown>
  for (const verb of verbs) {
    const name = `${verb}sync`
    const method = function (
      this: Lockable & Record<string, (...args: unknown[]) => Promise<unknown>>,
      ...args: unknown[]
    ) {
      return this[locked](() => (this[verb] as (...args: unknown[]) => Promise<unknown>)(...args))
    }
    Object.defineProperty(method, 'name', { value: name })
    Object.defineProperty(prototype, name, { value: method, writable: true, configurable: true })
  }
}
