import type { AsyncResource } from 'node:async_hooks'
import type { X509Certificate } from 'node:crypto'
import type { Found, Verify } from './config.js'
import { TlsError } from './errors.js'

/** What the user's `verify` has answered; an error if it threw, or answered something else. */
export type Answer = boolean | undefined | TlsError

/** The error of a peer that `verify` has refused. */
export function refusedByVerify(host: string | undefined, cause?: unknown): TlsError {
  const context = cause === undefined ? { host } : { host, cause }
  return new TlsError('ERR_TLS_VERIFY', 'handshake', 'the verify function refused the peer', context)
}

function answerOf(value: unknown): Answer {
  if (value === undefined || typeof value === 'boolean') return value
  if (value instanceof TlsError) return value
  const cause = value instanceof Error ? value : new TypeError('verify must answer true, false or undefined')
  return refusedByVerify(undefined, cause)
}

/** The question to the user's `verify`, which may take its time. */
export class Question {
  readonly #creation: AsyncResource | undefined
  /** Whether the answer is still to come. */
  isPending = false

  /** @param creation - the asynchronous context of the connection, in which the question is asked. */
  constructor(creation: AsyncResource | undefined) {
    this.#creation = creation
  }

  /**
   * Asks. Neither the question nor the answer comes within the call: the user's code must not run while a call uses memory and state that
   * a call on any other socket would use as well.
   * @param about - the arguments of the function; undefined to leave the peer to what was found.
   * @param done - called with the answer.
   */
  ask(
    verify: Verify,
    about: () => readonly [X509Certificate, Found] | undefined,
    done: (answer: Answer) => void,
  ): void {
    this.isPending = true
    const call = async (): Promise<Answer> => {
      await null
      try {
        const args = about()
        return args && answerOf(await verify(...args))
      } catch (error) {
        return error instanceof TlsError ? error : refusedByVerify(undefined, error)
      }
    }
    void (this.#creation?.runInAsyncScope(call) ?? call()).then((answer) => {
      this.isPending = false
      done(answer)
    })
  }
}
