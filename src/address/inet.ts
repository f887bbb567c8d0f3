import { AI_CANONNAME, AI_NUMERICHOST, AI_PASSIVE } from '../constants/exported.generated.js'
import * as validate from '../support/validate.js'
import type { AddrInfo } from './addrinfo.js'
import { resolve } from './resolver.js'

/** An address of IPv4 or IPv6, which has both a text and a port. */
export interface InetAddrInfo extends AddrInfo {
  /** The address as text. */
  readonly addr: string
  /** The port, in host byte order. */
  readonly port: number
}

/** Host and port as options give them. */
export interface InetAddress {
  /** Name or address; absent for the loopback address, with `passive` for every address of this machine. */
  host?: string | undefined
  /** Number, or service name of services(5). */
  port?: number | string | undefined
  /** `AF_INET` or `AF_INET6`, where only one will do. */
  family?: number | undefined
  /** Whether an absent host is the wildcard: for binding. */
  passive?: boolean | undefined
  /** Whether the canonical name is asked for. */
  canonname?: boolean | undefined
  /** Whether the host must be an address in text, so that nobody is asked. */
  numeric?: boolean | undefined
}

/** The properties of {@link InetAddress}. */
export const INET_ADDRESS = ['host', 'port', 'family', 'passive', 'canonname', 'numeric']

/** A switch among options. */
export function optional(options: object, name: string, otherwise: boolean): boolean {
  const value: unknown = (options as Record<string, unknown>)[name]
  return value === undefined ? otherwise : validate.boolean(`options.${name}`, value)
}

/** What was left empty by mistake must not become "every address" or "any port". */
function notEmpty(options: InetAddress, name: 'host' | 'port'): void {
  if (options[name] === '') throw validate.invalidValue(`options.${name}`, 'must not be empty', options[name])
}

/** Refuses what can never name an address. */
export function checkAddress(options: InetAddress): void {
  notEmpty(options, 'host')
  notEmpty(options, 'port')
  if (options.family !== undefined) validate.integer('options.family', options.family, 0)
}

/** What looks up addresses for one kind of socket: those of a host and a port, in the order to try them. */
export function lookupFor(socktype: number, protocol: number) {
  return async (options: InetAddress): Promise<AddrInfo[]> => {
    checkAddress(validate.object('options', options))
    const { host, port, family = 0 } = options
    const flags =
      (optional(options, 'passive', false) ? AI_PASSIVE : 0) |
      (optional(options, 'canonname', false) ? AI_CANONNAME : 0) |
      (optional(options, 'numeric', false) ? AI_NUMERICHOST : 0)
    return resolve({ host, port, family, socktype, protocol, flags })
  }
}
