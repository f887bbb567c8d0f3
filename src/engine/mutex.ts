import { abortError, timeoutError } from '../support/errors.js'
import { NEVER, remaining } from './deadline.js'
import type { Patience } from './wait.js'

/** Somebody who waits for the lock. */
interface Waiter {
  readonly enter: () => void
  readonly leave: (error: Error) => void
}

/**
 * A lock for one direction of one socket: first come, first served. It is handed over, never set free while somebody waits,
 * so that nobody can slip in between.
 */
export class Mutex {
  #held = false
  readonly #queue: Waiter[] = []

  /**
   * Runs `body` under the lock; it is released however the body ends.
   * @throws TimeoutError or AbortError when the wait for the lock takes longer than the caller's patience.
   */
  async run<T>(syscall: string, patience: Patience, body: () => Promise<T>): Promise<T> {
    if (this.#held) await this.#enter(syscall, patience)
    this.#held = true
    try {
      return await body()
    } finally {
      this.#pass()
    }
  }

  /** Ends every wait for the lock. Whoever holds it keeps it until its body ends. */
  cancel(makeError: () => Error): void {
    for (const waiter of this.#queue.splice(0)) waiter.leave(makeError())
  }

  #pass(): void {
    const next = this.#queue.shift()
    if (next) next.enter()
    else this.#held = false
  }

  #enter(syscall: string, { deadline, signal }: Patience): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
      }
      const waiter: Waiter = {
        enter: () => {
          settle()
          resolve()
        },
        leave: (error) => {
          settle()
          reject(error)
        },
      }
      const giveUp = (error: Error): void => {
        this.#queue.splice(this.#queue.indexOf(waiter), 1)
        waiter.leave(error)
      }
      const onAbort = (): void => giveUp(abortError(signal?.reason))
      const expire = (): void => giveUp(timeoutError(syscall))
      // Whoever holds the lock keeps the process alive, if it should live.
      const timer = deadline === NEVER ? undefined : setTimeout(expire, remaining(deadline)).unref()
      signal?.addEventListener('abort', onAbort)
      this.#queue.push(waiter)
    })
  }
}
