/** Raw sockets of IPv4 and IPv6, and those for ICMP echo that need no privilege. */
import type { AddrInfo } from '../address/addrinfo.js'
import type { InetAddrInfo } from '../address/inet.js'
import { AF_INET, AF_INET6, IPPROTO_ICMPV6, SOCK_DGRAM, SOCK_RAW } from '../constants/exported.generated.js'
import { Socket as AnyDgramSocket } from '../dgram/any.js'
import type { NetworkNamespace } from '../llsocket/open.js'
import { openAny, remember, typeAmong } from '../socket/any.js'
import { adoptAs, type SocketClass } from '../socket/create.js'
import type { ReceiveOptions } from '../socket/settings.js'
import type { RecvOptions } from '../socket/socket.js'
import * as validate from '../support/validate.js'

const TYPES = [SOCK_RAW, SOCK_DGRAM]
const FAMILIES = [AF_INET, AF_INET6]

/** What a new raw socket is for. */
interface RawOptions {
  /** `IPPROTO_*`: what it sends and receives. */
  protocol: number
  /** `AF_INET` or `AF_INET6`; by default `AF_INET6` for `IPPROTO_ICMPV6`, else `AF_INET`, and that of `address` if there is one. */
  family?: number | undefined
  /**
   * `SOCK_RAW`, the default, which needs CAP_NET_RAW; or `SOCK_DGRAM` for echo requests of `IPPROTO_ICMP` and `IPPROTO_ICMPV6`, which those
   * groups may send that `net.ipv4.ping_group_range` has.
   */
  type?: number | undefined
  /** What `bind()` and `connect()` use when they are given nothing. */
  address?: AddrInfo | undefined
  /** The network namespace that it belongs to. */
  netns?: NetworkNamespace | undefined
}

/**
 * A raw socket of IPv4 or IPv6. What it receives begins with the IP header on IPv4, and does not on IPv6. See raw(7), icmp(7).
 *
 * @example
 * const sock = await raw.inet.Socket.create({ protocol: IPPROTO_ICMP, type: SOCK_DGRAM })
 * await sock.sendto(echoRequest, AddrInfo.inet('192.0.2.1'))
 * const [reply, from] = await sock.recvfrom({ timeout: 1000 })
 */
class RawSocket extends AnyDgramSocket {
  /**
   * Makes a socket. It is neither bound nor connected.
   * @param options - `family` and `protocol`, `type`, and the address: see {@link RawOptions}.
   * @throws EPERM without CAP_NET_RAW; EACCES when `net.ipv4.ping_group_range` does not admit the group of this process; EPROTONOSUPPORT.
   */
  static override async create<S extends AnyDgramSocket>(this: SocketClass<S>, options: RawOptions): Promise<S> {
    const given = validate.options('options', options, ['protocol', 'family', 'type', 'address', 'netns']) as RawOptions
    const { address, netns } = given
    const protocol = validate.integer('options.protocol', given.protocol, 0)
    const family = given.family ?? address?.family ?? (protocol === IPPROTO_ICMPV6 ? AF_INET6 : AF_INET)
    if (!FAMILIES.includes(family)) throw validate.invalidValue('options.family', 'must be AF_INET or AF_INET6', family)
    const { sock } = openAny({ family, type: typeAmong(TYPES, given.type), protocol, address, netns }, TYPES)
    return remember(new this(sock), address)
  }
}

interface RawSocket {
  /** The address that the socket is bound to. */
  getsockname(): InetAddrInfo
  /** The address of the peer. */
  getpeername(): InetAddrInfo
  /** {@link DgramSocket.recvfrom}: a packet always has a sender. */
  recvfrom(options: RecvOptions): Promise<[data: Buffer, ai: InetAddrInfo]>
  recvfrom(...args: Parameters<AnyDgramSocket['recvfrom']>): Promise<[data: Buffer, ai: InetAddrInfo]>
  [Symbol.asyncIterator](): AsyncIterableIterator<[data: Buffer, ai: InetAddrInfo]>
  /** {@link DgramSocket.messages}: a packet always has a sender. */
  messages(options?: ReceiveOptions): AsyncIterableIterator<[data: Buffer, ai: InetAddrInfo]>
  /** {@link DgramSocket.forEach}: there always is a sender. */
  forEach(fn: (data: Buffer, from: InetAddrInfo) => unknown, options?: ReceiveOptions): Promise<void>
}

/**
 * Adopts an open raw socket, or one for ICMP echo: it is closed with the object from now on, and made non-blocking and close-on-exec.
 * @param fd - the descriptor, which the object owns from now on.
 * @returns the socket.
 * @throws EBADF, ENOTSOCK; EPROTOTYPE when it is a socket of another kind; EBUSY when it has an owner already.
 */
export async function wrap(fd: number): Promise<RawSocket> {
  return new RawSocket(adoptAs(fd, FAMILIES, TYPES))
}

export { type RawOptions as Options, RawSocket as Socket }
