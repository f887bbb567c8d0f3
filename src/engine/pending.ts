import type { Operation } from './operation.js'
import type { Patience } from './wait.js'

/** What lets the event loop live as long as something waits. */
export interface Keeper {
  hold(): void
  release(): void
}

/** An operation that waits, with its promise and what wakes it up besides readiness. */
export class Pending<T> {
  /** Another thread is at work. */
  offloaded = false
  /** Readiness was announced since that thread began: what it found may be out of date, and nobody will say so again. */
  announced = false
  /** How the operation ends, if it has to end before that thread is through. */
  ending: (() => unknown) | undefined
  /** Is called when the signal is aborted. */
  onAbort: (() => void) | undefined
  /** For the deadline. */
  #timer: NodeJS.Timeout | undefined
  #pause: NodeJS.Timeout | NodeJS.Immediate | undefined
  #isHeld = false

  constructor(
    readonly operation: Operation<T>,
    readonly patience: Patience,
    readonly resolve: (value: T) => void,
    readonly reject: (error: unknown) => void,
  ) {}

  /** Whether it waits for time, and not for readiness. */
  get isPausing(): boolean {
    return this.#pause !== undefined
  }

  /** Whether something looks at the clock. */
  get isTimed(): boolean {
    return this.#timer !== undefined
  }

  /** Looks at the clock after so long. */
  startTimer(milliseconds: number, look: () => void): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      look()
    }, milliseconds)
    if (!this.#isHeld) this.#timer.unref()
  }

  /** Goes on after so long. */
  pauseFor(milliseconds: number, goOn: () => void): void {
    this.#pause = setTimeout(() => this.#endPause(goOn), milliseconds)
    if (!this.#isHeld) this.#pause.unref()
  }

  /** Goes on when the event loop has turned, for which it stays alive. */
  pauseForTurn(goOn: () => void): void {
    this.#pause = setImmediate(() => this.#endPause(goOn))
  }

  #endPause(goOn: () => void): void {
    this.#pause = undefined
    goOn()
  }

  /** Whether the event loop stays alive for it. */
  hold(held: boolean, keeper: Keeper | undefined): void {
    if (this.#isHeld === held) return
    this.#isHeld = held
    if (held) keeper?.hold()
    else keeper?.release()
    keepAlive(this.#timer, held)
    keepAlive(this.#pause, held)
  }

  /** Nothing wakes it up any more. */
  clear(): void {
    if (this.#timer) clearTimeout(this.#timer)
    if (this.#pause) clearPause(this.#pause)
    if (this.onAbort) this.patience.signal?.removeEventListener('abort', this.onAbort)
  }
}

// biome-ignore lint/suspicious/noExplicitAny: operations of every result wait in the same place
export type AnyPending = Pending<any>

function keepAlive(timer: NodeJS.Timeout | NodeJS.Immediate | undefined, held: boolean): void {
  if (held) timer?.ref()
  else timer?.unref()
}

/** Timers and immediates are cleared by functions of their own. */
function clearPause(pause: NodeJS.Timeout | NodeJS.Immediate): void {
  clearTimeout(pause as NodeJS.Timeout)
  clearImmediate(pause as NodeJS.Immediate)
}
