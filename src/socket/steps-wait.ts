import { after, type Deadline, NEVER, remaining } from '../engine/deadline.js'
import { timeoutError } from '../support/errors.js'
import { type WaitOptions, waitOptions } from './settings.js'

/** The timeout and the signal of one method over the several calls that it makes. */
export class StepsWait {
  readonly #syscall: string
  readonly #deadline: Deadline
  readonly #signal: AbortSignal | undefined

  /** @param syscall - the name of the method, for the error of its deadline. */
  constructor(syscall: string, options: WaitOptions | undefined) {
    const { timeout = 0, signal } = waitOptions(options)
    this.#syscall = syscall
    this.#deadline = after(timeout)
    this.#signal = signal
  }

  /**
   * Returns the options of the next call: what is left of the time.
   * @throws TimeoutError when nothing is.
   */
  next(): WaitOptions {
    const left = remaining(this.#deadline)
    if (left === 0) throw timeoutError(this.#syscall)
    return { timeout: left === NEVER ? 0 : left, signal: this.#signal }
  }
}
