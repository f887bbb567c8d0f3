import type { AddrInfo } from '../address/addrinfo.js'
import { sys } from '../constants/lookup.js'
import type { Wait } from '../engine/wait.js'
import { SystemError, systemError, TimeoutError, timeoutError } from '../support/errors.js'
import { clearTimeout, setTimeout } from '../support/globals.js'
import { record } from '../support/record.js'
import { Channel } from './channel.js'
import { Connect } from './connect-operation.js'
import type { ConnectPlan } from './connect-plan.js'
import { closeOnError, createIn } from './create.js'

/** The Connection Attempt Delay that RFC 8305 recommends, in milliseconds. */
const ATTEMPT_DELAY_MS = 250

/** An address, and what became of it. */
interface Candidate {
  readonly ai: AddrInfo
  /** The socket that is being connected. */
  channel: Channel | undefined
  /** Why it is not tried again. */
  error: SystemError | undefined
}

/**
 * Connects to the first of several addresses that answers, as RFC 8305 (Happy Eyeballs) says: an attempt begins when the last one has failed,
 * or has not succeeded within the delay, and the attempts before it go on. The first socket that is connected wins, and the others are
 * closed. One deadline and one signal hold for all of them.
 */
export class ConnectRace {
  readonly #plan: ConnectPlan
  readonly #wait: Wait
  readonly #candidates: readonly Candidate[]
  /** Those that have not been tried, or not to the end. */
  #queue: Candidate[]
  /** Those that are being connected, in the order of their starts. */
  #running: Candidate[] = []
  #winner: Candidate | undefined
  /** Runs until the next start. It keeps no process alive: attempts do. */
  #timer: NodeJS.Timeout | undefined
  #referenced: boolean
  /** Whether {@link ConnectRace.next} waits. */
  #isOn = false
  #resolve!: (channel: Channel) => void
  #reject!: (error: unknown) => void

  constructor(plan: ConnectPlan, list: readonly AddrInfo[], wait: Wait, referenced: boolean) {
    this.#plan = plan
    this.#wait = wait
    this.#candidates = list.map((ai) => ({ ai, channel: undefined, error: undefined }))
    this.#queue = [...this.#candidates]
    this.#referenced = referenced
  }

