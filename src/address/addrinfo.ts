import { isIPv4, isIPv6 } from 'node:net'
import { type InspectOptions, inspect } from 'node:util'
import { AF_CAN, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_UNIX, AF_VSOCK } from '../constants/exported.generated.js'
import { nameOf } from '../constants/lookup.js'
import { native } from '../native/sockets.js'
import { copyOf } from '../support/copy.js'
import { type ErrorContext, resolverError } from '../support/errors.js'
import { advice, NOT_CLONEABLE } from '../support/not-cloneable.js'
import { record } from '../support/record.js'
import * as validate from '../support/validate.js'
import {
  type CanAddress,
  canSockaddr,
  type NetlinkAddress,
  netlinkSockaddr,
  type PacketAddress,
  packetSockaddr,
} from './family-address.js'
import { interfaceIndex, interfaceOfZones } from './interface-index.js'
import { resolverFlags } from './resolver-flags.js'
import { decodeSockaddr, encodeSockaddr, type SockaddrParts } from './sockaddr.js'
import { pathBytes, pathText, textOrBytes } from './unix-path.js'

/** The kind of socket that an address is for. */
export interface AddrInfoOptions {
  /** `SOCK_*`; 0, the default, for any. */
  socktype?: number
  /** `IPPROTO_*`; 0, the default, for that of the type. */
  protocol?: number
  /** The canonical name of the host, if a lookup asked for it. */
  canonname?: string | undefined
}

/** The kind of socket that an IPv6 address is for, and further parts of the address. */
export interface Inet6Options extends AddrInfoOptions {
  /** Interface index of a link-local address; by default that of the zone, which it must not contradict, or 0. */
  scopeid?: number
  /** Flow label and traffic class, 28 bits; 0 by default. */
  flowinfo?: number
}

/** Host and service names of an address. */
export interface NameInfo {
  /** Name of the host, or the address as text if it has none. */
  host: string
  /** Name of the service, or the port number as text. */
  serv: string
}

function zoneIndex(zone: string | undefined, addr: string): number {
  if (zone === undefined) return 0
  if (!/^[0-9]+$/.test(zone)) return interfaceIndex('addr', zone, { address: addr })
  if (Number(zone) > UINT32_MAX)
    throw validate.invalidValue('addr', 'must have the index of an interface as its zone', addr)
  return Number(zone)
}

const FLOWINFO_MAX = 0x0fffffff
const UINT32_MAX = 0xffffffff

const ADDRESS_OPTIONS = ['socktype', 'protocol', 'canonname']
const INET6_OPTIONS = [...ADDRESS_OPTIONS, 'scopeid', 'flowinfo']

function addressOptions<O extends AddrInfoOptions>(options: O, known = ADDRESS_OPTIONS): O {
  return validate.options('options', options, known) as O
}

/**
 * Static methods of {@link AddrInfo} for the functions of this module, by symbols that are not exported. The first is also what the
 * constructor has to be given.
 */
const adopt = Symbol('berkeley.adopt')
const isOwn = Symbol('berkeley.isOwn')

const ADVICE = advice('Pass ai.sockaddr, and make an address of it by AddrInfo.raw() there; an AddrInfo')

/**
 * A socket address, with the type and protocol of the sockets that it is for. It holds the bytes of a `struct sockaddr`, and decodes
 * them at the first question.
 *
 * @see {@link https://man7.org/linux/man-pages/man3/getaddrinfo.3.html getaddrinfo(3)}
 * @see {@link https://man7.org/linux/man-pages/man7/ip.7.html ip(7)}, ipv6(7), unix(7), vsock(7)
 *
 * @example
 * AddrInfo.inet('127.0.0.1', 8080)
 * AddrInfo.unix('/run/app.sock')
 * AddrInfo.unix('\0abstract')
 */
export class AddrInfo {
  /** @internal */
  readonly [NOT_CLONEABLE] = ADVICE
  /** The bytes of the `struct sockaddr`, as the kernel takes them. They must not be changed. */
  readonly sockaddr: Buffer
  /** The type of socket: `SOCK_*`, 0 for any. */
  readonly socktype: number
  /** The protocol: `IPPROTO_*`, 0 for the default of the type. */
  readonly protocol: number
  /** The canonical host name, if a lookup asked for it with `AI_CANONNAME`. */
  readonly canonname: string | undefined
  #parts: SockaddrParts | undefined

