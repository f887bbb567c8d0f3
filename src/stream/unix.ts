/** Unix streams. */

import type { Socket as NodeSocket } from 'node:net'
import type { DuplexOptions } from '../adapters/node-stream.js'
import { nodeSocketOf, type ToNodeOptions } from '../adapters/to-node.js'
import { UnixDuplex } from '../adapters/unix-stream.js'
import type { AddrInfo } from '../address/addrinfo.js'
import { AF_UNIX, SOCK_STREAM } from '../constants/exported.generated.js'
import type { OpenFile } from '../descriptor/open-file.js'
import { pair as lowPair } from '../llsocket/create.js'
import type { Socket as LowSocket } from '../llsocket/socket.js'
import { unixOptions } from '../options/index.js'
import { defineOptions } from '../options/option.js'
import { type Connecting, Connector, createClient, kConnector } from '../socket/connector.js'
import { adoptAs, type ClientClass, type SocketClass } from '../socket/create.js'
import { received } from '../socket/iterator.js'
import { recvfd, type SendFdOptions, sendfd, type UnixMethods, type UnixOptions } from '../socket/pass-fd.js'
import type { ReceiveOptions } from '../socket/settings.js'
import type { RecvIntoOptions, SendOptions, WaitOptions } from '../socket/socket.js'
import { addSocketFile, unlinkAtClose } from '../socket/socket-file.js'
import { defineSyncNames } from '../socket/sync-names.js'
import { bindUnix, type UnixClientOptions, type UnixServerOptions, unixPlan } from '../socket/unix.js'
import { countAsUnix } from '../socket/unix-classes.js'
import type { TlsSession } from '../tls/session.js'
import { StreamServer } from './server.js'
import { encrypts, StreamSocket } from './socket.js'

/** A unix stream. See unix(7). */
class UnixStreamSocket extends StreamSocket {
  /**
   * Passes an open descriptor to the peer, with one byte of data. See {@link UnixMethods.sendfd}, unix(7), `SCM_RIGHTS`.
   * @param fd - any open descriptor, or a `FileHandle`; the caller keeps it, and may close it when the call is over.
   * @param ai - the destination, on a datagram socket that is not connected; or the options.
   * @param flags - `MSG_*` flags, OR-ed; 0 by default.
   * @param options - `timeout` in milliseconds, and `signal`, of this call.
   * @returns 0: no byte of the caller's was sent.
   * @throws EBADF for a descriptor that is not open; EPIPE, ECONNRESET or ECONNREFUSED when the peer has closed; TimeoutError,
   *   AbortError.
   */
  sendfd(
    fd: OpenFile,
    ai?: AddrInfo | SendFdOptions,
    flags: number | SendOptions = 0,
    options?: WaitOptions,
  ): Promise<0> {
    return sendfd(this, fd, ai, flags, options)
  }

  /**
   * Receives exactly one descriptor, which belongs to the caller and is close-on-exec. See {@link UnixMethods.recvfd}, unix(7),
   * `SCM_RIGHTS`.
   * @param flags - `MSG_*` flags, OR-ed, 0 by default; or the options.
   * @param options - `timeout` in milliseconds, and `signal`, of this call.
   * @returns its number; `null` when the peer has closed.
   * @throws EMFILE when there was no free number for it; EMSGSIZE when there were more than one (all are closed); ENOMSG when the message
   *   had none.
   */
  recvfd(flags: number | RecvIntoOptions = 0, options?: WaitOptions): Promise<number | null> {
    return recvfd(this, flags, options)
  }

  /**
   * Returns this socket as a Node stream that can also pass descriptors: `writeWithFds(bytes, fds)` and the event `'fds'`. It belongs to
   * the stream from now on.
   * @param options - as of the streams of Node, such as `highWaterMark` and `allowHalfOpen`; `allowTruncation`.
   */
  override duplex(options?: DuplexOptions): UnixDuplex {
    // Over TLS no descriptor can go along: that stream has no method for it.
    return (encrypts(this) ? super.duplex(options) : new UnixDuplex(this, options)) as UnixDuplex
  }

  /**
   * Hands the connection over to Node, as a real `net.Socket`: for what takes no other stream, such as `cluster` and `child.send()`. It
   * belongs to that from now on, with all options that were set; what Node or this library had received already comes first.
   * @param options - `allowHalfOpen`, false by default, and `head`, data to be read first.
   * @returns the socket of Node.
   * @throws EOPNOTSUPP over TLS, for which there is `duplex()`; EBUSY while data wait to be sent.
   */
  toNode(options?: ToNodeOptions): NodeSocket {
    return nodeSocketOf(this, options)
  }

  /** What arrives, piece by piece, until the peer has closed. Leaving the loop leaves the socket open. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Buffer> {
    return received(this)
  }

  /**
   * Iterates over what arrives, with options: `for await (const chunk of conn.chunks({ signal, timeout: 5000 }))`.
   * @param options - `bufsize`, the most bytes of a piece, 64 KiB by default; `timeout` and `signal` of each call.
   * @returns an iterator, which ends when the peer has closed; leaving the loop leaves the socket open.
   */
  chunks(options: ReceiveOptions = {}): AsyncIterableIterator<Buffer> {
    return received(this, options)
  }
}

interface UnixStreamSocket extends UnixMethods {}
defineOptions(UnixStreamSocket, unixOptions)
defineSyncNames(UnixStreamSocket, ['sendfd', 'recvfd'])
countAsUnix(UnixStreamSocket)

