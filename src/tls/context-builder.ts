import { type NativeTls, nativeTls, type TlsHandle } from '../native/tls.js'
import * as validate from '../support/validate.js'
import { cipherSuites, nameList, wireProtocols } from './ciphers.js'
import type { KeyPair, TlsConfig } from './config.js'
import { answerError, checkField } from './errors.js'
import { warnOfInsecure } from './insecure.js'
import { pemList, pemOrDer } from './pem.js'
import { loadRoots } from './roots.js'
import { sessionId } from './session-id.js'
import { VERSIONS } from './versions.js'

/** Seconds that a session can be resumed, unless the configuration says otherwise. */
const SESSION_SECONDS = 300

/** The longest passphrase that OpenSSL has room for, in bytes (PEM_BUFSIZE without the NUL). */
const PASSPHRASE_MAX = 1023

/** How many sets of ticket keys a context has room for. */
const TICKET_KEYS_MAX = 8

/** The longest OCSP response that fits into a handshake message, in bytes. */
const OCSP_RESPONSE_MAX = 0xffff

/**
 * The most bytes of names of authorities. The list has room for 65,535, but in TLS 1.3 so have all extensions of a request together: the rest is
 * for the others.
 */
const CA_NAMES_MAX = 63 << 10

function passphraseOf({ passphrase }: { passphrase?: string | undefined }): string | undefined {
  return passphrase === undefined ? undefined : validate.textWithoutNul('tlscfg.passphrase', passphrase, PASSPHRASE_MAX)
}

/** Whether the configuration lists only suites of TLS 1.3, which implies that version, as in Node. */
function isTls13Only({ ciphers }: TlsConfig): boolean {
  return ciphers !== undefined && cipherSuites(nameList('tlscfg.ciphers', ciphers)).isTls13Only
}

/** Turns a configuration into an `SSL_CTX`, field by field. Each method throws what is wrong with its fields. */
export class ContextBuilder {
  readonly #tls: NativeTls
  readonly #config: TlsConfig
  readonly #isServer: boolean
  readonly #handle: TlsHandle

  /** Creates an empty `SSL_CTX` for a configuration that `checkConfig` has accepted. */
  constructor(config: TlsConfig, isServer: boolean) {
    this.#tls = nativeTls()
    this.#config = config
    this.#isServer = isServer
    const handle = this.#tls.contextNew(Number(isServer))
    if (typeof handle === 'number') throw answerError('tlscfg', handle)
    this.#handle = handle
  }

  /**
   * Applies every field, and returns the finished `SSL_CTX`.
   * @param rules - the digest of the verification rules, which limits what sessions may be resumed.
   */
  build(rules: Uint8Array): TlsHandle {
    this.#setVersions()
    this.#setCiphers()
    this.#setKeyExchange()
    this.#addKeys()
    this.#setPsk()
    this.#addTrust()
    this.#setVerification()
    this.#setSessions(rules)
    this.#setTicketKeys()
    this.#setAlpn()
    this.#setOcspResponse()
    return this.#handle
  }

  /** Applies the keys alone. */
  buildCredentials(): TlsHandle {
    this.#addKeys()
    return this.#handle
  }

