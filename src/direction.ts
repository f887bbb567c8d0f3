import type { AnyPending } from './pending.js'

/** Reading or writing: at most one operation each. */
export class Direction {
  pending: AnyPending | undefined
  /** Completions without a wait since the event loop turned last. */
  lucky = 0
  /** Pauses in a row, without a call between them that got anywhere. */
  pauses = 0
  /** A completion is held back until the event loop has turned. */
  yielding = false
  /** The last operation took all there was, and nothing was announced since. */
  dry = false
  /** Something is there that no announcement will follow: never dry again. */
  lasting = false
  /** The value of an operation that is done, or the error of one that failed, until somebody takes it. */
  #value: unknown

  /** Notes the value of an operation that is done. */
  put(value: unknown): 'done' {
    this.#value = value
    return 'done'
  }

  /** Notes the error of an operation that was found to be hopeless. */
  fail(error: unknown): 'failed' {
    this.#value = error
    return 'failed'
  }

  /** Gives it away: nothing here may keep the caller's data alive. */
  take(): unknown {
    const value = this.#value
    this.#value = undefined
    return value
  }
}
