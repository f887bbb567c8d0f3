import { AddrInfo, addressArgument, adoptSockaddr, withoutMapping } from '../address/addrinfo.js'
import { interfaceOfZones } from '../address/interface-index.js'
import { AF_INET, AF_INET6 } from '../constants/exported.generated.js'
import { errnoName, type Location, level, sys } from '../constants/lookup.js'
import { type NativeKind, native, registers, registers64 } from '../native/sockets.js'
import { type Codec, credentialsCodec, INT_MAX, integerCodec, nanosecondsCodec, UINT_MAX } from '../support/codec.js'
import { copyOf } from '../support/copy.js'
import { check, systemError } from '../support/errors.js'
import * as validate from '../support/validate.js'

/** Interface and address to send a datagram from. A {@link ReceivedPacketInfo} is one, too, and sends an answer from where the question went. */
export interface PacketInfo {
  /** Index of the interface, by default that of the zone of the address, which it must not contradict; 0 leaves the choice to the kernel. */
  ifindex?: number | undefined
  /** The source address, an address of this machine, unless there is `local`. Without either the kernel chooses. */
  addr?: AddrInfo | undefined
  /** The source address, in place of `addr`. */
  local?: AddrInfo | undefined
}

/** Interface and addresses that a datagram arrived by. */
export interface ReceivedPacketInfo {
  /** Index of the interface. */
  ifindex: number
  /** The address that the datagram was sent to: one of this machine, a multicast group, or a broadcast address. */
  addr: AddrInfo
  /** The address that an answer is sent from: `addr` if it is one of this machine. `::` for a group of IPv6: the kernel chooses. */
  local: AddrInfo
}

/** When a packet was seen, in nanoseconds since 1970 (hardware: of the device's clock); 0n where no time was taken. */
export interface Timestamps {
  /** The kernel's time. */
  software: bigint
  /** The device's time. */
  hardware: bigint
}

/** An error that the network reported, from the error queue (`MSG_ERRQUEUE`). See ip(7), `IP_RECVERR`. */
export interface ExtendedError {
  /** The error as a positive errno. */
  errno: number
  /** Its name: `'ECONNREFUSED'`. */
  code: string | undefined
  /** The origin of the report: `SO_EE_ORIGIN_*`. */
  origin: number
  /** Type of the ICMP message. */
  type: number
  /** Code of the ICMP message. */
  icmpcode: number
  /** Depends on the origin: the MTU for EMSGSIZE, the first of a range of sends for zero copy. */
  info: number
  /** Depends on the origin: the last of a range of sends for zero copy. */
  data: number
  /** The host that reported it. */
  offender: AddrInfo | undefined
}

/** What the kernel knows of a received frame. See packet(7), `PACKET_AUXDATA`. */
export interface PacketAuxData {
  /** `TP_STATUS_*`, OR-ed. */
  status: number
  /** Bytes of the frame. */
  len: number
  /** Bytes that the filter has left of it. */
  snaplen: number
  /** Where the header of the link layer begins. */
  mac: number
  /** Where the network header begins. */
  net: number
  /** The VLAN tag that the device has taken off; valid with `TP_STATUS_VLAN_VALID`. */
  vlanTci: number
  /** The protocol of that tag; valid with `TP_STATUS_VLAN_TPID_VALID`. */
  vlanTpid: number
}

const auxdataCodec: Codec<PacketAuxData> = {
  layout: 'packet_auxdata',
  read() {
    const [status = 0, len = 0, snaplen = 0, mac = 0, net = 0, vlanTci = 0, vlanTpid = 0] = registers
    return { status, len, snaplen, mac, net, vlanTci, vlanTpid }
  },
}

/** A control message to send. */
interface Encoded {
  /** Its level and type. */
  readonly location: Location
  /** What follows its header. */
  readonly data: Buffer
}

/** One type of control message: its place, and the translation between its data and a value. */
interface ReceivedRow<T> {
  /** Its level and type. */
  readonly location: Location
  /** Reads the value. */
  decode(data: Buffer): T
  /** Absent for a type that is only received. */
  readonly encode: unknown
}

/** A type that can also be sent, from a value that may have another shape. */
interface AncillaryRow<T, Sent = T> extends ReceivedRow<T> {
  /** Checks the value, and lays it out as data. */
  readonly encode: (value: Sent) => Encoded
}

const addressRoom = Buffer.alloc(native.limits.sockaddr_max)
const SOCKADDR_IN_BYTES = 16
const SOCKADDR_IN6_BYTES = 28

/** The largest layout, and some more. */
const ENCODE_ROOM = 64

