import { networkInterfaces } from 'node:os'
import { describe } from 'node:test'
import { AddrInfo, AF_INET, AF_INET6 } from 'berkeley/llsocket'

/** One of the two internet families, with its addresses of this machine. */
export interface Family {
  readonly name: 'IPv4' | 'IPv6'
  readonly family: number
  readonly loopback: string
  readonly wildcard: string
  /** The loopback address with a port. */
  address(port?: number): AddrInfo
}

export const ipv4: Family = {
  name: 'IPv4',
  family: AF_INET,
  loopback: '127.0.0.1',
  wildcard: '0.0.0.0',
  address: (port = 0) => AddrInfo.inet('127.0.0.1', port),
}

export const ipv6: Family = {
  name: 'IPv6',
  family: AF_INET6,
  loopback: '::1',
  wildcard: '::',
  address: (port = 0) => AddrInfo.inet6('::1', port),
}

/** For the `skip` option of a test: a reason where this machine has no IPv6 loopback address, else false. */
export function withoutIpv6(): string | false {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  return addresses.some(({ address }) => address === ipv6.loopback) ? false : 'no IPv6 on this machine'
}

/** A suite for each family; that of IPv6 is skipped with a reason on a machine without IPv6. */
export function eachFamily(suite: (family: Family) => void): void {
  describe(ipv4.name, () => suite(ipv4))
  describe(ipv6.name, { skip: withoutIpv6() }, () => suite(ipv6))
}
