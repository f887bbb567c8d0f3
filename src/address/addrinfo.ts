import { isIPv6 } from 'node:net'
import { type InspectOptions, inspect, types } from 'node:util'
import { AF_INET, AF_INET6, AF_PACKET, AF_UNIX, AF_UNSPEC, AF_VSOCK } from '../constants/exported.generated.js'
import { nameOf } from '../constants/lookup.js'
import { native, registers } from '../native/sockets.js'
import { check, type ErrorContext, resolverError } from '../support/errors.js'
import * as validate from '../support/validate.js'

/** What may be said of an address beside its parts. */
export interface AddrInfoOptions {
  /** `SOCK_*`, 0 for any. */
  socktype?: number
  /** `IPPROTO_*`, 0 for the default of the type. */
  protocol?: number
  /** The canonical name of the host, where a lookup asked for it. */
  canonname?: string | undefined
}

/** What may be said of an IPv6 address beside its parts. */
export interface Inet6Options extends AddrInfoOptions {
  /** Interface index of a link-local address. */
  scopeid?: number
  /** Flow label and traffic class, 28 bits. */
  flowinfo?: number
}

/** Host and service names of an address. */
export interface NameInfo {
  /** Name of the host, or its address where it has none. */
  host: string
  /** Name of the service, or the port number as text. */
  serv: string
}

interface Parts {
  family: number
  port: number
  flowinfo: number
  scopeid: number
  name: Buffer
  cid: number
}

const UTF8 = new TextDecoder('utf-8', { fatal: true })

function textOrBytes(name: Buffer): string | Buffer {
  try {
    return UTF8.decode(name)
  } catch {
    return name
  }
}

function sockaddr(fill: (room: Buffer) => number, syscall: string, context?: ErrorContext): Buffer {
  const room = Buffer.alloc(native.limits.sockaddr_max)
  return room.subarray(0, check(fill(room), syscall, context))
}

/** Makes an AddrInfo of bytes that nobody else holds, without a copy. For the modules that receive addresses. */
export let adoptSockaddr: (sockaddr: Buffer, options?: AddrInfoOptions) => AddrInfo

/** Whether it is one, and not only looks like one: it has bytes then, and whoever sends to it sends there. */
export let isAddrInfo: (value: unknown) => value is AddrInfo

/** Checks an argument that is to be an address. */
export function addressArgument(name: string, value: unknown): AddrInfo {
  if (!isAddrInfo(value)) throw validate.invalidType(name, 'an instance of AddrInfo', value)
  return value
}

const FLOWINFO_MAX = 0x0fffffff
const UINT32_MAX = 0xffffffff