/** Fills the registers, and `bytes`, from the data of a message. */
function decode(layout: NativeKind, data: Buffer, bytes?: Buffer): void {
  check(native.cmsgDecode(native.kinds[layout], data, bytes), 'cmsg', {
    detail: `${data.length} bytes are not a ${layout}`,
  })
}

/** Makes the data of a message from the registers and `bytes`. */
function encode(layout: NativeKind, bytes?: Uint8Array): Buffer {
  const to = Buffer.alloc(ENCODE_ROOM)
  return to.subarray(0, check(native.cmsgEncode(native.kinds[layout], to, bytes), 'cmsg'))
}

/** A type that is only received, and whose value the registers hold completely. */
function received<T>(location: Location, codec: Codec<T>): ReceivedRow<T> {
  return {
    location,
    decode(data) {
      decode(codec.layout, data)
      return codec.read()
    },
    encode: undefined,
  }
}

/** A type that can also be sent. */
function both<T>(location: Location, codec: Required<Codec<T>>): AncillaryRow<T> {
  return {
    ...received(location, codec),
    encode(value) {
      codec.write(value)
      return { location, data: encode(codec.layout) }
    },
  }
}

const int = (location: Location, max: number): AncillaryRow<number> => both(location, integerCodec('int', 0, max))
const u32 = (location: Location): AncillaryRow<number> => both(location, integerCodec('u32', 0, UINT_MAX))

const addressAt = (from: number, to: number): AddrInfo => adoptSockaddr(copyOf(addressRoom, from, to - from))

/** A packet info to send, checked: the source is that of `local`, or else of `addr`. */
interface Source {
  readonly ifindex: number
  readonly from: AddrInfo | undefined
}

function sourceOf(value: unknown): Source {
  const { ifindex = 0, addr, local } = validate.options('value', value, ['ifindex', 'addr', 'local']) as PacketInfo
  const index = validate.integer('value.ifindex', ifindex, 0)
  const [first, second] = [local, addr].map(
    (ai, i) => ai && addressArgument(i === 0 ? 'value.local' : 'value.addr', ai),
  )
  return { ifindex: index, from: first ?? second }
}

/** Lays a packet info out for one family. */
function encodeSource(location: Location, kind: NativeKind, family: number, { ifindex, from }: Source): Encoded {
  if (from !== undefined && from.family !== family) throw systemError(sys.EAFNOSUPPORT, 'cmsg', from.context())
  registers[0] = interfaceOfZones('value.ifindex', ifindex, from?.scopeid)
  return { location, data: encode(kind, from?.sockaddr) }
}

const IPV6_GROUP = 0xff
const ADDRESS_AT = 8 // sin6_addr in struct sockaddr_in6

/** IPv6 does not say which address answers what a group has received. */
const answering = (addr: AddrInfo): AddrInfo =>
  addr.sockaddr[ADDRESS_AT] === IPV6_GROUP ? AddrInfo.inet6('::', 0, { scopeid: addr.scopeid ?? 0 }) : addr

function pktinfo(location: Location, location6: Location): AncillaryRow<ReceivedPacketInfo, PacketInfo> {
  return {
    location,
    decode(data) {
      decode('pktinfo', data, addressRoom)
      const ifindex = registers[0] as number
      const addr = addressAt(SOCKADDR_IN_BYTES, 2 * SOCKADDR_IN_BYTES)
      return { ifindex, addr, local: addressAt(0, SOCKADDR_IN_BYTES) }
    },
    encode(value) {
      const { ifindex, from: given } = sourceOf(value)
      const from = given && withoutMapping(given)
      if (from?.family === AF_INET6) return encodeSource(location6, 'pktinfo6_cmsg', AF_INET6, { ifindex, from })
      return encodeSource(location, 'pktinfo', AF_INET, { ifindex, from })
    },
  }
}

function pktinfo6(location: Location): AncillaryRow<ReceivedPacketInfo, PacketInfo> {
  return {
    location,
    decode(data) {
      decode('pktinfo6_cmsg', data, addressRoom)
      const ifindex = registers[0] as number
      const addr = addressAt(0, SOCKADDR_IN6_BYTES)
      return { ifindex, addr, local: answering(addr) }
    },
    encode: (value) => encodeSource(location, 'pktinfo6_cmsg', AF_INET6, sourceOf(value)),
  }
}

