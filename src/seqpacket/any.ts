/** Seqpackets of any family: connections that keep boundaries. */

import type { AddrInfo } from '../address/addrinfo.js'
import { SOCK_SEQPACKET, SOMAXCONN } from '../constants/exported.generated.js'
import type { Socket as LowSocket } from '../llsocket/socket.js'
import { type AnyOptions, addressFor, bindAny, connectAny, openAny, remember } from '../socket/any.js'
import type { SocketClass } from '../socket/create.js'
import { forEachReceived, received } from '../socket/iterator.js'
import { accept, acceptfd, connectionsOf, listen } from '../socket/listener.js'
import { type ServeOptions, serve } from '../socket/serve.js'
import type { ReceiveOptions } from '../socket/settings.js'
import { Socket, type WaitOptions } from '../socket/socket.js'

/** A seqpacket socket of any family. It connects, or it listens. */
class AnySeqpacketSocket extends Socket {
  /**
   * Makes a socket. It is neither bound nor connected.
   * @param options - `family`, `type`, `protocol`, and `address`, which `bind()` and `connect()` use by default.
   * @throws EAFNOSUPPORT, ESOCKTNOSUPPORT, … where the kernel does not have it, with its names.
   */
  static async create<S extends AnySeqpacketSocket>(this: SocketClass<S>, options: AnyOptions): Promise<S> {
    const { sock, address } = openAny(options, [SOCK_SEQPACKET])
    return remember(new this(sock), address)
  }

  /**
   * Binds the socket, to the remembered address or to another one of its family. See bind(2).
   * @param ai - the address; the remembered one by default.
   * @throws EAFNOSUPPORT for an address of another family; EADDRINUSE, EADDRNOTAVAIL, EACCES, …
   */
  async bind(ai?: AddrInfo): Promise<void> {
    bindAny(this, addressFor(this, ai, 'bind'))
  }

  /**
   * Connects, to the remembered address or to another one of its family. See connect(2).
   * @param ai - the address; the remembered one by default.
   * @param options - `timeout` in milliseconds, and `signal`, of this call.
   * @throws EAFNOSUPPORT for an address of another family; ECONNREFUSED, ENOENT, …; TimeoutError, AbortError.
   */
  async connect(ai?: AddrInfo, options?: WaitOptions): Promise<void> {
    await connectAny(this, addressFor(this, ai, 'connect'), options)
  }

  /**
   * Starts to listen for connections. See {@link Listening.listen}, listen(2).
   * @param backlog - the most connections that may wait to be accepted, `SOMAXCONN` by default; the kernel caps it at net.core.somaxconn.
   * @throws EADDRINUSE when another socket listens there; EOPNOTSUPP for sockets without connections.
   */
  listen(backlog: number = SOMAXCONN): void {
    listen(this, backlog)
  }

  /**
   * Waits for a connection, within the receive deadline, and returns its object. See {@link Listening.accept}, accept(2).
   * @param options - `timeout` in milliseconds, and `signal`, of this call.
   * @returns what `createConnection()` makes of it.
   * @throws EINVAL when the socket does not listen; TimeoutError, AbortError; ECANCELED when it is closed meanwhile.
   */
  accept(options?: WaitOptions): Promise<ReturnType<this['createConnection']>> {
    return accept(this, (sock) => this.createConnection(sock) as ReturnType<this['createConnection']>, options)
  }

  /**
   * Makes the object of an accepted connection. To be overridden by servers with connections of another class.
   * @param sock - the accepted socket, for the constructor.
   */
  createConnection(sock: LowSocket): AnySeqpacketSocket {
    return new AnySeqpacketSocket(sock)
  }

  /**
   * Waits for a connection, and returns its bare descriptor, which belongs to the caller. See {@link Listening.acceptfd}, accept(2).
   * @param options - `timeout` in milliseconds, and `signal`, of this call.
   * @returns the number; it is non-blocking and close-on-exec.
   * @throws as `accept()`.
   */
  acceptfd(options?: WaitOptions): Promise<number> {
    return acceptfd(this, options)
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

  /** What arrives, record by record, until the peer has closed. Leaving the loop leaves the socket open. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Buffer> {
    return received(this)
  }

  /**
   * Receives until the peer has closed, and gives each record to a function, without a promise for each: see
   * {@link seqpacket.unix.Socket.forEach}.
   * @param fn - called as `fn(data)`; a promise that it returns pauses receiving until it settles, and what it throws ends the loop.
   * @param options - `bufsize`, the most bytes of a piece, 64 KiB by default; `timeout` in milliseconds of each call, and `signal`.
   * @throws what `recv()` would; what `fn` throws.
   */
  forEach(fn: (data: Buffer) => unknown, options?: ReceiveOptions): Promise<void> {
    return forEachReceived(this, fn, options)
  }

  /**
   * Iterates over the records that arrive, with options: `for await (const record of conn.chunks({ signal, timeout: 5000 }))`.
   * @param options - `bufsize`, the most bytes of a piece, 64 KiB by default; `timeout` in milliseconds of each call, and `signal`.
   * @returns an iterator, which ends when the peer has closed; leaving the loop leaves the socket open.
   */
  chunks(options: ReceiveOptions = {}): AsyncIterableIterator<Buffer> {
    return received(this, options)
  }
}

export type { AnyOptions as Options } from '../socket/any.js'
export { AnySeqpacketSocket as Socket }