  private constructor(
    permission: typeof adopt,
    sockaddr: Buffer,
    socktype: number,
    protocol: number,
    canonname: string | undefined,
  ) {
    if (permission !== adopt)
      throw Object.assign(new TypeError('Illegal constructor'), { code: 'ERR_ILLEGAL_CONSTRUCTOR' })
    this.sockaddr = sockaddr
    this.socktype = socktype
    this.protocol = protocol
    this.canonname = canonname
  }

  /** Makes an address for the kind of socket that options name, which may have further properties. */
  static #checked(sockaddr: Buffer, options: AddrInfoOptions): AddrInfo {
    const { socktype, protocol, canonname } = options
    return new AddrInfo(
      adopt,
      sockaddr,
      validate.integer('socktype', socktype ?? 0),
      validate.integer('protocol', protocol ?? 0),
      canonname === undefined ? undefined : validate.string('canonname', canonname),
    )
  }

  /** @internal See {@link adoptSockaddr}. */
  static [adopt](sockaddr: Buffer, socktype: number, protocol: number, canonname: string | undefined): AddrInfo {
    return new AddrInfo(adopt, sockaddr, socktype, protocol, canonname)
  }

  /** @internal See {@link isAddrInfo}. */
  static [isOwn](value: unknown): value is AddrInfo {
    return typeof value === 'object' && value !== null && #parts in value
  }

  /**
   * Makes an IPv4 address. No resolver is asked. See ip(7).
   * @param addr - four decimal numbers: `'192.0.2.1'`.
   * @param port - a port number, 0 by default.
   * @param options - `socktype`, `protocol` and `canonname`.
   * @throws `ERR_INVALID_ARG_VALUE` for any other text; `ERR_OUT_OF_RANGE` for a port above 65535.
   */
  static inet(addr: string, port: number | string = 0, options: AddrInfoOptions = {}): AddrInfo {
    const number = validate.port('port', port)
    const host = validate.textWithoutNul('addr', addr)
    const room = Buffer.alloc(native.limits.sockaddr_max)
    const length = host.length <= 15 ? native.inetAddress(host, number, room) : -1
    if (length < 0) throw validate.invalidValue('addr', 'must be an IPv4 address such as 192.0.2.1', addr)
    return AddrInfo.#checked(room.subarray(0, length), addressOptions(options))
  }

  /**
   * Makes an IPv6 address. No resolver is asked. See ipv6(7).
   * @param addr - `'2001:db8::1'`; a zone may follow as `%eth0` or `%2`.
   * @param port - a port number, 0 by default.
   * @param options - `socktype`, `protocol`, `canonname`; `flowinfo` and `scopeid`, 0 by default.
   * @throws `ERR_INVALID_ARG_VALUE` for any other text, and for a zone that contradicts `scopeid`; `ERR_OUT_OF_RANGE` for a port above
   *   65535; ENODEV or ENXIO for a zone that is the name of no interface. Whether there is one of that index is for the kernel to say.
   */
  static inet6(addr: string, port: number | string = 0, options: Inet6Options = {}): AddrInfo {
    const number = validate.port('port', port)
    const [host = '', zone, ...rest] = validate.textWithoutNul('addr', addr).split('%')
    if (!isIPv6(host) || rest.length > 0)
      throw validate.invalidValue('addr', 'must be an IPv6 address such as 2001:db8::1', addr)
    const given = addressOptions<Inet6Options>(options, INET6_OPTIONS)
    const flowinfo = validate.integer('flowinfo', given.flowinfo ?? 0, 0, FLOWINFO_MAX)
    const scopeid = validate.integer('scopeid', given.scopeid ?? 0, 0, UINT32_MAX)
    const scope = interfaceOfZones('scopeid', scopeid, zoneIndex(zone, addr))
    const bytes = encodeSockaddr((room) => native.inet6Address(host, number, flowinfo, scope, room), 'inet_pton')
    return AddrInfo.#checked(bytes, given)
  }

  /**
   * Makes a unix address. See unix(7).
   * @param path - a path; or an abstract name, which begins with a NUL and may contain any bytes; or the empty string for the unnamed
   *   address, which bind(2) replaces by an unused abstract name.
   * @param options - `socktype`, `protocol` and `canonname`.
   * @throws ENAMETOOLONG for a path over 107 bytes or an abstract name over 108; `ERR_INVALID_ARG_VALUE` for a path with a NUL inside.
   */
  static unix(path: string | Uint8Array, options: AddrInfoOptions = {}): AddrInfo {
    const bytes = pathBytes(path)
    if (bytes.length > 0 && bytes[0] !== 0 && bytes.includes(0))
      throw validate.invalidValue('path', 'must not contain a NUL, except as the first byte of an abstract name', path)
    const context = { path: pathText(textOrBytes(Buffer.from(bytes))) }
    return AddrInfo.#checked(
      encodeSockaddr((room) => native.unixAddress(bytes, room), 'AddrInfo.unix', context),
      addressOptions(options),
    )
  }

  /**
   * Makes an address of a virtual machine's socket, from a context id and a port, both of 32 bits. See vsock(7).
   * @param cid - the context id of the machine: `VMADDR_CID_*` or its number.
   * @param port - the port number.
   * @param options - `socktype`, `protocol` and `canonname`.
   */
  static vsock(cid: number, port: number, options: AddrInfoOptions = {}): AddrInfo {
    validate.integer('cid', cid, 0, UINT32_MAX)
    validate.integer('port', port, 0, UINT32_MAX)
    return AddrInfo.#checked(
      encodeSockaddr((room) => native.vsockAddress(cid, port, room), 'vsock'),
      addressOptions(options),
    )
  }

  /**
   * Makes an address of the link layer: an interface, and which frames a socket that is bound to it receives, or where one to be sent
   * goes. See packet(7).
   * @param address - `ifindex`, a name or an index, and `protocol`, `ETH_P_*`; `addr`, the hardware address of a destination.
   * @throws ENODEV for a name that no interface has.
   * @example
   * AddrInfo.packet({ ifindex: 'eth0', protocol: ETH_P_IP })
   */
  static packet(address: PacketAddress): AddrInfo {
    const { sockaddr, options } = packetSockaddr(address)
    return AddrInfo.#checked(sockaddr, options)
  }

  /**
   * Makes an address of netlink; without arguments that of the kernel. See netlink(7).
   * @param address - `pid`, the port of the peer, and `groups`, a bit mask; both 0 by default.
   */
  static netlink(address: NetlinkAddress = {}): AddrInfo {
    const { sockaddr, options } = netlinkSockaddr(address)
    return AddrInfo.#checked(sockaddr, options)
  }

  /**
   * Makes an address of a CAN interface.
   * @param address - `ifindex`, a name or an index, 0 for all; the ids of the protocols that have them.
   * @throws ENODEV for a name that no interface has.
   */
  static can(address: CanAddress): AddrInfo {
    const { sockaddr, options } = canSockaddr(address)
    return AddrInfo.#checked(sockaddr, options)
  }

  /**
   * Makes an address of any family.
   * @param bytes - its `struct sockaddr`, as the kernel's headers lay it out; 2 to 128 bytes. They are copied.
   * @param options - `socktype`, `protocol` and `canonname`.
   * @throws RangeError for a wrong length; TypeError for anything but bytes.
   * @example
   * const sockaddr = Buffer.alloc(16) // a struct sockaddr_in: family, port, address
   * sockaddr.writeUInt16LE(AF_INET, 0)
   * sockaddr.writeUInt16BE(80, 2)
   * sockaddr.set([192, 0, 2, 1], 4)
   * String(AddrInfo.raw(sockaddr)) // '192.0.2.1:80'
   */
  static raw(bytes: Uint8Array, options: AddrInfoOptions = {}): AddrInfo {
    const memory = validate.uint8Array('bytes', bytes)
    const { length } = memory
    if (length < 2 || length > native.limits.sockaddr_max)
      throw validate.outOfRange('bytes.length', `>= 2 and <= ${native.limits.sockaddr_max}`, length)
    return AddrInfo.#checked(copyOf(memory, 0, length), addressOptions(options))
  }

  #read(): SockaddrParts {
    this.#parts ??= decodeSockaddr(this.sockaddr)
    return this.#parts
  }

  /** The family: `AF_*`. */
  get family(): number {
    return this.#read().family
  }

  /** Returns the parts if the address is of that family, and has all of them. */
  #of(family: number): SockaddrParts | undefined {
    const parts = this.#read()
    return parts.family === family && parts.isWhole ? parts : undefined
  }

  /**
   * The address as text, such as `192.0.2.1` or `fe80::1`; the bytes of a hardware address in hexadecimal; the context id of a vsock.
   * `undefined` for other families, also for unix (see `path`), and where there are fewer bytes than an address of the family has; so are
   * all the parts below.
   */
  get addr(): string | undefined {
    const { family, name, cid, isWhole } = this.#read()
    if (!isWhole) return undefined
    if (family === AF_VSOCK) return String(cid)
    if (family === AF_PACKET) return name.toString('hex').replace(/..(?=.)/g, '$&:')
    return native.addressText(this.sockaddr)
  }

  /** The port, as a plain number; `undefined` for a family without ports. */
  get port(): number | undefined {
    const { family, port, isWhole } = this.#read()
    return isWhole && (family === AF_INET || family === AF_INET6 || family === AF_VSOCK) ? port : undefined
  }

  /** The context id of a vsock address; `undefined` for other families. */
  get cid(): number | undefined {
    return this.#of(AF_VSOCK)?.cid
  }

  /** The interface index of an IPv6 address, 0 for none, or of a packet address; `undefined` for other families. */
  get scopeid(): number | undefined {
    const { family, scopeid, isWhole } = this.#read()
    return isWhole && (family === AF_INET6 || family === AF_PACKET) ? scopeid : undefined
  }

  /** The interface index of a packet or CAN address, 0 for every interface; `undefined` for other families. */
  get ifindex(): number | undefined {
    return (this.#of(AF_PACKET) ?? this.#of(AF_CAN))?.scopeid
  }

  /** The protocol of a packet address, `ETH_P_*`, as a plain number; `undefined` for other families. */
  get ethertype(): number | undefined {
    return this.#of(AF_PACKET)?.port
  }

  /** The type of the hardware of a packet address, `ARPHRD_*`; `undefined` for other families. */
  get hatype(): number | undefined {
    return this.#of(AF_PACKET)?.first
  }

  /** What a received frame is to this host, `PACKET_HOST` and so on; `undefined` for other families than packet. */
  get pkttype(): number | undefined {
    return this.#of(AF_PACKET)?.second
  }

  /** The port of a netlink address, 0 for the kernel; `undefined` for other families. */
  get pid(): number | undefined {
    return this.#of(AF_NETLINK)?.first
  }

  /** The multicast groups of a netlink address, one bit for each; `undefined` for other families. */
  get groups(): number | undefined {
    return this.#of(AF_NETLINK)?.second
  }

  /** ISO-TP: the CAN identifier of what is received; `undefined` for other families than CAN. */
  get rxid(): number | undefined {
    return this.#of(AF_CAN)?.first
  }

  /** ISO-TP: the CAN identifier of what is sent; `undefined` for other families than CAN. */
  get txid(): number | undefined {
    return this.#of(AF_CAN)?.second
  }

  /** Flow label and traffic class of an IPv6 address; `undefined` for other families. */
  get flowinfo(): number | undefined {
    return this.#of(AF_INET6)?.flowinfo
  }

  /**
   * The path or abstract name of a unix address, `''` when it is unnamed; `undefined` for other families. An abstract name begins
   * with a NUL. A name that is not valid UTF-8 is a Buffer.
   */
  get path(): string | Buffer | undefined {
    const { family, name } = this.#read()
    return family === AF_UNIX ? textOrBytes(name) : undefined
  }

  /**
   * Looks up the host and service names of this address. The thread waits for the resolver, which is not asked if both
   * `NI_NUMERICHOST` and `NI_NUMERICSERV` are given; `getnameinfo()` of `berkeley` does not stop the thread.
   * @param flags - `NI_*` flags.
   * @returns `host` and `serv`, each as a name or in numbers.
   * @throws SystemError with an `EAI_*` code and syscall `getnameinfo`.
   * @see {@link https://man7.org/linux/man-pages/man3/getnameinfo.3.html getnameinfo(3)}
   */
  nameinfo(...flags: number[]): NameInfo {
    const answer = native.getnameinfo(this.sockaddr, resolverFlags('NI_', 'getnameinfo', ...flags))
    if (typeof answer === 'number') throw resolverError(answer, 'getnameinfo', this.context())
    return { host: answer[0], serv: answer[1] }
  }

  /**
   * Whether another address has the same bytes. Type and protocol do not matter.
   * @param other - the other address.
   */
  equals(other: AddrInfo): boolean {
    return this.sockaddr.equals(addressArgument('other', other).sockaddr)
  }

  /**
   * Makes the same address with another type, protocol or canonical name. Absent ones stay as they are.
   * @param options - `socktype`, `protocol` and `canonname`, where they are to differ.
   */
  with(options: AddrInfoOptions): AddrInfo {
    const given = addressOptions(options)
    return AddrInfo.#checked(this.sockaddr, {
      socktype: given.socktype ?? this.socktype,
      protocol: given.protocol ?? this.protocol,
      canonname: given.canonname ?? this.canonname,
    })
  }

  /** Returns the properties that an error about this address has: `address` and `port`, or `path`. */
  context(): ErrorContext {
    const path = this.path
    if (path !== undefined) return { path: pathText(path) }
    return { address: this.#text(), port: this.port }
  }

  /** The address as text, with what tells it from others of its family. */
  #text(): string | undefined {
    const { addr, ifindex, pid, groups = 0 } = this
    if (pid !== undefined) return groups ? `netlink:${pid},0x${groups.toString(16)}` : `netlink:${pid}`
    return ifindex === undefined ? addr : `${addr || nameOf('AF_', this.family)}%${ifindex}`
  }

  /** Returns the address in the usual notation: `192.0.2.1:80`, `[2001:db8::1]:80`, `/run/app.sock`, `@abstract`. */
  toString(): string {
    const { path, address, port } = record(this.context())
    if (path !== undefined) return path
    if (address === undefined) return nameOf('AF_', this.family)
    if (port === undefined) return address
    return address.includes(':') ? `[${address}${this.#zone()}]:${port}` : `${address}:${port}`
  }

  #zone(): string {
    return this.scopeid ? `%${this.scopeid}` : ''
  }

  /** Returns the parts that the address has, as a plain object. */
  toJSON(): Record<string, unknown> {
    const { addr, port, path, ifindex, ethertype, hatype, pkttype, pid, groups } = this
    const scopeid = ifindex === undefined ? this.scopeid || undefined : undefined
    const ids = { rxid: this.rxid || undefined, txid: this.txid || undefined }
    const family = nameOf('AF_', this.family)
    const parts = { family, addr, port, scopeid, path, ifindex, ethertype, hatype, pkttype, pid, groups, ...ids }
    return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined))
  }

  [inspect.custom](_depth: number, options: InspectOptions): string {
    const type = this.socktype ? ` ${nameOf('SOCK_', this.socktype)}` : ''
    const family = nameOf('AF_', this.family)
    return `AddrInfo ${inspect(this.toString(), { ...options, depth: 0 })} (${family}${type})`
  }
}

