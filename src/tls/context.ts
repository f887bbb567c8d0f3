import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { rootCertificates } from 'node:tls'
import { inspect } from 'node:util'
import { budget } from '../engine/deadline.js'
import { type Handle, type NameRow, type NativeTls, nativeTls } from '../native/tls.js'
import * as validate from '../support/validate.js'
import {
  type Chosen,
  checkConfig,
  type KeyPair,
  list,
  names,
  pemOrDer,
  suites,
  type TlsConfig,
  type TlsContext,
  VERSIONS,
  wireProtocols,
} from './config.js'
import { answerError, reasonError } from './errors.js'
import { isFor, type PeerNames } from './identity.js'

const SESSION_SECONDS = 300

/** As Node's servers have it. */
const HANDSHAKE_MS = 120_000

/** Bits of contextVerify(), see native/tls/context.c. */
const ASKS = 1
const REQUIRES = 2
const REJECTS = 4
const IGNORES_TIME = 8
const WANTS_STAPLE = 16

/** SSL_OP_CIPHER_SERVER_PREFERENCE */
const SERVER_PREFERENCE = 1 << 22

const NAME_DNS = 2
const NAME_IP = 7

/** Names of a certificate, for the check that is ours. */
export function peerNames(rows: readonly NameRow[] = []): PeerNames {
  const of = (type: number): Buffer[] => rows.flatMap(([kind, bytes]) => (kind === type && bytes ? [bytes] : []))
  return {
    dns: of(NAME_DNS).map((bytes) => bytes.toString('latin1')),
    ip: of(NAME_IP),
    other: rows.some(([kind]) => kind !== NAME_DNS && kind !== NAME_IP),
  }
}

let rootsAreLoaded = false

/** Node's root certificates, and those that its environment adds. Parsed once in a thread. */
function loadRoots(tls: NativeTls): void {
  if (rootsAreLoaded) return
  check(tls, tls.rootsAdd(Buffer.from(rootCertificates.join('\n'))), 'ca')
  const extra = process.env['NODE_EXTRA_CA_CERTS']
  if (extra) addExtraRoots(tls, extra)
  rootsAreLoaded = true
}

/** As Node does: what cannot be read is a warning, and no reason to trust nobody. */
function addExtraRoots(tls: NativeTls, file: string): void {
  try {
    check(tls, tls.rootsAdd(readFileSync(file)), 'ca')
  } catch (error) {
    process.emitWarning(`NODE_EXTRA_CA_CERTS: ${(error as Error).message}`)
  }
}

/** Throws OpenSSL's reason why a field of the configuration is no good. */
function check(tls: NativeTls, result: number, field: string): void {
  if (result === 0) return
  throw reasonError(`tlscfg.${field}`, tls.queueReason())
}

const warned = new Set<string>()

function warnOnce(what: string): void {
  if (warned.has(what)) return
  warned.add(what)
  process.emitWarning(`${what}: whoever is between here and there can read and change everything`, {
    type: 'SecurityWarning',
    code: 'BERKELEY_TLS_INSECURE',
  })
}

/** Gives a new context its certificates and keys. */
function addKeys(tls: NativeTls, handle: Handle, config: TlsConfig): void {
  const certs = list('tlscfg.cert', config.cert)
  const keys = list('tlscfg.key', config.key)
  if (certs.length !== keys.length)
    throw validate.invalidValue('tlscfg', 'needs a key for each certificate, and a certificate for each key', config)
  for (const [i, cert] of certs.entries())
    addPair(tls, handle, { cert, key: keys[i] as Uint8Array, passphrase: config.passphrase })
  if (config.pfx !== undefined)
    check(tls, tls.contextPfx(handle, validate.bytes('tlscfg.pfx', config.pfx), passphraseOf(config)), 'pfx')
}

/** Bytes that OpenSSL has room for (PEM_BUFSIZE), without a NUL. */
const PASSPHRASE_MAX = 1023

function passphraseOf({ passphrase }: { passphrase?: string | undefined }): string | undefined {
  return passphrase === undefined ? undefined : validate.textWithoutNul('tlscfg.passphrase', passphrase, PASSPHRASE_MAX)
}

