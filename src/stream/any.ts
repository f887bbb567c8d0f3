/** Streams of any family: vsock, SCTP one-to-one, MPTCP, and those that have no class of their own. */

import type { AddrInfo } from '../address/addrinfo.js'
import { SOCK_STREAM, SOMAXCONN } from '../constants/exported.generated.js'
import type { Socket as LowSocket } from '../llsocket/socket.js'
import { ipOptions, ipv6Options } from '../options/index.js'
import { defineOptions, type OptionMethods } from '../options/option.js'
import { type AnyOptions, addressFor, bindAny, connectAny, openAny, remember } from '../socket/any.js'
import type { SocketClass } from '../socket/create.js'
import { received } from '../socket/iterator.js'
import { accept, acceptfd, connectionsOf, listen } from '../socket/listener.js'
import { type ServeOptions, serve } from '../socket/serve.js'
import type { ReceiveOptions } from '../socket/settings.js'
import type { WaitOptions } from '../socket/socket.js'
import { StreamSocket } from './socket.js'

/**
 * A stream of any family. It connects, or it listens.
 *
 * @example
 * const sock = await stream.any.Socket.create({ address: AddrInfo.vsock(VMADDR_CID_HOST, 1024) })
 * await sock.connect(undefined, { timeout: 5000 })
 */
class AnyStreamSocket extends StreamSocket {
  /**
   * Makes a socket. It is neither bound nor connected.
   * @param options - `family`, `type`, `protocol`, and `address`, which `bind()` and `connect()` use by default.
   * @throws EAFNOSUPPORT, EPROTONOSUPPORT, … where the kernel does not have it, with its names.
   */
  static async create<S extends AnyStreamSocket>(this: SocketClass<S>, options: AnyOptions): Promise<S> {
    const { sock, address } = openAny(options, [SOCK_STREAM])
    return remember(new this(sock), address)
  }

  /**
   * Binds the socket, to the remembered address or to another one of its family.
   * @param ai - the address; the remembered one by default.
   * @throws EAFNOSUPPORT for an address of another family; EADDRINUSE, EADDRNOTAVAIL, EACCES, … of bind(2).
   */
  async bind(ai?: AddrInfo): Promise<void> {
    bindAny(this, addressFor(this, ai, 'bind'))
  }

  /**
   * Connects, to the remembered address or to another one of its family, within the send deadline or `timeout`. After a failure, a
   * timeout or an abort the socket is of no more use: close it, and make another one.
   * @param ai - the address; the remembered one by default.
   * @param options - `timeout` in milliseconds, and `signal`, of this call.
   * @throws EAFNOSUPPORT for an address of another family; ECONNREFUSED, ECONNRESET, ENODEV, … of connect(2).
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
  createConnection(sock: LowSocket): AnyStreamSocket {
    return new AnyStreamSocket(sock)
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

  /** What arrives, piece by piece, until the peer has closed. Leaving the loop leaves the socket open. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Buffer> {
    return received(this)
  }

  /**
   * Iterates over what arrives, with options: `for await (const chunk of conn.chunks({ signal, timeout: 5000 }))`.
   * @param options - `bufsize`, the most bytes of a piece, 64 KiB by default; `timeout` in milliseconds of each call, and `signal`.
   * @returns an iterator, which ends when the peer has closed; leaving the loop leaves the socket open.
   */
  chunks(options: ReceiveOptions = {}): AsyncIterableIterator<Buffer> {
    return received(this, options)
  }
}

interface AnyStreamSocket extends OptionMethods<typeof ipOptions>, OptionMethods<typeof ipv6Options> {}
defineOptions(AnyStreamSocket, ipOptions, ipv6Options)

export type { AnyOptions as Options } from '../socket/any.js'
export { AnyStreamSocket as Socket }
