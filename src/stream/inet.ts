/** TCP. */
import type { Socket as NodeSocket } from 'node:net'
import { nodeSocketOf, type ToNodeOptions } from '../adapters/to-node.js'
import { type BindOptions, type InetAddrInfo, lookUpToBind, optional, v6onlyFor } from '../address/inet.js'
import { AF_INET, AF_INET6, IPPROTO_TCP, SOCK_STREAM } from '../constants/exported.generated.js'
import type { Socket as LowSocket } from '../llsocket/socket.js'
import { ipOptions, ipv6Options } from '../options/index.js'
import { defineOptions, type OptionMethods } from '../options/option.js'
import { type Connecting, Connector, createClient, kConnector } from '../socket/connector.js'
import {
  adoptAs,
  bindFirst,
  type ClientClass,
  checkPrepare,
  type PrepareOptions,
  runPrepareHook,
  type SocketClass,
} from '../socket/create.js'
import { hasTcpOptions, type InetClientOptions, inetPlan } from '../socket/inet.js'
import { received } from '../socket/iterator.js'
import type { ReceiveOptions } from '../socket/settings.js'
import type { WaitOptions } from '../socket/socket.js'
import { sendzerocopy, type ZerocopySent } from '../socket/zerocopy.js'
import * as validate from '../support/validate.js'
import { contextIn, type TlsOptions } from '../tls/options.js'
import type { TlsSession } from '../tls/session.js'
import { SERVER_OPTIONS } from './inet-options.js'
import { StreamServer } from './server.js'
import { StreamSocket } from './socket.js'

const FAMILIES = [AF_INET, AF_INET6]

