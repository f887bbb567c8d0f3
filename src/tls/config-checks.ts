// Whether a configuration can be meant: everything that does not need OpenSSL.

import { record } from '../support/record.js'
import * as validate from '../support/validate.js'
import type { Check, KeyPair, TlsConfig } from './config.js'
import { pinList } from './pins.js'
import { checkName } from './psk.js'
import { VERSIONS } from './versions.js'

/** Every field of {@link TlsConfig}: a record, so that the compiler reports a missing one. */
const FIELDS: Readonly<Record<keyof TlsConfig, true>> = {
  cert: true,
  key: true,
  passphrase: true,
  pfx: true,
  keyPairs: true,
  SNICallback: true,
  clientCertCallback: true,
  ca: true,
  allowPartialTrustChain: true,
  crl: true,
  requestCert: true,
  postHandshakeAuth: true,
  caNames: true,
  rejectUnauthorized: true,
  insecureSkipVerify: true,
  verifyDepth: true,
  pins: true,
  verify: true,
  servername: true,
  pskCallback: true,
  pskIdentityHint: true,
  ciphers: true,
  ecdhCurve: true,
  sigalgs: true,
  dhparam: true,
  honorCipherOrder: true,
  minVersion: true,
  maxVersion: true,
  ALPNProtocols: true,
  ALPNCallback: true,
  ocspResponse: true,
  requestOCSP: true,
  requireOCSP: true,
  ocspMaxAge: true,
  session: true,
  sessionTimeout: true,
  sessionIdContext: true,
  ticketKeys: true,
  handshakeTimeout: true,
  onsession: true,
  onhandshakeerror: true,
  keylog: true,
}

/** What others call 0-RTT. An attacker that records such data can send it again, to any server that accepts it. */
const EARLY_DATA = ['earlyData', 'maxEarlyData', 'enableEarlyData', 'allowEarlyData', 'zeroRTT', 'early_data'] as const

/** Fields that only a server uses. A client refuses them, because it would ignore them. */
const SERVER_ONLY = [
  'SNICallback',
  'ALPNCallback',
  'requestCert',
  'caNames',
  'honorCipherOrder',
  'ocspResponse',
  'ticketKeys',
  'sessionIdContext',
  'pskIdentityHint',
  'onhandshakeerror',
] as const

/** Fields that only a client uses. */
const CLIENT_ONLY = [
  'servername',
  'clientCertCallback',
  'insecureSkipVerify',
  'postHandshakeAuth',
  'requestOCSP',
  'requireOCSP',
  'ocspMaxAge',
  'session',
  'onsession',
] as const

/** The fields of a pair of `keyPairs`. */
const PAIR_FIELDS = ['cert', 'key', 'passphrase', 'ocspResponse']

/** Fields that are functions, which connections call. */
export const CALLBACKS = [
  'SNICallback',
  'ALPNCallback',
  'clientCertCallback',
  'pskCallback',
  'verify',
  'keylog',
  'onsession',
  'onhandshakeerror',
] as const

/** Fields that are true or false. */
const SWITCHES = [
  'caNames',
  'allowPartialTrustChain',
  'rejectUnauthorized',
  'postHandshakeAuth',
  'honorCipherOrder',
  'requestOCSP',
  'requireOCSP',
] as const

/** Fields about the certificates of clients, which a server uses only with `requestCert`. */
const OF_CLIENT_CERTIFICATES = [
  'pins',
  'verify',
  'ca',
  'caNames',
  'allowPartialTrustChain',
  'crl',
  'rejectUnauthorized',
  'verifyDepth',
] as const

/** Fields that have taken effect, or belong to the connection, before an `SNICallback` can select another context. */
export const LISTENER_ONLY = [
  'keyPairs',
  'SNICallback',
  'ecdhCurve',
  'honorCipherOrder',
  'sessionTimeout',
  'sessionIdContext',
  'ticketKeys',
  'handshakeTimeout',
  'onhandshakeerror',
  'keylog',
] as const