function extendedError(location: Location): ReceivedRow<ExtendedError> {
  return {
    location,
    decode(data) {
      decode('extended_error', data, addressRoom)
      const [errno = 0, origin = 0, type = 0, icmpcode = 0, info = 0, more = 0, length = 0] = registers
      const reporter = length >= SOCKADDR_IN_BYTES ? addressAt(0, Math.min(length, addressRoom.length)) : undefined
      const offender = reporter && reporter.family !== 0 ? reporter : undefined
      return { errno, code: errnoName(errno), origin, type, icmpcode, info, data: more, offender }
    },
    encode: undefined,
  }
}

function address(location: Location): ReceivedRow<AddrInfo> {
  return { location, decode: (data) => adoptSockaddr(copyOf(data, 0, data.length)), encode: undefined }
}

/** The kernel's and the device's time of a packet: the first and the third of three, of which the second is not used any more. */
const timestampsCodec: Codec<Timestamps> = {
  layout: 'timestamping',
  read: () => ({ software: registers64[0] as bigint, hardware: registers64[2] as bigint }),
}

/** A point of time in nanoseconds; the sign of one before the clock's zero is kept modulo 2 ** 64. */
const txtimeCodec: Required<Codec<bigint>> = {
  ...nanosecondsCodec('u64'),
  write(value) {
    if (typeof value !== 'bigint') throw validate.invalidType('value', 'of type bigint', value)
    registers64[0] = BigInt.asUintN(64, value)
  },
}

const socket = level('SOL_SOCKET')
const ip = level('IPPROTO_IP')
const ipv6 = level('IPPROTO_IPV6')
const udp = level('IPPROTO_UDP')
const tcp = level('IPPROTO_TCP')

/** Every type of control message that has a typed value, by name. Descriptors have methods of their own. */
const rows = {
  /** Process, user and group of the sender (`passcred`). See unix(7). */
  credentials: both(socket('SCM_CREDENTIALS'), credentialsCodec),
  /** Security label of the sender (`passsec`). */
  security: {
    location: socket('SCM_SECURITY'),
    decode: (data: Buffer): string => data.toString('utf8').replace(/\0.*$/s, ''),
    encode: undefined,
  },
  /** When it arrived, in nanoseconds since 1970, with a precision of a microsecond (`timestamp`). See socket(7). */
  timestamp: received(socket('SCM_TIMESTAMP'), nanosecondsCodec('timeval_ns')),
  /** When it arrived, in nanoseconds since 1970 (`timestampns`). */
  timestampns: received(socket('SCM_TIMESTAMPNS'), nanosecondsCodec('timespec')),
  /** When the kernel and the device saw it (`timestamping`). */
  timestamping: received(socket('SCM_TIMESTAMPING'), timestampsCodec),
  /** The number of messages that the socket has dropped because its buffer was full (`rxqovfl`). */
  rxqovfl: u32(socket('SO_RXQ_OVFL')),
  /** The mark of the packet (`rcvmark`), or the one to send it with. */
  mark: u32(socket('SO_MARK')),
  /** The priority of the packet (`rcvpriority`), or the one to send it with. */
  priority: u32(socket('SO_PRIORITY')),
  /** When to send it, in nanoseconds of the clock that `txtime` selects. */
  txtime: both(socket('SCM_TXTIME'), txtimeCodec),
  /**
   * IPv4, also on an IPv6 socket that carries both: the remaining hops (`recvttl`), or the number to send it with. The kernel ignores
   * a message of the other family, so to either peer goes one of each. See ip(7).
   */
  ttl: int(ip('IP_TTL'), 255),
  /** IPv4, as `ttl`: type of service (`recvtos`), or the one to send it with. */
  tos: int(ip('IP_TOS'), 255),
  /**
   * Interface and address that it arrived by (`pktinfo`), or those to send it from. To send, the family is that of the address; without one
   * it is IPv4, and `pktinfo6` is the name of the other.
   */
  pktinfo: pktinfo(ip('IP_PKTINFO'), ipv6('IPV6_PKTINFO')),
  /** The destination before a redirection by a packet filter (`recvorigdstaddr`). */
  origdstaddr: address(ip('IP_ORIGDSTADDR')),
  /** An error that the network reported (`recverr`, `MSG_ERRQUEUE`). */
  recverr: extendedError(ip('IP_RECVERR')),
  /** IPv6: the remaining hops (`recvttl`), or the number to send it with. See ipv6(7). */
  hoplimit: int(ipv6('IPV6_HOPLIMIT'), 255),
  /** IPv6: traffic class (`recvtos`), or the one to send it with. */
  tclass: int(ipv6('IPV6_TCLASS'), 255),
  /** IPv6: interface and address that it arrived by (`pktinfo`), or those to send it from. */
  pktinfo6: pktinfo6(ipv6('IPV6_PKTINFO')),
  /** IPv6: the destination before a redirection by a packet filter (`recvorigdstaddr`). */
  origdstaddr6: address(ipv6('IPV6_ORIGDSTADDR')),
  /** IPv6: an error that the network reported (`recverr`, `MSG_ERRQUEUE`). */
  recverr6: extendedError(ipv6('IPV6_RECVERR')),
  /** Bytes of each datagram that the kernel cuts the data into. See udp(7), `UDP_SEGMENT`. */
  segment: both(udp('UDP_SEGMENT'), integerCodec('u16', 0, 0xffff)),
  /** Bytes of each datagram that the kernel joined into the data (`udpgro`). */
  gro: int(udp('UDP_GRO'), INT_MAX),
  /** Packet sockets: lengths, status and VLAN tag of a frame (`packetauxdata`). See packet(7). */
  auxdata: received(level('SOL_PACKET')('PACKET_AUXDATA'), auxdataCodec),
  /** Netlink: the number of the multicast group that a message was for, 0 for none (`netlinkpktinfo`). See netlink(7). */
  netlinkpktinfo: received(level('SOL_NETLINK')('NETLINK_PKTINFO'), integerCodec('u32', 0, UINT_MAX)),
  /** Bytes left in the receive queue of a stream (`tcpinq`). See tcp(7). */
  inq: int(tcp('TCP_CM_INQ'), INT_MAX),
}

