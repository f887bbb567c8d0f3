import { bindFirst } from '../../bind.js'
import type { Socket as LowSocket } from '../../llsocket/socket.js'
import { type InetAddress, optional } from '../../lookup.js'
import { ipOptions, ipv6Options } from '../../options/index.js'
import { defineOptions, type OptionMethods } from '../../options/option.js'
import * as validate from '../../validate.js'
import { StreamServer } from '../server.js'
import { getaddrinfoin } from './lookup.js'
import { InetStreamSocket } from './socket.js'

/** Where and how to listen: every address of this machine without a host, a free port without a port (or with 0). */
export interface InetServerOptions extends InetAddress {
  /** Whether an address in TIME_WAIT may be bound again; true by default. */
  reuseaddr?: boolean
  /** Whether several sockets of one user may share the address. */
  reuseport?: boolean
  /** Whether accepted connections send small segments at once; true by default. */
  tcpnodelay?: boolean
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
    validate.object('options', options)
    const reuseaddr = optional(options, 'reuseaddr', true)
    const reuseport = optional(options, 'reuseport', false)
    const tcpnodelay = optional(options, 'tcpnodelay', true)
    const list = await getaddrinfoin({ ...options, port: options.port ?? 0, passive: true })
    const sock = bindFirst(list, (candidate) => {
      candidate.reuseaddr(reuseaddr)
      candidate.reuseport(reuseport)
      candidate.tcpnodelay(tcpnodelay)
    })
    return new this(sock)
  }

  /** Makes the object of an accepted connection. To be overridden for connections of another class. */
  override createConnection(sock: LowSocket): InetStreamSocket {
    return new InetStreamSocket(sock)
  }
}

export interface InetStreamServer extends OptionMethods<typeof ipOptions>, OptionMethods<typeof ipv6Options> {}
defineOptions(InetStreamServer, ipOptions, ipv6Options)
