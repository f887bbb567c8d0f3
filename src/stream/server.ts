import { Server as NodeServer } from 'node:net'
import { nodeServerOf } from '../adapters/to-node.js'
import { SOMAXCONN } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { kHandle } from '../descriptor/handle.js'
import type { Socket as LowSocket } from '../llsocket/socket.js'
import { BackgroundHandshakes } from '../socket/background-handshakes.js'
import { accept, acceptfd, connectionsOf, type Listening, listen } from '../socket/listener.js'
import { type ServeOptions, serve } from '../socket/serve.js'
import type { WaitOptions } from '../socket/socket.js'
import { systemError } from '../support/errors.js'
import type { TlsConfig } from '../tls/config.js'
import { type Context, contextOf } from '../tls/context.js'
import { NO_PEER, TlsSession } from '../tls/session.js'
import { StreamSocket } from './socket.js'

/** A `createConnection` that ignores its second argument would make a connection in the clear, unnoticed. */
function assertEncrypted(connection: StreamSocket): void {
  if (connection.encrypted) return
  connection.close().catch(() => undefined)
  throw systemError(sys.EPROTO, 'accept', {
    detail: 'createConnection() made a socket without TLS: pass "tls" on to it',
  })
}

/** A socket that listens for streams. */
export class StreamServer extends StreamSocket implements Listening {
  #context: Context | undefined
  readonly #handshakes = new BackgroundHandshakes()
  /** What `listen()` was given. */
  #backlog: number | undefined

  /**
   * Encrypts every connection that is accepted from now on, as `tlscfg` of `create()` does: also to change certificates while the server
   * runs. Existing connections keep theirs. The handshake of a connection goes on by itself: `accept()` does not wait for it, and what it
   * fails by is reported by the first call on the connection, and to `onhandshakeerror` of the configuration.
   * @param tlscfg - a configuration for servers, or a {@link Context} of one.
   * @throws TypeError or `TlsError` for a configuration that a server cannot use; then everything stays as it was.
   */
  secure(tlscfg: TlsConfig | Context): void {
    this.#context = contextOf(tlscfg, true)
  }

  /** Makes another server for the same listening socket, which encrypts as this one does: see {@link Socket.dup}. */
  override dup(): this {
    const twin = super.dup()
    twin.#context = this.#context
    twin.#backlog = this.#backlog
    return twin
  }

  /**
   * Starts to listen for connections. See {@link Listening.listen}, listen(2).
   * @param backlog - the most connections that may wait to be accepted, `SOMAXCONN` by default; the kernel caps it at net.core.somaxconn.
   * @throws EADDRINUSE when another socket listens there; EOPNOTSUPP for sockets without connections.
   */
  listen(backlog: number = SOMAXCONN): void {
    listen(this, backlog)
    this.#backlog = backlog
  }

  /**
   * Hands the listening socket over to a server of Node, which accepts by itself from now on: everything that Node does for connections of
   * its own is done for these. Options that were set stay, for accepted connections as well, and so does the backlog. The socket file of a unix
   * server is removed when Node's server is closed, which tells the path as its address until then.
   * @param server - a server of `node:net`, `node:http`, … that does not listen yet; a new `net.Server` by default. It emits `'listening'`.
   * @returns that server.
   * @throws EOPNOTSUPP with `tlscfg`, for which there is `serveHttp()`, and in a worker of `node:cluster`.
   *
   * @example
   * const listener = await listen({ path: '/run/app.sock' })
   * listener.toNode(http.createServer(app))
   */
  toNode<S extends NodeServer = NodeServer>(server: S = new NodeServer() as S): S {
    return nodeServerOf({ listener: this, encrypts: this.#context !== undefined, backlog: this.#backlog }, server)
  }

  /**
   * Waits for a connection, within the receive deadline, and returns its object. See {@link Listening.accept}, accept(2).
   * @param options - `timeout` in milliseconds, and `signal`, of this call.
   * @returns what `createConnection()` makes of it.
   * @throws EINVAL when the socket does not listen; TimeoutError, AbortError; ECANCELED when it is closed meanwhile.
   */
  accept(options?: WaitOptions): Promise<ReturnType<this['createConnection']>> {
    return accept(this, (sock) => this.#connectionOf(sock), options)
  }

  #connectionOf(sock: LowSocket): ReturnType<this['createConnection']> {
    const { shortReadDrains } = this[kHandle].kind
    const tls = this.#context && new TlsSession(this.#context, { ...NO_PEER, shortReadDrains })
    try {
      const connection = this.createConnection(sock, tls)
      if (tls) this.#beginHandshake(connection, tls)
      return connection as ReturnType<this['createConnection']>
    } catch (error) {
      tls?.close()
      throw error
    }
  }

  #beginHandshake(connection: StreamSocket, tls: TlsSession): void {
    assertEncrypted(connection)
    this.#handshakes.begin(connection, tls)
  }

  /**
   * Waits for a connection, and returns its bare descriptor, which belongs to the caller. See {@link Listening.acceptfd}, accept(2).
   * @param options - `timeout` in milliseconds, and `signal`, of this call.
   * @returns the number; it is non-blocking and close-on-exec.
   * @throws EOPNOTSUPP with `tlscfg`; otherwise as `accept()`.
   */
  acceptfd(options?: WaitOptions): Promise<number> {
    return acceptfd(this, options)
  }

  /**
   * Makes the object of an accepted connection. To be overridden by servers with connections of another class.
   * @param sock - the accepted socket, for the constructor.
   * @param tls - its TLS session, for the constructor; absent without `tlscfg`.
   */
  createConnection(sock: LowSocket, tls?: TlsSession): StreamSocket {
    return new StreamSocket(sock, tls)
  }

  /** The connections, one after the other, until the server is closed. */
  [Symbol.asyncIterator](): AsyncIterableIterator<ReturnType<this['createConnection']>> {
    return connectionsOf(this)
  }

  /**
   * Iterates over the connections, with options: `for await (const conn of server.connections({ signal }))`. See
   * {@link Listening.connections}.
   * @param options - `timeout` in milliseconds, and `signal`, of each `accept()`.
   * @returns an iterator; leaving the loop leaves the server open.
   */
  connections(options: WaitOptions = {}): AsyncIterableIterator<ReturnType<this['createConnection']>> {
    return connectionsOf(this, options)
  }

  /**
   * Runs a function for each connection, all of them at the same time, and closes the connection when the function returns or its promise
   * settles. See {@link Listening.serve}.
   * @param handler - called with each connection.
   * @param options - `signal`, `grace` in milliseconds, `maxConnections` and `onError`: see {@link ServeOptions}.
   * @throws what `accept()` throws while the server is open; EINVAL when it does not listen.
   */
  serve(
    handler: (conn: ReturnType<this['createConnection']>) => unknown,
    options?: ServeOptions<ReturnType<this['createConnection']>>,
  ): Promise<void> {
    return serve<ReturnType<this['createConnection']>>(this, handler, options)
  }
}
