/** The shape of the tables: what is done, which call of it fails, and what has to come of it. */
import type { CallName } from './shim.js'

/** Something that makes a call again and again, and can tell whether anything was lost. */
export interface Fixture {
  /** The descriptor whose calls are meant; absent for any. */
  readonly fd?: number | undefined
  /** Makes the call, at least once, and throws what the library throws. */
  step(i: number): unknown
  /** Throws when something is missing after the last step, or is no longer usable. */
  settle?(): unknown
  /** Closes everything. */
  close?(): unknown
}

/** What makes a fixture. Opening is not yet under the fault. */
export type Open = () => Fixture | Promise<Fixture>

/** How a row of errors ends. */
export interface Row {
  /** What is done: a name for the report, and what makes it. */
  readonly what: string
  readonly open: Open
  /** The call that fails, and the errors that it fails with: names of errno. */
  readonly call: CallName
  readonly errors: readonly string[]
  /** `syscall` of the exception. */
  readonly syscall: string | RegExp
  /** Errors of which the caller never learns. */
  readonly done?: readonly string[]
  /** Errors that `berkeley/llsocket` tells as AGAIN. */
  readonly again?: readonly string[]
  /** `code` of the exception where it is not the name of the error. */
  readonly code?: string
  /** Whether the call is made, and fails all the same; or its callback does. */
  readonly action?: 'after' | 'answer'
  /** What the call answers, -1 unless said otherwise, and whether it leaves an errno. */
  readonly result?: number
  readonly silent?: boolean
  /** Counts that the call is shortened to, which must not be seen. */
  readonly limits?: readonly number[]
  /** Occurrences that fail, one after the other; 1, 2 and 10 unless said otherwise. */
  readonly occurrences?: readonly number[]
  /** How many steps there are; enough for three occurrences unless said otherwise. */
  readonly steps?: number
  /** What fails is over: all that follows fails too, in order, and never hangs. */
  readonly final?: boolean
}

/** The code of what is thrown for AGAIN by {@link must}. */
export const AGAIN_CODE = 'AGAIN'

/** The result of a call of `berkeley/llsocket`, unless it would have to wait. */
export function must<T>(result: T): Exclude<T, symbol> {
  if (typeof result !== 'symbol') return result as Exclude<T, symbol>
  throw Object.assign(new Error('the call would have to wait'), { code: AGAIN_CODE })
}

/** Is what was sent what was received? Pieces of a stream count as one. */
export class Ledger {
  readonly #sent: Buffer[] = []
  readonly #received: Buffer[] = []

  sent(data: Uint8Array): void {
    this.#sent.push(Buffer.from(data))
  }

  received(data: Uint8Array | null): void {
    if (data === null) throw new Error('the end came before all data')
    this.#received.push(Buffer.from(data))
  }

  /** Bytes and messages that have not arrived. */
  get missing(): { bytes: number; messages: number } {
    const bytes = (list: readonly Buffer[]): number => list.reduce((sum, { length }) => sum + length, 0)
    return {
      bytes: bytes(this.#sent) - bytes(this.#received),
      messages: this.#sent.length - this.#received.length,
    }
  }

  check(): void {
    if (!Buffer.concat(this.#sent).equals(Buffer.concat(this.#received)))
      throw new Error(`what arrived is not what was sent: ${JSON.stringify(this.missing)}`)
  }
}

/** What step `i` sends: no two are alike. */
export const message = (i: number): Buffer => Buffer.from(`message ${i} `.repeat(12))
