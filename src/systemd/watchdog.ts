import { ignoreAbort, isAborted, listenForAbort } from '../support/abort-signal.js'
import { clearInterval, setInterval } from '../support/globals.js'
import { bare } from '../support/record.js'
import * as validate from '../support/validate.js'
import { namesThisProcess, numberIn } from './environment.js'
import { notify } from './notify.js'

/** Options of {@link watchdog}. */
export interface WatchdogOptions {
  /** Aborting it stops the signs of life. */
  signal?: AbortSignal | undefined
  /**
   * Is asked before each sign of life: it is left out unless the answer is true, or a promise of that. A manager that misses them restarts
   * the service.
   */
  check?: (() => boolean | Promise<boolean>) | undefined
  /** Called with what a check throws or rejects with, or why a sign could not be sent; by default it is a process warning. */
  onError?: ((error: unknown) => void) | undefined
}

const SYSCALL = 'watchdog'
const OPTIONS = ['signal', 'check', 'onError']
const MICROSECONDS = 1000

/** The longest pause of a timer. */
const LONGEST_MS = 0x7fffffff

/** Signs of life for the service manager. */
export class Watchdog {
  /** Milliseconds in which one has to come, or the manager takes the service for dead. */
  readonly timeout: number
  /** Milliseconds between two: half of that. */
  readonly interval: number
  readonly #signal: AbortSignal | undefined
  readonly #check: () => boolean | Promise<boolean>
  readonly #onError: (error: unknown) => void
  #timer: NodeJS.Timeout | undefined
  #isBusy = false

  /** @internal */
  constructor(timeout: number, { signal, check = () => true, onError = warn }: WatchdogOptions) {
    this.timeout = timeout
    this.interval = Math.min(Math.max(1, Math.floor(timeout / 2)), LONGEST_MS)
    this.#signal = signal
    this.#check = check
    this.#onError = onError
    if (isAborted(signal)) return
    if (signal) listenForAbort(signal, this.#stop)
    // It must not keep a process alive that has nothing else to do.
    this.#timer = setInterval(() => void this.#ping(), this.interval).unref()
    void this.#ping()
  }

  /** Whether signs of life are being sent. */
  get isRunning(): boolean {
    return this.#timer !== undefined
  }

  /** Stops the signs of life: unless the service ends, or another watchdog goes on, the manager will end it. */
  stop(): void {
    this.#stop()
  }

  /** The same as {@link Watchdog.stop}. */
  [Symbol.dispose](): void {
    this.#stop()
  }

  readonly #stop = (): void => {
    clearInterval(this.#timer)
    this.#timer = undefined
    if (this.#signal) ignoreAbort(this.#signal, this.#stop)
  }

  /** One at a time: while a check or a message waits, the service is not known to be alive. */
  async #ping(): Promise<void> {
    if (this.#isBusy) return
    this.#isBusy = true
    try {
      const isAlive = (await this.#check()) === true
      if (isAlive && this.isRunning) await notify({ watchdog: true }, { timeout: this.interval })
    } catch (error) {
      this.#onError(error)
    } finally {
      this.#isBusy = false
    }
  }
}

function warn(error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  process.emitWarning(`the service manager could not be notified: ${text}`, { code: 'BERKELEY_WATCHDOG' })
}

/**
 * Sends signs of life to the service manager, if it asks for them (`WatchdogSec=` of the unit): one at once, and then in half of the time
 * in which it expects one, which `$WATCHDOG_USEC` says. They come from the event loop: if that is blocked, they stay out. They do not
 * keep the process alive.
 * @param options - `check`, which is asked before each sign of life; `onError`; `signal`, which stops them.
 * @returns what stops them; `undefined` when they are not asked for, or of another process (`$WATCHDOG_PID`).
 * @throws EINVAL for variables that are wrong. See sd_watchdog_enabled(3).
 * @example
 * using _ = systemd.watchdog({ check: () => database.isConnected })
 */
export function watchdog(options?: WatchdogOptions): Watchdog | undefined {
  const given = (options === undefined ? bare() : validate.options('options', options, OPTIONS)) as WatchdogOptions
  const { signal, check, onError } = given
  if (signal !== undefined) validate.abortSignal('options.signal', signal)
  if (check !== undefined) validate.func('options.check', check)
  if (onError !== undefined) validate.func('options.onError', onError)
  const microseconds = numberIn(SYSCALL, 'WATCHDOG_USEC', 1, Number.MAX_SAFE_INTEGER)
  const isOurs = namesThisProcess(SYSCALL, 'WATCHDOG_PID') ?? true
  return microseconds === undefined || !isOurs ? undefined : new Watchdog(microseconds / MICROSECONDS, given)
}
