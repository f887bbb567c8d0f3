import type { AddrInfo } from '../address/addrinfo.js'
import { checkAddress, INET_ADDRESS, type InetAddress, lookUp, optional } from '../address/inet.js'
import {
  addressList,
  familiesInTurn,
  type LookupFunction,
  lookUpBy,
  portNumber,
  type ResolvedAddress,
  withPort,
} from '../address/resolved.js'
import { isNumeric } from '../address/resolver.js'
import {
  AF_INET,
  AF_INET6,
  IPPROTO_MPTCP,
  IPPROTO_TCP,
  SOCK_STREAM,
  TCP_NODELAY,
} from '../constants/exported.generated.js'
import { nameOf, sys } from '../constants/lookup.js'
import { LONGEST_MS } from '../engine/deadline.js'
import { systemError } from '../support/errors.js'
import { whenKnown } from '../support/thenable.js'
import * as validate from '../support/validate.js'
import { type TlsClientOptions, tlsClientOptions } from '../tls/options.js'
import { clientTls } from './client-tls.js'
import type { ClientPlan } from './connect-plan.js'
import { checkPrepare, PREPARE_OPTIONS, type PrepareOptions, runPrepareHook } from './create.js'
import { LocalName, type LocalOptions } from './local-name.js'
import type { SignalOptions } from './settings.js'

// What TCP clients are made of. See tcp(7).

/** How to connect. */
interface InetClientSettings extends LocalOptions, PrepareOptions, SignalOptions, TlsClientOptions {
  /** Whether small segments are sent at once; true by default for TCP and multipath TCP. */
  tcpnodelay?: boolean | undefined
  /**
   * `IPPROTO_MPTCP`, `IPPROTO_SCTP`, …: another protocol for streams than TCP. EPROTONOSUPPORT where the kernel does not have it, ENOPROTOOPT
   * where it is turned off (`net.mptcp.enabled`). By default that of the addresses, or TCP.
   */
  protocol?: number | undefined
  /**
   * Milliseconds after which the next address is tried, beside those that have not answered yet (the Connection Attempt Delay of RFC 8305):
   * 250 by default, 10 at least.
   */
  attemptDelay?: number | undefined
}

/** A client that looks up its host: the loopback address without one. */
interface ByHost extends InetAddress {
  /** Number from 1, or service name of services(5). */
  port: number | string
  /**
   * Resolves the host in place of the system: a function such as `dns.lookup`. It is not asked for a host that is an address. Addresses
   * without a port get `port`.
   */
  lookup?: LookupFunction | undefined
  /** Instead of a lookup. */
  addresses?: undefined
}

/** A client that has its addresses: nothing is looked up. */
interface ByAddresses {
  /** The addresses of the peer. Families take turns; within a family the order stays. */
  addresses: readonly (AddrInfo | ResolvedAddress)[]
  /** Of those addresses that have none. */
  port?: number | string | undefined
  /** The name that TLS verifies, unless `servername` says otherwise. */
  host?: string | undefined
  /** `AF_INET` or `AF_INET6` for the addresses of that family only. */
  family?: number | undefined
  /** Instead of addresses. */
  lookup?: undefined
}

/** Where to connect to, and how. */
export type InetClientOptions = InetClientSettings & (ByHost | ByAddresses)

/** Those options, checked one by one. */
type Given = InetClientSettings &
  InetAddress & { lookup?: LookupFunction | undefined; addresses?: readonly unknown[] | undefined }

/** The names of the options of a TCP client. */
export const CLIENT_OPTIONS = [
  ...INET_ADDRESS,
  ...['addresses', 'lookup', 'localAddress', 'localPort', 'protocol', 'attemptDelay'],
  ...['tcpnodelay', 'signal', ...PREPARE_OPTIONS],
  ...tlsClientOptions(SOCK_STREAM),
]

/** The least delay between two attempts that RFC 8305 allows. */
const ATTEMPT_DELAY_MIN = 10