/**
 * A socket address with what kind of socket it is for: family, type, protocol. It holds the bytes of the kernel's
 * `struct sockaddr` and reads the parts out of them when somebody asks.
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
  /** The bytes of the `struct sockaddr`, as the kernel takes them. Not to be changed. */
  readonly sockaddr: Buffer
  /** `SOCK_*`, 0 for any. */
  readonly socktype: number
  /** `IPPROTO_*`, 0 for the default of the type. */
  readonly protocol: number
  /** Canonical host name, where a lookup asked for it with `AI_CANONNAME`. */
  readonly canonname: string | undefined
  #parts: Parts | undefined

  static {
    adoptSockaddr = (sockaddr, options = {}) => new AddrInfo(sockaddr, options)
    isAddrInfo = (value): value is AddrInfo => typeof value === 'object' && value !== null && #parts in value
  }

  private constructor(sockaddr: Buffer, options: AddrInfoOptions) {
    const { socktype, protocol, canonname } = validate.object('options', options) as AddrInfoOptions
    this.sockaddr = sockaddr
    this.socktype = validate.integer('socktype', socktype ?? 0)
    this.protocol = validate.integer('protocol', protocol ?? 0)
    this.canonname = canonname === undefined ? undefined : validate.string('canonname', canonname)
  }

  /**
   * An IPv4 address: four decimal numbers, no resolver. See ip(7).
   * @throws `ERR_INVALID_ARG_VALUE` for anything that is not exactly that; `ERR_OUT_OF_RANGE` for a bad port.
   */
  static inet(addr: string, port: number | string = 0, options: AddrInfoOptions = {}): AddrInfo {
    const number = validate.port('port', port)
    const host = validate.textWithoutNul('addr', addr)
    const room = Buffer.alloc(native.limits.sockaddr_max)
    const length = host.length <= 15 ? native.inetAddress(host, number, room) : -1
    if (length < 0) throw validate.invalidValue('addr', 'must be an IPv4 address such as 192.0.2.1', addr)
    return new AddrInfo(room.subarray(0, length), options)
  }

  /**
   * An IPv6 address, no resolver; a zone may follow as `%eth0` or `%2`. See ipv6(7).
   * @throws `ERR_INVALID_ARG_VALUE` for anything that is no IPv6 address; ENODEV or ENXIO for an interface that does not exist.
   */
  static inet6(addr: string, port: number | string = 0, options: Inet6Options = {}): AddrInfo {
    const number = validate.port('port', port)
    const [host = '', zone, ...rest] = validate.textWithoutNul('addr', addr).split('%')
    if (!isIPv6(host) || rest.length > 0)
      throw validate.invalidValue('addr', 'must be an IPv6 address such as 2001:db8::1', addr)
    const given = validate.object('options', options) as Inet6Options
    const flowinfo = validate.integer('flowinfo', given.flowinfo ?? 0, 0, FLOWINFO_MAX)
    const scopeid = validate.integer('scopeid', given.scopeid ?? zoneIndex(zone, addr), 0, UINT32_MAX)
    const bytes = sockaddr((room) => native.inet6Address(host, number, flowinfo, scopeid, room), 'inet_pton')
    return new AddrInfo(bytes, options)
  }

  /**
   * A unix address. A first NUL makes the name abstract, and then every byte of it counts; the empty path is the unnamed
   * address, which bind(2) replaces by a free abstract name. See unix(7).
   * @throws ENAMETOOLONG for a path over 107 bytes or a name over 108; `ERR_INVALID_ARG_VALUE` for a path with a NUL inside.
   */
  static unix(path: string | Uint8Array, options: AddrInfoOptions = {}): AddrInfo {
    const bytes = typeof path === 'string' ? Buffer.from(path) : pathBytes(path)
    if (bytes.length > 0 && bytes[0] !== 0 && bytes.includes(0))
      throw validate.invalidValue('path', 'must not contain a NUL, except as the first byte of an abstract name', path)
    const context = { path: pathText(textOrBytes(Buffer.from(bytes))) }
    return new AddrInfo(
      sockaddr((room) => native.unixAddress(bytes, room), 'AddrInfo.unix', context),
      options,
    )
  }

  /** An address of virtual machine sockets: context id and port, both 32 bits. See vsock(7). */
  static vsock(cid: number, port: number, options: AddrInfoOptions = {}): AddrInfo {
    validate.integer('cid', cid, 0, UINT32_MAX)
    validate.integer('port', port, 0, UINT32_MAX)
    return new AddrInfo(
      sockaddr((room) => native.vsockAddress(cid, port, room), 'vsock'),
      options,
    )
  }

  /** Any other family: the bytes of its `struct sockaddr`, as the kernel's headers lay it out. They are copied. */
  static raw(bytes: Uint8Array, options: AddrInfoOptions = {}): AddrInfo {
    const memory = validate.uint8Array('bytes', bytes)
    const { length } = memory
    if (length < 2 || length > native.limits.sockaddr_max)
      throw validate.outOfRange('bytes.length', `>= 2 and <= ${native.limits.sockaddr_max}`, length)
    return new AddrInfo(Buffer.from(memory), options)
  }

  #read(): Parts {
    if (this.#parts) return this.#parts
    const family = native.addressParts(this.sockaddr)
    const [port = 0, flowinfo = 0, scopeid = 0, at = 0, length = 0, cid = 0] = registers
    const name = this.sockaddr.subarray(at, at + length)
    this.#parts = { family: Math.max(family, AF_UNSPEC), port, flowinfo, scopeid, name, cid }
    return this.#parts
  }

  /** `AF_*`. */
  get family(): number {
    return this.#read().family
  }

  /**
   * The address as text: `192.0.2.1`, `fe80::1`; of a hardware address its hex bytes, of a vsock its context id.
   * `undefined` for a family that has none, unix included (see `path`).
   */
  get addr(): string | undefined {
    const { family, name, cid } = this.#read()
    if (family === AF_VSOCK) return String(cid)
    if (family === AF_PACKET) return name.toString('hex').replace(/..(?=.)/g, '$&:')
    return native.addressText(this.sockaddr)
  }

  /** The port, in host byte order; `undefined` for a family without ports. */
  get port(): number | undefined {
    const { family, port } = this.#read()
    return family === AF_INET || family === AF_INET6 || family === AF_VSOCK ? port : undefined
  }

  /** Interface index that an IPv6 address belongs to, 0 for none; of a packet address its interface. */
  get scopeid(): number | undefined {
    const { family, scopeid } = this.#read()
    return family === AF_INET6 || family === AF_PACKET ? scopeid : undefined
  }

  /** Flow label and traffic class of an IPv6 address. */
  get flowinfo(): number | undefined {
    return this.family === AF_INET6 ? this.#read().flowinfo : undefined
  }

  /**
   * The path or abstract name of a unix address, `''` when it is unnamed, `undefined` for other families. An abstract name
   * starts with a NUL. A name that is no valid UTF-8 is a Buffer.
   */
  get path(): string | Buffer | undefined {
    const { family, name } = this.#read()
    return family === AF_UNIX ? textOrBytes(name) : undefined
  }

  /**
   * Host and service name of this address. Waits for the resolver; {@link NI_NUMERICHOST} with {@link NI_NUMERICSERV} asks nobody.
   * @param flags - `NI_*` flags.
   * @throws SystemError with an `EAI_*` code and syscall `getnameinfo`.
   * @see {@link https://man7.org/linux/man-pages/man3/getnameinfo.3.html getnameinfo(3)}
   */
  nameinfo(...flags: number[]): NameInfo {
    const answer = native.getnameinfo(this.sockaddr, validate.flags('flags', flags))
    if (typeof answer === 'number') throw resolverError(answer, 'getnameinfo', this.context())
    return { host: answer[0], serv: answer[1] }
  }

  /** Whether both name the same place: the same bytes. Type and protocol do not count. */
  equals(other: AddrInfo): boolean {
    return this.sockaddr.equals(addressArgument('other', other).sockaddr)
  }

  /** The same address for another type of socket. */
  with(options: AddrInfoOptions): AddrInfo {
    const { socktype, protocol, canonname } = validate.object('options', options) as AddrInfoOptions
    return new AddrInfo(this.sockaddr, {
      socktype: socktype ?? this.socktype,
      protocol: protocol ?? this.protocol,
      canonname: canonname ?? this.canonname,
    })
  }

  /** What an error about this address says of it. */
  context(): ErrorContext {
    const path = this.path
    if (path !== undefined) return { path: pathText(path) }
    return { address: this.addr, port: this.port }
  }

  /** `192.0.2.1:80`, `[2001:db8::1]:80`, `/run/app.sock`, `@abstract`. */
  toString(): string {
    const { path, address, port } = this.context()
    if (path !== undefined) return path
    if (address === undefined) return nameOf('AF_', this.family)
    if (port === undefined) return address
    return address.includes(':') ? `[${address}${this.#zone()}]:${port}` : `${address}:${port}`
  }

  #zone(): string {
    return this.scopeid ? `%${this.scopeid}` : ''
  }

  /** The parts as a plain object, for logs and tests. */
  toJSON(): Record<string, unknown> {
    const { addr, port, path } = this
    const parts = { family: nameOf('AF_', this.family), addr, port, scopeid: this.scopeid || undefined, path }
    return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined))
  }

  [inspect.custom](_depth: number, options: InspectOptions): string {
    const type = this.socktype ? ` ${nameOf('SOCK_', this.socktype)}` : ''
    const family = nameOf('AF_', this.family)
    return `AddrInfo ${inspect(this.toString(), { ...options, depth: 0 })} (${family}${type})`
  }
}

