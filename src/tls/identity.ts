// Whether a certificate is for a host: RFC 9525, and stricter where it leaves a choice.
//
// A host is an IP address or a DNS name, and is only compared with what the certificate has of that kind. What is
// neither matches nothing: most holes in such checks are texts that one party takes for a name and another for an
// address, or that change their structure on the way. The subject's common name never counts.

import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'
import * as validate from '../support/validate.js'

/** Whom a certificate is for: its subjectAltName, as far as hosts go. See RFC 5280, 4.2.1.6. */
export interface PeerNames {
  /** Every dNSName, byte by byte as in the certificate: a string of Latin-1. */
  readonly dns: readonly string[]
  /** Every iPAddress: 4 bytes or 16, if the certificate is well made. */
  readonly ip: readonly Uint8Array[]
  /** Whether there are names of other kinds: URI, e-mail address, directory name, … */
  readonly other: boolean
  /** The subject's common name. It is shown in errors, and never compared. */
  readonly commonName?: string | undefined
}

/** Longest DNS name, without a final dot: RFC 1035 allows 255 bytes on the wire. */
const NAME_MAX = 253

/** Longest host that is looked at: four code units for a byte of a name are more than any honest spelling takes. */
const HOST_MAX = 4 * NAME_MAX

/**
 * Letters, digits and hyphens (RFC 1123), and the underscore: it stands for nothing else, and names of containers have
 * it. A label `xn--…` is one of these; whether it decodes is of no account, as labels are compared in this form.
 */
const LABEL = /^[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/

/** A last label for which resolvers and URL parsers take the whole for an IPv4 address: 127.1, 0x7f000001, 1.2.3. */
const NUMBER = /^(?:[0-9]+|0[xX][0-9A-Fa-f]*)$/

/** What a host name may consist of before IDNA: all else of ASCII would mean something to a URL parser, or to C. */
const HOST_CHARACTERS = /^[A-Za-z0-9_.\u0080-\uffff-]*$/
const NOT_ASCII = /[\u0080-\uffff]/

/**
 * Whether `text` is a DNS name in ASCII, without a final dot. Names are lower-cased only after this: before, the Kelvin
 * sign would become a k.
 */
function isDnsName(text: string): boolean {
  if (text.length > NAME_MAX) return false
  const labels = text.split('.')
  return labels.every((label) => LABEL.test(label)) && !NUMBER.test(labels.at(-1) ?? '')
}

/**
 * A label as an A-label by UTS 46; ASCII stays as it is, for which A-labels a runtime takes depends on its version.
 * Labels are mapped one by one, so that the name keeps its structure: one that becomes two (U+3002 and others are
 * mapped to dots) is refused, and so is one that comes out as plain ASCII (full-width letters, the Kelvin sign, hidden
 * characters), which was in disguise. What is refused becomes an empty label, which no name may have.
 */
function asciiLabel(label: string): string {
  if (!NOT_ASCII.test(label)) return label
  const ascii = domainToASCII(label)
  return ascii.startsWith('xn--') && LABEL.test(ascii) ? ascii : ''
}

/** The one form in which hosts are compared: ASCII, lower case, no final dot. Nothing for what is no DNS name. */
function dnsNameOf(host: string): string | undefined {
  if (host.length > HOST_MAX || !HOST_CHARACTERS.test(host)) return undefined
  const relative = host.endsWith('.') ? host.slice(0, -1) : host
  const name = relative.split('.').map(asciiLabel).join('.')
  return isDnsName(name) ? name.toLowerCase() : undefined
}

/** `*.` and a name that could be somebody's: a wildcard for a whole top-level domain is nobody's. */
function isWildcard(presented: string): boolean {
  const base = presented.slice(2)
  return presented.startsWith('*.') && base.includes('.') && isDnsName(base)
}

/** Whether a dNSName of a certificate is for the host, which is of the form of {@link dnsNameOf}. */
function matchesDns(presented: string, host: string): boolean {
  if (isDnsName(presented)) return presented.toLowerCase() === host
  return isWildcard(presented) && presented.slice(1).toLowerCase() === host.slice(host.indexOf('.'))
}

function ipv4Bytes(text: string): number[] {
  return text.split('.').map(Number)
}

/** Groups of an IPv6 address, the last of which may be a dotted quad. */
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

/** The bytes of an IP address. An address with a zone is none: what a zone means is known to one machine only. */
function ipBytesOf(host: string): number[] | undefined {
  const version = isIP(host)
  if (version === 0 || host.includes('%')) return undefined
  return version === 4 ? ipv4Bytes(host) : ipv6Bytes(host)
}

/** Length included: the IPv4-mapped IPv6 address is another address. */
function isSameAddress(presented: Uint8Array, host: readonly number[]): boolean {
  return presented.length === host.length && host.every((byte, index) => byte === presented[index])
}

/** How much of a name is shown, and how many of a certificate's names: it may hold thousands, and of any length. */
const SHOWN_LENGTH = 128
const SHOWN_NAMES = 4

function escaped(character: string): string {
  if (character === '"' || character === '\\') return `\\${character}`
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** Harmless in any log or terminal: printable ASCII, and bounded. */
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

/** Whom the certificate is for, in a few words. Names of the host's own kind come first. */
function holderText(names: PeerNames, hostIsIp: boolean): string {
  const dns = names.dns.slice(0, SHOWN_NAMES).map(quoted)
  const ip = names.ip.slice(0, SHOWN_NAMES).map(addressText)
  const shown = (hostIsIp ? [...ip, ...dns] : [...dns, ...ip]).slice(0, SHOWN_NAMES)
  const more = names.dns.length + names.ip.length - shown.length
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ')
}

/** Why a certificate without any host in it fails. */
function nobodyText({ other, commonName }: PeerNames): string {
  const what = other ? 'only names of other kinds than DNS name and IP address' : 'no subject alternative name'
  return commonName === undefined ? what : `${what}, and its common name ${quoted(commonName)} does not count`
}

/**
 * Checks that a certificate is for `host`: an IP address, or a DNS name in ASCII or Unicode.
 * @returns nothing if it is, else the reason: a sentence without full stop, of printable ASCII
 */
export function checkIdentity(host: string, names: PeerNames): string | undefined {
  const bytes = ipBytesOf(validate.string('host', host))
  const name = bytes === undefined ? dnsNameOf(host) : undefined
  if (bytes === undefined && name === undefined)
    return `No certificate can be for ${quoted(host)}: it is neither a DNS name nor an IP address without zone`
  if (bytes !== undefined && names.ip.some((presented) => isSameAddress(presented, bytes))) return undefined
  if (name !== undefined && names.dns.some((presented) => matchesDns(presented, name))) return undefined
  const subject = `The certificate is not for ${quoted(name ?? host)}`
  if (names.dns.length + names.ip.length === 0) return `${subject}: it has ${nobodyText(names)}`
  return `${subject}, but for ${holderText(names, bytes !== undefined)}`
}

/**
 * The server name for a client to send (RFC 6066): in ASCII, lower case, without final dot. Nothing for an IP address,
 * which is never sent, and for what is no DNS name, which {@link checkIdentity} refuses.
 */
export function servernameFor(host: string): string | undefined {
  return dnsNameOf(validate.string('host', host))
}

/** Whether a certificate is for the server name that a client sent. Case and one final dot make no difference. */
export function isFor(servername: string, names: PeerNames): boolean {
  const name = servernameFor(servername)
  return name !== undefined && names.dns.some((presented) => matchesDns(presented, name))
}