/** Checks the options of a client, and returns how it connects. */
export function inetPlan(options: InetClientOptions): ClientPlan {
  const given = validate.options('options', options, CLIENT_OPTIONS) as Given
  checkAddress(given)
  checkPrepare(given)
  const local = LocalName.in(given)
  const { host, addresses, attemptDelay, protocol } = given
  if (attemptDelay !== undefined) validate.atLeast('options.attemptDelay', attemptDelay, ATTEMPT_DELAY_MIN, LONGEST_MS)
  if (protocol !== undefined) validate.integer('options.protocol', protocol, 0)
  const tcpnodelay = noDelayOf(given)
  const find = finder(given)
  return {
    signal: given.signal,
    plan: {
      lookup: () => whenKnown(find(), (list) => familiesInTurn(usable(list, given, local))),
      netns: given.netns,
      prepare(sock, ai) {
        local?.prepare(sock)
        runPrepareHook(sock, ai, given)
        // Not by the method of the option, which reads back what it has set.
        if (tcpnodelay(ai)) sock.setsockopt(IPPROTO_TCP, TCP_NODELAY, true)
        local?.bind(sock, ai)
      },
      secure: clientTls(given, host ?? (addresses === undefined ? 'localhost' : undefined)),
      attemptDelay,
    },
  }
}

/** Where TCP_NODELAY is to be set: on any socket if it was asked for, else where the kernel has it. */
function noDelayOf(given: Given): (ai: AddrInfo) => boolean {
  if (given.tcpnodelay !== undefined) {
    const isOn = optional(given, 'tcpnodelay', true)
    return () => isOn
  }
  return hasTcpOptions
}

/** Whether sockets for an address have the options of TCP. */
export function hasTcpOptions({ protocol }: AddrInfo): boolean {
  return protocol === 0 || protocol === IPPROTO_TCP || protocol === IPPROTO_MPTCP
}

/** Checks where the addresses are to come from, and returns what finds them. */
function finder(given: Given): () => AddrInfo[] | Promise<AddrInfo[]> {
  const { addresses, lookup, port, host = 'localhost', family = 0 } = given
  if (addresses !== undefined || lookup !== undefined) refuseResolverOptions(given)
  if (addresses !== undefined) return listed(addressList('options.addresses', addresses), given)
  checkPort(port)
  if (lookup === undefined || isNumeric(host)) return () => lookUp(given, SOCK_STREAM, IPPROTO_TCP)
  validate.func('options.lookup', lookup)
  return async () => {
    // The port first: the name of a service may be unknown.
    const number = await portNumber(port)
    return withPort(await lookUpBy(lookup, host, family), number)
  }
}

function listed(list: AddrInfo[], { port }: Given): () => AddrInfo[] | Promise<AddrInfo[]> {
  if (port !== undefined) {
    checkPort(port)
    return async () => withPort(list, await portNumber(port))
  }
  const portless = list.find((ai) => ai.port === 0)
  if (portless) throw validate.invalidValue('options.addresses', 'must have ports, or there must be a "port"', portless)
  return () => list
}

/** Refuses a port that no connection can be to. Whether a service of that name exists is for the resolver to say. */
function checkPort(port: unknown): asserts port is number | string {
  if (port === undefined || port === null) throw validate.invalidType('options.port', 'of type number or string', port)
  if (Number(port) === 0) throw validate.outOfRange('options.port', 'a port from 1 to 65535', port)
}

/** What only the resolver of the system knows would be ignored when it is not asked. */
function refuseResolverOptions(given: Given): void {
  const { addresses, lookup, family = 0 } = given
  if (addresses !== undefined && lookup !== undefined)
    throw validate.invalidValue('options', 'must have "addresses" or a "lookup", not both', { lookup })
  for (const name of ['passive', 'canonname', 'numeric', 'flags'] as const)
    if (given[name])
      throw validate.invalidValue(`options.${name}`, 'cannot be combined with "addresses" or "lookup"', given[name])
  if (family !== 0 && family !== AF_INET && family !== AF_INET6)
    throw validate.invalidValue('options.family', 'must be AF_INET or AF_INET6', family)
}

/** Those addresses that the family and the local address allow, for sockets of the protocol that is asked for. */
function usable(list: AddrInfo[], { family = 0, protocol }: Given, local: LocalName | undefined): AddrInfo[] {
  const isAny = family === 0 && local === undefined
  const left = isAny ? list : list.filter((ai) => (family === 0 || ai.family === family) && (local?.fits(ai) ?? true))
  if (left.length === 0 && list.length > 0) throw unusable(list, family, local)
  return protocol === undefined ? left : left.map((ai) => ai.with({ protocol }))
}

function unusable(list: readonly AddrInfo[], family: number, local: LocalName | undefined): Error {
  const wanted = [family === 0 ? undefined : nameOf('AF_', family), local?.text].filter((text) => text !== undefined)
  const detail = `no address of the family of ${wanted.join(' and ')} among ${list.join(', ')}`
  return systemError(sys.EAFNOSUPPORT, 'connect', { detail })
}
