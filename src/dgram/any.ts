/** Datagrams of any family: what keeps boundaries and is not a connection. */

import type { AddrInfo } from '../address/addrinfo.js'
import { SOCK_DGRAM, SOCK_RAW, SOCK_RDM } from '../constants/exported.generated.js'
import { type AnyOptions, addressFor, bindAny, openAny, remember } from '../socket/any.js'
import type { SocketClass } from '../socket/create.js'
import { connectTo } from './peer.js'
import { DgramSocket } from './socket.js'

const TYPES = [SOCK_DGRAM, SOCK_RAW, SOCK_RDM]

/**
 * A socket for datagrams of any family: raw sockets, packets, netlink, CAN, and those that have no class of their own.
 *
 * @example
 * const sock = await dgram.any.Socket.create({ family: AF_INET, type: SOCK_DGRAM, protocol: IPPROTO_UDPLITE })
 * await sock.bind(AddrInfo.inet('127.0.0.1', 5353))
 */
class AnyDgramSocket extends DgramSocket {
  /**
   * Makes a socket. It is neither bound nor connected.
   * @param options - `family`, `type`, `protocol`, and `address`, which `bind()` and `connect()` use by default.
   * @throws EAFNOSUPPORT, EPROTONOSUPPORT, … where the kernel does not have it, with its names; EPERM or EACCES with what is needed.
   */
  static async create<S extends AnyDgramSocket>(this: SocketClass<S>, options: AnyOptions): Promise<S> {
    const { sock, address } = openAny(options, TYPES)
    return remember(new this(sock), address)
  }

  /**
   * Binds the socket, to the remembered address or to another one of its family.
   * @param ai - the address; the remembered one by default.
   * @throws EAFNOSUPPORT for an address of another family; EADDRINUSE, EPERM, ENODEV, … of bind(2).
   */
  async bind(ai?: AddrInfo): Promise<void> {
    bindAny(this, addressFor(this, ai, 'bind'))
  }

  /**
   * Sets the peer that `send` goes to, the remembered address or another one of its family; `null` takes that back where the family can.
   * @param ai - the address of the peer, the remembered one by default; `null` for none.
   * @throws EAFNOSUPPORT for an address of another family; EOPNOTSUPP where the family has no peers; … of connect(2).
   */
  async connect(ai?: AddrInfo | null): Promise<void> {
    connectTo(this, ai === null ? null : addressFor(this, ai, 'connect'))
  }
}

export type { AnyOptions as Options } from '../socket/any.js'
export { AnyDgramSocket as Socket }
