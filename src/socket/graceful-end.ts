import { budget } from '../engine/deadline.js'
import { ignoreAbort, isAborted, listenForAbort } from '../support/abort-signal.js'
import { clearInterval, clearTimeout, setInterval, setTimeout } from '../support/globals.js'
import * as validate from '../support/validate.js'

/** Options of what serves connections until a signal is aborted. */
export interface EndOptions {
  /** Aborting it is the end. */
  signal?: AbortSignal | undefined
  /** Milliseconds that what is not idle may go on then. */
  grace?: number | undefined
}

const GRACE_MS = 10_000

/** How often connections are looked at that may have become idle since the end began. */
const LOOK_MS = 50

/** Checks the options, and returns them with what they are by default. */
export function endOptions({ signal, grace }: EndOptions): { signal: AbortSignal | undefined; grace: number } {
  if (signal !== undefined) validate.abortSignal('options.signal', signal)
  return { signal, grace: grace === undefined ? GRACE_MS : budget('options.grace', grace) }
}

/** The end of a server that has connections: the idle ones are closed at once, or when they become idle, and the others after a grace period. */
export class GracefulEnd {
  readonly #closeIdle: () => void
  readonly #closeAll: () => void
  #looking: NodeJS.Timeout | undefined
  #waiting: NodeJS.Timeout | undefined

  constructor(closeIdle: () => void, closeAll: () => void) {
    this.#closeIdle = closeIdle
    this.#closeAll = closeAll
  }

  /** Begins, once. @param grace - milliseconds; without it the others are left alone. */
  begin(grace?: number): void {
    if (this.#looking === undefined) {
      this.#looking = setInterval(this.#closeIdle, LOOK_MS)
      this.#closeIdle()
    }
    if (grace !== undefined) this.#waiting ??= setTimeout(this.#closeAll, grace)
  }

  /** All connections have ended. */
  finish(): void {
    clearInterval(this.#looking)
    clearTimeout(this.#waiting)
  }
}

/** Serves, and calls a function when the signal is aborted meanwhile, or was before. */
export async function serveUntil(
  signal: AbortSignal | undefined,
  onAbort: () => void,
  serve: () => Promise<void>,
): Promise<void> {
  if (isAborted(signal)) onAbort()
  else if (signal) listenForAbort(signal, onAbort)
  try {
    await serve()
  } finally {
    if (signal) ignoreAbort(signal, onAbort)
  }
}
