/** Unix seqpacket sockets. */

import type { AddrInfo } from '../address/addrinfo.js'
import { AF_UNIX, SOCK_SEQPACKET, SOMAXCONN } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { kHandle } from '../descriptor/handle.js'
import type { OpenFile } from '../descriptor/open-file.js'
import { pair as lowPair } from '../llsocket/create.js'
import type { Socket as LowSocket } from '../llsocket/socket.js'
import { unixOptions } from '../options/index.js'
import { defineOptions } from '../options/option.js'
import { type Connecting, Connector, createClient, kConnector } from '../socket/connector.js'
import { adoptAs, type ClientClass, type SocketClass } from '../socket/create.js'
import { forEachReceived, received } from '../socket/iterator.js'
import { accept, acceptfd, connectionsOf, type Listening, listen } from '../socket/listener.js'
import { recvfd, type SendFdOptions, sendfd, type UnixMethods, type UnixOptions } from '../socket/pass-fd.js'
import { type ServeOptions, serve } from '../socket/serve.js'
import type { ReceiveOptions } from '../socket/settings.js'
import { type RecvIntoOptions, type SendOptions, Socket, type WaitOptions } from '../socket/socket.js'
import { addSocketFile, unlinkAtClose } from '../socket/socket-file.js'
import { defineSyncNames } from '../socket/sync-names.js'
import { bindUnix, type UnixClientOptions, type UnixServerOptions, unixPlan } from '../socket/unix.js'
import { countAsUnix } from '../socket/unix-classes.js'
import { systemError } from '../support/errors.js'

/**
 * A unix seqpacket socket: connected like a stream, with boundaries like datagrams, in order and without loss. An empty
 * message right before the end cannot be distinguished from it, because the kernel says 0 for both. See unix(7).
 */
class UnixSeqpacketSocket extends Socket {
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
   * Refuses: a connection of streams can be handed over to Node, which has no sockets with boundaries of messages.
   * @returns nothing.
   * @throws EOPNOTSUPP, always.
   */
  toNode(): unknown {
    this[kHandle].fd.use('toNode')
    throw systemError(sys.EOPNOTSUPP, 'toNode', { detail: 'Node has no seqpacket sockets' })
  }

  /** What arrives, record by record, until the peer has closed. Leaving the loop leaves the socket open. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Buffer> {
    return received(this)
  }

  /**
   * Iterates over the records that arrive, with options: `for await (const record of conn.chunks({ signal, timeout: 5000 }))`.
   * @param options - `bufsize`, the most bytes of a record, 64 KiB by default; `timeout` and `signal` of each call.
   * @returns an iterator, which ends when the peer has closed; leaving the loop leaves the socket open.
   */
  chunks(options: ReceiveOptions = {}): AsyncIterableIterator<Buffer> {
    return received(this, options)
  }

  /**
   * Receives until the peer has closed, and gives each record to a function, without a promise for each: from within the event that
   * brought it, in the asynchronous context of this call. A promise that the function returns pauses receiving until it settles, and so do
   * other calls that receive take their turn behind the loop. Closing the socket ends it.
   * @param fn - is called as `fn(data)`; what it throws ends the loop with that error, and leaves the socket open.
   * @param options - `bufsize`, the most bytes of each, 64 KiB by default; `timeout` of each wait, and `signal`.
   * @throws what recv() would; what a {@link Socket.write} has failed with that no call of `drained()` waits for.
   * @example
   * await conn.forEach((data) => conn.write(data) || conn.drained())
   */
  forEach(fn: (data: Buffer) => unknown, options?: ReceiveOptions): Promise<void> {
    return forEachReceived(this, fn, options)
  }
}

interface UnixSeqpacketSocket extends UnixMethods {}
defineOptions(UnixSeqpacketSocket, unixOptions)
defineSyncNames(UnixSeqpacketSocket, ['sendfd', 'recvfd'])
countAsUnix(UnixSeqpacketSocket)