/**
 * Checks everything that does not need OpenSSL.
 * @returns a copy, which later changes of the given object do not reach.
 */
export function checkConfig(value: unknown, isServer: boolean): TlsConfig {
  refuseEarlyData(value)
  const config = validate.options('tlscfg', value, Object.keys(FIELDS)) as TlsConfig
  for (const field of isServer ? CLIENT_ONLY : SERVER_ONLY)
    if (config[field] !== undefined)
      throw validate.invalidValue('tlscfg', `has "${field}", which is for a ${isServer ? 'client' : 'server'}`, config)
  checkVersions(config)
  checkTypes(config)
  checkLater(config)
  if (isServer) checkClientCertificates(config)
  else checkClient(config)
  return config.keyPairs === undefined ? config : record({ ...config, keyPairs: keyPairsOf(config.keyPairs, isServer) })
}

/** Copies of the further certificates, which later changes of the given objects do not reach either. */
function keyPairsOf(keyPairs: unknown, isServer: boolean): KeyPair[] {
  if (!Array.isArray(keyPairs)) throw validate.invalidType('tlscfg.keyPairs', 'a list of { cert, key }', keyPairs)
  const pairs = keyPairs.map((pair) => validate.options('tlscfg.keyPairs', pair, PAIR_FIELDS) as KeyPair)
  if (!isServer && pairs.some(({ ocspResponse }) => ocspResponse !== undefined))
    throw validate.invalidValue('tlscfg.keyPairs', 'has "ocspResponse", which is for a server', undefined)
  return pairs
}

function refuseEarlyData(value: unknown): void {
  const field = typeof value === 'object' && value !== null && EARLY_DATA.find((name) => Object.hasOwn(value, name))
  if (!field) return
  const reason = `has "${field}": 0-RTT is not supported, because data that is sent with the first message can be replayed`
  throw validate.invalidValue('tlscfg', reason, { [field]: undefined })
}

/** Refuses a server without a certificate: each of its handshakes would fail for a reason that does not mention it. */
export function checkServerCertificate({ cert, pfx, SNICallback, pskCallback }: TlsConfig): void {
  if (cert !== undefined || pfx !== undefined || SNICallback !== undefined || pskCallback !== undefined) return
  const reason = 'of a server needs a certificate: "cert" and "key", "pfx", or an "SNICallback"; or a "pskCallback"'
  throw validate.invalidValue('tlscfg', reason, undefined)
}

/**
 * Refuses to identify clients by the public root certificates, which would accept anyone with a certificate, and fields that have no
 * effect without `requestCert`.
 */
function checkClientCertificates(config: TlsConfig): void {
  const { requestCert, ca, pins, verify } = config
  if (requestCert && ca === undefined && pins === undefined && verify === undefined)
    throw validate.invalidValue('tlscfg', 'needs "ca" with "requestCert": whom to trust to identify clients', config)
  for (const field of OF_CLIENT_CERTIFICATES)
    if (!config.requestCert && config[field] !== undefined)
      throw validate.invalidValue(
        'tlscfg',
        `has "${field}", which is for the certificates of clients, without "requestCert"`,
        config,
      )
}

function checkClient(config: TlsConfig): void {
  const { clientCertCallback, cert, key, pfx, keyPairs } = config
  checkOcsp(config)
  if (clientCertCallback !== undefined && (cert ?? key ?? pfx ?? keyPairs) !== undefined)
    throw validate.invalidValue('tlscfg', 'has a "clientCertCallback" and a certificate to show', undefined)
}

function checkOcsp(config: TlsConfig): void {
  const { requestOCSP, requireOCSP, ocspMaxAge, rejectUnauthorized, insecureSkipVerify } = config
  if (ocspMaxAge !== undefined && !requestOCSP && !requireOCSP)
    throw validate.invalidValue('tlscfg', 'has "ocspMaxAge" without "requestOCSP" or "requireOCSP"', { ocspMaxAge })
  if (requireOCSP && (rejectUnauthorized === false || insecureSkipVerify?.includes('chain')))
    throw validate.invalidValue('tlscfg', 'requires an OCSP response of a server whose certificate it does not check', {
      requireOCSP,
    })
}

