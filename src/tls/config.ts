import { KeyObject, X509Certificate } from 'node:crypto'
import type { Data } from '../support/validate.js'
import * as validate from '../support/validate.js'

/** PEM text or its bytes, DER bytes, or an object of `node:crypto`. */
export type PemOrDer = Data | KeyObject | X509Certificate

/** The same, or several of them. */
export type Pem = PemOrDer | readonly PemOrDer[]

/** A certificate with its chain, and its key. */
export interface KeyPair {
  /** The certificate and what follows it up to the root, PEM; or the certificate alone, DER. */
  cert: PemOrDer
  /** Its private key, PEM or DER. */
  key: PemOrDer
  /** What the key is encrypted with. */
  passphrase?: string | undefined
  /** The OCSP response (DER) that a server sends with this certificate. */
  ocspResponse?: Uint8Array | undefined
}

/** Protocol versions, as Node writes them. */
export type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'

/** A check that a client can leave out: of the chain, of the name, of the dates. */
export type Check = 'chain' | 'name' | 'time'

/** A context that is made already: a `Context` of `tls`. */
export interface TlsContext {
  /** Whether it is for servers. */
  readonly isServer: boolean
}

/** What a server answers to a name: a context, or what to make one of; nothing for the one that it has. */
export type Chosen = TlsContext | TlsConfig | undefined

/**
 * Names that Node has too mean here what they mean there, but for `SNICallback`, which returns its answer. Everything is given in
 * memory: nothing is read from files.
 */
export interface TlsConfig {
  /** Certificate with its chain; several, with as many keys, for several types of key. */
  cert?: Pem | undefined
  /** Private key. */
  key?: Pem | undefined
  /** What the key, or the PKCS #12 file, is encrypted with. */
  passphrase?: string | undefined
  /** Certificate, key and chain as PKCS #12. */
  pfx?: Uint8Array | undefined
  /** Servers: further certificates; the one whose names fit what the client asks for is used, the main one otherwise. */
  keyPairs?: readonly KeyPair[] | undefined
  /** Servers: chooses by the name that the client asks for, `undefined` when it asks for none. May be asynchronous; what it throws ends the connection. */
  SNICallback?: ((servername: string | undefined) => Chosen | Promise<Chosen>) | undefined

  /** Whom to trust (a server: to identify clients), instead of Node's root certificates and those of `NODE_EXTRA_CA_CERTS`. */
  ca?: Pem | undefined
  /** Revocation lists. With any, each certificate of a chain needs one that is in force. */
  crl?: Pem | undefined
  /** Servers: whether a client has to show a certificate; `'optional'`: one that does not exist is fine, one that is wrong is not. */
  requestCert?: boolean | 'optional' | undefined
  /** Whether a peer that cannot be verified is refused: true by default. Otherwise `authorizationError` says what is wrong. */
  rejectUnauthorized?: boolean | undefined
  /** Clients: checks to leave out. Each makes the connection insecure, and the process says so once, by a warning. */
  insecureSkipVerify?: readonly Check[] | undefined
  /** How many certificates may stand between that of the peer and a trusted one. */
  verifyDepth?: number | undefined
  /** Clients: the name to ask for and to check the certificate against; the host by default. */
  servername?: string | undefined

  /**
   * Cipher suites of all versions as OpenSSL lists them; with none but those of TLS 1.3, only that is spoken. Or `'secure'`, the default: TLS 1.2
   * with forward secrecy and no block modes; `'compat'`; `'legacy'` and `'insecure'`, which go below security level 2, as TLS 1.0 and
   * 1.1 have to.
   */
  ciphers?: string | undefined
  /** Groups for the key exchange, `'X25519:P-256'`; `'auto'` leaves it to OpenSSL. */
  ecdhCurve?: string | undefined
  /** Signature algorithms as OpenSSL lists them. */
  sigalgs?: string | undefined
  /** Diffie-Hellman parameters (PEM), `'auto'`; none by default, so that the suites that need them are not used. */
  dhparam?: Data | undefined
  /** Whether the server's order of suites counts: true by default. */
  honorCipherOrder?: boolean | undefined
  /** `'TLSv1.2'` by default. */
  minVersion?: TlsVersion | undefined
  /** `'TLSv1.3'` by default. */
  maxVersion?: TlsVersion | undefined
  /** Application protocols in order of preference: `['h2', 'http/1.1']`. Without a common one the handshake fails. */
  ALPNProtocols?: readonly string[] | undefined

  /** Servers: the OCSP response (DER) to send. */
  ocspResponse?: Uint8Array | undefined
  /** Clients: ask for an OCSP response. One that comes is checked, asked for or not. */
  requestOCSP?: boolean | undefined
  /** Clients: refuse a server that sends none. */
  requireOCSP?: boolean | undefined

