import type { Operation } from '../engine/operation.js'
import { isolate } from '../support/record.js'
import type { TlsSession } from './session.js'

/** A step of a session that moves no data of the user's, as an operation of the engine. */
export class SessionOperation<T> implements Operation<T> {
  /** TLS reads in order to write, and the other way round. */
  readonly wakeOnEither = true
  /** The name of the step. */
  readonly syscall: string
  /** Whether it goes on by itself, and no call waits for it. */
  readonly isBackground: boolean
  readonly #session: TlsSession
  readonly #attempt: (fd: number) => number
  readonly #finish: (() => T) | undefined

  /** @param finish - makes the result. */
  constructor(
    syscall: string,
    session: TlsSession,
    attempt: (fd: number) => number,
    isBackground = false,
    finish?: () => T,
  ) {
    this.syscall = syscall
    this.isBackground = isBackground
    this.#session = session
    this.#attempt = attempt
    this.#finish = finish
  }

  /** Only records that have not left wait for room. */
  get needsRoom(): boolean {
    return this.#session.pendingBytes > 0
  }

  /** Takes the step, as far as it can be taken now. */
  attempt(fd: number): number {
    return this.#attempt(fd)
  }

  /** Makes the result. */
  finish(): T {
    return this.#finish?.() as T
  }
}

isolate(SessionOperation)