function checkTypes(config: TlsConfig): void {
  for (const field of SWITCHES) if (config[field] !== undefined) validate.boolean(`tlscfg.${field}`, config[field])
  for (const field of CALLBACKS) if (config[field] !== undefined) validate.func(`tlscfg.${field}`, config[field])
  if (config.servername !== undefined) validate.string('tlscfg.servername', config.servername)
  if (config.session !== undefined) validate.bytes('tlscfg.session', config.session)
  if (!['optional', 'later', undefined].includes(config.requestCert as string | undefined))
    validate.boolean('tlscfg.requestCert', config.requestCert)
  checkCallbacks(config)
  checkPsk(config)
  checkPins(config)
  checkSkippedChecks(config.insecureSkipVerify)
}

/** Refuses callbacks that expect more than they are given, and two ways to select a protocol. */
function checkCallbacks({ SNICallback, ALPNCallback, ALPNProtocols }: TlsConfig): void {
  if (SNICallback !== undefined && SNICallback.length > 2)
    throw validate.invalidValue('tlscfg.SNICallback', 'must return its answer, or a promise of it', SNICallback)
  if (ALPNCallback !== undefined && ALPNProtocols !== undefined)
    throw validate.invalidValue('tlscfg', 'has both "ALPNCallback" and "ALPNProtocols"', { ALPNProtocols })
}

/** Refuses a function that expects Node's socket, and a hint to keys that are none. */
function checkPsk({ pskCallback, pskIdentityHint }: TlsConfig): void {
  if (pskCallback !== undefined && pskCallback.length > 1)
    throw validate.invalidValue('tlscfg.pskCallback', 'is given one argument: the identity, or the hint', pskCallback)
  if (pskIdentityHint === undefined) return
  checkName('tlscfg.pskIdentityHint', pskIdentityHint)
  if (pskCallback === undefined)
    throw validate.invalidValue('tlscfg', 'has a "pskIdentityHint" without a "pskCallback"', { pskIdentityHint })
}

/** Refuses pins that would have no effect. */
function checkPins({ pins, verify, rejectUnauthorized }: TlsConfig): void {
  if (pins !== undefined) pinList('tlscfg.pins', pins)
  if (pins !== undefined && verify === undefined && rejectUnauthorized === false)
    throw validate.invalidValue('tlscfg', 'has "pins", which have no effect with rejectUnauthorized: false', { pins })
}

function checkSkippedChecks(checks: readonly Check[] | undefined): void {
  const name = 'tlscfg.insecureSkipVerify'
  if (checks !== undefined && !Array.isArray(checks))
    throw validate.invalidType(name, "a list of 'chain', 'name' and 'time'", checks)
  for (const check of checks ?? [])
    if (!['chain', 'name', 'time'].includes(check))
      throw validate.invalidValue(name, "may have 'chain', 'name' and 'time'", check)
}

/** What only TLS 1.3 has would have no effect without it. */
function checkLater({ requestCert, postHandshakeAuth, maxVersion = 'TLSv1.3' }: TlsConfig): void {
  if (maxVersion === 'TLSv1.3') return
  if (requestCert === 'later' || postHandshakeAuth)
    throw validate.invalidValue('tlscfg', 'asks for certificates after the handshake, which only TLS 1.3 can', {
      maxVersion,
    })
}

function checkVersions(config: TlsConfig): void {
  for (const field of ['minVersion', 'maxVersion'] as const) {
    const version = config[field]
    if (version !== undefined && !Object.hasOwn(VERSIONS, version))
      throw validate.invalidValue(`tlscfg.${field}`, `must be one of ${Object.keys(VERSIONS).join(', ')}`, version)
  }
}
