import { AF_INET6, AI_CANONNAME, AI_NUMERICHOST, AI_PASSIVE } from '../constants/exported.generated.js'
import { record } from '../support/record.js'
import { whenKnown } from '../support/thenable.js'
import * as validate from '../support/validate.js'
import type { AddrInfo } from './addrinfo.js'
import { resolve } from './resolver.js'

/** An address of IPv4 or IPv6: unlike others, it has always a text and a port. */
export interface InetAddrInfo extends AddrInfo {
  /** The address as text. */
  readonly addr: string
  /** The port, as a plain number. */
  readonly port: number
}

/** The options that name an IPv4 or IPv6 address. */
export interface InetAddress {
  /** Host name or address. When absent, the loopback address; with `passive`, and to bind, every address of this machine. */
  host?: string | undefined
  /** Port number, or service name of services(5). */
  port?: number | string | undefined
  /** `AF_INET` or `AF_INET6` for one family only; both by default. */
  family?: number | undefined
  /** Whether an absent host is every address (`AI_PASSIVE`), IPv6 first; by default true where an address is bound, else false. */
  passive?: boolean | undefined
  /** Whether to ask for the canonical name (`AI_CANONNAME`); false by default. */
  canonname?: boolean | undefined
  /** Whether the host must be an address, so that no resolver is asked (`AI_NUMERICHOST`); false by default. */
  numeric?: boolean | undefined
  /** Further `AI_*` flags of getaddrinfo(3), OR-ed, such as `AI_ADDRCONFIG`; one that this platform lacks is `EAI_BADFLAGS`. */
  flags?: number | undefined
}

/** The names of the properties of {@link InetAddress}. */
export const INET_ADDRESS = ['host', 'port', 'family', 'passive', 'canonname', 'numeric', 'flags']

/** Reads an optional switch among options. */
export function optional(options: object, name: string, otherwise: boolean): boolean {
  const value: unknown = (options as Record<string, unknown>)[name]
  return value === undefined ? otherwise : validate.boolean(`options.${name}`, value)
}

/** Refuses an empty string, which is probably a mistake, and must not mean "every address" or "any port". */
function notEmpty(options: InetAddress, name: 'host' | 'port'): void {
  if (options[name] === '') throw validate.invalidValue(`options.${name}`, 'must not be empty', options[name])
}

/** Checks what can be checked without looking up the address. */
export function checkAddress(options: InetAddress): void {
  notEmpty(options, 'host')
  notEmpty(options, 'port')
  if (options.family !== undefined) validate.integer('options.family', options.family, 0)
  flagsOf(options)
}

function flagsOf(options: InetAddress): number {
  const { flags = 0 } = options
  return (
    validate.integer('options.flags', flags) |
    (optional(options, 'passive', false) ? AI_PASSIVE : 0) |
    (optional(options, 'canonname', false) ? AI_CANONNAME : 0) |
    (optional(options, 'numeric', false) ? AI_NUMERICHOST : 0)
  )
}

/**
 * Looks up the addresses of host and port for one kind of socket, in the order to try them. They are there at once if no resolver has to be
 * asked.
 * @param options - what `validate.options` has returned, which may have further properties.
 */
export function lookUp(options: InetAddress, socktype: number, protocol: number): AddrInfo[] | Promise<AddrInfo[]> {
  checkAddress(options)
  const { host, port, family = 0 } = options
  const flags = flagsOf(options)
  const found = resolve({ host, port, family, socktype, protocol, flags })
  return host === undefined && (flags & AI_PASSIVE) !== 0 ? whenKnown(found, inet6First) : found
}

/** Makes the public lookup for one kind of socket: see {@link lookUp}. */
export function lookupFor(socktype: number, protocol: number) {
  return async (options: InetAddress): Promise<AddrInfo[]> =>
    lookUp(validate.options('options', options, INET_ADDRESS) as InetAddress, socktype, protocol)
}

/** Puts IPv6 first: its wildcard address serves IPv4 too. */
function inet6First(list: AddrInfo[]): AddrInfo[] {
  return list.sort((a, b) => Number(b.family === AF_INET6) - Number(a.family === AF_INET6))
}

/** The options of a socket that is bound. */
export interface BindOptions extends InetAddress {
  /**
   * Whether a socket of IPv6 is for IPv6 alone; otherwise it takes IPv4 too, as mapped addresses. By default true where `family` is
   * `AF_INET6`, else false without a host, and what the system says with one (`net.ipv6.bindv6only`). When true, only addresses of IPv6 are
   * bound.
   */
  v6only?: boolean | undefined
}

/**
 * Looks up the addresses to bind: every address of this machine without a host, a free port without a port.
 * @param options - as for {@link lookUp}.
 */
export async function lookUpToBind(options: BindOptions, socktype: number, protocol: number): Promise<AddrInfo[]> {
  const { port = 0, passive = true, v6only = false, family } = options
  const given = record({ ...options, port, passive })
  if (!v6only) return lookUp(given, socktype, protocol)
  if (family !== undefined && family !== AF_INET6)
    throw validate.invalidValue('options.family', 'must be AF_INET6 with v6only', family)
  return lookUp(record({ ...given, family: AF_INET6 }), socktype, protocol)
}

/** Whether to set `IPV6_V6ONLY`, and to what: `undefined` to leave it to the system. Options must have been checked. */
export function v6onlyFor(ai: AddrInfo, { family, host, v6only }: BindOptions): boolean | undefined {
  if (ai.family !== AF_INET6) return undefined
  if (family === AF_INET6) return v6only ?? true
  return v6only ?? (host === undefined ? false : undefined)
}
