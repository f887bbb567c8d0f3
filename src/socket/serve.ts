import { kHandle } from '../descriptor/handle.js'
import { IncompleteReadError, SystemError } from '../support/errors.js'
import { bare } from '../support/record.js'
import { throwLater } from '../support/throw-later.js'
import * as validate from '../support/validate.js'
import { TlsError } from '../tls/errors.js'
import type { Channel } from './channel.js'
import { endOptions, GracefulEnd, serveUntil } from './graceful-end.js'
import type { Socket } from './socket.js'

/** Options of `serve()`. */
export interface ServeOptions<C> {
  /**
   * Aborting it closes the server and its idle connections, those that wait for their peer with nothing to send; `serve()` resolves when the
   * rest have ended, too.
   */
  signal?: AbortSignal | undefined
  /** Milliseconds that connections which are not idle may go on then; 10 s by default, 0 for none. */
  grace?: number | undefined
  /** The most connections at a time; further ones stay in the backlog. No limit by default. */
  maxConnections?: number | undefined
  /**
   * Called with what a handler throws or rejects with, and what closing its connection reports. By default what a peer can cause (a reset, a timeout,
   * a failed handshake, a line that is too long or has no end) is of no consequence, nor is the ECANCELED of a handler whose connection was
   * closed by other code, and anything else is a process warning.
   */
  onError?: ((error: unknown, conn: C) => void) | undefined
}

const SERVE_OPTIONS = ['signal', 'grace', 'maxConnections', 'onError']

type Handler<C> = (conn: C) => unknown

/** What is asked of a connection. */
interface Connection extends Pick<Socket, 'close' | 'fd'> {
  readonly [kHandle]: Channel
}

/** What is asked of a server. */
interface Accepting<C> extends Pick<Socket, 'close' | 'fd'> {
  /** Waits for a connection. */
  accept(): Promise<C>
}

/** The connections of a server that are being served. */
class Service<C extends Connection> {
  readonly #server: Accepting<C>
  readonly #handler: Handler<C>
  readonly #onError: (error: unknown, conn: C) => void
  readonly #most: number
  /** What is served, and when it is over. */
  readonly #open = new Map<C, Promise<void>>()
  /** Called when a connection has ended. */
  #hasRoom: (() => void) | undefined
  #isStopped = false
  readonly #end = new GracefulEnd(
    () => this.#closeThose(isIdle),
    () => this.#closeThose(() => true),
  )

  constructor(server: Accepting<C>, handler: Handler<C>, options: ServeOptions<C>) {
    const { maxConnections, onError } = options
    this.#server = server
    this.#handler = validate.func('handler', handler)
    this.#onError = onError === undefined ? warnUnlessExpected : validate.func('options.onError', onError)
    this.#most =
      maxConnections === undefined
        ? Number.POSITIVE_INFINITY
        : validate.integer('options.maxConnections', maxConnections, 1)
  }

  /** Accepts until the server is closed. */
  async run(): Promise<void> {
    try {
      while (!this.#isOver) {
        if (this.#open.size >= this.#most) await new Promise<void>((resolve) => (this.#hasRoom = resolve))
        else await this.#accept()
      }
      await Promise.all(this.#open.values())
    } finally {
      this.#end.finish()
    }
  }

  get #isOver(): boolean {
    return this.#isStopped || this.#server.fd() < 0
  }

  async #accept(): Promise<void> {
    try {
      const conn = await this.#server.accept()
      this.#open.set(conn, this.#serve(conn))
    } catch (error) {
      // Closing the server is how it ends.
      if (!this.#isOver) throw error
    }
  }

  async #serve(conn: C): Promise<void> {
    try {
      await this.#handler(conn)
    } catch (error) {
      this.#report(error, conn)
    }
    await conn.close().catch((error: unknown) => this.#report(error, conn))
    this.#open.delete(conn)
    this.#hasRoom?.()
  }

  /** What the function of the user throws is an uncaught exception: there is no other place to report it. */
  #report(error: unknown, conn: C): void {
    // Those that were ended here have nothing to report.
    if (this.#isStopped && isCanceled(error)) return
    try {
      this.#onError(error, conn)
    } catch (thrown) {
      throwLater(thrown)
    }
  }

  /** Closes the server, the idle connections, and after the grace period the others. */
  stop(grace: number): void {
    this.#isStopped = true
    this.#server.close().catch((error: unknown) => warn(error))
    this.#end.begin(grace)
    this.#hasRoom?.()
  }

  #closeThose(which: (conn: C) => boolean): void {
    for (const conn of this.#open.keys())
      if (which(conn)) conn.close().catch((error: unknown) => this.#report(error, conn))
  }
}

/** Whether a connection only waits for its peer. */
function isIdle(conn: Connection): boolean {
  const { reader, writer } = conn[kHandle].engine
  return reader.isWaiting && !writer.isWaiting
}

function isCanceled(error: unknown): boolean {
  return error instanceof SystemError && (error.code === 'ECANCELED' || error.code === 'EBADF')
}

/** What a peer, or the network, can cause at any time. */
const OF_PEERS: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTCONN',
  'EHOSTUNREACH',
  'ENETUNREACH',
])

function isOfPeer(error: unknown): boolean {
  if (error instanceof TlsError || error instanceof IncompleteReadError) return true
  if (!(error instanceof SystemError)) return false
  // What is too long to be received was sent by the peer.
  return OF_PEERS.has(error.code) || (error.code === 'EMSGSIZE' && error.syscall.startsWith('recv'))
}

function warnUnlessExpected(error: unknown, conn: Pick<Connection, 'fd'>): void {
  const isClosedByOthers = conn.fd() < 0 && error instanceof SystemError && error.code === 'ECANCELED'
  if (!isClosedByOthers && !isOfPeer(error)) warn(error)
}

function warn(error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  process.emitWarning(`a connection has ended by an error: ${text}`, { code: 'BERKELEY_SERVE' })
}

/** Serves the connections of a server: see {@link Listening.serve}. */
export async function serve<C extends Connection>(
  server: Accepting<C>,
  handler: Handler<C>,
  options: ServeOptions<C> | undefined,
): Promise<void> {
  const given = (
    options === undefined ? bare() : validate.options('options', options, SERVE_OPTIONS)
  ) as ServeOptions<C>
  const { signal, grace } = endOptions(given)
  const service = new Service(server, handler, given)
  return serveUntil(
    signal,
    () => service.stop(grace),
    () => service.run(),
  )
}
