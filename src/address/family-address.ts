// The bytes of addresses that are neither of the internet nor unix: what each has is given by name.
import { native } from '../native/sockets.js'
import { UINT_MAX } from '../support/codec.js'
import { copyOf } from '../support/copy.js'
import * as validate from '../support/validate.js'
import { interfaceIndex } from './interface-index.js'
import { encodeSockaddr } from './sockaddr.js'

/** The kind of socket that an address is for. */
interface SocketType {
  /** `SOCK_*`; 0, the default, for any. */
  socktype?: number | undefined
}

interface TypeAndProtocol extends SocketType {
  /** The protocol of the socket; 0 by default. */
  protocol?: number | undefined
}

/** What an address of a packet socket has. See packet(7). */
export interface PacketAddress extends SocketType {
  /** The interface, by index or name; 0, the default, for every interface, which is only for bind(2). */
  ifindex?: number | string | undefined
  /** `ETH_P_*`, as a plain number: which frames a bound socket receives, or what the data of one to be sent is; 0, the default, for none. */
  protocol?: number | undefined
  /** `ARPHRD_*`; 0 by default. The kernel fills it in, and ignores that of the caller. */
  hatype?: number | undefined
  /** `PACKET_HOST` and so on; 0 by default. The kernel fills it in, and ignores that of the caller. */
  pkttype?: number | undefined
  /** The hardware address, as bytes or as text such as `'02:42:ac:11:00:02'`; none by default. */
  addr?: string | Uint8Array | undefined
}

/** What an address of a netlink socket has. See netlink(7). */
export interface NetlinkAddress extends TypeAndProtocol {
  /** The port: 0, the default, for the kernel, or to let bind(2) choose one. */
  pid?: number | undefined
  /** Multicast groups, one bit for each of the first 32; none by default. For others there is the option `netlinkaddmembership`. */
  groups?: number | undefined
}

/** What an address of a CAN socket has. */
export interface CanAddress extends TypeAndProtocol {
  /** The interface, by index or name; 0, the default, for every CAN interface. */
  ifindex?: number | string | undefined
  /** ISO-TP: the identifier of what is received, with its flags (`CAN_EFF_FLAG`). */
  rxid?: number | undefined
  /** ISO-TP: the identifier of what is sent, with its flags. */
  txid?: number | undefined
}

const UINT16_MAX = 0xffff
const UINT8_MAX = 0xff

/** The longest hardware address that Linux has (MAX_ADDR_LEN). */
const HARDWARE_MAX = 32

const PACKET = ['ifindex', 'protocol', 'hatype', 'pkttype', 'addr', 'socktype']
const NETLINK = ['pid', 'groups', 'socktype', 'protocol']
const CAN = ['ifindex', 'rxid', 'txid', 'socktype', 'protocol']

/** The bytes of an address, and the kind of socket that it is for. */
interface Encoded {
  /** The bytes of the `struct sockaddr`. */
  readonly sockaddr: Buffer
  /** Type and protocol of the socket. */
  readonly options: { readonly socktype: number; readonly protocol: number; readonly canonname: undefined }
}

/** The bytes of a hardware address that is given as text or bytes. */
export function hardwareAddress(name: string, value: string | Uint8Array | undefined): Buffer {
  if (value === undefined) return Buffer.alloc(0)
  if (typeof value === 'string') {
    if (!/^[0-9a-f]{2}([:-][0-9a-f]{2})*$/i.test(value))
      throw validate.invalidValue(name, "must be a hardware address such as '02:42:ac:11:00:02'", value)
    return sized(name, Buffer.from(value.replaceAll(/[:-]/g, ''), 'hex'))
  }
  const memory = validate.uint8Array(name, value)
  return sized(name, copyOf(memory, 0, memory.length))
}

function sized(name: string, hardware: Buffer): Buffer {
  if (hardware.length > HARDWARE_MAX)
    throw validate.outOfRange(`${name}.length`, `<= ${HARDWARE_MAX} bytes`, hardware.length)
  return hardware
}

/** Lays out an address of the link layer. */
export function packetSockaddr(address: PacketAddress): Encoded {
  const given = validate.options('address', address, PACKET) as PacketAddress
  const index = interfaceIndex('address.ifindex', given.ifindex ?? 0)
  const protocol = validate.integer('address.protocol', given.protocol ?? 0, 0, UINT16_MAX)
  const hatype = validate.integer('address.hatype', given.hatype ?? 0, 0, UINT16_MAX)
  const pkttype = validate.integer('address.pkttype', given.pkttype ?? 0, 0, UINT8_MAX)
  const hardware = hardwareAddress('address.addr', given.addr)
  const sockaddr = encodeSockaddr(
    (room) => native.packetAddress(index, protocol, hatype, pkttype, hardware, room),
    'AddrInfo.packet',
  )
  return { sockaddr, options: { socktype: given.socktype ?? 0, protocol: 0, canonname: undefined } }
}

/** Lays out an address of netlink. */
export function netlinkSockaddr(address: NetlinkAddress): Encoded {
  const given = validate.options('address', address, NETLINK) as NetlinkAddress
  const pid = validate.integer('address.pid', given.pid ?? 0, 0, UINT_MAX)
  const groups = validate.integer('address.groups', given.groups ?? 0, 0, UINT_MAX)
  return {
    sockaddr: encodeSockaddr((room) => native.netlinkAddress(pid, groups, room), 'AddrInfo.netlink'),
    options: { socktype: given.socktype ?? 0, protocol: given.protocol ?? 0, canonname: undefined },
  }
}

/** Lays out an address of CAN. */
export function canSockaddr(address: CanAddress): Encoded {
  const given = validate.options('address', address, CAN) as CanAddress
  const index = interfaceIndex('address.ifindex', given.ifindex ?? 0)
  const rxid = validate.integer('address.rxid', given.rxid ?? 0, 0, UINT_MAX)
  const txid = validate.integer('address.txid', given.txid ?? 0, 0, UINT_MAX)
  return {
    sockaddr: encodeSockaddr((room) => native.canAddress(index, rxid, txid, room), 'AddrInfo.can'),
    options: { socktype: given.socktype ?? 0, protocol: given.protocol ?? 0, canonname: undefined },
  }
}