/**
 * Adopts an open seqpacket socket: it is closed with the object from now on, and made non-blocking and close-on-exec.
 * @param fd - the descriptor, which the object owns from now on.
 * @returns the socket.
 * @throws EBADF, ENOTSOCK; EPROTOTYPE when it is a socket of another kind, or listens; EBUSY when it has an owner already.
 */
export async function wrap(fd: number): Promise<UnixSeqpacketSocket> {
  return new UnixSeqpacketSocket(adoptAs(fd, [AF_UNIX], SOCK_SEQPACKET, false))
}

/**
 * Makes two seqpacket sockets that are connected with each other. See socketpair(2).
 * @throws EMFILE, ENFILE or ENOBUFS when the process or the system has no room for them.
 */
export async function pair(): Promise<[UnixSeqpacketSocket, UnixSeqpacketSocket]> {
  const [a, b] = lowPair(SOCK_SEQPACKET, true)
  return [new UnixSeqpacketSocket(a), new UnixSeqpacketSocket(b)]
}

/** A unix seqpacket client. */
class UnixSeqpacketClient extends UnixSeqpacketSocket implements Connecting {
  /** @internal */
  readonly [kConnector] = new Connector(this, (options: UnixClientOptions) => unixPlan(options, SOCK_SEQPACKET))

  /**
   * Makes a client, and connects it to a path or abstract name unless `connect` is false. Called on a subclass it makes one of that.
   * @param options - `path`, `prepare`, `tlscfg` and so on.
   * @param connect - whether to connect at once, true by default; otherwise `connect()` does.
   * @param conndeadl - milliseconds for connection and handshake, 0 for no limit, the default.
   * @throws as {@link Connecting.connect}.
   */
  static async create<C>(this: ClientClass<C>, options: UnixClientOptions, connect = true, conndeadl = 0): Promise<C> {
    return createClient(new this() as C & UnixSeqpacketClient, options, connect, conndeadl)
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

/** A unix seqpacket server. */
class UnixSeqpacketServer extends Socket implements Listening {
  /**
   * Binds a server to a path or abstract name. It does not listen yet. `close()` removes the file that it made, unless another process
   * put another one there since, `detach()` gave the socket away, or `unlink(false)` said otherwise; an existing file is only removed
   * with `replaceStale`, and otherwise binding to it fails.
   * @param options - `path`, `mode`, `replaceStale`, `prepare` and so on.
   * @returns the server, of the class that this is called on. It has yet to `listen()`.
   * @throws EADDRINUSE when the path exists, EACCES, ENOENT, … of bind(2); ENAMETOOLONG.
   */
  static async create<S>(this: SocketClass<S>, options: UnixServerOptions): Promise<S> {
    const { sock, path } = bindUnix(options, SOCK_SEQPACKET)
    const server = new this(sock) as S & UnixSeqpacketServer
    addSocketFile(server, path)
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
    return new this(adoptAs(fd, [AF_UNIX], SOCK_SEQPACKET))
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
   * Waits for a connection, and returns its bare descriptor, which belongs to the caller. See {@link Listening.acceptfd}, accept(2).
   * @param options - `timeout` in milliseconds, and `signal`, of this call.
   * @returns the number; it is non-blocking and close-on-exec.
   * @throws as `accept()`.
   */
  acceptfd(options?: WaitOptions): Promise<number> {
    return acceptfd(this, options)
  }

  /**
   * Makes the object of an accepted connection. To be overridden by servers with connections of another class.
   * @param sock - the accepted socket, for the constructor.
   */
  createConnection(sock: LowSocket): UnixSeqpacketSocket {
    return new UnixSeqpacketSocket(sock)
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

interface UnixSeqpacketServer extends UnixOptions {}
defineOptions(UnixSeqpacketServer, unixOptions)

export type { UnixAddress as Address } from '../address/unix.js'
export type { UnixClientOptions as ClientOptions, UnixServerOptions as ServerOptions } from '../socket/unix.js'
export { UnixSeqpacketClient as Client, UnixSeqpacketServer as Server, UnixSeqpacketSocket as Socket }