function addPair(tls: NativeTls, handle: Handle, pair: KeyPair): void {
  const { cert, key } = pair
  const passphrase = passphraseOf(pair)
  const phrase = passphrase === undefined ? undefined : Buffer.from(passphrase)
  check(tls, tls.contextCert(handle, pemOrDer('tlscfg.cert', cert)), 'cert')
  check(tls, tls.contextKey(handle, pemOrDer('tlscfg.key', key), phrase), 'key')
}

function addTrust(tls: NativeTls, handle: Handle, config: TlsConfig, isServer: boolean): void {
  const ca = list('tlscfg.ca', config.ca)
  for (const certificates of ca) check(tls, tls.contextCa(handle, certificates), 'ca')
  if (ca.length === 0 && (!isServer || config.requestCert)) {
    loadRoots(tls)
    // Lists of revoked certificates would become everybody's in a store that contexts share.
    if (config.crl !== undefined) throw validate.invalidValue('tlscfg', 'needs "ca" with "crl"', config)
    check(tls, tls.contextRoots(handle), 'ca')
  }
  for (const revoked of list('tlscfg.crl', config.crl)) check(tls, tls.contextCrl(handle, revoked), 'crl')
}

/** Sets names that OpenSSL has to know. If it does not, its reason depends on its version, and there may be none. */
function checkNames(field: string, value: string, set: (list: string) => number): void {
  if (set(names(`tlscfg.${field}`, value)) !== 0)
    throw validate.invalidValue(`tlscfg.${field}`, 'has a name that OpenSSL does not know, or cannot use', value)
}

function setSuites(tls: NativeTls, handle: Handle, config: TlsConfig, isServer: boolean): void {
  const { older, newer } = suites(names('tlscfg.ciphers', config.ciphers ?? 'secure'))
  check(tls, tls.contextCiphers(handle, older), 'ciphers')
  if (newer !== undefined) check(tls, tls.contextSuites(handle, newer), 'ciphers')
  const { ecdhCurve = 'auto', sigalgs, dhparam } = config
  if (ecdhCurve !== 'auto') checkNames('ecdhCurve', ecdhCurve, (list) => tls.contextGroups(handle, list))
  if (sigalgs !== undefined) checkNames('sigalgs', sigalgs, (list) => tls.contextSigalgs(handle, list))
  if (dhparam !== undefined)
    check(
      tls,
      tls.contextDh(handle, dhparam === 'auto' ? undefined : validate.bytes('tlscfg.dhparam', dhparam)),
      'dhparam',
    )
  if (isServer) tls.contextOption(handle, SERVER_PREFERENCE, Number(config.honorCipherOrder ?? true))
}

/** Who lists nothing but suites of TLS 1.3 wants no other version, as in Node. */
function wantsNewest({ ciphers }: TlsConfig): boolean {
  return ciphers !== undefined && suites(names('tlscfg.ciphers', ciphers)).isNewest
}

function setVersions(tls: NativeTls, handle: Handle, config: TlsConfig): void {
  const { minVersion = wantsNewest(config) ? 'TLSv1.3' : 'TLSv1.2', maxVersion } = config
  const least = VERSIONS[minVersion]
  const most = VERSIONS[maxVersion ?? 'TLSv1.3']
  if (least > most)
    throw validate.invalidValue('tlscfg', 'has a minVersion above its maxVersion', { minVersion, maxVersion })
  check(tls, tls.contextVersions(handle, least, most), 'minVersion')
}

function setVerification(tls: NativeTls, handle: Handle, config: TlsConfig, isServer: boolean): void {
  const skips = new Set(config.insecureSkipVerify)
  const rejects = (config.rejectUnauthorized ?? true) && !skips.has('chain')
  const asks = !isServer || Boolean(config.requestCert)
  const bits =
    (asks ? ASKS : 0) |
    (isServer && config.requestCert === true && rejects ? REQUIRES : 0) |
    (rejects ? REJECTS : 0) |
    (skips.has('time') ? IGNORES_TIME : 0) |
    (config.requireOCSP ? WANTS_STAPLE : 0)
  const depth =
    config.verifyDepth === undefined ? -1 : validate.integer('tlscfg.verifyDepth', config.verifyDepth, 0, 100)
  tls.contextVerify(handle, bits, depth)
  if (isServer) return
  for (const skipped of skips) warnOnce(`A TLS client does not check the ${skipped} of its server (insecureSkipVerify)`)
  if (config.rejectUnauthorized === false)
    warnOnce('A TLS client does not refuse who it cannot verify (rejectUnauthorized: false)')
}

