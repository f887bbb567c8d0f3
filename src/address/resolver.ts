import { isIPv4, isIPv6 } from 'node:net'
import { domainToASCII } from 'node:url'
import { AI_ADDRCONFIG, AI_NUMERICHOST, EAI_NONAME } from '../constants/exported.generated.js'
import { assertEventLoop } from '../native/load.js'
import { native, type ResolvedAddress } from '../native/sockets.js'
import { check, type ErrorContext, noSuchName, resolverError } from '../support/errors.js'
import { COOP_BUDGET } from '../support/fairness.js'
import * as validate from '../support/validate.js'
import { type AddrInfo, adoptSockaddr } from './addrinfo.js'

/** A question to the resolver: what getaddrinfo(3) takes. */
export interface Question {
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

type NativeQuestion = Parameters<typeof native.getaddrinfo>

/** RFC 1035: 253 characters of name, 63 of each label. */
const HOST_MAX = 253
const LABEL_MAX = 63

/** Lookups that were answered without the resolver. */
let budgetUsed = 0

/**
 * A host's name for the resolver. One that DNS cannot hold is refused before anybody is asked; one with other than ASCII letters goes
 * as its IDNA form.
 */
function hostName(host: string, numeric: boolean): string {
  if (numeric) throw noSuchName(host, 'not a numeric address')
  const ascii = isAscii(host) ? host : domainToASCII(host)
  // "*" would be the C library's word for no host at all.
  if (ascii === '' || ascii === '*') throw noSuchName(host, 'not a host name')
  if (ascii.replace(/\.$/, '').length > HOST_MAX)
    throw noSuchName(host.slice(0, 64), `longer than ${HOST_MAX} characters`)
  if (ascii.split('.').some((label) => label.length > LABEL_MAX))
    throw noSuchName(host, `a label is longer than ${LABEL_MAX} characters`)
  return ascii
}

/** An address in text, that of IPv6 with a scope or without. The C library would also take "127.1" and "0177.0.0.1" for one. */
function isNumeric(host: string): boolean {
  return isIPv4(host) || isIPv6(host.split('%', 1)[0] ?? '')
}

function isAscii(text: string): boolean {
  return Buffer.byteLength(text) === text.length
}

/** A port number as digits, or the name of a service: letters first, so that "80abc" is none. */
function serviceName(value: unknown): string {
  if (typeof value === 'string' && /^[A-Za-z][A-Za-z0-9._+-]{0,31}$/.test(value)) return value
  return String(validate.port('port', value))
}

function isAbsent(value: unknown): value is '' | null | undefined {
  return value === undefined || value === null || value === ''
}

function asNative(question: Question): NativeQuestion {
  const { host, port, family = 0, socktype = 0, protocol = 0, flags = 0 } = question
  const bits = validate.integer('flags', flags)
  // A NUL is refused, because C would stop reading there.
  const text = isAbsent(host) ? undefined : validate.textWithoutNul('host', host)
  const numeric = text !== undefined && isNumeric(text)
  const name = text === undefined || numeric ? text : hostName(text, (bits & AI_NUMERICHOST) !== 0)
  const service = isAbsent(port) ? undefined : serviceName(port)
  // The resolver says so itself, but libuv does not let it.
  if (name === undefined && service === undefined) throw resolverError(EAI_NONAME, 'getaddrinfo', {})
  return [
    name,
    service,
    validate.integer('family', family),
    validate.integer('socktype', socktype),
    validate.integer('protocol', protocol),
    // A scope that is none would make the C library ask for the whole as for a name.
    numeric ? bits | AI_NUMERICHOST : bits,
  ]
}

/** Whether the answer is in the question: an address and a port number, and no look at the interfaces of this machine. */
function isAnswered([name, service, , , , flags]: NativeQuestion): boolean {
  if (name === undefined || (flags & (AI_NUMERICHOST | AI_ADDRCONFIG)) !== AI_NUMERICHOST) return false
  return service === undefined || /^[0-9]+$/.test(service)
}

function addressList(answer: ResolvedAddress[] | number, question: Question): AddrInfo[] {
  if (typeof answer === 'number') throw resolverError(answer, 'getaddrinfo', contextOf(question, answer))
  return answer.map(([, socktype, protocol, sockaddr, canonname]) =>
    adoptSockaddr(sockaddr, { socktype, protocol, canonname }),
  )
}

/** Host and port of a question, for its error. A service has no number yet, so it is named beside. */
function contextOf({ host, port }: Question, code: number): ErrorContext {
  if (typeof port !== 'string' || /^[0-9]+$/.test(port)) return { address: host ?? undefined, port: toNumber(port) }
  return { address: host ?? undefined, detail: `${native.gaiError(code)} (service ${port})` }
}

function toNumber(port: number | string | null | undefined): number | undefined {
  return port === null || port === undefined ? undefined : Number(port)
}

/**
 * Resolves here and now: the thread waits for the answer.
 * @throws SystemError with an `EAI_*` code and syscall `getaddrinfo`.
 */
export function resolveSync(question: Question): AddrInfo[] {
  return addressList(native.getaddrinfo(...asNative(question)), question)
}

/**
 * Resolves on a thread of libuv's pool; here and at once where nobody has to be asked: the way to a thread and back would take longer.
 * Rejects as {@link resolveSync} throws.
 */
export async function resolve(question: Question): Promise<AddrInfo[]> {
  assertEventLoop()
  const parts = asNative(question)
  if (isAnswered(parts)) {
    if (++budgetUsed % COOP_BUDGET === 0) await new Promise((turn) => setImmediate(turn))
    return addressList(native.getaddrinfo(...parts), question)
  }
  return new Promise((done, fail) => {
    const answered = (answer: ResolvedAddress[] | number): void => {
      try {
        done(addressList(answer, question))
      } catch (error) {
        fail(error)
      }
    }
    check(native.getaddrinfoAsync(answered, ...parts), 'getaddrinfo')
  })
}
