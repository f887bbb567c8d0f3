import type { Server as NetServer } from 'node:net'
import { Server as TlsServer } from 'node:tls'
import { AF_INET6 } from '../constants/exported.generated.js'
import { endOptions, GracefulEnd, serveUntil } from '../socket/graceful-end.js'
import type { ServeOptions } from '../socket/serve.js'
import type { Socket } from '../socket/socket.js'
import { define } from '../support/record.js'
import * as validate from '../support/validate.js'
import { type HalfClosing, kOnClosed } from './net-socket.js'
import type { SocketDuplex } from './node-stream.js'
import { assertNodeServer } from './to-node.js'

/** Options of {@link serveHttp}. */
export interface HttpServeOptions {
  /** Aborting it is as `close()` of the server, with a time limit. */
  signal?: AbortSignal | undefined
  /** Milliseconds that requests may go on when the signal is aborted; 10 s by default, 0 for none. */
  grace?: number | undefined
}

/** A server of `node:http`, or of `node:http2` or `node:https`, all of which are servers of `node:net`. */
interface HttpServer extends NetServer {
  /** Closes connections between two requests; HTTP/2 has none. */
  closeIdleConnections?(): void
}

/** A connection of the listener. */
interface Connection extends HalfClosing {
  /** Completes the handshake, where there is one. */
  handshake(): Promise<void>
  /** Makes a Node stream of it. */
  duplex(options?: { allowTruncation?: boolean }): SocketDuplex
}

/** What accepts the connections. */
interface Listener extends Socket {
  /** Runs a function for each connection. */
  serve(handler: (conn: Connection) => unknown, options?: ServeOptions<Connection>): Promise<void>
}

const NO_OPTIONS = { signal: undefined, grace: undefined }

/** The methods of a server of `node:net` that know of its socket, for a server that has none of its own. */
class Presence {
  readonly #http: HttpServer
  readonly #listener: Listener
  readonly #streams = new Set<SocketDuplex>()
  #isStopped = false
  readonly #end = new GracefulEnd(
    () => this.#http.closeIdleConnections?.(),
    () => this.#destroyAll(),
  )

  constructor(http: HttpServer, listener: Listener) {
    this.#http = http
    this.#listener = listener
    const address = addressOf(listener)
    define(http, 'address', () => address)
    define(http, 'getConnections', (done: (error: null, count: number) => void) => done(null, this.#streams.size))
    define(http, 'close', (done?: (error?: Error) => void) => this.#close(done))
    this.#setListening(true)
  }

  #setListening(isListening: boolean): void {
    Object.defineProperty(this.#http, 'listening', { configurable: true, get: () => isListening })
  }

  /** Hands a connection over, and waits until it is closed. */
  async serve(conn: Connection): Promise<void> {
    if (this.#streams.size >= (this.#http.maxConnections ?? Number.POSITIVE_INFINITY)) {
      this.#http.emit('drop', dropped(conn))
      return
    }
    if (conn.encrypted) await conn.handshake()
    // HTTP says by itself where a message ends.
    const duplex = conn.duplex({ allowTruncation: true })
    // Node looks for what serves a socket there: http2 does when it leaves a connection to HTTP/1.
    define(duplex, 'server', this.#http)
    this.#streams.add(duplex)
    const closed = new Promise<void>((resolve) => {
      duplex[kOnClosed] = resolve
    })
    // A server that does TLS itself is given what it would have decrypted.
    this.#http.emit(conn.encrypted && this.#http instanceof TlsServer ? 'secureConnection' : 'connection', duplex)
    await closed
    this.#streams.delete(duplex)
  }

  /** Stops accepting, and closes what is idle now, or becomes so: see `close()` of `http.Server`. */
  #close(done?: (error?: Error) => void): HttpServer {
    if (done) this.#http.once('close', done)
    this.stop()
    return this.#http
  }

  /** The same. @param grace - milliseconds after which what is still open is destroyed. */
  stop(grace?: number): void {
    if (!this.#isStopped) {
      this.#isStopped = true
      this.#setListening(false)
      this.#listener.close().catch((error: Error) => this.#http.emit('error', error))
    }
    this.#end.begin(grace)
  }

  #destroyAll(): void {
    for (const duplex of this.#streams) duplex.destroy()
  }

  /** All connections have ended: Node forgets its own, and says 'close'. */
  end(): void {
    this.#end.finish()
    const http: Partial<Record<(typeof OWN)[number], unknown>> = this.#http
    for (const name of OWN) delete http[name]
    this.#http.close(() => undefined)
  }
}

/** What the server has of its own while it serves. */
const OWN = ['address', 'close', 'getConnections', 'listening'] as const

/** What `'drop'` says of a connection. */
function dropped(conn: Connection): object {
  const [local, remote] = [conn.getsockname(), conn.getpeername()]
  return { localAddress: local.addr, localPort: local.port, remoteAddress: remote.addr, remotePort: remote.port }
}

function addressOf(listener: Socket): object | string | null {
  const { addr: address, port, family, path } = listener.getsockname()
  if (path !== undefined) return String(path)
  return { address, port, family: family === AF_INET6 ? 'IPv6' : 'IPv4' }
}

/**
 * Lets a server of `node:http`, `node:https` or `node:http2` serve the connections of a listener: for TLS of this library, unix sockets
 * whose peers are asked for, options of accepted sockets, or an accept of one's own. Its timeouts and limits hold as for connections that
 * it accepts by itself, and `address()`, `listening`, `maxConnections`, `getConnections()` and `close()` mean the listener. Plain sockets
 * need none of it: `listener.toNode(httpServer)`.
 * @param httpServer - the server of Node, which does not listen itself.
 * @param listener - a server of streams that listens. It belongs to the HTTP server from now on.
 * @param options - `signal`, which closes the server when it is aborted, and `grace`, the milliseconds that requests may go on then, 10 s
 *   by default.
 * @returns a promise that resolves when the server is closed, and all of its connections have ended.
 * @throws what `accept()` of the listener throws; EINVAL when it does not listen.
 * @example
 * const listener = await listen({ port: 443, tlscfg: { cert, key, ALPNProtocols: ['http/1.1'] } })
 * await serveHttp(http.createServer(app), listener, { signal })
 */
export async function serveHttp(httpServer: HttpServer, listener: Listener, options?: HttpServeOptions): Promise<void> {
  const { signal, grace } = serveOptions(options)
  assertNodeServer('httpServer', httpServer)
  if (httpServer.listening) throw validate.invalidValue('httpServer', 'listens already', httpServer)
  const presence = new Presence(httpServer, listener)
  // Node begins to look for connections that take too long when it hears this.
  httpServer.emit('listening')
  const onError = (error: unknown): void => void httpServer.emit('tlsClientError', error)
  const serve = (): Promise<void> => listener.serve((conn) => presence.serve(conn), { onError })
  try {
    await serveUntil(signal, () => presence.stop(grace), serve)
  } finally {
    presence.end()
  }
}

function serveOptions(options: HttpServeOptions | undefined): { signal: AbortSignal | undefined; grace: number } {
  const { signal, grace }: HttpServeOptions =
    options === undefined ? NO_OPTIONS : validate.options('options', options, ['signal', 'grace'])
  return endOptions({ signal, grace })
}