/** A hash of several things, each with its length: two lists never look the same. */
function digest(...parts: readonly (string | Uint8Array)[]): Buffer {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part)
  return hash.digest()
}

/**
 * By what rules peers are verified, in 32 bytes. A resumed session makes no use of certificates: it is good only where the same
 * rules would have come to the same verdict.
 */
function rulesOf(config: TlsConfig, isServer: boolean): Buffer {
  const { requestCert, rejectUnauthorized, insecureSkipVerify = [], verifyDepth, requireOCSP } = config
  // A server may have resumed a session of somebody else, and would take us for them.
  const own = [list('tlscfg.cert', config.cert), config.pfx === undefined ? [] : [config.pfx]]
  const switches = [requestCert, rejectUnauthorized, [...insecureSkipVerify].sort(), verifyDepth, requireOCSP]
  const given = [list('tlscfg.ca', config.ca), list('tlscfg.crl', config.crl), ...(isServer ? [] : own)]
  return digest(JSON.stringify(switches), ...given.flatMap((files) => [String(files.length), ...files]))
}

/** What a session is for: these rules, and this host or this use. */
export function sessionId(rules: Uint8Array, what = ''): Buffer {
  return digest(rules, what)
}

function setSessions(tls: NativeTls, handle: Handle, config: TlsConfig, rules: Uint8Array): void {
  if (config.sessionIdContext !== undefined) validate.string('tlscfg.sessionIdContext', config.sessionIdContext)
  const seconds = validate.integer('tlscfg.sessionTimeout', config.sessionTimeout ?? SESSION_SECONDS, 0)
  tls.contextSessions(handle, sessionId(rules, config.sessionIdContext), seconds)
  const { ticketKeys } = config
  if (ticketKeys === undefined) return
  const keys = validate.bytes('tlscfg.ticketKeys', ticketKeys)
  if (keys.length !== 48 && keys.length !== 80)
    throw validate.outOfRange('tlscfg.ticketKeys.length', '48 or 80', keys.length)
  tls.contextTicketKeys(handle, keys)
}

/** As long as the handshake has room for it. */
const STAPLE_MAX = 0xffff

function setStaple(tls: NativeTls, handle: Handle, response: Uint8Array): void {
  const bytes = validate.bytes('tlscfg.ocspResponse', response)
  if (bytes.length === 0 || bytes.length > STAPLE_MAX)
    throw validate.outOfRange('tlscfg.ocspResponse.length', `>= 1 and <= ${STAPLE_MAX}`, bytes.length)
  tls.contextStaple(handle, bytes)
}

function newHandle(tls: NativeTls, config: TlsConfig, isServer: boolean, rules: Uint8Array): Handle {
  const handle = tls.contextNew(Number(isServer))
  if (typeof handle === 'number') throw answerError('tlscfg', handle)
  setVersions(tls, handle, config)
  setSuites(tls, handle, config, isServer)
  addKeys(tls, handle, config)
  addTrust(tls, handle, config, isServer)
  setVerification(tls, handle, config, isServer)
  setSessions(tls, handle, config, rules)
  if (config.ALPNProtocols !== undefined)
    check(tls, tls.contextAlpn(handle, wireProtocols(config.ALPNProtocols), Number(isServer)), 'ALPNProtocols')
  if (config.ocspResponse !== undefined) setStaple(tls, handle, config.ocspResponse)
  return handle
}

/** What a context has no use for once it is made, and should not show. */
const SECRETS = ['cert', 'key', 'passphrase', 'pfx', 'keyPairs', 'ticketKeys'] as const

/** A certificate for other names. */
interface Further {
  readonly names: PeerNames
  readonly context: Context
}

function furtherPair(tls: NativeTls, config: TlsConfig, pair: KeyPair): Further {
  const own = validate.options('tlscfg.keyPairs', pair, ['cert', 'key', 'passphrase', 'ocspResponse'])
  const none = { keyPairs: undefined, SNICallback: undefined, pfx: undefined, ocspResponse: undefined }
  const context = new Context({ ...config, ...none, ...own }, true)
  return { names: peerNames(tls.contextNames(context.handle)), context }
}

