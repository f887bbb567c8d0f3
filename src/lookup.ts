import type { AddrInfo } from './address.js'
import { AI_CANONNAME, AI_NUMERICHOST, AI_PASSIVE } from './constants.js'
import { resolve } from './resolve.js'
import * as validate from './validate.js'

/** Host and port as options give them. */
export interface InetAddress {
  /** Name or address; absent for the loopback address, with `passive` for every address of this machine. */
  host?: string
  /** Number, or service name of services(5). */
  port?: number | string
  /** Whether an absent host is the wildcard: for binding. */
  passive?: boolean
  /** Whether the canonical name is asked for. */
  canonname?: boolean
  /** Whether the host must be an address in text, so that nobody is asked. */
  numeric?: boolean
}

/** A switch among options. */
export function optional(options: object, name: string, otherwise: boolean): boolean {
  const value: unknown = (options as Record<string, unknown>)[name]
  return value === undefined ? otherwise : validate.boolean(`options.${name}`, value)
}

/** What looks up addresses for one kind of socket: those of a host and a port, in the order to try them. */
export function lookupFor(socktype: number, protocol: number) {
  return async (options: InetAddress): Promise<AddrInfo[]> => {
    validate.object('options', options)
    const flags =
      (optional(options, 'passive', false) ? AI_PASSIVE : 0) |
      (optional(options, 'canonname', false) ? AI_CANONNAME : 0) |
      (optional(options, 'numeric', false) ? AI_NUMERICHOST : 0)
    return resolve({ host: options.host, port: options.port, socktype, protocol, flags })
  }
}
