import { abortError, timeoutError } from '../support/errors.js'
import { NEVER, remaining } from './deadline.js'
import type { Wait } from './wait.js'

/** A call that waits for the lock. */
interface Waiter {
  readonly enter: () => void
  readonly leave: (error: Error) => void
}

/**
 * A fair lock for one direction of one socket: first come, first served. It is handed over to the next call that waits and never
 * released in between, so that no other call can overtake it.
 */
export class Mutex {
  #held = false
  readonly #queue: Waiter[] = []

  /**
   * Runs `body` under the lock, which is released however the body ends.
   * @throws TimeoutError or AbortError when the deadline passes, or the signal is aborted, before the lock is free.
   */
  async run<T>(syscall: string, wait: Wait, body: () => Promise<T>): Promise<T> {
    if (this.#held) await this.#enter(syscall, wait)
    this.#held = true
    try {
      return await body()
    } finally {
      this.#pass()
    }
  }

  /** Ends every wait for the lock. The call that has it keeps it until its body ends. */
  cancel(makeError: () => Error): void {
    for (const waiter of this.#queue.splice(0)) waiter.leave(makeError())
  }

  #pass(): void {
    const next = this.#queue.shift()
    if (next) next.enter()
    else this.#held = false
  }

  #enter(syscall: string, { deadline, signal }: Wait): Promise<void> {
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
      // The call that has the lock keeps the process alive, if it is to stay alive.
      const timer = deadline === NEVER ? undefined : setTimeout(expire, remaining(deadline)).unref()
      signal?.addEventListener('abort', onAbort)
      this.#queue.push(waiter)
    })
  }
}