/** A server without a certificate would fail every handshake, each with a reason that tells nobody why. */
function checkServer({ cert, pfx, SNICallback }: TlsConfig): void {
  if (cert !== undefined || pfx !== undefined || SNICallback !== undefined) return
  const reason = 'of a server needs a certificate: "cert" and "key", "pfx", or an "SNICallback"'
  throw validate.invalidValue('tlscfg', reason, undefined)
}

/**
 * Keys, trust and choices, checked and ready for any number of connections: what a `tlscfg` becomes. To share one between servers
 * or clients, make it once and give it as their `tlscfg`.
 */
export class Context implements TlsContext {
  /** Whether it is for servers. */
  readonly isServer: boolean
  /** What it was made of, without keys. */
  readonly config: Omit<TlsConfig, (typeof SECRETS)[number]>
  /** For {@link TlsSession}. */
  readonly handle: Handle
  /** For {@link sessionId}. */
  readonly rules: Buffer
  readonly #further: readonly Further[]
  /** What was said, and not left to the defaults. */
  readonly #fields: ReadonlySet<string>

  /**
   * @param isServer - whether it is for the side that is connected to.
   * @throws TypeError and RangeError for what is no configuration; {@link TlsError} with OpenSSL's reason for a certificate, a key, …
   *   that it refuses; `ERR_UNSUPPORTED_RUNTIME` where there is no OpenSSL.
   */
  constructor(config: TlsConfig, isServer: boolean) {
    const checked = checkConfig(config, isServer)
    this.config = Object.fromEntries(Object.entries(checked).filter(([field]) => !SECRETS.includes(field as never)))
    this.#fields = new Set(Object.entries(checked).flatMap(([field, value]) => (value === undefined ? [] : field)))
    this.isServer = isServer
    budget('tlscfg.handshakeTimeout', this.handshakeTimeout)
    if (isServer) checkServer(checked)
    const tls = nativeTls()
    this.rules = rulesOf(checked, isServer)
    this.handle = newHandle(tls, checked, isServer, this.rules)
    this.#further = (checked.keyPairs ?? []).map((pair) => furtherPair(tls, checked, pair))
    const selects = this.config.SNICallback !== undefined || this.#further.length > 0
    tls.contextCallbacks(this.handle, Number(selects), Number(this.config.keylog !== undefined))
  }

  /** The same as the constructor, for a server. */
  static server(config: TlsConfig): Context {
    return new Context(config, true)
  }

  /** The same as the constructor, for a client. */
  static client(config: TlsConfig = {}): Context {
    return new Context(config, false)
  }

  /** Milliseconds for a handshake, 0 for no bound. */
  get handshakeTimeout(): number {
    return this.config.handshakeTimeout ?? HANDSHAKE_MS
  }

  /** Nothing of what it was made of: there are keys among it. */
  [inspect.custom](): string {
    return `Context { ${this.isServer ? 'server' : 'client'} }`
  }

  /** The context for the name that a client asks for. */
  async choose(servername: string | undefined): Promise<Context> {
    return this.#made(await this.config.SNICallback?.(servername), servername)
  }

  #made(chosen: Chosen, servername: string | undefined): Context {
    if (chosen === undefined) return this.#byName(servername)
    const context = contextOf(chosen, true)
    for (const field of OF_LISTENER)
      if (context !== this && context.#fields.has(field))
        throw validate.invalidValue(
          'tlscfg',
          `has "${field}", which only the context of the server itself decides`,
          context,
        )
    return context
  }

  #byName(servername: string | undefined): Context {
    if (servername === undefined) return this
    return this.#further.find(({ names }) => isFor(servername, names))?.context ?? this
  }
}

/** What was agreed on, or belongs to the connection, before a context is chosen by a name. */
const OF_LISTENER = [
  'keyPairs',
  'SNICallback',
  'ecdhCurve',
  'honorCipherOrder',
  'sessionTimeout',
  'sessionIdContext',
  'ticketKeys',
  'handshakeTimeout',
  'keylog',
] as const

/** What was given as `tlscfg`, as a context of the right side. */
export function contextOf(config: TlsContext | TlsConfig, isServer: boolean): Context {
  if (!(config instanceof Context)) return new Context(config as TlsConfig, isServer)
  if (config.isServer === isServer) return config
  throw validate.invalidValue('tlscfg', `is a context for a ${isServer ? 'client' : 'server'}`, config)
}
