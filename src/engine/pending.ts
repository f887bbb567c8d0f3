import { ignoreAbort } from '../support/abort-signal.js'
import { clearImmediate, clearTimeout, setImmediate, setTimeout } from '../support/globals.js'
import type { Deadline } from './deadline.js'
import type { Operation } from './operation.js'
import type { KeepAlive } from './poller.js'
import type { Wait } from './wait.js'

let resolvePromise: (value: unknown) => void
let rejectPromise: (error: unknown) => void

/** Leaves what settles a promise in the two variables above. A closure for each wait would cost more than the wait does. */
function captureResolvers(resolve: (value: never) => void, reject: (error: unknown) => void): void {
  resolvePromise = resolve as (value: unknown) => void
  rejectPromise = reject
}

function unsettled(): void {
  // In place of the resolvers of a promise.
}

/** They would keep the promise, and with it its value and the store of an AsyncLocalStorage. */
function forgetResolvers(): void {
  resolvePromise = unsettled
  rejectPromise = unsettled
}

/** An operation that waits: its promise, its timers, and what may end it from outside. */
export class Pending<T> {
  /** Whether another thread makes the call at the moment. */
  isOffloaded = false
  /** Whether it waits for a promise of the user. */
  isHeld = false
  /** Resolves when that thread has returned. */
  offloaded: Promise<void> | undefined
  /** Whether readiness was announced since that thread began: what it found may be out of date, and no event will say so again. */
  wasAnnounced = false
  /** Makes the error that ends the operation once that thread returns. */
  endWith: (() => unknown) | undefined
  /** Listens for 'abort' of the signal. */
  onAbort: (() => void) | undefined
  /** For the deadline. */
  #timer: NodeJS.Timeout | undefined
  #timerDeadline: Deadline = 0
  #pause: NodeJS.Timeout | NodeJS.Immediate | undefined
  #keepsAlive = false
  #isCleared = false

  /** A promise, and what waits for it to be settled. */
  static of<T>(operation: Operation<T>, wait: Wait): Pending<T> {
    const promise = new Promise<T>(captureResolvers)
    const pending = new Pending(operation, wait, promise, resolvePromise, rejectPromise)
    forgetResolvers()
    return pending
  }

  private constructor(
    readonly operation: Operation<T>,
    readonly wait: Wait,
    readonly promise: Promise<T>,
    readonly resolve: (value: T) => void,
    readonly reject: (error: unknown) => void,
  ) {}

  /** Whether it waits for time, and not for readiness. */
  get isPausing(): boolean {
    return this.#pause !== undefined
  }

  /** Whether it has ended. */
  get isOver(): boolean {
    return this.#isCleared
  }

  /** Whether a timer runs for that deadline, or one that is before it, which looks again. */
  isTimedUntil(deadline: Deadline): boolean {
    return this.#timer !== undefined && this.#timerDeadline <= deadline
  }

  /** Calls `onTimer` after so many milliseconds, in place of a timer that runs. */
  startTimer(deadline: Deadline, milliseconds: number, onTimer: () => void): void {
    clearTimeout(this.#timer)
    this.#timerDeadline = deadline
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      onTimer()
    }, milliseconds)
    if (!this.#keepsAlive) this.#timer.unref()
  }

  /** Pauses, and calls `resume` after so many milliseconds. */
  pauseFor(milliseconds: number, resume: () => void): void {
    this.#pause = setTimeout(() => this.#endPause(resume), milliseconds)
    if (!this.#keepsAlive) this.#pause.unref()
  }

  /** Pauses until the event loop has turned, and keeps it alive that long. */
  pauseForTurn(resume: () => void): void {
    this.#pause = setImmediate(() => this.#endPause(resume))
  }

  #endPause(resume: () => void): void {
    this.#pause = undefined
    resume()
  }

  /** Sets whether the event loop stays alive for it. */
  keepAlive(keeps: boolean, loop: KeepAlive | undefined): void {
    if (this.#keepsAlive === keeps) return
    this.#keepsAlive = keeps
    if (keeps) loop?.ref()
    else loop?.unref()
    refTimer(this.#timer, keeps)
    refTimer(this.#pause, keeps)
  }

  /** Stops its timers, and listens for 'abort' no longer. False if that was done before. */
  clear(): boolean {
    if (this.#isCleared) return false
    this.#isCleared = true
    if (this.#timer) clearTimeout(this.#timer)
    if (this.#pause) clearPause(this.#pause)
    if (this.onAbort && this.wait.signal) ignoreAbort(this.wait.signal, this.onAbort)
    return true
  }
}

// biome-ignore lint/suspicious/noExplicitAny: operations of every result wait in the same place
export type AnyPending = Pending<any>

function refTimer(timer: NodeJS.Timeout | NodeJS.Immediate | undefined, referenced: boolean): void {
  if (referenced) timer?.ref()
  else timer?.unref()
}

/** Timers and immediates each have a function that clears them. */
function clearPause(pause: NodeJS.Timeout | NodeJS.Immediate): void {
  clearTimeout(pause as NodeJS.Timeout)
  clearImmediate(pause as NodeJS.Immediate)
}
