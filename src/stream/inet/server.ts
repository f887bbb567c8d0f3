import type { AddrInfo } from '../../address/addrinfo.js'
import { INET_ADDRESS, type InetAddress, type InetAddrInfo, optional } from '../../address/inet.js'
import { AF_INET, AF_INET6, SOCK_STREAM } from '../../constants/exported.generated.js'
import type { Socket as LowSocket } from '../../llsocket/socket.js'
import { ipOptions, ipv6Options } from '../../options/index.js'
import { defineOptions, type OptionMethods } from '../../options/option.js'
import { wrapAs } from '../../socket/adopt.js'
import { bindFirst } from '../../socket/bind.js'
import { type PrepareOptions, prepared } from '../../socket/prepare.js'
import * as validate from '../../support/validate.js'
import { contextIn, type TlsOptions } from '../../tls/options.js'
import type { TlsSession } from '../../tls/session.js'
import { StreamServer } from '../server.js'
import { getaddrinfoin } from './lookup.js'
import { InetStreamSocket } from './socket.js'

/**
 * Where and how to listen. Without a host it is every address of this machine, IPv6 and IPv4 by one socket where there is
 * IPv6; without a port (or with 0) a free one.
 */
export interface InetServerOptions extends InetAddress, PrepareOptions, TlsOptions {
  /** Whether an address in TIME_WAIT may be bound again; true by default. */
  reuseaddr?: boolean | undefined
  /** Whether several sockets of one user may share the address. */
  reuseport?: boolean | undefined
  /** Whether accepted connections send small segments at once; true by default. */
  tcpnodelay?: boolean | undefined
}

const KNOWN = [...INET_ADDRESS, 'reuseaddr', 'reuseport', 'tcpnodelay', 'prepare', 'tlscfg']

/** IPv6 first: its wildcard serves IPv4 too. */
function wildcardsLast(list: AddrInfo[], host: string | undefined): AddrInfo[] {
  if (host !== undefined) return list
  return [...list].sort((a, b) => Number(b.family === AF_INET6) - Number(a.family === AF_INET6))
}

/**
 * A TCP server.
 *
 * @example
 * const server = await stream.inet.Server.create({ host: '127.0.0.1', port: 8080 })
 * server.listen()
 * for await (const conn of server) serve(conn)
 */
export class InetStreamServer extends StreamServer {
  /**
   * Binds a server to the first address that can be bound. It does not listen yet.
   * @throws SystemError: `EAI_*` of the lookup, EADDRINUSE, EACCES, … of bind(2).
   */
  static async create<S extends InetStreamServer>(
    this: new (
      sock: LowSocket,
    ) => S,
    options: InetServerOptions = {},
  ): Promise<S> {
    const given = validate.options('options', options, KNOWN) as InetServerOptions
    const context = contextIn(given, true)
    const reuseaddr = optional(given, 'reuseaddr', true)
    const reuseport = optional(given, 'reuseport', false)
    const tcpnodelay = optional(given, 'tcpnodelay', true)
    const list = await getaddrinfoin({ ...given, port: given.port ?? 0, passive: true })
    const sock = bindFirst(wildcardsLast(list, given.host), {
      prepare(candidate, ai) {
        candidate.reuseaddr(reuseaddr)
        candidate.reuseport(reuseport)
        candidate.tcpnodelay(tcpnodelay)
        if (given.host === undefined && ai.family === AF_INET6) candidate.v6only(false)
        prepared(candidate, ai, given)
      },
    })
    const server = new this(sock)
    if (context) server.secure(context)
    return server
  }

  /**
   * Adopts an open socket that is bound, and perhaps listens already: one that was inherited or received. It is closed with the
   * object, and made non-blocking and close-on-exec.
   * @throws EBADF, ENOTSOCK; EPROTOTYPE when it is a socket of another kind; EBUSY when it has an owner already.
   */
  static async wrap<S extends InetStreamServer>(this: new (sock: LowSocket) => S, fd: number): Promise<S> {
    return new this(wrapAs(fd, [AF_INET, AF_INET6], SOCK_STREAM))
  }

  /** Makes the object of an accepted connection. To be overridden for connections of another class. */
  override createConnection(sock: LowSocket, tls?: TlsSession): InetStreamSocket {
    return new InetStreamSocket(sock, tls)
  }
}

export interface InetStreamServer extends OptionMethods<typeof ipOptions>, OptionMethods<typeof ipv6Options> {
  /** The address that the socket is bound to. See getsockname(2). */
  getsockname(): InetAddrInfo
}
defineOptions(InetStreamServer, ipOptions, ipv6Options)
