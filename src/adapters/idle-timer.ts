import { clearTimeout, setTimeout } from '../support/globals.js'

/** setTimeout() takes no more; Node's sockets shorten a longer time, with a warning. */
const TIMEOUT_MAX_MS = 0x7fffffff

/** The time that a stream may be idle. What leaves of a write that is under way is traffic, too: a slow reader is no idle one. */
export class IdleTimer {
  readonly #unsentBytes: () => number
  readonly #onIdle: () => void
  #timer: NodeJS.Timeout | undefined
  #unsentBefore = 0

  /** @param unsentBytes - how many bytes have not left yet. */
  constructor(unsentBytes: () => number, onIdle: () => void) {
    this.#unsentBytes = unsentBytes
    this.#onIdle = onIdle
  }

  /** Sets the time anew, and begins; 0 for none. */
  set(milliseconds: number): void {
    clearTimeout(this.#timer)
    this.#timer = milliseconds === 0 ? undefined : setTimeout(() => this.#expire(), shortened(milliseconds)).unref()
  }

  /** Begins anew, after traffic. */
  restart(): void {
    if (this.#timer === undefined) return
    this.#unsentBefore = this.#unsentBytes()
    this.#timer.refresh()
  }

  #expire(): void {
    if (this.#unsentBytes() === this.#unsentBefore) this.#onIdle()
    else this.restart()
  }
}

function shortened(milliseconds: number): number {
  if (milliseconds <= TIMEOUT_MAX_MS) return milliseconds
  process.emitWarning(
    `${milliseconds} does not fit into a 32-bit signed integer. Timer duration was truncated to 2^31-1.`,
    {
      type: 'TimeoutOverflowWarning',
    },
  )
  return TIMEOUT_MAX_MS
}
