import { sys } from '../constants/lookup.js'
import type { SignalOptions } from '../socket/settings.js'
import { ignoreAbort, isAborted, listenForAbort, reasonOf } from '../support/abort-signal.js'
import { abortError, SystemError } from '../support/errors.js'
import { define } from '../support/record.js'
import * as validate from '../support/validate.js'
import { StreamSocket } from './socket.js'

/** Options of {@link relay}. */
export interface RelayOptions extends SignalOptions {
  /** The most bytes that are under way in each direction, 64 KiB by default. */
  bufsize?: number | undefined
}

/** How many bytes {@link relay} has sent on. */
export interface Relayed {
  /** From the first connection to the second. */
  forth: number
  /** From the second connection to the first. */
  back: number
}

const DEFAULT_BUFSIZE = 64 * 1024

/** Both directions between two connections, which it owns. */
class Relay {
  readonly #ends: readonly StreamSocket[]
  readonly #bufsize: number
  readonly relayed: Relayed = { forth: 0, back: 0 }
  #hasFailed = false
  #failure: unknown

  constructor(ends: readonly StreamSocket[], bufsize: number) {
    this.#ends = ends
    this.#bufsize = bufsize
  }

  async run(): Promise<Relayed> {
    const [a, b] = this.#ends as [StreamSocket, StreamSocket]
    await Promise.all([this.#orFail(this.#pump(a, b, 'forth')), this.#orFail(this.#pump(b, a, 'back'))])
    await this.#orFail(Promise.all(this.#ends.map((end) => end.close())))
    if (this.#hasFailed) throw this.#failure
    return this.relayed
  }

  /** One direction, until its end, which is passed on. What a connection does not take is not received from the other one. */
  async #pump(from: StreamSocket, to: StreamSocket, way: keyof Relayed): Promise<void> {
    let memory: Buffer | undefined
    for (;;) {
      const data = await (memory === undefined ? from.recv(this.#bufsize) : receiveInto(from, memory))
      if (data === null) break
      await to.send(data)
      this.relayed[way] += data.length
      // A piece of full size is memory for those that follow, which saves a quarter of the CPU time; an idle connection has none.
      if (data.length === this.#bufsize) memory = data
      else if (data.length < this.#bufsize / 4) memory = undefined
    }
    await to.end().catch(passOverGone)
  }

  async #orFail(act: Promise<unknown>): Promise<void> {
    await act.catch((error: unknown) => this.fail(error))
  }

  /**
   * Ends both directions by closing both connections, and keeps the first error: those that follow come of it. What is cut must not look
   * complete: without a linger of 0 the other peer would see an orderly end.
   */
  fail(error: unknown): void {
    if (this.#hasFailed) return
    this.#hasFailed = true
    this.#failure = error
    if (error instanceof Error) define(error, 'relayed', this.relayed)
    for (const end of this.#ends) closeAbruptly(end)
  }
}

async function receiveInto(from: StreamSocket, memory: Buffer): Promise<Buffer | null> {
  const count = await from.recvinto(memory)
  return count === 0 ? null : memory.subarray(0, count)
}

function closeAbruptly(end: StreamSocket): void {
  try {
    end.linger(0)
  } catch {
    // It is closed already.
  }
  // The error that led to this is the one to report.
  end.close().catch(() => undefined)
}

/** The peer has closed both ways, and needs no end. What it has not received is for the other direction to report. */
function passOverGone(error: unknown): void {
  if (!(error instanceof SystemError) || error.errno !== -sys.ENOTCONN) throw error
}

function endOf(name: string, value: unknown): StreamSocket {
  if (value instanceof StreamSocket) return value
  throw validate.invalidType(name, 'a stream socket', value)
}

/**
 * Sends on what either connection receives to the other one, TCP, unix or TLS, until both have ended: the end of one is passed on, and
 * the other direction goes on. What one does not take is not received from the other. The connections belong to the relay, which closes
 * them.
 *
 * When one of them fails, or the signal is aborted, both are closed at once, by a reset where there is one, so that no peer takes what is
 * cut for complete. Their `deadlines()` hold for each piece, so that one for receiving ends a relay of which one direction is idle.
 * @param a - one connection.
 * @param b - the other one.
 * @param options - `bufsize`, the most bytes under way in each direction, 64 KiB by default; `signal`, which closes both.
 * @returns how many bytes went each way, `forth` from `a` to `b`, and `back`.
 * @throws the first error, with `relayed` as a property; AbortError.
 * @example
 * await server.serve(async (conn) => {
 *   await relay(conn, await connect({ path: '/run/app.sock' }))
 * })
 */
export async function relay(a: StreamSocket, b: StreamSocket, options: RelayOptions = {}): Promise<Relayed> {
  const given = validate.options('options', options, ['signal', 'bufsize']) as RelayOptions
  const { signal, bufsize = DEFAULT_BUFSIZE } = given
  if (signal !== undefined) validate.abortSignal('options.signal', signal)
  const ends = [endOf('a', a), endOf('b', b)]
  if (a === b) throw validate.invalidValue('b', 'must be another connection than "a"', b)
  const both = new Relay(ends, validate.integer('options.bufsize', bufsize, 1))
  if (signal === undefined) return both.run()
  const abort = (): void => both.fail(abortError(reasonOf(signal)))
  if (isAborted(signal)) abort()
  else listenForAbort(signal, abort)
  try {
    return await both.run()
  } finally {
    ignoreAbort(signal, abort)
  }
}