  /** Clients: what `getSession()` gave before. It is used for the same server only, and where the same rules of trust hold. */
  session?: Uint8Array | undefined
  /** Seconds that a session can be resumed, 300 by default, 0 for never. */
  sessionTimeout?: number | undefined
  /** Servers: resumption is limited to contexts of one name. */
  sessionIdContext?: string | undefined
  /** Servers: keys of the tickets, for several processes to share: 48 bytes as Node's, or 80. */
  ticketKeys?: Uint8Array | undefined
  /** Milliseconds for the handshake of a connection, whatever its deadlines are: 120,000 by default, 0 for no bound. */
  handshakeTimeout?: number | undefined
  /** Clients: gets what a later connection can begin with, each time that the server sends some (see `getSession()`). */
  onsession?: ((session: Buffer) => void) | undefined
  /** Gets the lines of the key log (NSS format), each ended by a newline: whoever has them can read everything. */
  keylog?: ((line: Buffer) => void) | undefined
}

/** Every field. A record, so that the compiler says when one is missing. */
const FIELDS: Readonly<Record<keyof TlsConfig, true>> = {
  cert: true,
  key: true,
  passphrase: true,
  pfx: true,
  keyPairs: true,
  SNICallback: true,
  ca: true,
  crl: true,
  requestCert: true,
  rejectUnauthorized: true,
  insecureSkipVerify: true,
  verifyDepth: true,
  servername: true,
  ciphers: true,
  ecdhCurve: true,
  sigalgs: true,
  dhparam: true,
  honorCipherOrder: true,
  minVersion: true,
  maxVersion: true,
  ALPNProtocols: true,
  ocspResponse: true,
  requestOCSP: true,
  requireOCSP: true,
  session: true,
  sessionTimeout: true,
  sessionIdContext: true,
  ticketKeys: true,
  handshakeTimeout: true,
  onsession: true,
  keylog: true,
}

/** What means something on one side only: on the other it would be ignored. */
const SERVER_ONLY = [
  'keyPairs',
  'SNICallback',
  'requestCert',
  'honorCipherOrder',
  'ocspResponse',
  'ticketKeys',
  'sessionIdContext',
] as const
const CLIENT_ONLY = ['servername', 'insecureSkipVerify', 'requestOCSP', 'requireOCSP', 'session', 'onsession'] as const

/** What a server does with the certificates of clients: nothing, unless it asks for them. */
const OF_CLIENT_CERTIFICATES = ['ca', 'crl', 'rejectUnauthorized', 'verifyDepth'] as const

/** A TLS version's number in the protocol. */
export const VERSIONS: Readonly<Record<TlsVersion, number>> = {
  TLSv1: 0x0301,
  'TLSv1.1': 0x0302,
  'TLSv1.2': 0x0303,
  'TLSv1.3': 0x0304,
}

/** Checks what can be checked before OpenSSL is asked. */
export function checkConfig(value: unknown, isServer: boolean): TlsConfig {
  const config = validate.options('tlscfg', value, Object.keys(FIELDS)) as TlsConfig
  for (const field of isServer ? CLIENT_ONLY : SERVER_ONLY)
    if (config[field] !== undefined)
      throw validate.invalidValue('tlscfg', `has "${field}", which is for a ${isServer ? 'client' : 'server'}`, config)
  checkVersions(config)
  checkTypes(config)
  if (isServer) checkClientCertificates(config)
  else checkStaple(config)
  return config
}

/** Trusting everybody whom some public authority has certified is no way to know one's clients; and a check that is never made misleads. */
function checkClientCertificates(config: TlsConfig): void {
  if (config.requestCert && config.ca === undefined)
    throw validate.invalidValue('tlscfg', 'needs "ca" with "requestCert": whom to trust to identify clients', config)
  for (const field of OF_CLIENT_CERTIFICATES)
    if (!config.requestCert && config[field] !== undefined)
      throw validate.invalidValue(
        'tlscfg',
        `has "${field}", which is for the certificates of clients, without "requestCert"`,
        config,
      )
}

function checkStaple({ requireOCSP, rejectUnauthorized, insecureSkipVerify }: TlsConfig): void {
  if (requireOCSP && (rejectUnauthorized === false || insecureSkipVerify?.includes('chain')))
    throw validate.invalidValue('tlscfg', 'requires an OCSP response of a server whose certificate it does not check', {
      requireOCSP,
    })
}

function checkTypes(config: TlsConfig): void {
  for (const field of ['rejectUnauthorized', 'honorCipherOrder', 'requestOCSP', 'requireOCSP'] as const)
    if (config[field] !== undefined) validate.boolean(`tlscfg.${field}`, config[field])
  for (const field of ['SNICallback', 'keylog', 'onsession'] as const)
    if (config[field] !== undefined) validate.func(`tlscfg.${field}`, config[field])
  if (config.servername !== undefined) validate.string('tlscfg.servername', config.servername)
  if (config.session !== undefined) validate.bytes('tlscfg.session', config.session)
  if (config.requestCert !== undefined && config.requestCert !== 'optional')
    validate.boolean('tlscfg.requestCert', config.requestCert)
  checkSwitches(config)
}

