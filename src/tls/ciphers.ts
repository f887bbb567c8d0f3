// What both sides negotiate by name: cipher suites, groups, signature algorithms, application protocols.

import * as validate from '../support/validate.js'

/** The longest list of names that the addon accepts, in bytes: several times all names of OpenSSL together. */
const NAMES_MAX = 8191

/** Checks a colon-separated list of names in OpenSSL's syntax. OpenSSL itself decides whether it knows them. */
export function nameList(name: string, value: unknown): string {
  const text = validate.textWithoutNul(name, value, NAMES_MAX)
  if (text === '') throw validate.invalidValue(name, 'must not be empty', value)
  return text
}

/** Suites with pre-shared keys, those with forward secrecy first. OpenSSL never uses them without a `pskCallback`, and with one they come first. */
const PSK_AEAD = 'kECDHEPSK+CHACHA20:kDHEPSK+AESGCM:kDHEPSK+CHACHA20'
const PSK_HIGH = 'kECDHEPSK+HIGH:kDHEPSK+HIGH:PSK+HIGH'

/** The named policies of `ciphers`, as lists for OpenSSL. `secure` has forward secrecy and AEAD suites only. */
const POLICIES: Readonly<Record<string, string>> = {
  secure: `${PSK_AEAD}:ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:!aNULL`,
  compat: `${PSK_HIGH}:HIGH:!aNULL`,
  legacy: `${PSK_HIGH}:HIGH:MEDIUM:!aNULL:@SECLEVEL=0`,
  insecure: `${PSK_HIGH}:ALL:!aNULL:!eNULL:@SECLEVEL=0`,
}

/** Cipher suites in the two lists that OpenSSL takes. */
interface Suites {
  /** Suites of TLS 1.2 and before; the default policy when none is listed. */
  upToTls12: string
  /** Suites of TLS 1.3; undefined leaves the choice to OpenSSL. */
  tls13: string | undefined
  /** Whether only suites of TLS 1.3 are listed. */
  isTls13Only: boolean
}

function policyOf(ciphers: string): string {
  return (Object.hasOwn(POLICIES, ciphers) ? POLICIES[ciphers] : undefined) ?? ciphers
}

/** Splits a list of suites, or the list of a named policy, by the version of TLS: suites of 1.3 begin with `TLS_`. */
export function cipherSuites(ciphers: string): Suites {
  const all = policyOf(ciphers)
    .split(/[:, ]+/)
    .filter((name) => name !== '')
  const newer = all.filter((name) => name.startsWith('TLS_'))
  const older = all.filter((name) => !name.startsWith('TLS_'))
  return {
    upToTls12: older.join(':') || policyOf('secure'),
    tls13: newer.length > 0 ? newer.join(':') : undefined,
    isTls13Only: older.length === 0,
  }
}

/**
 * The most bytes of application protocols. All extensions of a hello together have 65,535, in which keys and a session ticket need room
 * too.
 */
const PROTOCOLS_MAX = 0x8000

/** Application protocols in the wire form of ALPN, each preceded by its length. See RFC 7301, section 3.1. */
export function wireProtocols(protocols: readonly string[]): Buffer {
  if (!Array.isArray(protocols) || protocols.length === 0)
    throw validate.invalidValue('tlscfg.ALPNProtocols', 'must be a list of at least one protocol', protocols)
  const wire = Buffer.concat(protocols.map((protocol, i) => wireProtocol(`tlscfg.ALPNProtocols[${i}]`, protocol)))
  if (wire.length <= PROTOCOLS_MAX) return wire
  throw validate.outOfRange(
    'tlscfg.ALPNProtocols, with a byte for the length of each,',
    `<= ${PROTOCOLS_MAX} bytes`,
    wire.length,
  )
}

function wireProtocol(name: string, protocol: string): Buffer {
  if (/[^\0-\xff]/.test(validate.string(name, protocol)))
    throw validate.invalidValue(name, 'must be of characters up to U+00FF: bytes', protocol)
  const bytes = Buffer.from(protocol, 'latin1')
  if (bytes.length === 0 || bytes.length > 255)
    throw validate.outOfRange(`${name}.length`, '>= 1 and <= 255', bytes.length)
  return Buffer.concat([Buffer.of(bytes.length), bytes])
}
