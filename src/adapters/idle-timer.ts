import { clearTimeout, now, setTimeout } from '../support/globals.js'

/** setTimeout() takes no more; Node's sockets shorten a longer time, with a warning. */
const TIMEOUT_MAX_MS = 0x7fffffff

/**
 * The time that a stream may be idle. What leaves of a write that is under way is traffic, too: a slow reader is no idle one. Traffic only notes
 * when it was, which costs a fifth of setting a timer anew; and HTTP turns the time off and on for each request, so that a timer which is not
 * wanted is left to itself. When it expires it looks what is left of the time.
 */
export class IdleTimer {
  readonly #unsentBytes: () => number
  readonly #onIdle: () => void
  #timer: NodeJS.Timeout | undefined
  /** When the timer expires. */
  #expires = 0
  /** The time; 0 for none. */
  #milliseconds = 0
  /** Since when there was no traffic. */
  #since = 0
  #unsentBefore = 0

  /** @param unsentBytes - how many bytes have not left yet. */
  constructor(unsentBytes: () => number, onIdle: () => void) {
    this.#unsentBytes = unsentBytes
    this.#onIdle = onIdle
  }

  /** Sets the time anew, and begins; 0 for none. */
  set(milliseconds: number): void {
    this.#milliseconds = milliseconds > 0 ? shortened(milliseconds) : 0
    if (this.#milliseconds === 0) return
    this.#since = now()
    if (this.#timer === undefined || this.#expires > this.#since + this.#milliseconds) this.#start(this.#milliseconds)
  }

  #start(milliseconds: number): void {
    clearTimeout(this.#timer)
    this.#expires = now() + milliseconds
    this.#timer = setTimeout(this.#expire, milliseconds).unref()
  }

  /** Begins anew, after traffic. */
  restart(): void {
    if (this.#milliseconds === 0) return
    this.#unsentBefore = this.#unsentBytes()
    this.#since = now()
    if (this.#timer === undefined) this.#start(this.#milliseconds)
  }

  /** Ends it for good. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#milliseconds = 0
  }

  readonly #expire = (): void => {
    this.#timer = undefined
    if (this.#milliseconds === 0) return
    const left = Math.ceil(this.#since + this.#milliseconds - now())
    if (left > 0) this.#start(left)
    else if (this.#unsentBytes() === this.#unsentBefore) this.#onIdle()
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
