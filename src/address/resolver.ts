import { isIPv4, isIPv6 } from 'node:net'
import { domainToASCII } from 'node:url'
import { AI_ADDRCONFIG, AI_NUMERICHOST, EAI_NONAME } from '../constants/exported.generated.js'
import { native, type ResolvedAddress } from '../native/sockets.js'
import { check, type ErrorContext, noSuchName, resolverError } from '../support/errors.js'
import { COOP_BUDGET } from '../support/fairness.js'
import { setImmediate } from '../support/globals.js'
import { record } from '../support/record.js'
import * as validate from '../support/validate.js'
import { type AddrInfo, adoptSockaddr } from './addrinfo.js'
import { resolverFlags } from './resolver-flags.js'

/** What to look up: the arguments of getaddrinfo(3). */
export interface LookupRequest {
  /** Host name or address; absent for the wildcard (with `AI_PASSIVE`) or the loopback address. */
  host?: string | null | undefined
  /** Port number or service name of services(5). */
  port?: number | string | null | undefined
  /** `AF_*`; 0 for any. */
  family?: number
  /** `SOCK_*`; 0 for any. */
  socktype?: number
  /** `IPPROTO_*`; 0 for any. */
  protocol?: number
  /** `AI_*` flags, OR-ed. */
  flags?: number
}

type LookupArguments = Parameters<typeof native.getaddrinfo>

/** RFC 1035: 253 characters of name, 63 of each label. */
const HOST_MAX = 253
const LABEL_MAX = 63

/** How many lookups were answered without a wait: see {@link COOP_BUDGET}. */
let budgetUsed = 0

/**
 * A host name in the form for the resolver: one with non-ASCII letters is converted by IDNA. A name that DNS cannot have is refused without
 * asking the resolver.
 */
function hostName(host: string, numeric: boolean): string {
  if (numeric) throw noSuchName(host, 'not a numeric address')
  const ascii = isAscii(host) ? host : domainToASCII(host)
  // The C library reads "*" as no host at all.
  if (ascii === '' || ascii === '*') throw noSuchName(host, 'not a host name')
  if (ascii.replace(/\.$/, '').length > HOST_MAX)
    throw noSuchName(host.slice(0, 64), `longer than ${HOST_MAX} characters`)
  if (ascii.split('.').some((label) => label.length > LABEL_MAX))
    throw noSuchName(host, `a label is longer than ${LABEL_MAX} characters`)
  return ascii
}

/** Whether it is an address in text, IPv6 with or without a scope. The C library would also accept "127.1" and "0177.0.0.1". */
export function isNumeric(host: string): boolean {
  return isIPv4(host) || isIPv6(host.split('%', 1)[0] ?? '')
}

function isAscii(text: string): boolean {
  return Buffer.byteLength(text) === text.length
}

/** A port number as digits, or the name of a service, which begins with a letter: "80abc" is refused. */
function serviceName(value: unknown): string {
  if (typeof value === 'string' && /^[A-Za-z][A-Za-z0-9._+-]{0,31}$/.test(value)) return value
  return String(validate.port('port', value))
}

function isAbsent(value: unknown): value is '' | null | undefined {
  return value === undefined || value === null || value === ''
}

function argumentsOf(request: LookupRequest): LookupArguments {
  const { host, port, family = 0, socktype = 0, protocol = 0, flags = 0 } = record(request)
  const bits = resolverFlags('AI_', 'getaddrinfo', flags)
  // A NUL would end the string in C.
  const text = isAbsent(host) ? undefined : validate.textWithoutNul('host', host)
  const numeric = text !== undefined && isNumeric(text)
  const name = text === undefined || numeric ? text : hostName(text, (bits & AI_NUMERICHOST) !== 0)
  const service = isAbsent(port) ? undefined : serviceName(port)
  // The resolver would give the same answer, but libuv does not ask it.
  if (name === undefined && service === undefined) throw resolverError(EAI_NONAME, 'getaddrinfo', {})
  return [
    name,
    service,
    validate.integer('family', family),
    validate.integer('socktype', socktype),
    validate.integer('protocol', protocol),
    // Without the flag the C library would look up an address with an unknown scope as a name.
    numeric ? bits | AI_NUMERICHOST : bits,
  ]
}

/** Whether no resolver is needed: the host is an address, the port a number, and the interfaces of this machine do not matter. */
function isImmediate([name, service, , , , flags]: LookupArguments): boolean {
  if (name === undefined || (flags & (AI_NUMERICHOST | AI_ADDRCONFIG)) !== AI_NUMERICHOST) return false
  return service === undefined || /^[0-9]+$/.test(service)
}

function addressList(answer: ResolvedAddress[] | number, request: LookupRequest): AddrInfo[] {
  if (typeof answer === 'number') throw resolverError(answer, 'getaddrinfo', contextOf(request, answer))
  return answer.map(([, socktype, protocol, sockaddr, canonname]) =>
    adoptSockaddr(sockaddr, socktype, protocol, canonname),
  )
}

/** Host and port of a request, for its error. A service has no port number yet, so the detail names it. */
function contextOf({ host, port }: LookupRequest, code: number): ErrorContext {
  if (typeof port !== 'string' || /^[0-9]+$/.test(port)) return { address: host ?? undefined, port: toNumber(port) }
  return { address: host ?? undefined, detail: `${native.gaiError(code)} (service ${port})` }
}

function toNumber(port: number | string | null | undefined): number | undefined {
  return port === null || port === undefined ? undefined : Number(port)
}

/**
 * Looks up addresses. The thread waits for the answer.
 * @throws SystemError with an `EAI_*` code and syscall `getaddrinfo`.
 */
export function resolveSync(request: LookupRequest): AddrInfo[] {
  return addressList(native.getaddrinfo(...argumentsOf(request)), request)
}

/**
 * Looks up addresses on a thread of libuv's pool; or at once, if no resolver is needed, because the round trip to a thread would take
 * longer. Throws, or rejects with, the errors of {@link resolveSync}.
 */
export function resolve(request: LookupRequest): AddrInfo[] | Promise<AddrInfo[]> {
  const parts = argumentsOf(request)
  if (!isImmediate(parts)) return onThread(parts, request)
  const list = addressList(native.getaddrinfo(...parts), request)
  return ++budgetUsed % COOP_BUDGET === 0 ? new Promise((done) => setImmediate(done, list)) : list
}

function onThread(parts: LookupArguments, request: LookupRequest): Promise<AddrInfo[]> {
  return new Promise((done, fail) => {
    const answered = (answer: ResolvedAddress[] | number): void => {
      try {
        done(addressList(answer, request))
      } catch (error) {
        fail(error)
      }
    }
    check(native.getaddrinfoAsync(answered, ...parts), 'getaddrinfo')
  })
}