/**
 * Makes an address of bytes that the kernel or the addon has laid out, without a copy: the caller must not change them. Nothing is checked,
 * because this runs for every datagram.
 */
export function adoptSockaddr(sockaddr: Buffer, socktype = 0, protocol = 0, canonname?: string): AddrInfo {
  return AddrInfo[adopt](sockaddr, socktype, protocol, canonname)
}

/** The IPv4 address that a mapped one such as `::ffff:192.0.2.1` stands for; any other address as it is. */
export function withoutMapping(ai: AddrInfo): AddrInfo {
  const mapped = ai.family === AF_INET6 && ai.addr?.startsWith('::ffff:') ? ai.addr.slice('::ffff:'.length) : ''
  return isIPv4(mapped)
    ? AddrInfo.inet(mapped, ai.port, { socktype: ai.socktype, protocol: ai.protocol, canonname: ai.canonname })
    : ai
}

/** Whether a value is an address. An object that merely inherits from {@link AddrInfo} is not: it has no bytes to send to. */
export function isAddrInfo(value: unknown): value is AddrInfo {
  return AddrInfo[isOwn](value)
}

/** Checks that an argument is an address. */
export function addressArgument(name: string, value: unknown): AddrInfo {
  if (!isAddrInfo(value)) throw validate.invalidType(name, 'an instance of AddrInfo', value)
  return value
}

/**
 * Copies an address out of the memory that the kernel wrote it into.
 * @param at - where it begins.
 * @param most - the room that it had: the kernel reports the length of a longer one, which it has cut.
 * @returns `null` when the kernel wrote none (a connected stream, an unnamed peer).
 */
export function addressFrom(room: Buffer, length: number, at = 0, most = room.length - at): AddrInfo | null {
  if (length < 2) return null
  return adoptSockaddr(copyOf(room, at, Math.min(length, most)))
}
