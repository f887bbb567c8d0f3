import type { AddrInfo } from '../address/addrinfo.js'
import { resolveSync } from '../address/resolver.js'
import { AF_INET6, AF_UNSPEC } from '../constants/exported.generated.js'
import * as validate from '../support/validate.js'

export { gethostname, getprotobyname, getservbyname, getservbyport } from '../address/services.js'

function lookup(
  family: number,
  host: string | null | undefined,
  port: string | number | null | undefined,
  socktype: number | undefined,
  protocol: number | undefined,
  flags: number[],
): AddrInfo[] {
  return resolveSync({
    host,
    port,
    family,
    socktype: socktype ?? 0,
    protocol: protocol ?? 0,
    flags: validate.flags('flags', flags),
  })
}

/**
 * Looks up the addresses of a host and a port, and returns them in the order to try them. The thread waits for the resolver.
 * @param host - name or address; absent for the loopback address, or with `AI_PASSIVE` for the wildcard.
 * @param port - number, or service name of services(5).
 * @param socktype - `SOCK_*`, 0 for any.
 * @param protocol - `IPPROTO_*`, 0 for any.
 * @param flags - `AI_*` flags.
 * @returns the addresses, at least one.
 * @throws SystemError with an `EAI_*` code and syscall `getaddrinfo`.
 * @see {@link https://man7.org/linux/man-pages/man3/getaddrinfo.3.html getaddrinfo(3)}
 */
export function getaddrinfo(
  host?: string | null,
  port?: string | number | null,
  socktype?: number,
  protocol?: number,
  ...flags: number[]
): AddrInfo[] {
  return lookup(AF_UNSPEC, host, port, socktype, protocol, flags)
}

/**
 * Looks up the IPv6 addresses of a host and a port, as {@link getaddrinfo} does those of both families. The thread waits for the
 * resolver.
 * @param host - name or address; absent for the loopback address, or with `AI_PASSIVE` for the wildcard.
 * @param port - number, or service name of services(5).
 * @param socktype - `SOCK_*`, 0 for any.
 * @param protocol - `IPPROTO_*`, 0 for any.
 * @param flags - `AI_*` flags, OR-ed.
 * @returns the addresses, at least one.
 */
export function getaddrinfo6(
  host?: string | null,
  port?: string | number | null,
  socktype?: number,
  protocol?: number,
  ...flags: number[]
): AddrInfo[] {
  return lookup(AF_INET6, host, port, socktype, protocol, flags)
}