/** A copy of the address that the kernel wrote into a room; none when it wrote nothing (a connected stream, an unnamed peer). */
export function addressFrom(room: Buffer, length: number, at = 0, most = room.length - at): AddrInfo | null {
  if (length < 2) return null
  // Byte by byte, which for the few of an address is half of what a view of them and a copy of that cost.
  const bytes = Buffer.allocUnsafe(Math.min(length, most))
  for (let i = 0; i < bytes.length; i++) bytes[i] = room[at + i] as number
  return adoptSockaddr(bytes)
}

/** Unix names as people write them: `@` for the NUL of an abstract one, hex where it is no text. */
function pathText(path: string | Buffer): string {
  const text = typeof path === 'string' ? path : path.toString('latin1')
  return (text.startsWith('\0') ? `@${text.slice(1)}` : text).replace(
    /\p{Cc}/gu,
    (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
}

function pathBytes(path: unknown): Buffer {
  if (!types.isUint8Array(path)) throw validate.invalidType('path', 'of type string or an instance of Uint8Array', path)
  return Buffer.from(validate.view('path', path))
}

function zoneIndex(zone: string | undefined, addr: string): number {
  if (zone === undefined) return 0
  if (/^[0-9]{1,10}$/.test(zone)) return Number(zone)
  return interfaceIndex('addr', zone, { address: addr })
}

/** IFNAMSIZ counts the NUL behind the name. */
const INTERFACE_NAME_MAX = 15

/**
 * The index of an interface given by name or index.
 * @throws ENODEV when there is none of that name. See if_nametoindex(3).
 */
export function interfaceIndex(name: string, value: unknown, context: ErrorContext = {}): number {
  if (typeof value === 'number') return validate.integer(name, value, 0)
  const text = validate.textWithoutNul(name, value)
  if (text === '' || Buffer.byteLength(text) > INTERFACE_NAME_MAX)
    throw validate.invalidValue(name, 'must be the name of an interface', value)
  return check(native.ifNameToIndex(text), 'if_nametoindex', { detail: text, ...context })
}