/**
 * Adopts an open unix stream: it is closed with the object from now on, and made non-blocking and close-on-exec.
 * @param fd - the descriptor, which the object owns from now on.
 * @returns the socket.
 * @throws EBADF, ENOTSOCK; EPROTOTYPE when it is a socket of another kind, or listens; EBUSY when it has an owner already.
 */
export async function wrap(fd: number): Promise<UnixStreamSocket> {
  return new UnixStreamSocket(adoptAs(fd, [AF_UNIX], SOCK_STREAM, false))
}

/**
 * Makes two unix streams that are connected with each other. See socketpair(2).
 * @throws EMFILE, ENFILE or ENOBUFS when the process or the system has no room for them.
 */
export async function pair(): Promise<[UnixStreamSocket, UnixStreamSocket]> {
  const [a, b] = lowPair(SOCK_STREAM, true)
  return [new UnixStreamSocket(a), new UnixStreamSocket(b)]
}

/** A unix stream client. */
class UnixStreamClient extends UnixStreamSocket implements Connecting {
  /** @internal */
  readonly [kConnector] = new Connector(this, (options: UnixClientOptions) => unixPlan(options, SOCK_STREAM))

  /**
   * Makes a client, and connects it to a path or abstract name unless `connect` is false. Called on a subclass it makes one of that.
   * @param options - `path`, `prepare`, `tlscfg` and so on.
   * @param connect - whether to connect at once, true by default; otherwise `connect()` does.
   * @param conndeadl - milliseconds for connection and handshake, 0 for no limit, the default.
   * @throws as {@link Connecting.connect}.
   */
  static async create<C>(this: ClientClass<C>, options: UnixClientOptions, connect = true, conndeadl = 0): Promise<C> {
    return createClient(new this() as C & UnixStreamClient, options, connect, conndeadl)
  }

  /**
   * Connects to the address of the options, within a budget. See {@link Connecting.connect}, connect(2).
   * @param conndeadl - milliseconds for lookup and connection, 0 for no limit; or the options.
   * @param options - `timeout` in milliseconds, and `signal`, of this call.
   * @throws ECONNREFUSED, ETIMEDOUT, … of connect(2), the last error where several addresses were tried; `EAI_*` of the lookup; EISCONN
   *   when connected, EALREADY while connecting; TimeoutError, AbortError.
   */
  connect(conndeadl?: number | WaitOptions, options?: WaitOptions): Promise<void> {
    return this[kConnector].connect(conndeadl, options)
  }
}

/**
 * A unix stream server.
 *
 * @example
 * const server = await stream.unix.Server.create({ path: '/run/app.sock' })
 * server.listen()
 * for await (const conn of server) serve(conn)
 */
class UnixStreamServer extends StreamServer {
  /**
   * Binds a server to a path or abstract name. It does not listen yet. `close()` removes the file that it made, unless another process
   * put another one there since, `detach()` gave the socket away, or `unlink(false)` said otherwise; an existing file is only removed
   * with `replaceStale`, and otherwise binding to it fails.
   * @param options - `path`, `mode`, `replaceStale`, `prepare` and so on.
   * @returns the server, of the class that this is called on. It has yet to `listen()`.
   * @throws EADDRINUSE when the path exists, EACCES, ENOENT, … of bind(2); ENAMETOOLONG.
   */
  static async create<S>(this: SocketClass<S>, options: UnixServerOptions): Promise<S> {
    const { sock, path, context } = bindUnix(options, SOCK_STREAM)
    const server = new this(sock) as S & UnixStreamServer
    addSocketFile(server, path)
    if (context) server.secure(context)
    return server
  }

  /**
   * Adopts an open socket that is bound, and perhaps listens already: one that was inherited or received. Its file is not removed, unless
   * `unlink(true)` says so.
   * @param fd - the descriptor, which the object owns from now on.
   * @returns the server, of the class that this is called on.
   * @throws EBADF, ENOTSOCK; EPROTOTYPE when it is a socket of another kind; EBUSY when it has an owner already.
   */
  static async wrap<S>(this: SocketClass<S>, fd: number): Promise<S> {
    return new this(adoptAs(fd, [AF_UNIX], SOCK_STREAM))
  }

  /**
   * Whether `close()` removes the socket file, or sets that: false in a process that has passed the listener on, true in its successor.
   * See unlink(2).
   * @param enable - whether `close()` removes the file from now on; without it nothing is changed.
   * @throws EINVAL when it is not bound to a path, ENOENT when the file is no longer there.
   */
  unlink(enable?: boolean): boolean {
    return unlinkAtClose(this, enable)
  }

  /**
   * Makes the object of an accepted connection. To be overridden by servers with connections of another class.
   * @param sock - the accepted socket, for the constructor.
   * @param tls - its TLS session, for the constructor; absent without `tlscfg`.
   */
  override createConnection(sock: LowSocket, tls?: TlsSession): UnixStreamSocket {
    return new UnixStreamSocket(sock, tls)
  }
}

interface UnixStreamServer extends UnixOptions {}
defineOptions(UnixStreamServer, unixOptions)

export type { UnixAddress as Address } from '../address/unix.js'
export type { UnixClientOptions as ClientOptions, UnixServerOptions as ServerOptions } from '../socket/unix.js'
export { UnixStreamClient as Client, UnixStreamServer as Server, UnixStreamSocket as Socket }
