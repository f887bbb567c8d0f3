// Whether a certificate is for a host, by RFC 9525, and stricter where it leaves a choice.
//
// A host is an IP address or a DNS name, and is only compared with names of that kind in the certificate. Text that is neither matches
// nothing: most vulnerabilities in such checks come from text that one party takes for a name and another for an address, or that
// changes its structure on the way. The common name of the subject never counts.

import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'
import { type NameRow, nativeTls } from '../native/tls.js'
import * as validate from '../support/validate.js'
import { TlsError } from './errors.js'

/** The hosts that a certificate is for: its subjectAltName. See RFC 5280, section 4.2.1.6. */
export interface PeerNames {
  /** Every dNSName, byte by byte as in the certificate: a string of Latin-1. */
  readonly dns: readonly string[]
  /** Every iPAddress: 4 or 16 bytes, if the certificate is well formed. */
  readonly ip: readonly Uint8Array[]
  /** Whether there are names of other kinds: URI, e-mail address, directory name, … */
  readonly other: boolean
  /** The subject's common name. It is shown in errors, and never compared. */
  readonly commonName?: string | undefined
}

/** Sorts the names of a certificate, as the addon lists them, by their kind. */
export function peerNames(rows: readonly NameRow[] = []): PeerNames {
  const of = (type: number): Buffer[] => rows.flatMap(([kind, bytes]) => (kind === type && bytes ? [bytes] : []))
  const { GEN_DNS, GEN_IPADD } = nativeTls()
  return {
    dns: of(GEN_DNS).map((bytes) => bytes.toString('latin1')),
    ip: of(GEN_IPADD),
    other: rows.some(([kind]) => kind !== GEN_DNS && kind !== GEN_IPADD),
  }
}

/** The longest DNS name, without a final dot: RFC 1035 allows 255 bytes on the wire. */
const NAME_MAX = 253

/** The longest host that is parsed: no legitimate spelling takes more than four code units for a byte of the name. */
const HOST_MAX = 4 * NAME_MAX

/**
 * A label of letters, digits and hyphens (RFC 1123), or underscores: these have no other meaning, and names of containers contain them.
 * A label `xn--…` is such a label; whether it decodes does not matter, because labels are compared in this form.
 */
