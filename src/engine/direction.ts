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
}