type Rows = typeof rows

/** The name of a control message with a typed value: that of its constant, in lower case. */
export type AncillaryName = keyof Rows

/** The type of the value of a control message that was received, by its name. */
export type AncillaryValue<N extends AncillaryName> = Rows[N] extends { decode(data: Buffer): infer T } ? T : never

/** The type of the value of a control message to send, by its name; `never` for one that is only received. */
export type AncillaryInput<N extends AncillaryName> = Rows[N] extends { encode(value: infer T): Encoded } ? T : never

/** Types of IPv4 and those of IPv6 with the same value, which one option enables for both families. */
const counterparts = new Map<AncillaryName, AncillaryName>([
  ['ttl', 'hoplimit'],
  ['tos', 'tclass'],
  ['pktinfo', 'pktinfo6'],
  ['origdstaddr', 'origdstaddr6'],
  ['recverr', 'recverr6'],
])

/** The name of the type of IPv6 that is found by the name of that of IPv4, too. */
export const counterpartOf = (name: AncillaryName): AncillaryName | undefined => counterparts.get(name)

function rowOf(name: AncillaryName): ReceivedRow<unknown> {
  if (typeof name !== 'string' || !Object.hasOwn(rows, name))
    throw validate.invalidValue('name', `must be one of ${Object.keys(rows).join(', ')}`, name)
  return rows[name]
}

function numbersOf({ place, option }: Location): [level: number, type: number] {
  if (place === undefined)
    throw systemError(sys.ENOPROTOOPT, 'cmsg', { detail: `${option} is unknown on this platform` })
  return [place.level, place.option]
}

/**
 * The level and the type of a control message, as numbers.
 * @throws ENOPROTOOPT where this platform has no such type.
 */
export function placeOf(name: AncillaryName): [level: number, type: number] {
  return numbersOf(rowOf(name).location)
}

/** The name of the type with these numbers; `undefined` for one without a typed value. */
export function nameAt(level: number, type: number): AncillaryName | undefined {
  return namesByPlace().get(key(level, type))
}

let names: Map<string, AncillaryName> | undefined

const key = (level: number, type: number): string => `${level}:${type}`

function namesByPlace(): Map<string, AncillaryName> {
  names ??= new Map(
    (Object.keys(rows) as AncillaryName[]).flatMap((name) => {
      const { place } = rows[name].location
      return place === undefined ? [] : [[key(place.level, place.option), name] as const]
    }),
  )
  return names
}

/** Reads the value in the data of a control message. */
export function decodeAncillary<N extends AncillaryName>(name: N, data: Buffer): AncillaryValue<N> {
  return rowOf(name).decode(data) as AncillaryValue<N>
}

/**
 * Makes the parts of a control message with that value.
 * @throws ENOPROTOOPT for a type that is only received, or that this platform does not have.
 */
export function encodeAncillary<N extends AncillaryName>(
  name: N,
  value: AncillaryInput<N>,
): [level: number, type: number, data: Buffer] {
  const row = rowOf(name)
  numbersOf(row.location)
  if (!row.encode) throw systemError(sys.ENOPROTOOPT, 'cmsg', { detail: `${row.location.option} is only received` })
  const { location, data } = (row as AncillaryRow<unknown, unknown>).encode(value)
  return [...numbersOf(location), data]
}
