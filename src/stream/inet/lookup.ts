import type { AddrInfo } from '../../address.js'
import { IPPROTO_TCP, SOCK_STREAM } from '../../constants.js'
import { resolve } from '../../resolve.js'
import * as validate from '../../validate.js'

/** Host and port as options give them. */
export interface InetAddress {
  /** Name or address. */
  host?: string
  /** Number, or service name of services(5). */
  port?: number | string
}

/** The TCP addresses of a host and a port, in the order to try them. */
export async function lookup({ host, port }: InetAddress, flags: number): Promise<AddrInfo[]> {
  return resolve({ host, port, socktype: SOCK_STREAM, protocol: IPPROTO_TCP, flags })
}

/** A switch among options. */
export function optional(options: object, name: string, otherwise: boolean): boolean {
  const value: unknown = (options as Record<string, unknown>)[name]
  return value === undefined ? otherwise : validate.boolean(`options.${name}`, value)
}
