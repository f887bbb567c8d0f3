import { nativeTls, type Reason } from '../native/tls.js'
import { systemError } from '../support/errors.js'
import { startAtCaller } from '../support/stack.js'
import { VERIFY_CODES } from './verify-codes.js'

/** What an error of TLS tells beside its code. */
export interface TlsErrorContext {
  /** The host that a client wanted. */
  host?: string | undefined
  /** OpenSSL's reason, in its words. */
  reason?: string | undefined
  /** The part of OpenSSL that it comes from. */
  library?: string | undefined
  /** What led to it. */
  cause?: unknown
}

/**
 * TLS failed: the handshake, a check of the peer, a record, or the building of a context.
 *
 * `code` is in Node's style: `'ERR_SSL_…'` for OpenSSL's reasons, `'CERT_HAS_EXPIRED'`, `'DEPTH_ZERO_SELF_SIGNED_CERT'`, … for a chain
 * that is not trusted, `'ERR_TLS_CERT_ALTNAME_INVALID'` for another host's certificate, `'ERR_TLS_TRUNCATED'` for a stream that
 * ended without saying so.
 */
export class TlsError extends Error {
  /** `'ERR_SSL_WRONG_VERSION_NUMBER'`, `'CERT_HAS_EXPIRED'`, … */
  readonly code: string
  /** What was tried: `'handshake'`, `'recv'`, `'context'`. */
  readonly syscall: string
  /** The host that a client wanted. */
  declare readonly host?: string
  /** OpenSSL's reason, in its words. */
  declare readonly reason?: string
  /** The part of OpenSSL that it comes from. */
  declare readonly library?: string

  constructor(code: string, syscall: string, detail: string, context: TlsErrorContext = {}) {
    const about = context.host === undefined ? '' : ` ${context.host}`
    super(`${syscall} ${code}${about}: ${detail}`, 'cause' in context ? { cause: context.cause } : undefined)
    this.code = code
    this.syscall = syscall
    for (const key of ['host', 'reason', 'library'] as const)
      if (context[key] !== undefined) Object.assign(this, { [key]: context[key] })
    startAtCaller(this)
  }

  static {
    TlsError.prototype.name = 'TlsError'
  }
}

/** What OpenSSL says in other words since 3.2: codes are to be the same on every Node. */
const REWORDED: readonly (readonly [RegExp, string])[] = [
  [/^ssl\/tls alert/, 'sslv3 alert'],
  [/^packet length too long$/, 'encrypted length too long'],
]

/** `ERR_SSL_` and OpenSSL's reason, as Node makes them. */
function codeOf(reason: string): string {
  const words = REWORDED.reduce((text, [from, to]) => text.replace(from, to), reason)
  return `ERR_SSL_${words.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}`
}

/** The error for a reason of OpenSSL's. */
export function reasonError(syscall: string, [reason, library]: Reason, context: TlsErrorContext = {}): TlsError {
  if (reason === undefined) return new TlsError('ERR_SSL_FAILED', syscall, 'OpenSSL gave no reason', context)
  return new TlsError(codeOf(reason), syscall, reason, { ...context, reason, library })
}

/** The error for a number that stands in the place of an answer: OpenSSL's reason, or `-errno` of the addon. */
export function answerError(syscall: string, answer: number): Error {
  const tls = nativeTls()
  return answer === tls.FAILED ? reasonError(syscall, tls.queueReason()) : systemError(-answer, syscall)
}

/** Throws OpenSSL's reason for refusing a field of the configuration. */
export function checkField(answer: number, field: string): void {
  if (answer !== 0) throw reasonError(`tlscfg.${field}`, nativeTls().queueReason())
}

/** The code for the result of a verification. */
export function verifyCode(result: number): string {
  return VERIFY_CODES[result] ?? `X509_V_ERR_${result}`
}
