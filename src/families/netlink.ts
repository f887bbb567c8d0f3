/** Netlink: messages between the kernel and programs. */
import { AddrInfo } from '../address/addrinfo.js'
import { AF_NETLINK, NETLINK_ROUTE, SOCK_DGRAM, SOCK_RAW } from '../constants/exported.generated.js'
import { Socket as AnyDgramSocket } from '../dgram/any.js'
import type { NetworkNamespace } from '../llsocket/open.js'
import { netlinkOptions } from '../options/index.js'
import { defineOptions, type OptionMethods } from '../options/option.js'
import { openAny, remember } from '../socket/any.js'
import { adoptAs, type SocketClass } from '../socket/create.js'
import type { ReceiveOptions } from '../socket/settings.js'
import type { RecvOptions } from '../socket/socket.js'
import * as validate from '../support/validate.js'

const TYPES = [SOCK_RAW, SOCK_DGRAM]

/** An address of netlink, whose parts are all there. */
interface NetlinkAddrInfo extends AddrInfo {
  /** The port; 0 for the kernel. */
  readonly pid: number
  /** Multicast groups, one bit for each. */
  readonly groups: number
}

/** The peer of a netlink socket, or what `bind()` makes it receive. */
interface NetlinkOptions {
  /** `NETLINK_ROUTE`, the default, `NETLINK_GENERIC`, `NETLINK_KOBJECT_UEVENT`, … */
  protocol?: number | undefined
  /** The port of its own; 0, the default, for a free one. */
  pid?: number | undefined
  /** Multicast groups, one bit for each of the first 32, such as `RTMGRP_LINK`; none by default. For others see `netlinkaddmembership`. */
  groups?: number | undefined
  /** The network namespace that it belongs to. */
  netns?: NetworkNamespace | undefined
}

/**
 * A netlink socket. What it receives is one or more messages with headers of `struct nlmsghdr`, which are the program's to read; anything but
 * the kernel as the sender (`pid` 0) is another program. When messages were lost for want of room the next receive is ENOBUFS, also in a loop:
 * what the program knows is no longer complete then. See netlink(7), rtnetlink(7).
 *
 * @example
 * const sock = await netlink.Socket.create({ groups: RTMGRP_LINK })
 * await sock.bind()
 * for await (const [messages, { pid }] of sock) if (pid === 0) read(messages)
 */
class NetlinkSocket extends AnyDgramSocket {
  /**
   * Makes a socket, and remembers for `bind()` its port and its groups. Sending binds it to a free port.
   * @param options - `protocol`, `NETLINK_*`, and `pid` and `groups` of the address.
   * @throws EPROTONOSUPPORT when this kernel does not have the protocol.
   */
  static override async create<S extends AnyDgramSocket>(
    this: SocketClass<S>,
    options: NetlinkOptions = {},
  ): Promise<S> {
    const given = validate.options('options', options, ['protocol', 'pid', 'groups', 'netns']) as NetlinkOptions
    const { protocol = NETLINK_ROUTE, pid, groups, netns } = given
    const address = AddrInfo.netlink({ pid, groups })
    const { sock } = openAny({ family: AF_NETLINK, type: SOCK_RAW, protocol, address, netns }, TYPES)
    return remember(new this(sock), address)
  }
}

interface NetlinkSocket extends OptionMethods<typeof netlinkOptions> {
  /** The port of its own, and the groups. */
  getsockname(): NetlinkAddrInfo
  /** The peer: the kernel, unless `connect()` said otherwise. */
  getpeername(): NetlinkAddrInfo
  /**
   * Receives a datagram and the address of its sender, with the arguments by name: `recvfrom({ timeout: 1000 })`.
   * @param options - `bufsize` in bytes, 64 KiB by default; `flags`; `timeout` in milliseconds, and `signal`.
   * @returns the data, and the address, which is always there.
   * @throws as of {@link DgramSocket.recvfrom}.
   */
  recvfrom(options: RecvOptions): Promise<[data: Buffer, ai: NetlinkAddrInfo]>
  /**
   * Receives a datagram and the address of its sender: `recvfrom(bufsize, flags, options)`, all of them optional.
   * @param args - `bufsize` in bytes, 64 KiB by default; `flags`, `MSG_*`; and options, `timeout` in milliseconds and `signal`.
   * @returns the data, and the address, which is always there.
   * @throws EMSGSIZE when the datagram was longer and was cut; others as of {@link DgramSocket.recvfrom}.
   */
  recvfrom(...args: Parameters<AnyDgramSocket['recvfrom']>): Promise<[data: Buffer, ai: NetlinkAddrInfo]>
  [Symbol.asyncIterator](): AsyncIterableIterator<[data: Buffer, ai: NetlinkAddrInfo]>
  /**
   * Iterates over the datagrams and their senders, which are always there, with options. See {@link DgramSocket.messages}.
   * @param options - `bufsize`, the most bytes of a piece, 64 KiB by default; `timeout` in milliseconds of each call, and `signal`.
   * @returns an iterator; leaving the loop leaves the socket open.
   */
  messages(options?: ReceiveOptions): AsyncIterableIterator<[data: Buffer, ai: NetlinkAddrInfo]>
  /**
   * Receives until the socket is closed, and gives each datagram and its sender to a function. See {@link DgramSocket.forEach}.
   * @param fn - called as `fn(data, from)`; a promise that it returns pauses receiving until it settles, and what it throws ends the
   *   loop.
   * @param options - `bufsize`, the most bytes of a piece, 64 KiB by default; `timeout` in milliseconds of each call, and `signal`.
   * @throws what `recvfrom()` would; what `fn` throws.
   */
  forEach(fn: (data: Buffer, from: NetlinkAddrInfo) => unknown, options?: ReceiveOptions): Promise<void>
}
defineOptions(NetlinkSocket, netlinkOptions)

/**
 * Adopts an open netlink socket: it is closed with the object from now on, and made non-blocking and close-on-exec.
 * @param fd - the descriptor, which the object owns from now on.
 * @returns the socket.
 * @throws EBADF, ENOTSOCK; EPROTOTYPE when it is a socket of another kind; EBUSY when it has an owner already.
 */
export async function wrap(fd: number): Promise<NetlinkSocket> {
  return new NetlinkSocket(adoptAs(fd, [AF_NETLINK], TYPES))
}

export type { NetlinkAddress as Address } from '../address/family-address.js'
export { type NetlinkAddrInfo, type NetlinkOptions as Options, NetlinkSocket as Socket }
