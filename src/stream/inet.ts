import type { AddrInfo } from '../address.js'
import { AI_PASSIVE, IPPROTO_TCP, SOCK_STREAM } from '../constants.js'
import { budget } from '../deadline.js'
import type { SocketFacts } from '../descriptor.js'
import type { Socket as LowSocket } from '../llsocket/socket.js'
import { resolve } from '../resolve.js'
import type { WaitOptions } from '../socket.js'
import * as validate from '../validate.js'
import { bindFirst } from './bind.js'
import { connectWithin } from './connect.js'
import { StreamServer } from './server.js'
import { StreamSocket } from './socket.js'

/** Where to listen. */
export interface InetServerOptions {
  /** Name or address; absent for every address of this machine. */
  host?: string
  /** Number, or service name of services(5); 0 or absent for a free one. */
  port?: number | string
  /** Whether an address in TIME_WAIT may be bound again; true by default. */
  reuseaddr?: boolean
  /** Whether several sockets of one user may share the address. */
  reuseport?: boolean
  /** Whether accepted connections send small segments at once; true by default. */
  tcpnodelay?: boolean
}

/** Where to connect to. */
export interface InetClientOptions extends WaitOptions {
  /** Name or address; absent for the loopback address. */
  host?: string
  /** Number, or service name of services(5). */
  port: number | string
  /** Whether small segments are sent at once; true by default. */
  tcpnodelay?: boolean
}

async function lookup(options: InetServerOptions | InetClientOptions, flags: number): Promise<AddrInfo[]> {
  const { host, port } = options
  return resolve({ host, port, socktype: SOCK_STREAM, protocol: IPPROTO_TCP, flags })
}

function optional(options: object, name: string, otherwise: boolean): boolean {
  const value: unknown = (options as Record<string, unknown>)[name]
  return value === undefined ? otherwise : validate.boolean(`options.${name}`, value)
}

/** A TCP connection over IPv4 or IPv6. See tcp(7). */
export class InetStreamSocket extends StreamSocket {}

/**
 * A TCP server.
 *
 * @example
 * const server = await stream.inet.Server.create({ host: '127.0.0.1', port: 8080 })
 * server.listen()
 * const conn = await server.accept()
 */
export class InetStreamServer<Connection extends StreamSocket = InetStreamSocket> extends StreamServer<Connection> {
  /**
   * Binds a server to the first address that can be bound. It does not listen yet.
   * @throws SystemError: `EAI_*` of the lookup, EADDRINUSE, EACCES, … of bind(2).
   */
  static async create(options: InetServerOptions = {}): Promise<InetStreamServer> {
    validate.object('options', options)
    const reuseaddr = optional(options, 'reuseaddr', true)
    const reuseport = optional(options, 'reuseport', false)
    const tcpnodelay = optional(options, 'tcpnodelay', true)
    const list = await lookup({ ...options, port: options.port ?? 0 }, AI_PASSIVE)
    return new this(
      bindFirst(list, (sock) => {
        sock.reuseaddr(reuseaddr)
        if (reuseport) sock.reuseport(true)
        if (tcpnodelay) sock.tcpnodelay(true)
      }),
    )
  }

  override createConnection(sock: LowSocket): Connection {
    return new InetStreamSocket(sock) as StreamSocket as Connection
  }
}

/**
 * A TCP client.
 *
 * @example
 * const client = await stream.inet.Client.create({ host: 'localhost', port: 8080 })
 * await client.send('hello')
 */
export class InetStreamClient extends InetStreamSocket {
  #options: InetClientOptions | undefined

  /**
   * Makes a client, and connects it unless `connect` is false.
   * @param conndeadl - budget of lookup and connection in milliseconds, 0 for none.
   * @throws as {@link InetStreamClient.connect}.
   */
  static async create(options: InetClientOptions, connect = true, conndeadl = 0): Promise<InetStreamClient> {
    validate.object('options', options)
    optional(options, 'tcpnodelay', true)
    const client = new this()
    client.#options = { ...options }
    if (validate.boolean('connect', connect)) await client.connect(conndeadl)
    return client
  }

  /**
   * Connects to the first address that answers, in the order of the lookup. On a connected client the old connection is
   * replaced only when the new one stands.
   * @param conndeadl - budget of lookup and connection in milliseconds, 0 for none.
   * @throws SystemError: `EAI_*` of the lookup, ECONNREFUSED, … of connect(2); with several addresses `errors` has one for each;
   *   {@link TimeoutError} when the budget is used up.
   */
  async connect(conndeadl = 0): Promise<void> {
    const milliseconds = budget('conndeadl', conndeadl)
    const options = this.#options ?? { port: 0 }
    const { fd, facts } = await connectWithin(milliseconds, () => lookup(options, 0), options)
    await this.#adopt(fd, facts, optional(options, 'tcpnodelay', true))
  }

  async #adopt(fd: number, facts: SocketFacts, tcpnodelay: boolean): Promise<void> {
    await this.replace(fd, facts)
    if (tcpnodelay) this.tcpnodelay(true)
  }
}
