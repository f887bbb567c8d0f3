import { AddrInfo } from '../address/addrinfo.js'
import { INET_ADDRESS, type InetAddress, type InetAddrInfo, lookUp, lookupFor, optional } from '../address/inet.js'
import { AF_INET, AF_INET6, IPPROTO_UDP, SOCK_DGRAM } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { kHandle } from '../descriptor/handle.js'
import { create as createLow } from '../llsocket/create.js'
import type { Socket as LowSocket } from '../llsocket/socket.js'
import { adoptAs, closeOnError, firstOf } from '../socket/create.js'
import { systemError } from '../support/errors.js'
import * as validate from '../support/validate.js'
import { bindTo, connectTo, DgramSocket } from './socket.js'

/** What a new socket is to be for. */
interface InetDgramOptions extends InetAddress {
  /** Whether other sockets may bind the same address, and share or take over what arrives. Off by default. */
  reuseaddr?: boolean | undefined
  /** Whether several sockets of one user may bind the same address, and share what arrives. Off by default. */
  reuseport?: boolean | undefined
}

/**
 * The UDP addresses of a host and a port, in the order to try them.
 * @throws SystemError with an `EAI_*` code. See getaddrinfo(3).
 */
export const getaddrinfoin = lookupFor(SOCK_DGRAM, IPPROTO_UDP)

/** A socket without host and port is an IPv4 one. */
const IPV4 = AddrInfo.inet('0.0.0.0', 0, { socktype: SOCK_DGRAM })

const KNOWN = [...INET_ADDRESS, 'reuseaddr', 'reuseport']

/**
 * A UDP socket. To serve others than this machine it is given a host, or `passive: true` for every address.
 *
 * @example
 * const sock = await dgram.inet.Socket.create({ host: '127.0.0.1', port: 5353 })
 * await sock.bind()
 * const [data, from] = await sock.recvfrom()
 * await sock.sendto(data, from)
 */
class InetDgramSocket extends DgramSocket {
  #ai: AddrInfo | undefined

  /**
   * Makes a socket of the family of the first address that options name, and remembers that address for `bind()` and
   * `connect()`. Without host and port it is an IPv4 socket, and remembers none.
   */
  static async create<S extends InetDgramSocket>(
    this: new (
      sock: LowSocket,
    ) => S,
    options: InetDgramOptions = {},
  ): Promise<S> {
    const given = validate.options('options', options, KNOWN) as InetDgramOptions
    const isNamed = given.host !== undefined || given.port !== undefined
    const ai = isNamed ? (await lookUp(given, SOCK_DGRAM, IPPROTO_UDP))[0] : undefined
    const sock = new this(created(ai ?? IPV4, given))
    sock.#ai = ai
    return sock
  }

  /**
   * Binds the socket: to the remembered address, or to the first of those that options name that can be bound.
   * @throws EADDRINUSE, EACCES, …; EINVAL when it is bound already. See bind(2).
   */
  async bind(options?: InetAddress): Promise<void> {
    await this.#firstOf('bind', options, (ai) => bindTo(this, ai))
  }

  /**
   * Sets the peer, the remembered address or the first of those that options name: `send` goes there, and only what comes from
   * there is received. `null` takes that back.
   * @throws ENETUNREACH, … of connect(2).
   */
  async connect(options?: InetAddress | null): Promise<void> {
    if (options === null) connectTo(this, null)
    else await this.#firstOf('connect', options, (ai) => connectTo(this, ai))
  }

  async #firstOf(syscall: string, options: InetAddress | undefined, attempt: (ai: AddrInfo) => void): Promise<void> {
    this[kHandle].fd.use(syscall)
    const list = options === undefined ? [this.#ai] : await getaddrinfoin(options)
    const own = list.filter((ai) => ai?.family === this.family()) as AddrInfo[]
    const none =
      options === undefined
        ? systemError(sys.EDESTADDRREQ, syscall, { detail: 'no address was given to create()' })
        : systemError(sys.EAFNOSUPPORT, syscall, { detail: 'no address of the family of this socket' })
    firstOf(own, attempt, none)
  }
}

interface InetDgramSocket {
  /** The address that the socket is bound to. See getsockname(2). */
  getsockname(): InetAddrInfo
  /** The address of the peer. See getpeername(2). */
  getpeername(): InetAddrInfo
  /** {@link DgramSocket.recvfrom}: a UDP datagram always has a sender. */
  recvfrom(...args: Parameters<DgramSocket['recvfrom']>): Promise<[data: Buffer, ai: InetAddrInfo]>
  /** `recvfrom` by lua-net's name. */
  recvfromsync(...args: Parameters<DgramSocket['recvfrom']>): Promise<[data: Buffer, ai: InetAddrInfo]>
  [Symbol.asyncIterator](): AsyncGenerator<[data: Buffer, ai: InetAddrInfo], void, undefined>
}

function created(ai: AddrInfo, options: InetDgramOptions): LowSocket {
  const reuseaddr = optional(options, 'reuseaddr', false)
  const reuseport = optional(options, 'reuseport', false)
  return closeOnError(createLow(ai, true), (sock) => {
    sock.reuseaddr(reuseaddr)
    sock.reuseport(reuseport)
  })
}

/**
 * Adopts an open UDP socket: it is closed with the object from now on, and made non-blocking and close-on-exec.
 * @throws EBADF, ENOTSOCK; EPROTOTYPE when it is a socket of another kind; EBUSY when it has an owner already.
 */
export async function wrap(fd: number): Promise<InetDgramSocket> {
  return new InetDgramSocket(adoptAs(fd, [AF_INET, AF_INET6], SOCK_DGRAM))
}

export type { InetAddress as Address, InetAddrInfo } from '../address/inet.js'
export { type InetDgramOptions as Options, InetDgramSocket as Socket }
