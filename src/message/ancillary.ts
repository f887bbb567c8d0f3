import { type AddrInfo, addressArgument, adoptSockaddr } from '../address/addrinfo.js'
import { AF_INET, AF_INET6 } from '../constants/exported.generated.js'
import { errnoName, lookup, sys } from '../constants/lookup.js'
import { type NativeKind, native, registers, registers64 } from '../native/sockets.js'
import type { Credentials } from '../options/kinds/index.js'
import { at, type Location } from '../options/option.js'
import { check, systemError } from '../support/errors.js'
import * as validate from '../support/validate.js'

/** Where a datagram arrived, or where it is to leave from. */
export interface PacketInfo {
  /** Index of the interface; 0 or absent leaves it to the kernel. */
  ifindex?: number
  /** The address that the datagram was sent to; to be sent: the address to send from. */
  addr?: AddrInfo
  /** IPv4: the local address that an answer would come from. */
  local?: AddrInfo
}

/** When a packet was seen, in nanoseconds since 1970 (hardware: of the clock of the device); 0n where it was not. */
export interface Timestamps {
  /** By the kernel. */
  software: bigint
  /** By the device. */
  hardware: bigint
}

/** An error that the network reported, from the error queue (`MSG_ERRQUEUE`). See ip(7), `IP_RECVERR`. */
export interface ExtendedError {
  /** The error as a positive errno, and its name. */
  errno: number
  /** Its name: `'ECONNREFUSED'`. */
  code: string | undefined
  /** Who reported it: `SO_EE_ORIGIN_*`. */
  origin: number
  /** Type of the ICMP message. */
  type: number
  /** Code of the ICMP message. */
  icmpcode: number
  /** What the origin adds: the MTU for EMSGSIZE, the first of a range of sends for zero copy. */
  info: number
  /** What the origin adds: the last of a range of sends for zero copy. */
  data: number
  /** The host that reported it. */
  offender: AddrInfo | undefined
}

/** One type of control message: its place, and how its data and a value stand for each other. */
interface AncillaryRow<T> {
  /** Its level and type. */
  readonly location: Location
  /** Reads the value. */
  decode(data: Buffer): T
  /** Checks the value and lays it out; absent where it is only received. */
  encode?(value: T): Buffer
}

const addressRoom = Buffer.alloc(native.limits.sockaddr_max)
const SOCKADDR_IN_BYTES = 16
const INT_MAX = 0x7fffffff

function decode(kind: NativeKind, data: Buffer, bytes?: Buffer): void {
  check(native.cmsgDecode(native.kinds[kind], data, bytes), 'cmsg', { detail: `${data.length} bytes are no ${kind}` })
}

function encode(kind: NativeKind, bytes?: Uint8Array): Buffer {
  const to = Buffer.alloc(64)
  return to.subarray(0, check(native.cmsgEncode(native.kinds[kind], to, bytes), 'cmsg'))
}

const first = (): number => registers[0] ?? 0

function number(location: Location, kind: NativeKind, max: number): AncillaryRow<number> {
  return {
    location,
    decode(data) {
      decode(kind, data)
      return first()
    },
    encode(value) {
      registers[0] = validate.integer('value', value, 0, max)
      return encode(kind)
    },
  }
}

function time(location: Location, kind: NativeKind): AncillaryRow<bigint> {
  return {
    location,
    decode(data) {
      decode(kind, data)
      return registers64[0] ?? 0n
    },
  }
}

const copyOf = (from: number, to?: number): AddrInfo => adoptSockaddr(Buffer.from(addressRoom.subarray(from, to)))

function source(value: PacketInfo, family: number): Uint8Array | undefined {
  const { addr } = value
  if (addr === undefined) return undefined
  const to = addressArgument('value.addr', addr)
  if (to.family !== family) throw systemError(sys.EAFNOSUPPORT, 'cmsg', to.context())
  return to.sockaddr
}

function packetInfo(
  location: Location,
  kind: NativeKind,
  family: number,
  read: () => Pick<PacketInfo, 'addr' | 'local'>,
): AncillaryRow<PacketInfo> {
  return {
    location,
    decode(data) {
      decode(kind, data, addressRoom)
      return { ifindex: first(), ...read() }
    },
    encode(value) {
      validate.object('value', value)
      const bytes = source(value, family)
      registers[0] = validate.integer('value.ifindex', value.ifindex ?? 0, 0)
      return encode(kind, bytes)
    },
  }
}

