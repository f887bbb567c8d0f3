/** Packet sockets: frames of the link layer. */
import { AddrInfo } from '../address/addrinfo.js'
import { AF_PACKET, SOCK_DGRAM, SOCK_RAW } from '../constants/exported.generated.js'
import { Socket as AnyDgramSocket } from '../dgram/any.js'
import type { NetworkNamespace } from '../llsocket/open.js'
import { packetOptions } from '../options/index.js'
import { defineOptions, type OptionMethods } from '../options/option.js'
import { openAny, remember, typeAmong } from '../socket/any.js'
import { adoptAs, type SocketClass } from '../socket/create.js'
import type { ReceiveOptions } from '../socket/settings.js'
import type { RecvOptions } from '../socket/socket.js'
import * as validate from '../support/validate.js'

const TYPES = [SOCK_RAW, SOCK_DGRAM]

/** An address of the link layer, whose parts are all there. */
interface PacketAddrInfo extends AddrInfo {
  /** The hardware address as text, `''` where there is none. */
  readonly addr: string
  /** The index of the interface, 0 for all. */
  readonly ifindex: number
  /** The protocol: `ETH_P_*`. */
  readonly ethertype: number
  /** The type of the hardware: `ARPHRD_*`. */
  readonly hatype: number
  /** What a received frame is to this host: `PACKET_HOST` and so on. */
  readonly pkttype: number
}

/** What `bind()` makes a packet socket receive. */
interface PacketOptions {
  /** The interface, by index or name; 0, the default, for every interface. */
  ifindex?: number | string | undefined
  /** Which frames: `ETH_P_ALL`, `ETH_P_IP`, …, as a plain number. 0, the default, for none: then it is for sending. */
  protocol?: number | undefined
  /** `SOCK_RAW`, the default, for frames with the header of the link layer; `SOCK_DGRAM` for those without. */
  type?: number | undefined
  /** The network namespace that it belongs to. */
  netns?: NetworkNamespace | undefined
}

/**
 * A packet socket. Needs CAP_NET_RAW. A frame is a message, with the interface, the protocol and the hardware address of its sender as its
 * address. It receives nothing before `bind()`, and so nothing of an interface that it is not for. While the interface is down receiving is
 * ENETDOWN, once. See packet(7).
 *
 * @example
 * const sock = await packet.Socket.create({ ifindex: 'eth0', protocol: ETH_P_ALL })
 * sock.attachfilter(await programOf('tcpdump -ddd port 53'))
 * await sock.bind()
 * for await (const [frame, { pkttype }] of sock) if (pkttype !== PACKET_OUTGOING) look(frame)
 */
class PacketSocket extends AnyDgramSocket {
  /**
   * Makes a socket, and remembers for `bind()` what it is to receive.
   * @param options - `type`, `SOCK_RAW` or `SOCK_DGRAM`, and `ifindex` and `protocol` of the frames.
   * @throws EPERM without CAP_NET_RAW; ENODEV for a name that no interface has.
   */
  static override async create<S extends AnyDgramSocket>(
    this: SocketClass<S>,
    options: PacketOptions = {},
  ): Promise<S> {
    const given = validate.options('options', options, ['ifindex', 'protocol', 'type', 'netns']) as PacketOptions
    const { ifindex, protocol, netns } = given
    const type = typeAmong(TYPES, given.type)
    const address = AddrInfo.packet({ ifindex, protocol })
    const { sock } = openAny({ family: AF_PACKET, type, protocol: 0, address, netns }, TYPES)
    return remember(new this(sock), address)
  }
}

interface PacketSocket extends OptionMethods<typeof packetOptions> {
  /** What the socket is bound to. */
  getsockname(): PacketAddrInfo
  /**
   * Receives a datagram and the address of its sender, with the arguments by name: `recvfrom({ timeout: 1000 })`.
   * @param options - `bufsize` in bytes, 64 KiB by default; `flags`; `timeout` in milliseconds, and `signal`.
   * @returns the data, and the address, which is always there.
   * @throws as of {@link DgramSocket.recvfrom}.
   */
  recvfrom(options: RecvOptions): Promise<[data: Buffer, ai: PacketAddrInfo]>
  /**
   * Receives a datagram and the address of its sender: `recvfrom(bufsize, flags, options)`, all of them optional.
   * @param args - `bufsize` in bytes, 64 KiB by default; `flags`, `MSG_*`; and options, `timeout` in milliseconds and `signal`.
   * @returns the data, and the address, which is always there.
   * @throws EMSGSIZE when the datagram was longer and was cut; others as of {@link DgramSocket.recvfrom}.
   */
  recvfrom(...args: Parameters<AnyDgramSocket['recvfrom']>): Promise<[data: Buffer, ai: PacketAddrInfo]>
  [Symbol.asyncIterator](): AsyncIterableIterator<[data: Buffer, ai: PacketAddrInfo]>
  /**
   * Iterates over the datagrams and their senders, which are always there, with options. See {@link DgramSocket.messages}.
   * @param options - `bufsize`, the most bytes of a piece, 64 KiB by default; `timeout` in milliseconds of each call, and `signal`.
   * @returns an iterator; leaving the loop leaves the socket open.
   */
  messages(options?: ReceiveOptions): AsyncIterableIterator<[data: Buffer, ai: PacketAddrInfo]>
  /**
   * Receives until the socket is closed, and gives each datagram and its sender to a function. See {@link DgramSocket.forEach}.
   * @param fn - called as `fn(data, from)`; a promise that it returns pauses receiving until it settles, and what it throws ends the
   *   loop.
   * @param options - `bufsize`, the most bytes of a piece, 64 KiB by default; `timeout` in milliseconds of each call, and `signal`.
   * @throws what `recvfrom()` would; what `fn` throws.
   */
  forEach(fn: (data: Buffer, from: PacketAddrInfo) => unknown, options?: ReceiveOptions): Promise<void>
}
defineOptions(PacketSocket, packetOptions)

/**
 * Adopts an open packet socket: it is closed with the object from now on, and made non-blocking and close-on-exec.
 * @param fd - the descriptor, which the object owns from now on.
 * @returns the socket.
 * @throws EBADF, ENOTSOCK; EPROTOTYPE when it is a socket of another kind; EBUSY when it has an owner already.
 */
export async function wrap(fd: number): Promise<PacketSocket> {
  return new PacketSocket(adoptAs(fd, [AF_PACKET], TYPES))
}

export type { PacketAddress as Address } from '../address/family-address.js'
export { type PacketAddrInfo, type PacketOptions as Options, PacketSocket as Socket }