/** A TCP connection over IPv4 or IPv6. See tcp(7). */
class InetStreamSocket extends StreamSocket {
  /**
   * Sends all of the data from where it is, without a copy (`MSG_ZEROCOPY`), and resolves when the kernel has let go of the memory: when
   * the peer's system has acknowledged it. Until then the data must not be changed, also after an error, or what was changed is sent. It
   * pays from some 10 KB on, with network devices that can; on loopback the kernel copies later, which costs more.
   * @param data - the bytes; a string is sent as UTF-8.
   * @param options - `timeout` and `signal` cover both, sending and the release.
   * @returns `bytes`, which is all of them, and `copied`, whether the kernel copied some after all.
   * @throws as `send()`; EOPNOTSUPP over TLS, and for other protocols than TCP; EBUSY after `send()` with `MSG_ZEROCOPY`, as this call
   *   reads the notes about it. For all others `recvmsg()` reads the error queue beside it. See
   *   {@link https://docs.kernel.org/networking/msg_zerocopy.html MSG_ZEROCOPY}.
   */
  sendzerocopy(data: validate.Data, options?: WaitOptions): Promise<ZerocopySent> {
    return sendzerocopy(this, data, options)
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

interface InetStreamSocket extends OptionMethods<typeof ipOptions>, OptionMethods<typeof ipv6Options> {
  /** The address that the socket is bound to. See getsockname(2). */
  getsockname(): InetAddrInfo
  /** The address of the peer. See getpeername(2). */
  getpeername(): InetAddrInfo
}
defineOptions(InetStreamSocket, ipOptions, ipv6Options)

/**
 * Adopts an open TCP connection: it is closed with the object from now on, and made non-blocking and close-on-exec.
 * @param fd - the descriptor, which the object owns from now on.
 * @returns the socket.
 * @throws EBADF, ENOTSOCK; EPROTOTYPE when it is a socket of another kind, or listens; EBUSY when it has an owner already.
 */
export async function wrap(fd: number): Promise<InetStreamSocket> {
  return new InetStreamSocket(adoptAs(fd, FAMILIES, SOCK_STREAM, false))
}

/**
 * A TCP client.
 *
 * @example
 * const client = await stream.inet.Client.create({ host: 'localhost', port: 8080 })
 * await client.send('hello')
 */
class InetStreamClient extends InetStreamSocket implements Connecting {
  /** @internal */
  readonly [kConnector] = new Connector(this, inetPlan)

  /**
   * Makes a client, looks its address up, and connects it unless `connect` is false. Called on a subclass it makes one of that.
   * @param options - `host` and `port`; `family`, `localAddress`, `localPort`, `attemptDelay`, `protocol`, `prepare`, `tlscfg`, …
   * @param connect - whether to connect at once, true by default; otherwise `connect()` does.
   * @param conndeadl - milliseconds for lookup, connection and handshake, 0 for no limit, the default.
   * @throws as {@link Connecting.connect}.
   */
  static async create<C>(this: ClientClass<C>, options: InetClientOptions, connect = true, conndeadl = 0): Promise<C> {
    return createClient(new this() as C & InetStreamClient, options, connect, conndeadl)
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
 * Where and how to listen. Without a host it is every address of this machine, IPv6 and IPv4 by one socket where there is
 * IPv6; without a port (or with 0) a free one.
 */
interface InetServerOptions extends BindOptions, PrepareOptions, TlsOptions {
  /** Whether an address in TIME_WAIT may be bound again; true by default. */
  reuseaddr?: boolean | undefined
  /** Whether several sockets of one user may share the address. */
  reuseport?: boolean | undefined
  /** Whether accepted connections send small segments at once; true by default for TCP and multipath TCP. */
  tcpnodelay?: boolean | undefined
  /**
   * `IPPROTO_MPTCP`, `IPPROTO_SCTP`, …: another protocol for streams than TCP. EPROTONOSUPPORT where the kernel does not have it, ENOPROTOOPT
   * where it is turned off (`net.mptcp.enabled`).
   */
  protocol?: number | undefined
}

/**
 * A TCP server.
 *
 * @example
 * const server = await stream.inet.Server.create({ host: '127.0.0.1', port: 8080 })
 * server.listen()
 * for await (const conn of server) serve(conn)
 */
class InetStreamServer extends StreamServer {
  /**
   * Binds a server to the first of its addresses that this machine has. It does not listen yet.
   * @param options - `host` and `port`; `reuseaddr`, `reuseport`, `v6only`, `tcpnodelay`, `protocol`, `prepare`, `tlscfg`, …; without
   *   host and port every address of this machine, and a free port.
   * @returns the server, of the class that this is called on. It has yet to `listen()`.
   * @throws SystemError: `EAI_*` of the lookup, EADDRINUSE, EACCES, … of bind(2). Another address of the host is bound only where the
   *   machine does not have the first one (EADDRNOTAVAIL), or no IPv6 at all (EAFNOSUPPORT).
   */
  static async create<S extends InetStreamServer>(this: SocketClass<S>, options: InetServerOptions = {}): Promise<S> {
    const given = validate.options('options', options, SERVER_OPTIONS) as InetServerOptions
    const context = contextIn(given, true)
    const reuseaddr = optional(given, 'reuseaddr', true)
    const reuseport = optional(given, 'reuseport', false)
    const tcpnodelay = optional(given, 'tcpnodelay', true)
    optional(given, 'v6only', false)
    checkPrepare(given)
    const { protocol = IPPROTO_TCP } = given
    validate.integer('options.protocol', protocol, 0)
    const list = await lookUpToBind(given, SOCK_STREAM, IPPROTO_TCP)
    const addresses = list.map((ai) => ai.with({ protocol }))
    const sock = bindFirst(addresses, {
      netns: given.netns,
      prepare(candidate, ai) {
        candidate.reuseaddr(reuseaddr)
        candidate.reuseport(reuseport)
        if (given.tcpnodelay !== undefined || hasTcpOptions(ai)) candidate.tcpnodelay(tcpnodelay)
        const v6only = v6onlyFor(ai, given)
        if (v6only !== undefined) candidate.v6only(v6only)
        runPrepareHook(candidate, ai, given)
      },
    })
    const server = new this(sock)
    if (context) server.secure(context)
    return server
  }

  /**
   * Adopts an open socket that is bound, and perhaps listens already: one that was inherited or received. It is closed with the object,
   * and made non-blocking and close-on-exec.
   * @param fd - the descriptor, which the object owns from now on.
   * @returns the server, of the class that this is called on.
   * @throws EBADF, ENOTSOCK; EPROTOTYPE when it is a socket of another kind; EBUSY when it has an owner already.
   */
  static async wrap<S extends InetStreamServer>(this: SocketClass<S>, fd: number): Promise<S> {
    return new this(adoptAs(fd, FAMILIES, SOCK_STREAM))
  }

  /**
   * Makes the object of an accepted connection. To be overridden by servers with connections of another class.
   * @param sock - the accepted socket, for the constructor.
   * @param tls - its TLS session, for the constructor; absent without `tlscfg`.
   */
  override createConnection(sock: LowSocket, tls?: TlsSession): InetStreamSocket {
    return new InetStreamSocket(sock, tls)
  }
}

interface InetStreamServer extends OptionMethods<typeof ipOptions>, OptionMethods<typeof ipv6Options> {
  /** The address that the socket is bound to. See getsockname(2). */
  getsockname(): InetAddrInfo
}
defineOptions(InetStreamServer, ipOptions, ipv6Options)

export type { InetAddress as Address, InetAddrInfo } from '../address/inet.js'
export {
  type InetClientOptions as ClientOptions,
  type InetServerOptions as ServerOptions,
  InetStreamClient as Client,
  InetStreamServer as Server,
  InetStreamSocket as Socket,
}