function extendedError(location: Location): AncillaryRow<ExtendedError> {
  return {
    location,
    decode(data) {
      decode('extended_error', data, addressRoom)
      const [errno = 0, origin = 0, type = 0, icmpcode = 0, info = 0, more = 0, length = 0] = registers
      const reporter = length >= SOCKADDR_IN_BYTES ? copyOf(0, length) : undefined
      const offender = reporter && reporter.family !== 0 ? reporter : undefined
      return { errno, code: errnoName(errno), origin, type, icmpcode, info, data: more, offender }
    },
  }
}

function address(location: Location): AncillaryRow<AddrInfo> {
  return { location, decode: (data) => adoptSockaddr(Buffer.from(data)) }
}

const UINT_MAX = 0xffffffff

/** Every type of control message that has a typed value, by name. Descriptors have methods of their own. */
const rows = {
  /** Process, user and group of the sender (`passcred`). See unix(7). */
  credentials: {
    location: at('SOL_SOCKET', 'SCM_CREDENTIALS'),
    decode(data: Buffer): Credentials {
      decode('ucred', data)
      const [pid = 0, uid = 0, gid = 0] = registers
      return { pid, uid, gid }
    },
    encode(value: Credentials): Buffer {
      const ids = (['pid', 'uid', 'gid'] as const).map((id) =>
        validate.integer(`value.${id}`, value?.[id], 0, UINT_MAX),
      )
      registers.set(ids)
      return encode('ucred')
    },
  },
  /** Security label of the sender (`passsec`). */
  security: {
    location: at('SOL_SOCKET', 'SCM_SECURITY'),
    decode: (data: Buffer): string => data.toString('utf8').replace(/\0.*$/s, ''),
  },
  /** When it arrived, in nanoseconds since 1970, known to a microsecond (`timestamp`). See socket(7). */
  timestamp: time(at('SOL_SOCKET', 'SCM_TIMESTAMP'), 'timeval_ns'),
  /** When it arrived, in nanoseconds since 1970 (`timestampns`). */
  timestampns: time(at('SOL_SOCKET', 'SCM_TIMESTAMPNS'), 'timespec'),
  /** When it was seen by the kernel and by the device (`timestamping`). */
  timestamping: {
    location: at('SOL_SOCKET', 'SCM_TIMESTAMPING'),
    decode(data: Buffer): Timestamps {
      decode('timestamping', data)
      return { software: registers64[0] ?? 0n, hardware: registers64[2] ?? 0n }
    },
  },
  /** How many messages the socket has dropped for want of room (`rxqovfl`). */
  rxqovfl: number(at('SOL_SOCKET', 'SO_RXQ_OVFL'), 'u32', UINT_MAX),
  /** The mark of the packet (`rcvmark`), or the one to send it with. */
  mark: number(at('SOL_SOCKET', 'SO_MARK'), 'u32', UINT_MAX),
  /** The priority of the packet (`rcvpriority`), or the one to send it with. */
  priority: number(at('SOL_SOCKET', 'SO_PRIORITY'), 'u32', UINT_MAX),
  /** When to send it, in nanoseconds of the clock that `txtime` chose. */
  txtime: {
    location: at('SOL_SOCKET', 'SCM_TXTIME'),
    decode(data: Buffer): bigint {
      decode('u64', data)
      return registers64[0] ?? 0n
    },
    encode(value: bigint): Buffer {
      if (typeof value !== 'bigint') throw validate.invalidType('value', 'of type bigint', value)
      registers64[0] = BigInt.asUintN(64, value)
      return encode('u64')
    },
  },
  /** Hops that are left (`recvttl`), or the number to send it with. See ip(7). */
  ttl: number(at('IPPROTO_IP', 'IP_TTL'), 'int', 255),
  /** Type of service (`recvtos`), or the one to send it with. */
  tos: number(at('IPPROTO_IP', 'IP_TOS'), 'int', 255),
  /** Interface and address that it arrived by (`pktinfo`), or those to send it from. */
  pktinfo: packetInfo(at('IPPROTO_IP', 'IP_PKTINFO'), 'pktinfo', AF_INET, () => ({
    local: copyOf(0, SOCKADDR_IN_BYTES),
    addr: copyOf(SOCKADDR_IN_BYTES, 2 * SOCKADDR_IN_BYTES),
  })),
  /** Where it was sent to before it was redirected (`recvorigdstaddr`). */
  origdstaddr: address(at('IPPROTO_IP', 'IP_ORIGDSTADDR')),
  /** An error that the network reported (`recverr`, `MSG_ERRQUEUE`). */
  recverr: extendedError(at('IPPROTO_IP', 'IP_RECVERR')),
  /** IPv6: hops that are left, or the number to send it with. See ipv6(7). */
  hoplimit: number(at('IPPROTO_IPV6', 'IPV6_HOPLIMIT'), 'int', 255),
  /** IPv6: traffic class, or the one to send it with. */
  tclass: number(at('IPPROTO_IPV6', 'IPV6_TCLASS'), 'int', 255),
  /** IPv6: interface and address that it arrived by, or those to send it from. */
  pktinfo6: packetInfo(at('IPPROTO_IPV6', 'IPV6_PKTINFO'), 'pktinfo6_cmsg', AF_INET6, () => ({ addr: copyOf(0, 28) })),
  /** IPv6: where it was sent to before it was redirected. */
  origdstaddr6: address(at('IPPROTO_IPV6', 'IPV6_ORIGDSTADDR')),
  /** IPv6: an error that the network reported. */
  recverr6: extendedError(at('IPPROTO_IPV6', 'IPV6_RECVERR')),
  /** Bytes of each datagram that the data is to be cut into. See udp(7). */
  segment: number(at('IPPROTO_UDP', 'UDP_SEGMENT'), 'u16', 0xffff),
  /** Bytes of each datagram that the data was joined from (`udpgro`). */
  gro: number(at('IPPROTO_UDP', 'UDP_GRO'), 'int', INT_MAX),
  /** Bytes that are left in the queue of a stream (`tcpinq`). See tcp(7). */
  inq: number(at('IPPROTO_TCP', 'TCP_CM_INQ'), 'int', INT_MAX),
}