  #setVersions(): void {
    const { minVersion = isTls13Only(this.#config) ? 'TLSv1.3' : 'TLSv1.2', maxVersion } = this.#config
    const least = VERSIONS[minVersion]
    const most = VERSIONS[maxVersion ?? 'TLSv1.3']
    if (least > most)
      throw validate.invalidValue('tlscfg', 'has a minVersion above its maxVersion', { minVersion, maxVersion })
    checkField(this.#tls.contextVersions(this.#handle, least, most), 'minVersion')
  }

  #setCiphers(): void {
    const { upToTls12, tls13 } = cipherSuites(nameList('tlscfg.ciphers', this.#config.ciphers ?? 'secure'))
    checkField(this.#tls.contextCiphers(this.#handle, upToTls12), 'ciphers')
    if (tls13 !== undefined) checkField(this.#tls.contextSuites(this.#handle, tls13), 'ciphers')
  }

  #setKeyExchange(): void {
    const { ecdhCurve = 'auto', sigalgs, dhparam, honorCipherOrder = true } = this.#config
    const [tls, handle] = [this.#tls, this.#handle]
    if (ecdhCurve !== 'auto') this.#setNames('ecdhCurve', ecdhCurve, (list) => tls.contextGroups(handle, list))
    if (sigalgs !== undefined) this.#setNames('sigalgs', sigalgs, (list) => tls.contextSigalgs(handle, list))
    if (dhparam !== undefined) {
      const parameters = dhparam === 'auto' ? undefined : validate.bytes('tlscfg.dhparam', dhparam)
      checkField(tls.contextDh(handle, parameters), 'dhparam')
    }
    if (this.#isServer) tls.contextOption(handle, tls.SSL_OP_CIPHER_SERVER_PREFERENCE, Number(honorCipherOrder))
  }

  /**
   * Applies names that OpenSSL has to know. The error gives a reason of its own, because OpenSSL's depends on the version, or is
   * missing.
   */
  #setNames(field: 'ecdhCurve' | 'sigalgs', value: string, set: (list: string) => number): void {
    if (set(nameList(`tlscfg.${field}`, value)) !== 0)
      throw validate.invalidValue(`tlscfg.${field}`, 'has a name that OpenSSL does not know, or cannot use', value)
  }

  #addKeys(): void {
    const { passphrase, pfx } = this.#config
    const certs = pemList('tlscfg.cert', this.#config.cert)
    const keys = pemList('tlscfg.key', this.#config.key)
    if (certs.length !== keys.length)
      throw validate.invalidValue(
        'tlscfg',
        'needs a key for each certificate, and a certificate for each key',
        this.#config,
      )
    for (const [i, cert] of certs.entries()) this.#addPair({ cert, key: keys[i] as Uint8Array, passphrase })
    if (pfx === undefined) return
    const bytes = validate.bytes('tlscfg.pfx', pfx)
    checkField(this.#tls.contextPfx(this.#handle, bytes, passphraseOf(this.#config)), 'pfx')
  }

  #setPsk(): void {
    const { pskCallback, pskIdentityHint } = this.#config
    if (pskCallback === undefined) return
    checkField(this.#tls.contextPsk(this.#handle, Number(this.#isServer), pskIdentityHint), 'pskIdentityHint')
  }

  #addPair(pair: KeyPair): void {
    const passphrase = passphraseOf(pair)
    const phrase = passphrase === undefined ? undefined : Buffer.from(passphrase)
    checkField(this.#tls.contextCert(this.#handle, pemOrDer('tlscfg.cert', pair.cert)), 'cert')
    checkField(this.#tls.contextKey(this.#handle, pemOrDer('tlscfg.key', pair.key), phrase), 'key')
  }

  #addTrust(): void {
    const ca = pemList('tlscfg.ca', this.#config.ca)
    for (const certificates of ca) checkField(this.#tls.contextCa(this.#handle, certificates), 'ca')
    if (this.#isServer) this.#setCaNames()
    // A server identifies clients by what it was given, and never by the public roots.
    if (ca.length === 0 && !this.#isServer) this.#trustRoots()
    for (const revoked of pemList('tlscfg.crl', this.#config.crl))
      checkField(this.#tls.contextCrl(this.#handle, revoked), 'crl')
  }

  #setCaNames(): void {
    const bytes = this.#tls.contextAuthorities(this.#handle, Number(this.#config.caNames ?? true))
    if (bytes <= CA_NAMES_MAX) return
    const reason = `has names of authorities of ${bytes} bytes, and ${CA_NAMES_MAX} can be sent to clients: { caNames: false } sends none`
    throw validate.invalidValue('tlscfg.ca', reason, undefined)
  }

  /** Trusts the root certificates, in a store that all such contexts share: a revocation list added to it would apply to each of them. */
  #trustRoots(): void {
    loadRoots()
    if (this.#config.crl !== undefined) throw validate.invalidValue('tlscfg', 'needs "ca" with "crl"', this.#config)
    checkField(this.#tls.contextRoots(this.#handle), 'ca')
  }

  #setVerification(): void {
    const { rejectUnauthorized = true, verifyDepth, requireOCSP, ocspMaxAge } = this.#config
    const { insecureSkipVerify, allowPartialTrustChain, pins, verify, postHandshakeAuth } = this.#config
    const [tls, skipped] = [this.#tls, new Set(insecureSkipVerify)]
    const rejects = rejectUnauthorized && !skipped.has('chain')
    const bits =
      this.#whenAsked(rejects) |
      (rejects ? tls.VERIFY_REJECT : 0) |
      (skipped.has('time') ? tls.VERIFY_IGNORE_TIME : 0) |
      (requireOCSP ? tls.VERIFY_REQUIRE_OCSP : 0) |
      (allowPartialTrustChain ? tls.VERIFY_PARTIAL_CHAIN : 0) |
      (pins !== undefined || verify !== undefined ? tls.VERIFY_ASK_VERDICT : 0)
    const depth = verifyDepth === undefined ? -1 : validate.integer('tlscfg.verifyDepth', verifyDepth, 0, 100)
    const age = ocspMaxAge === undefined ? -1 : validate.integer('tlscfg.ocspMaxAge', ocspMaxAge, 0)
    tls.contextVerify(this.#handle, bits, depth, age)
    if (postHandshakeAuth) tls.contextAnswersLater(this.#handle)
    if (!this.#isServer) warnOfInsecure(this.#config)
  }

  /** The bits that say whether the peer is asked for a certificate, and when, and may have none. */
  #whenAsked(rejects: boolean): number {
    const { VERIFY_ASK, VERIFY_REQUIRE, VERIFY_LATER } = this.#tls
    const { requestCert } = this.#config
    if (!this.#isServer) return VERIFY_ASK
    if (!requestCert) return 0
    const required = requestCert !== 'optional' && rejects ? VERIFY_REQUIRE : 0
    return VERIFY_ASK | required | (requestCert === 'later' ? VERIFY_LATER : 0)
  }

  #setSessions(rules: Uint8Array): void {
    const { sessionIdContext, sessionTimeout = SESSION_SECONDS } = this.#config
    if (sessionIdContext !== undefined) validate.string('tlscfg.sessionIdContext', sessionIdContext)
    const seconds = validate.integer('tlscfg.sessionTimeout', sessionTimeout, 0)
    this.#tls.contextSessions(this.#handle, sessionId(rules, sessionIdContext), seconds)
  }

  #setTicketKeys(): void {
    const { ticketKeys } = this.#config
    if (ticketKeys === undefined) return
    if (!Array.isArray(ticketKeys)) return this.#setTicketKey('tlscfg.ticketKeys', ticketKeys, 0)
    if (ticketKeys.length === 0 || ticketKeys.length > TICKET_KEYS_MAX)
      throw validate.outOfRange('the count of tlscfg.ticketKeys', `>= 1 and <= ${TICKET_KEYS_MAX}`, ticketKeys.length)
    for (const [i, keys] of ticketKeys.entries()) this.#setTicketKey(`tlscfg.ticketKeys[${i}]`, keys, i)
  }

  #setTicketKey(name: string, value: unknown, index: number): void {
    const keys = validate.bytes(name, value)
    if (keys.length !== 48 && keys.length !== 80) throw validate.outOfRange(`${name}.length`, '48 or 80', keys.length)
    this.#tls.contextTicketKeys(this.#handle, index, keys)
  }

  #setAlpn(): void {
    const { ALPNProtocols } = this.#config
    if (ALPNProtocols === undefined) return
    const answer = this.#tls.contextAlpn(this.#handle, wireProtocols(ALPNProtocols), Number(this.#isServer))
    checkField(answer, 'ALPNProtocols')
  }

  #setOcspResponse(): void {
    if (this.#config.ocspResponse === undefined) return
    const bytes = validate.bytes('tlscfg.ocspResponse', this.#config.ocspResponse)
    if (bytes.length === 0 || bytes.length > OCSP_RESPONSE_MAX)
      throw validate.outOfRange('tlscfg.ocspResponse.length', `>= 1 and <= ${OCSP_RESPONSE_MAX}`, bytes.length)
    this.#tls.contextOcspResponse(this.#handle, bytes)
  }
}

/**
 * Makes an `SSL_CTX` that has a certificate with its key and nothing else.
 * @param name - where it is from, for errors.
 */
export function buildCredentials(
  config: Pick<TlsConfig, 'cert' | 'key' | 'passphrase' | 'pfx'>,
  name: string,
): TlsHandle {
  if ((config.cert ?? config.pfx) === undefined)
    throw validate.invalidValue(name, 'needs "cert" and "key", or "pfx"', undefined)
  return new ContextBuilder(config, false).buildCredentials()
}