const LABEL = /^[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/

/** A last label that makes resolvers and URL parsers read the whole as an IPv4 address: 127.1, 0x7f000001, 1.2.3. */
const NUMBER = /^(?:[0-9]+|0[xX][0-9A-Fa-f]*)$/

/** The characters that a host name may have before IDNA: any other ASCII has a meaning to URL parsers, or in C. */
const HOST_CHARACTERS = /^[A-Za-z0-9_.\u0080-\uffff-]*$/
const NOT_ASCII = /[\u0080-\uffff]/

/**
 * Whether `text` is a DNS name in ASCII, without a final dot. Names are lower-cased only after this check: lower-casing turns the Kelvin
 * sign into a k.
 */
function isDnsName(text: string): boolean {
  if (text.length > NAME_MAX) return false
  const labels = text.split('.')
  return labels.every((label) => LABEL.test(label)) && !NUMBER.test(labels.at(-1) ?? '')
}

/**
 * Converts a label to an A-label by UTS 46. An ASCII label stays as it is, because it depends on the version of the runtime which A-labels
 * it accepts. Labels are converted one by one, so that the name keeps its structure. A label is refused if it becomes two (U+3002 and
 * others are mapped to dots), or plain ASCII (full-width letters, the Kelvin sign, hidden characters). A refused label becomes the empty
 * label, which no name may have.
 */
function asciiLabel(label: string): string {
  if (!NOT_ASCII.test(label)) return label
  const ascii = domainToASCII(label)
  return ascii.startsWith('xn--') && LABEL.test(ascii) ? ascii : ''
}

/** The form in which DNS names are compared: ASCII, lower case, no final dot. Undefined if the host is not a DNS name. */
function dnsNameOf(host: string): string | undefined {
  if (host.length > HOST_MAX || !HOST_CHARACTERS.test(host)) return undefined
  const relative = host.endsWith('.') ? host.slice(0, -1) : host
  const name = relative.split('.').map(asciiLabel).join('.')
  return isDnsName(name) ? name.toLowerCase() : undefined
}

/** Whether it is `*.` and a name of at least two labels: a wildcard for a whole top-level domain is refused. */
function isWildcard(presented: string): boolean {
  const base = presented.slice(2)
  return presented.startsWith('*.') && base.includes('.') && isDnsName(base)
}

/** Whether a dNSName of a certificate matches the host, which is in the form of {@link dnsNameOf}. */
function matchesDns(presented: string, host: string): boolean {
  if (isDnsName(presented)) return presented.toLowerCase() === host
  return isWildcard(presented) && presented.slice(1).toLowerCase() === host.slice(host.indexOf('.'))
}

function ipv4Bytes(text: string): number[] {
  return text.split('.').map(Number)
}

/** The bytes of groups of an IPv6 address, the last of which may be a dotted quad. */
function groupBytes(groups: string): number[] {
  const bytesOf = (group: string): number[] => {
    if (group.includes('.')) return ipv4Bytes(group)
    const value = Number.parseInt(group, 16)
    return [value >> 8, value & 0xff]
  }
  return groups === '' ? [] : groups.split(':').flatMap(bytesOf)
}

function ipv6Bytes(text: string): number[] {
  const [before = [], after] = text.split('::').map(groupBytes)
  if (after === undefined) return before
  return [...before, ...new Array<number>(16 - before.length - after.length).fill(0), ...after]
}

/** The bytes of an IP address; undefined for anything else, and for an address with a zone, which is local to one machine. */
function ipBytesOf(host: string): number[] | undefined {
  const version = isIP(host)
  if (version === 0 || host.includes('%')) return undefined
  return version === 4 ? ipv4Bytes(host) : ipv6Bytes(host)
}

/** Whether two addresses are the same, length included: an IPv4-mapped IPv6 address is a different address. */
function isSameAddress(presented: Uint8Array, host: readonly number[]): boolean {
  return presented.length === host.length && host.every((byte, index) => byte === presented[index])
}

/** How many characters of a name are shown in an error, and how many names: a certificate may have thousands, of any length. */
const SHOWN_LENGTH = 128
const SHOWN_NAMES = 4

function escaped(character: string): string {
  if (character === '"' || character === '\\') return `\\${character}`
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** Quotes text so that it is safe in any log or terminal: printable ASCII of limited length. */
function quoted(text: string): string {
  const shown = text.slice(0, SHOWN_LENGTH).replace(/[^ -~]|["\\]/g, escaped)
  const isCut = text.length > SHOWN_LENGTH || shown.length > SHOWN_LENGTH
  return isCut ? `"${shown.slice(0, SHOWN_LENGTH)}..."` : `"${shown}"`
}

function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.')
  if (bytes.length !== 16) return `an IP address of wrong length (${bytes.length})`
  const groupAt = (at: number): string => (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)).toString(16)
  return [0, 2, 4, 6, 8, 10, 12, 14].map(groupAt).join(':')
}

/** Lists the hosts that the certificate is for. Names of the host's own kind come first. */
function holderText(names: PeerNames, hostIsIp: boolean): string {
  const dns = names.dns.slice(0, SHOWN_NAMES).map(quoted)
  const ip = names.ip.slice(0, SHOWN_NAMES).map(addressText)
  const shown = (hostIsIp ? [...ip, ...dns] : [...dns, ...ip]).slice(0, SHOWN_NAMES)
  const more = names.dns.length + names.ip.length - shown.length
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ')
}

/** Says why a certificate without any host fails. */
function noHostText({ other, commonName }: PeerNames): string {
  const what = other ? 'only names of other kinds than DNS name and IP address' : 'no subject alternative name'
  return commonName === undefined ? what : `${what}, and its common name ${quoted(commonName)} does not count`
}

/**
 * Checks that a certificate is for `host`: an IP address, or a DNS name in ASCII or Unicode.
 * @returns undefined if it is, else the reason: a sentence without full stop, of printable ASCII.
 */
export function checkIdentity(host: string, names: PeerNames): string | undefined {
  const bytes = ipBytesOf(validate.string('host', host))
  const name = bytes === undefined ? dnsNameOf(host) : undefined
  if (bytes === undefined && name === undefined)
    return `No certificate can be for ${quoted(host)}: it is neither a DNS name nor an IP address without zone`
  if (bytes !== undefined && names.ip.some((presented) => isSameAddress(presented, bytes))) return undefined
  if (name !== undefined && names.dns.some((presented) => matchesDns(presented, name))) return undefined
  const subject = `The certificate is not for ${quoted(name ?? host)}`
  if (names.dns.length + names.ip.length === 0) return `${subject}: it has ${noHostText(names)}`
  return `${subject}, but for ${holderText(names, bytes !== undefined)}`
}

/**
 * The server name for a client to send (RFC 6066): in ASCII, lower case, without final dot. Undefined for an IP address, which must not be
 * sent, and for text that is not a DNS name, which {@link checkIdentity} refuses.
 */
export function servernameFor(host: string): string | undefined {
  return dnsNameOf(validate.string('host', host))
}

/** Whether a certificate is for the server name that a client sent. Case and one final dot do not matter. */
export function isFor(servername: string, names: PeerNames): boolean {
  const name = servernameFor(servername)
  return name !== undefined && names.dns.some((presented) => matchesDns(presented, name))
}

/**
 * Checks that a certificate is for a host, by the rules that clients apply here (RFC 9525): the common name does not count, a wildcard
 * replaces the whole left-most label, and an IP address is compared only with IP addresses. The chain is not checked.
 * @param host - an IP address, or a DNS name in ASCII or Unicode.
 * @param cert - the certificate.
 * @throws {@link TlsError} `ERR_TLS_CERT_ALTNAME_INVALID`, which lists the hosts that it is for, when it is not.
 */
export function assertIdentity(host: string, cert: X509Certificate): void {
  validate.string('host', host)
  if (!(cert instanceof X509Certificate))
    throw validate.invalidType('cert', 'an instance of X509Certificate of node:crypto', cert)
  const reason = checkIdentity(host, peerNames(nativeTls().certificateNames(cert.raw)))
  if (reason !== undefined) throw new TlsError('ERR_TLS_CERT_ALTNAME_INVALID', 'assertIdentity', reason, { host })
}