function checkSwitches(config: TlsConfig): void {
  // Node's has a second argument to answer by: one written for it would never be heard.
  if (config.SNICallback !== undefined && config.SNICallback.length > 1)
    throw validate.invalidValue('tlscfg.SNICallback', 'must return its answer, or a promise of it', config.SNICallback)
  if (config.insecureSkipVerify !== undefined && !Array.isArray(config.insecureSkipVerify))
    throw validate.invalidType(
      'tlscfg.insecureSkipVerify',
      "a list of 'chain', 'name' and 'time'",
      config.insecureSkipVerify,
    )
  for (const check of config.insecureSkipVerify ?? [])
    if (!['chain', 'name', 'time'].includes(check))
      throw validate.invalidValue('tlscfg.insecureSkipVerify', "may have 'chain', 'name' and 'time'", check)
}

function checkVersions(config: TlsConfig): void {
  for (const field of ['minVersion', 'maxVersion'] as const) {
    const version = config[field]
    if (version !== undefined && !Object.hasOwn(VERSIONS, version))
      throw validate.invalidValue(`tlscfg.${field}`, `must be one of ${Object.keys(VERSIONS).join(', ')}`, version)
  }
}

/** PEM or DER as bytes. What is neither is mostly the name of a file. */
export function pemOrDer(name: string, value: unknown): Uint8Array {
  if (value instanceof X509Certificate) return value.raw
  if (value instanceof KeyObject) return exported(name, value)
  const bytes = filled(name, value)
  if (bytes[0] === DER_SEQUENCE || Buffer.from(bytes).includes('-----BEGIN ')) return bytes
  throw validate.invalidValue(name, 'is neither PEM nor DER (the name of a file is not read)', value)
}

function exported(name: string, key: KeyObject): Uint8Array {
  if (key.type !== 'private') throw validate.invalidValue(name, 'must be a private key', key)
  return key.export({ type: 'pkcs8', format: 'der' })
}

const DER_SEQUENCE = 0x30

function filled(name: string, value: unknown): Uint8Array {
  const bytes = validate.bytes(name, value)
  if (bytes.length === 0) throw validate.invalidValue(name, 'must not be empty', value)
  return bytes
}

/** Several things, given alone or as a list, as bytes. An empty list is no way to say "none": what was filtered away is missing. */
export function list(name: string, value: Pem | undefined): Uint8Array[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) return [pemOrDer(name, value)]
  if (value.length === 0) throw validate.invalidValue(name, 'must not be an empty list', value)
  return value.map((one, i) => pemOrDer(`${name}[${i}]`, one))
}

/** Bytes that the addon has room for: many times what all names of OpenSSL take together. */
const NAMES_MAX = 8191

/** Names with colons between them, for OpenSSL. */
export function names(name: string, value: unknown): string {
  const text = validate.textWithoutNul(name, value, NAMES_MAX)
  if (text === '') throw validate.invalidValue(name, 'must not be empty', value)
  return text
}

/** Protocols in wire form: each with its length before it. See RFC 7301. */
export function wireProtocols(protocols: readonly string[]): Buffer {
  if (!Array.isArray(protocols) || protocols.length === 0)
    throw validate.invalidValue('tlscfg.ALPNProtocols', 'must be a list of at least one protocol', protocols)
  return Buffer.concat(
    protocols.map((protocol, i) => {
      if (/[^\0-\xff]/.test(validate.string(`tlscfg.ALPNProtocols[${i}]`, protocol)))
        throw validate.invalidValue(`tlscfg.ALPNProtocols[${i}]`, 'must be of characters up to U+00FF: bytes', protocol)
      const name = Buffer.from(protocol, 'latin1')
      if (name.length === 0 || name.length > 255)
        throw validate.outOfRange(`tlscfg.ALPNProtocols[${i}].length`, '>= 1 and <= 255', name.length)
      return Buffer.concat([Buffer.of(name.length), name])
    }),
  )
}

/** Suites that need no key exchange without forward secrecy, and no block mode that needs a MAC beside it. */
const POLICIES: Readonly<Record<string, string>> = {
  secure: 'ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:!aNULL:!aPSK',
  compat: 'HIGH:!aNULL:!aPSK',
  legacy: 'HIGH:MEDIUM:!aNULL:!aPSK:@SECLEVEL=0',
  insecure: 'ALL:!aNULL:!eNULL:@SECLEVEL=0',
}

/** Suites by the way in which OpenSSL takes them. */
interface Suites {
  /** Of TLS 1.2 and before. */
  older: string
  /** Of TLS 1.3; undefined for its own choice. */
  newer: string | undefined
  /** Whether there are none but those of TLS 1.3. */
  isNewest: boolean
}

function policyOf(ciphers: string): string {
  return (Object.hasOwn(POLICIES, ciphers) ? POLICIES[ciphers] : undefined) ?? ciphers
}

/** The suites of TLS 1.2 and before, and those of TLS 1.3, which OpenSSL takes one by one. */
export function suites(ciphers: string): Suites {
  const text = policyOf(ciphers)
  const all = text.split(/[:, ]+/).filter((name) => name !== '')
  const newer = all.filter((name) => name.startsWith('TLS_'))
  const older = all.filter((name) => !name.startsWith('TLS_'))
  return {
    older: older.join(':') || policyOf('secure'),
    newer: newer.length > 0 ? newer.join(':') : undefined,
    isNewest: older.length === 0,
  }
}
