/** Runs a method under the lock of its direction. */
export const locked: unique symbol = Symbol('berkeley.locked')

/** A class whose methods can run under a lock. */
export interface Lockable {
  [locked]<T>(method: () => Promise<T>): Promise<T>
}

type Method = (this: Lockable, ...args: unknown[]) => Promise<unknown>

/**
 * Defines the locked form of methods of a class: `recvsync` for `recv`, and so on. It waits for its turn, first come, first served, where
 * the plain one is refused with EALREADY; the time that it waits counts against the deadline.
 */
export function defineLocked(target: { readonly prototype: Lockable }, names: readonly string[]): void {
  for (const name of names) {
    const method = function (this: Lockable & Record<string, Method>, ...args: unknown[]): Promise<unknown> {
      return this[locked](() => (this[name] as Method)(...args))
    }
    Object.defineProperty(method, 'name', { value: `${name}sync` })
    Object.defineProperty(target.prototype, `${name}sync`, { value: method, writable: true, configurable: true })
  }
}
