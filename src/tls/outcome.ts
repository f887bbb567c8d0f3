import type { AsyncResource } from 'node:async_hooks'
import { queueMicrotask } from '../support/globals.js'
import { trimStack } from '../support/stack.js'

/**
 * How a handshake came out, and what a session failed by. A failure is the answer of every later call. One that came while no call was under
 * way has the stack of the first call that tells it.
 */
export class Outcome {
  /** What the session has failed by. */
  failure: Error | undefined
  /** Called when the handshake needs no care any more: it is done, has failed, or the session is closed. */
  onSettled: (() => void) | undefined
  /** Called, once, with what the handshake has failed by: in a microtask, because it is code of the user. */
  onFailed: ((error: Error) => void) | undefined
  readonly #creation: AsyncResource | undefined
  #isUntold = false

  /** @param creation - the asynchronous context in which `onFailed` is called. */
  constructor(creation: AsyncResource | undefined) {
    this.#creation = creation
  }

  /** Keeps the error of a call, and returns it; the first one counts. */
  fail(error: Error, isOfHandshake: boolean): Error {
    if (this.failure !== undefined) return error
    this.failure = error
    const { onFailed } = this
    if (isOfHandshake && onFailed) {
      const tell = this.#creation?.bind(onFailed) ?? onFailed
      queueMicrotask(() => tell(error))
    }
    this.settle()
    return error
  }

  /** Marks the failure as one that no call has told. */
  markUntold(): void {
    this.#isUntold = true
  }

  /** The handshake is over. */
  settle(): void {
    this.onSettled?.()
    this.onSettled = undefined
    this.onFailed = undefined
  }

  /** Throws the failure, if there is one. */
  throwFailure(): void {
    if (this.failure === undefined) return
    if (this.#isUntold) trimStack(this.failure)
    this.#isUntold = false
    throw this.failure
  }
}
