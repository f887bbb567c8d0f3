import { nativeTls, type Reason } from '../native/tls.js'
import { announceError } from '../support/diagnostics.js'
import { systemError } from '../support/errors.js'
import { define, record } from '../support/record.js'
import { trimStack } from '../support/stack.js'
import { VERIFY_CODES } from './verify-codes.js'

/** The details of an error of TLS. */
export interface TlsErrorContext {
  /** The host that a client connects to. */
  host?: string | undefined
  /** OpenSSL's reason, as text: `'wrong version number'`. */
  reason?: string | undefined
  /** The part of OpenSSL that reports it: `'SSL routines'`. */
  library?: string | undefined
  /** The error that led to this one. */
  cause?: unknown
}

/**
 * An error of TLS: in the handshake, in the verification of the peer, in a record, or in a configuration.
 *
 * `code` is in Node's style: `'ERR_SSL_…'` for OpenSSL's reasons; `'CERT_HAS_EXPIRED'`, `'DEPTH_ZERO_SELF_SIGNED_CERT'`, … for a chain
 * that is not trusted; `'ERR_TLS_CERT_ALTNAME_INVALID'` for another host's certificate; `'ERR_TLS_TRUNCATED'` for a stream that
 * ended without close_notify; `'ERR_TLS_OCSP'` for an OCSP response that is missing or bad; `'ERR_TLS_PIN'` for keys that are not pinned; `'ERR_TLS_VERIFY'`
 * when `verify` refused the peer; `'ERR_TLS_PSK_IDENTITY'` when no pre-shared key was found, `'ERR_TLS_PSK_CALLBACK'` when
 * `pskCallback` failed; `'ERR_TLS_ALPN_CALLBACK'` when the server's `ALPNCallback` failed; `'ERR_TLS_SNI_CALLBACK'` when the server's
 * `SNICallback` failed; `'ERR_TLS_CLIENT_CERT_CALLBACK'` when the client's `clientCertCallback` failed; for keys and certificates that cannot be used `'ERR_TLS_PASSPHRASE'`, `'ERR_TLS_NO_PRIVATE_KEY'`,
 * `'ERR_TLS_NO_CERTIFICATE'`, `'ERR_TLS_NO_CRL'`, `'ERR_TLS_NOT_PKCS12'` and `'ERR_TLS_OLD_ENCRYPTION'`.
 */
export class TlsError extends Error {
  /** `'ERR_SSL_WRONG_VERSION_NUMBER'`, `'CERT_HAS_EXPIRED'`, … */
  readonly code: string
  /** The call that failed, such as `'handshake'` or `'recv'`; for a configuration its field, such as `'tlscfg.cert'`. */
  readonly syscall: string
  /** The host that a client connects to. */
  declare readonly host?: string
  /** OpenSSL's reason, as text: `'wrong version number'`. */
  declare readonly reason?: string
  /** The part of OpenSSL that reports it: `'SSL routines'`. */
  declare readonly library?: string

  /**
   * Makes the error of TLS.
   * @param code - the code, `'ERR_TLS_…'`, `'ERR_SSL_…'` or that of node:tls.
   * @param syscall - the call that failed.
   * @param detail - what went wrong, for the message.
   * @param context - further properties: host, reason, library, …
   */
  constructor(code: string, syscall: string, detail: string, context: TlsErrorContext = {}) {
    const given = record(context)
    const about = given.host === undefined ? '' : ` ${given.host}`
    super(`${syscall} ${code}${about}: ${detail}`, 'cause' in given ? { cause: given.cause } : undefined)
    this.code = code
    this.syscall = syscall
    for (const key of ['host', 'reason', 'library'] as const)
      if (given[key] !== undefined) define(this, key, given[key])
    trimStack(this)
    announceError(this)
  }

  static {
    TlsError.prototype.name = 'TlsError'
  }
}

/** Reasons that OpenSSL words differently since 3.2, and the former wording: codes should not depend on the version of Node. */
const REWORDED: readonly (readonly [RegExp, string])[] = [
  [/^ssl\/tls alert/, 'sslv3 alert'],
  [/^packet length too long$/, 'encrypted length too long'],
]

/** Makes a code of OpenSSL's reason, as Node does: `ERR_SSL_WRONG_VERSION_NUMBER`. */
function codeOf(reason: string): string {
  const words = REWORDED.reduce((text, [from, to]) => text.replace(from, to), reason)
  return `ERR_SSL_${words.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}`
}

/** The error for OpenSSL's reason. */
export function reasonError(syscall: string, [reason, library]: Reason, context: TlsErrorContext = {}): TlsError {
  if (reason === undefined) return new TlsError('ERR_SSL_FAILED', syscall, 'OpenSSL gave no reason', context)
  return new TlsError(codeOf(reason), syscall, reason, { ...context, reason, library })
}

/** The error for a number that the addon returned instead of an object: `FAILED`, or `-errno`. */
export function answerError(syscall: string, answer: number): Error {
  const tls = nativeTls()
  return answer === tls.FAILED ? reasonError(syscall, tls.lastReason()) : systemError(-answer, syscall)
}

/** The problems of keys and certificates for which OpenSSL's reason does not say what to mend. */
type Problem =
  | 'NO_CERTIFICATE'
  | 'NO_KEY'
  | 'NO_LIST'
  | 'NO_PASSPHRASE'
  | 'BAD_PASSPHRASE'
  | 'OLD_ENCRYPTION'
  | 'KEY_MISMATCH'
  | 'NOT_PKCS12'

/** The code of each problem, and what to mend. */
const PROBLEMS: Readonly<Record<Problem, readonly [code: string, detail: string]>> = {
  NO_CERTIFICATE: ['ERR_TLS_NO_CERTIFICATE', 'there is no certificate in it'],
  NO_KEY: ['ERR_TLS_NO_PRIVATE_KEY', 'there is no private key in it'],
  NO_LIST: ['ERR_TLS_NO_CRL', 'there is no revocation list in it'],
  NO_PASSPHRASE: ['ERR_TLS_PASSPHRASE', 'it is encrypted, and there is no "passphrase"'],
  BAD_PASSPHRASE: ['ERR_TLS_PASSPHRASE', 'the passphrase is wrong'],
  OLD_ENCRYPTION: [
    'ERR_TLS_OLD_ENCRYPTION',
    'it is encrypted by an old algorithm (such as RC2-40) that OpenSSL 3 does not read; "openssl pkcs12 -legacy -nodes" or ' +
      '"openssl pkcs8 -provider legacy -provider default" decrypts it, to be encrypted anew',
  ],
  KEY_MISMATCH: ['ERR_SSL_KEY_VALUES_MISMATCH', 'the private key does not belong to the certificate'],
  NOT_PKCS12: ['ERR_TLS_NOT_PKCS12', 'it is not PKCS #12 (the name of a file is not read)'],
}

/** Throws why a field of the configuration was refused: what to mend, or OpenSSL's reason. */
export function checkField(answer: number, field: string): void {
  if (answer === 0) return
  const tls = nativeTls()
  const found = Object.entries(PROBLEMS).find(([problem]) => tls[problem as Problem] === answer)
  const reason = tls.lastReason()
  if (found === undefined) throw reasonError(`tlscfg.${field}`, reason)
  const [, [code, detail]] = found
  throw new TlsError(code, `tlscfg.${field}`, detail, { reason: reason[0], library: reason[1] })
}

/** The code for OpenSSL's result of a verification (`X509_V_ERR_*`). */
export function verifyCode(result: number): string {
  return VERIFY_CODES[result] ?? `X509_V_ERR_${result}`
}
