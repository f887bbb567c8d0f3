/** CAN: frames of a controller area network. */
import { AddrInfo } from '../address/addrinfo.js'
import { AF_CAN, CAN_RAW, SOCK_DGRAM, SOCK_RAW } from '../constants/exported.generated.js'
import { Socket as AnyDgramSocket } from '../dgram/any.js'
import type { NetworkNamespace } from '../llsocket/open.js'
import { canOptions } from '../options/index.js'
import { defineOptions, type OptionMethods } from '../options/option.js'
import { openAny, remember } from '../socket/any.js'
import { adoptAs, type SocketClass } from '../socket/create.js'
import type { ReceiveOptions } from '../socket/settings.js'
import type { RecvOptions } from '../socket/socket.js'
import * as validate from '../support/validate.js'

const TYPES = [SOCK_RAW, SOCK_DGRAM]

/** An address of a CAN interface, whose parts are all there. */
interface CanAddrInfo extends AddrInfo {
  /** The index of the interface, 0 for all. */
  readonly ifindex: number
}

/** What a new CAN socket is for. */
interface CanOptions {
  /** The interface, by index or name; 0, the default, for every CAN interface. */
  ifindex?: number | string | undefined
  /** `CAN_RAW`, the default, `CAN_BCM` or `CAN_ISOTP`. */
  protocol?: number | undefined
  /** ISO-TP: the identifier of what is received, with its flags. */
  rxid?: number | undefined
  /** ISO-TP: the identifier of what is sent, with its flags. */
  txid?: number | undefined
  /** The network namespace that it belongs to. */
  netns?: NetworkNamespace | undefined
}

const KNOWN = ['ifindex', 'protocol', 'rxid', 'txid', 'netns']

/**
 * A CAN socket. A message of `CAN_RAW` is a `struct can_frame` of 16 bytes, or of CAN FD or XL where `canfdframes` or `canxlframes` allow
 * them. `CAN_RAW` and `CAN_ISOTP` are bound; `CAN_BCM` is connected.
 *
 * @example
 * const sock = await can.Socket.create({ ifindex: 'can0' })
 * sock.canfilter([{ id: 0x123, mask: CAN_SFF_MASK }])
 * await sock.bind()
 * for await (const [frame, { ifindex }] of sock) look(frame.readUInt32LE(0) & CAN_EFF_MASK)
 */
class CanSocket extends AnyDgramSocket {
  /**
   * Makes a socket, and remembers the address for `bind()` and `connect()`.
   * @param options - `protocol`, `CAN_RAW` by default, and the address: see {@link CanOptions}.
   * @throws EAFNOSUPPORT when this kernel has no CAN, EPROTONOSUPPORT when it lacks the protocol; ENODEV for a name that no interface
   *   has.
   */
  static override async create<S extends AnyDgramSocket>(this: SocketClass<S>, options: CanOptions = {}): Promise<S> {
    const given = validate.options('options', options, KNOWN) as CanOptions
    const { ifindex, rxid, txid, protocol = CAN_RAW, netns } = given
    const type = protocol === CAN_RAW ? SOCK_RAW : SOCK_DGRAM
    const address = AddrInfo.can({ ifindex, rxid, txid })
    const { sock } = openAny({ family: AF_CAN, type, protocol, address, netns }, TYPES)
    return remember(new this(sock), address)
  }
}

interface CanSocket extends OptionMethods<typeof canOptions> {
  /** What the socket is bound to. */
  getsockname(): CanAddrInfo
  /**
   * Receives a datagram and the address of its sender, with the arguments by name: `recvfrom({ timeout: 1000 })`.
   * @param options - `bufsize` in bytes, 64 KiB by default; `flags`; `timeout` in milliseconds, and `signal`.
   * @returns the data, and the address, which is always there.
   * @throws as of {@link DgramSocket.recvfrom}.
   */
  recvfrom(options: RecvOptions): Promise<[data: Buffer, ai: CanAddrInfo]>
  /**
   * Receives a datagram and the address of its sender: `recvfrom(bufsize, flags, options)`, all of them optional.
   * @param args - `bufsize` in bytes, 64 KiB by default; `flags`, `MSG_*`; and options, `timeout` in milliseconds and `signal`.
   * @returns the data, and the address, which is always there.
   * @throws EMSGSIZE when the datagram was longer and was cut; others as of {@link DgramSocket.recvfrom}.
   */
  recvfrom(...args: Parameters<AnyDgramSocket['recvfrom']>): Promise<[data: Buffer, ai: CanAddrInfo]>
  [Symbol.asyncIterator](): AsyncIterableIterator<[data: Buffer, ai: CanAddrInfo]>
  /**
   * Iterates over the datagrams and their senders, which are always there, with options. See {@link DgramSocket.messages}.
   * @param options - `bufsize`, the most bytes of a piece, 64 KiB by default; `timeout` in milliseconds of each call, and `signal`.
   * @returns an iterator; leaving the loop leaves the socket open.
   */
  messages(options?: ReceiveOptions): AsyncIterableIterator<[data: Buffer, ai: CanAddrInfo]>
  /**
   * Receives until the socket is closed, and gives each datagram and its sender to a function. See {@link DgramSocket.forEach}.
   * @param fn - called as `fn(data, from)`; a promise that it returns pauses receiving until it settles, and what it throws ends the
   *   loop.
   * @param options - `bufsize`, the most bytes of a piece, 64 KiB by default; `timeout` in milliseconds of each call, and `signal`.
   * @throws what `recvfrom()` would; what `fn` throws.
   */
  forEach(fn: (data: Buffer, from: CanAddrInfo) => unknown, options?: ReceiveOptions): Promise<void>
}
defineOptions(CanSocket, canOptions)

/**
 * Adopts an open CAN socket: it is closed with the object from now on, and made non-blocking and close-on-exec.
 * @param fd - the descriptor, which the object owns from now on.
 * @returns the socket.
 * @throws EBADF, ENOTSOCK; EPROTOTYPE when it is a socket of another kind; EBUSY when it has an owner already.
 */
export async function wrap(fd: number): Promise<CanSocket> {
  return new CanSocket(adoptAs(fd, [AF_CAN], TYPES))
}

export type { CanAddress as Address } from '../address/family-address.js'
export { type CanAddrInfo, type CanOptions as Options, CanSocket as Socket }
