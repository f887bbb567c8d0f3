import { IPPROTO_MPTCP, SOCK_NONBLOCK } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { kHandle } from '../descriptor/handle.js'
import { SocketKind } from '../descriptor/kind.js'
import { OwnedFd, untrack } from '../descriptor/owned-fd.js'
import type { Operation } from '../engine/operation.js'
import { Socket as LowSocket } from '../llsocket/socket.js'
import { native } from '../native/sockets.js'
import { announceAccepted } from '../support/diagnostics.js'
import { acceptContext, check, type ErrorContext } from '../support/errors.js'
import { isolate } from '../support/record.js'
import * as validate from '../support/validate.js'
import type { TlsSession } from '../tls/session.js'
import { Channel } from './channel.js'
import { SocketIterator } from './iterator.js'
import type { ServeOptions } from './serve.js'
import { IterationOptions } from './settings.js'
import { kRead, type Socket, type WaitOptions } from './socket.js'

/** The connection broke before it was accepted, or the network reported an error for it: the next one is accepted. See accept(2). */
const TRANSIENT: ReadonlySet<number> = new Set([
  sys.ECONNABORTED,
  sys.EPROTO,
  sys.EPERM,
  sys.ENETDOWN,
  sys.ENOPROTOOPT,
  sys.EHOSTDOWN,
  sys.ENONET,
  sys.EHOSTUNREACH,
  sys.ENETUNREACH,
])

/** Limits of the system: connections stay in the backlog until there is room again. */
const EXHAUSTED: ReadonlySet<number> = new Set([sys.EMFILE, sys.ENFILE, sys.ENOBUFS, sys.ENOMEM])

/** The methods of servers. */
export interface Listening {
  /**
   * Starts to listen.
   * @param backlog - how many connections may wait for `accept()`; the kernel caps it at net.core.somaxconn. See listen(2).
   */
  listen(backlog?: number): void
  /**
   * Waits for a connection, within the receive deadline. While the process has no free descriptor it waits with growing pauses, and goes
   * on when there is one. A listener that another owner has made blocking is made non-blocking again. See accept(2).
   * @param options - `timeout` in milliseconds, and `signal`, of this call.
   * @returns what `createConnection()` makes of it: its class is that of the server's connections.
   * @throws EINVAL when the socket does not listen; TimeoutError, AbortError; ECANCELED when it is closed meanwhile.
   */
  accept(options?: WaitOptions): Promise<ReturnType<this['createConnection']>>
  /**
   * Waits for a connection, and returns its bare descriptor, which belongs to the caller. It is non-blocking and close-on-exec.
   * @param options - `timeout` in milliseconds, and `signal`, of this call.
   * @returns the number.
   * @throws as `accept()`.
   */
  acceptfd(options?: WaitOptions): Promise<number>
  /**
   * Makes the object of an accepted connection. To be overridden by servers with connections of another class; the type of `accept()`
   * follows.
   * @param sock - the accepted socket, for the constructor.
   * @param tls - what encrypts the connection, for the constructor of a stream socket; absent without `tlscfg`.
   * @returns the object.
   */
  createConnection(sock: LowSocket, tls?: TlsSession): Socket
  /** The connections, one after the other, until the server is closed. Leaving the loop leaves the server open. */
  [Symbol.asyncIterator](): AsyncIterableIterator<ReturnType<this['createConnection']>>
  /**
   * Iterates over the connections, with options: `for await (const conn of server.connections({ signal }))`.
   * @param options - `timeout` and `signal` of each `accept()`: aborting it ends the loop with an AbortError, and leaves the server open.
   * @returns an iterator; leaving the loop leaves the server open.
   */
  connections(options?: WaitOptions): AsyncIterableIterator<ReturnType<this['createConnection']>>
  /**
   * Runs a function for each connection, all of them at the same time, and closes the connection when it returns, or what it promises has
   * settled. Resolves when the server is closed and the last of them has ended; no rejection is left unhandled.
   * @param handler - a function that gives its connection to a stream returns when that is closed: `once(stream, 'close')`.
   * @param options - `signal`, `grace` in milliseconds, `maxConnections` and `onError`: see {@link ServeOptions}.
   * @throws what `accept()` throws while the server is open, EINVAL if it does not listen; connections that are being served go on then.
   * @example
   * await server.serve(async (conn) => {
   *   for await (const data of conn) await conn.send(data)
   * }, { maxConnections: 1000 })
   */
  serve(
    handler: (conn: ReturnType<this['createConnection']>) => unknown,
    options?: ServeOptions<ReturnType<this['createConnection']>>,
  ): Promise<void>
}

/** accept4(2), with a function that makes the result of the new descriptor. */
class Accept<T> implements Operation<T> {
  readonly retryOn = TRANSIENT
  readonly pauseOn = EXHAUSTED
  readonly #resultOf: (fd: number) => T

  constructor(resultOf: (fd: number) => T) {
    this.#resultOf = resultOf
  }

  get syscall(): string {
    return 'accept'
  }

  attempt(fd: number): number {
    return native.acceptNonblocking(fd, SOCK_NONBLOCK)
  }

  finish(fd: number): T {
    return this.#resultOf(fd)
  }

  context(errno?: number): ErrorContext {
    return acceptContext(errno)
  }
}

isolate(Accept)

function numberOf(fd: number): number {
  untrack(fd)
  return fd
}

/** The channel of a new connection. Of a server for multipath TCP, a peer that does not speak it gets a socket of TCP. */
function channelOf(fd: number, kind: SocketKind): Channel {
  const owned = new OwnedFd(fd, 'Socket')
  if (kind.protocol !== IPPROTO_MPTCP) return new Channel(owned, kind)
  try {
    return new Channel(owned, SocketKind.of(fd))
  } catch (error) {
    owned.closeQuietly()
    throw error
  }
}

/** Starts to listen: see {@link Listening.listen}. */
export function listen(server: Socket, backlog: number): void {
  const most = validate.integer('backlog', backlog)
  check(native.listen(server[kHandle].fd.use('listen'), most), 'listen')
}

/** Accepts a connection, and closes it again when its object cannot be made: see {@link Listening.accept}. */
export async function accept<C extends object>(
  server: Socket,
  createConnection: (sock: LowSocket) => C,
  options: WaitOptions | undefined,
): Promise<C> {
  const { kind } = server[kHandle]
  const sock = new LowSocket(await server[kRead](new Accept((fd) => channelOf(fd, kind)), options))
  try {
    const connection = createConnection(sock)
    announceAccepted(connection, server)
    return connection
  } catch (error) {
    // Unless it was taken over already, nothing else refers to it.
    sock[kHandle].fd.closeQuietly()
    throw error
  }
}

/** Accepts a bare descriptor: see {@link Listening.acceptfd}. */
export function acceptfd(server: Socket, options: WaitOptions | undefined): Promise<number> {
  return server[kRead](new Accept(numberOf), options)
}

/** Iterates over the connections of a server until it is closed. */
export function connectionsOf<C>(
  server: Socket & { accept(options?: WaitOptions): Promise<C> },
  options?: WaitOptions,
): SocketIterator<C> {
  const given = new IterationOptions(options)
  return new SocketIterator(server, given, () => server.accept(given))
}
