import { isIPv4 } from 'node:net'
import { AF_INET, AF_INET6, IPPROTO_TCP, SOCK_STREAM } from '../constants/exported.generated.js'
import { isThenable } from '../support/thenable.js'
import * as validate from '../support/validate.js'
import { AddrInfo, adoptSockaddr, isAddrInfo } from './addrinfo.js'
import { isNumeric, resolve } from './resolver.js'

// Taken at load: it may be replaced later.
const { hasOwn } = Object

// Addresses for streams that do not come from the resolver of the system: a list of the caller's, or the answer of a lookup function.

/** An address in the form in which the functions of `node:dns` give it. */
export interface ResolvedAddress {
  /** IPv4 or IPv6, with a zone (`%eth0`) where it needs one. */
  address: string
  /** 4 or 6. */
  family?: number | undefined
}

/** What a {@link LookupFunction} is asked for. */
export interface LookupOptions {
  /** Always true: a list is asked for. */
  all: true
  /** 4 or 6 for one family only, 0 for both. */
  family: 0 | 4 | 6
  /** 0: none of the flags of `dns.lookup`. */
  hints: number
}

/** What a {@link LookupFunction} calls: with an error, with a list, or with one address and its family. */
export type LookupCallback = (
  error: Error | null | undefined,
  addresses?: string | readonly (ResolvedAddress | AddrInfo)[],
  family?: number,
) => void

/**
 * Resolves a host name: a function such as `dns.lookup`, with the same signature as the `lookup` of `node:net`. It may also return a promise
 * of the list, and leave the callback alone. The first answer counts.
 */
export type LookupFunction = (host: string, options: LookupOptions, callback: LookupCallback) => unknown

/** The address of that text, IPv6 with or without a zone; undefined when it is none. */
export function numericAddress(text: string, port: number): AddrInfo | undefined {
  if (!isNumeric(text)) return undefined
  return isIPv4(text) ? AddrInfo.inet(text, port) : AddrInfo.inet6(text, port)
}

/**
 * Asks a lookup function for the addresses of a host.
 * @param family - `AF_INET` or `AF_INET6` for that family only; 0 for both.
 * @returns the addresses that it gives, for streams, in its order; some may have no port.
 * @throws what the function throws, calls back or rejects with; TypeError or RangeError for an answer that is no list of addresses.
 */
export async function lookUpBy(lookup: LookupFunction, host: string, family: number): Promise<AddrInfo[]> {
  const answer = await ask(lookup, host, { all: true, family: family === 0 ? 0 : familyNumber(family), hints: 0 })
  return addressList('the answer of options.lookup', answer)
}

function familyNumber(family: number): 4 | 6 {
  return family === AF_INET6 ? 6 : 4
}

/** The first answer of a lookup function. A promise of nothing is none: the callback may still come. */
function ask(lookup: LookupFunction, host: string, options: LookupOptions): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const returned = lookup(host, options, (error, addresses, family) => {
      if (error) reject(error)
      else resolve(typeof addresses === 'string' ? [{ address: addresses, family }] : addresses)
    })
    if (isThenable(returned)) returned.then((answer) => answer !== undefined && resolve(answer), reject)
  })
}

/** A port as a number: that of a service, if it is the name of one. */
export async function portNumber(port: number | string): Promise<number> {
  if (typeof port === 'number' || /^[0-9]+$/.test(port)) return validate.port('port', port)
  const [first] = await resolve({ port, socktype: SOCK_STREAM, protocol: IPPROTO_TCP })
  return first?.port ?? 0
}

/**
 * Checks a list of addresses for streams.
 * @returns a copy.
 * @throws TypeError or RangeError that names the list and the place of the wrong address.
 */
export function addressList(name: string, value: unknown): AddrInfo[] {
  if (!Array.isArray(value)) throw validate.invalidType(name, 'an Array of addresses', value)
  return Array.from(value, (one: unknown, i) => {
    const place = `${name}[${i}]`
    return isAddrInfo(one) ? ofStreams(place, one) : addressOfText(place, one)
  })
}

/** Gives a port to those addresses that have none. */
export function withPort(list: readonly AddrInfo[], port: number): AddrInfo[] {
  return list.map((ai) => {
    if (ai.port) return ai
    const { addr = '', socktype, protocol, canonname, scopeid = 0, flowinfo = 0 } = ai
    return ai.family === AF_INET
      ? AddrInfo.inet(addr, port, { socktype, protocol, canonname })
      : AddrInfo.inet6(addr, port, { socktype, protocol, canonname, scopeid, flowinfo })
  })
}

function ofStreams(name: string, { family, addr, socktype, protocol, sockaddr, canonname }: AddrInfo): AddrInfo {
  // One of raw bytes may be too short to be an address.
  const isInet = (family === AF_INET || family === AF_INET6) && addr !== undefined
  if (!isInet || (socktype !== 0 && socktype !== SOCK_STREAM))
    throw validate.invalidValue(name, 'must be an IPv4 or IPv6 address for streams', { family, socktype })
  return adoptSockaddr(sockaddr, SOCK_STREAM, protocol || IPPROTO_TCP, canonname)
}

function addressOfText(name: string, value: unknown): AddrInfo {
  const given = validate.object(name, value)
  const text = validate.textWithoutNul(`${name}.address`, ownProperty(given, 'address'))
  const family = ownProperty(given, 'family')
  const ai = numericAddress(text, 0)
  if (ai === undefined) throw validate.invalidValue(`${name}.address`, 'must be an IPv4 or IPv6 address', text)
  if (family !== undefined && family !== familyNumber(ai.family))
    throw validate.invalidValue(`${name}.family`, `must be ${familyNumber(ai.family)} for ${text}`, family)
  return adoptSockaddr(ai.sockaddr, SOCK_STREAM, IPPROTO_TCP)
}

function ownProperty(value: object, name: keyof ResolvedAddress): unknown {
  return hasOwn(value, name) ? (value as ResolvedAddress)[name] : undefined
}

/** Puts the families in turn, beginning with that of the first address; within a family the order stays (RFC 8305, section 4). */
export function familiesInTurn(list: AddrInfo[]): AddrInfo[] {
  if (list.length < 2) return list
  const first = list.filter(({ family }) => family === list[0]?.family)
  const second = list.filter(({ family }) => family !== list[0]?.family)
  return first.flatMap((ai, i) => [ai, ...second.slice(i, i + 1)]).concat(second.slice(first.length))
}