  /**
   * Resolves to the next connection, which belongs to the caller: see {@link ConnectRace.reject}.
   * @throws what ends all of it (an abort, the deadline, an exception of the `prepare` hook); or when no address is left the failure of the
   *   only one, or an error with those of all as `errors`.
   */
  next(): Promise<Channel> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
      this.#isOn = true
      this.#startNext()
    })
  }

  /**
   * The last connection was of no use: its address counts as failed, and those that lost against it may be tried again.
   * @throws the error when it is none of that address.
   */
  reject(error: unknown): void {
    if (this.#winner && isOfAddress(error)) this.#winner.error = withAddress(error, this.#winner.ai)
    else throw error
  }

  /** Ends it: {@link ConnectRace.next} rejects. */
  close(error: unknown): void {
    if (this.#isOn) this.#end(error)
  }

  /** Sets whether attempts keep the process alive. */
  setReferenced(referenced: boolean): void {
    this.#referenced = referenced
    for (const { channel } of this.#running) channel?.engine.setReferenced(referenced)
  }

  /** Starts with the next addresses, until one is being connected. */
  #startNext(): void {
    clearTimeout(this.#timer)
    let next: Candidate | undefined
    do next = this.#queue.shift()
    while (next && !this.#start(next))
    if (!this.#isOn) return
    if (this.#running.length === 0) this.#end(this.#failure())
    else if (this.#queue.length > 0) this.#startLater()
  }

  #startLater(): void {
    this.#timer = setTimeout(() => this.#startNext(), this.#plan.attemptDelay ?? ATTEMPT_DELAY_MS).unref()
  }

  /** Begins to connect to an address; false when that failed at once, and the next one has its turn. */
  #start(candidate: Candidate): boolean {
    const { ai } = candidate
    try {
      const channel = open(this.#plan, ai)
      // The prepare hook is the user's, and may have closed the client.
      if (!this.#isOn) channel.closeQuietly()
      else this.#run(candidate, channel)
      return true
    } catch (error) {
      this.#fail(candidate, error)
      return !this.#isOn
    }
  }

  #run(candidate: Candidate, channel: Channel): void {
    candidate.channel = channel
    this.#running.push(candidate)
    channel.engine.setReferenced(this.#referenced)
    channel.engine.writer.run(new Connect(candidate.ai), this.#wait).then(
      () => this.#win(candidate, channel),
      (error: unknown) => this.#lose(candidate, channel, error),
    )
  }

  #win(candidate: Candidate, channel: Channel): void {
    if (candidate.channel !== channel) return
    this.#winner = candidate
    this.#remove(candidate)
    this.#stop()
    this.#resolve(channel)
  }

  #lose(candidate: Candidate, channel: Channel, error: unknown): void {
    if (candidate.channel !== channel) return
    const isLast = this.#running.at(-1) === candidate
    const late = error instanceof TimeoutError ? this.#timeout(error) : error
    this.#remove(candidate)
    channel.closeQuietly()
    this.#fail(candidate, late)
    if (this.#isOn && isLast) this.#startNext()
  }

  #remove(candidate: Candidate): void {
    candidate.channel = undefined
    this.#running = this.#running.filter((one) => one !== candidate)
  }

  #fail(candidate: Candidate, error: unknown): void {
    if (isOfAddress(error)) candidate.error = error
    else if (this.#isOn) this.#end(error)
  }

  #end(error: unknown): void {
    this.#stop()
    this.#reject(error)
  }

  /** Stops the timer and closes what is being connected. Those addresses come first, should the winner turn out to be of no use. */
  #stop(): void {
    this.#isOn = false
    clearTimeout(this.#timer)
    const stopped = this.#running
    this.#running = []
    this.#queue = [...stopped, ...this.#queue]
    for (const candidate of stopped) {
      candidate.channel?.closeQuietly()
      candidate.channel = undefined
    }
  }

  /** The failures, in the order of the addresses. */
  get #errors(): SystemError[] {
    return this.#candidates.flatMap(({ error }) => error ?? [])
  }

  /** The error when every address has failed. */
  #failure(): SystemError {
    const errors = this.#errors
    const last = errors.at(-1)
    if (last === undefined) return systemError(sys.EADDRNOTAVAIL, 'connect', { detail: 'no address to connect to' })
    if (errors.length === 1) return last
    const { address, port, path, errno } = record(last)
    const detail = `none of ${errors.length} addresses answered (${messages(errors)})`
    return systemError(-errno, 'connect', { address, port, path, detail, errors })
  }

  /** The error of the deadline: with the failures so far and one for each address that has not answered, if it is not the only one. */
  #timeout(error: TimeoutError): TimeoutError {
    const isOnly = this.#running.length === 1 && this.#errors.length === 0
    if (isOnly) return error
    const unanswered = new Set(this.#running)
    const errors = this.#candidates.flatMap((candidate) =>
      unanswered.has(candidate) ? timeoutError('connect', candidate.ai.context()) : (candidate.error ?? []),
    )
    const detail = `the deadline passed (${messages(errors)})`
    return timeoutError('connect', { ...this.#running[0]?.ai.context(), detail, errors })
  }
}

/** Whether a failure concerns one address only, so that the next one may be tried: neither the deadline nor a signal, nor code of the user. */
function isOfAddress(error: unknown): error is SystemError {
  return error instanceof SystemError && !(error instanceof TimeoutError)
}

/** The error of a call that does not know where it goes, with the address. */
function withAddress(error: SystemError, ai: AddrInfo): SystemError {
  return systemError(-error.errno, error.syscall, { ...ai.context(), cause: error })
}

function messages(errors: readonly SystemError[]): string {
  return errors.map((error) => error.message).join('; ')
}

/** Makes a socket for an address, ready to be connected. */
function open(plan: ConnectPlan, ai: AddrInfo): Channel {
  const sock = createIn(ai, plan)
  Channel.prepare(sock)
  return Channel.from(closeOnError(sock, () => plan.prepare(sock, ai)))
}