type Rows = typeof rows

/** The name of a control message with a typed value: that of its constant, in lower case. */
export type AncillaryName = keyof Rows

/** What a control message of that name says. */
export type AncillaryValue<N extends AncillaryName> = Rows[N] extends { decode(data: Buffer): infer T } ? T : never

function rowOf(name: AncillaryName): AncillaryRow<unknown> {
  if (typeof name !== 'string' || !Object.hasOwn(rows, name))
    throw validate.invalidValue('name', `must be one of ${Object.keys(rows).join(', ')}`, name)
  return rows[name] as AncillaryRow<unknown>
}

/** Numbers of the place of a control message of that name. */
export function placeOf(name: AncillaryName): [level: number, type: number] {
  const { level, option } = rowOf(name).location
  const [levelNumber, type] = [lookup(level), lookup(option)]
  if (levelNumber === undefined || type === undefined)
    throw systemError(sys.ENOPROTOOPT, 'cmsg', { detail: `${option} is unknown on this platform` })
  return [levelNumber, type]
}

/** The name of what is found at that place; `undefined` for what has no typed value. */
export function nameAt(level: number, type: number): AncillaryName | undefined {
  return namesByPlace().get(`${level}:${type}`)
}

let names: Map<string, AncillaryName> | undefined

function namesByPlace(): Map<string, AncillaryName> {
  names ??= new Map(
    (Object.keys(rows) as AncillaryName[]).flatMap((name) => {
      const { level, option } = rows[name].location
      const place: [string, AncillaryName] = [`${lookup(level)}:${lookup(option)}`, name]
      return lookup(option) === undefined ? [] : [place]
    }),
  )
  return names
}

/** The value in the data of a control message. */
export function decodeAncillary<N extends AncillaryName>(name: N, data: Buffer): AncillaryValue<N> {
  return rowOf(name).decode(data) as AncillaryValue<N>
}

/** The data of a control message of that value. */
export function encodeAncillary<N extends AncillaryName>(name: N, value: AncillaryValue<N>): Buffer {
  const { encode, location } = rowOf(name)
  if (!encode) throw systemError(sys.ENOPROTOOPT, 'cmsg', { detail: `${location.option} is only received` })
  return encode(value)
}
