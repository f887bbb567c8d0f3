import type { AsyncResource } from 'node:async_hooks'
import { X509Certificate } from 'node:crypto'
import { isIPv6 } from 'node:net'
import { type NativeTls, nativeTls, type TlsHandle } from '../native/tls.js'
import { wallClock } from '../support/globals.js'
import { record } from '../support/record.js'
import * as validate from '../support/validate.js'
import type { Found } from './config.js'
import type { Context } from './context.js'
import { TlsError, verifyCode } from './errors.js'
import { checkIdentity, peerNames } from './identity.js'
import { pinList, pinOfDer } from './pins.js'
import { type Answer, Question, refusedByVerify } from './question.js'
import { lacksOnlyTrust } from './verify-codes.js'

/** The server that a client connects to, and what one connection may override of its configuration. */
export interface Peer {
  /** The host, if the address was given as one. */
  host: string | undefined
  /** The name to ask for and to check the certificate against, instead of the configuration's `servername` or the host. */
  servername: string | undefined
  /** The session to resume, instead of the configuration's. */
  session: Uint8Array | undefined
}

/** Of a connection that overrides nothing: that of a server, say. Every field is there, so that none can be inherited. */
export const NO_PEER: Peer = { host: undefined, servername: undefined, session: undefined }

/** Whether a client with this context refuses a server whose certificate is for another host. */
export function checksName({ config }: Context): boolean {
  return (config.rejectUnauthorized ?? true) && !config.insecureSkipVerify?.includes('name')
}

/** The host that a client checks the certificate against; undefined on a server, and if there is none. */
export function hostOf({ config, isServer }: Context, { host, servername }: Peer): string | undefined {
  return isServer ? undefined : (servername ?? config.servername ?? (host && withoutZone(host)))
}

/** The zone of an address says by which interface this machine reaches it. It is no part of any certificate (RFC 9844). */
function withoutZone(host: string): string {
  const address = host.split('%', 1)[0] as string
  return isIPv6(address) ? address : host
}

/**
 * Checks what a client's connection overrides.
 * @throws `ERR_INVALID_ARG_VALUE` for a client that would check the name of its server and has none to compare it with.
 */
export function checkHost(context: Context, { host, servername, session }: Peer): void {
  if (servername !== undefined) validate.string('options.servername', servername)
  if (session !== undefined) validate.bytes('options.session', session)
  // With a key there need not be a certificate; one that is shown after all is refused.
  if (context.config.pskCallback !== undefined) return
  if (!checksName(context) || (servername ?? context.config.servername ?? host) !== undefined) return
  throw validate.invalidValue(
    'tlscfg',
    'needs a "servername": there is no host to check the certificate against (a server says so: { server: true })',
    context,
  )
}

/** What was found out about a peer. */
interface Judgement {
  /** What is wrong with the peer. */
  readonly error: TlsError | undefined
  /** Whether the rules refuse the peer for that. */
  readonly refuses: boolean
}

/**
 * Decides whether the peer of a session is trusted. OpenSSL verifies the certificate chain and the OCSP response by the context's rules;
 * the name and the pins are compared here, and the user's `verify` is asked, while the handshake waits for it.
 */
export class PeerVerification {
  /** The host of a client's connection. */
  readonly host: string | undefined
  /** Why the peer is not trusted, where the rules allow that. */
  authorizationError: TlsError | null = null
  /** The context whose rules apply. */
  #context: Context
  readonly #tls: NativeTls
  readonly #handle: TlsHandle
  readonly #question: Question
  /** Why the peer was refused by other than OpenSSL. */
  #refusal: TlsError | undefined
  #isAnswered = false
  /** Whether `verify` has accepted the peer, whatever was found. */
  #isVouchedFor = false

  /** @param creation - the asynchronous context for `verify`; none without callbacks. */
  constructor(context: Context, handle: TlsHandle, host: string | undefined, creation: AsyncResource | undefined) {
    this.#context = context
    this.#tls = nativeTls()
    this.#handle = handle
    this.host = host
    this.#question = new Question(creation)
  }

  /** Applies the rules of another context: the one that a server selected by name. */
  useContext(context: Context): void {
    this.#context = context
  }

  /**
   * Answers the question for a verdict, which the handshake waits for. A refusal becomes an alert and ends the handshake.
   * @param resume - called when the answer is there, if it is not at once.
   * @returns whether the answer is there.
   */
  answer(resume: () => void): boolean {
    if (this.#question.isPending) return false
    const judgement = this.#judge()
    const { verify } = this.#context.config
    if (verify === undefined) {
      this.#settle(judgement)
      return true
    }
    this.#question.ask(
      verify,
      () => this.#found(judgement),
      (answer) => {
        this.#decide(judgement, answer)
        resume()
      },
    )
    return false
  }

  /** The argument of `verify`. */
  #found({ error = null }: { error?: TlsError | undefined | null }): readonly [X509Certificate, Found] | undefined {
    const chain = this.#chain().map((der) => new X509Certificate(der))
    const [peer] = chain
    return peer && [peer, record({ host: this.host, chain, error })]
  }

  /** The chain that was verified; one that was not is as the peer sent it. */
  #chain(): Buffer[] {
    const verified =
      this.#chainResult() === this.#tls.X509_V_OK ? this.#tls.sessionVerifiedChain(this.#handle) : undefined
    return verified ?? this.#tls.sessionCertificates(this.#handle) ?? []
  }

  #decide({ error, refuses }: Judgement, answer: Answer): void {
    this.#isVouchedFor = answer === true
    if (answer === true) return this.#settle(record({ error: undefined, refuses: false }))
    if (answer === undefined) return this.#settle(record({ error, refuses }))
    const refusal = answer === false ? error : answer
    this.#settle(record({ error: refusal ?? refusedByVerify(this.host), refuses: true }))
  }

  #settle({ error, refuses }: Judgement): void {
    this.#isAnswered = true
    this.#refusal = refuses ? error : undefined
    this.authorizationError = error ?? null
    this.#tls.sessionVerdict(this.#handle, Number(!refuses))
  }

  /**
   * Judges a finished handshake, unless the verdict was given on the way: OpenSSL does not ask for a resumed session, whose certificate a
   * former connection has verified, or when nothing is refused.
   * @returns the error that ends the connection, if there is one.
   */
  conclude(): TlsError | undefined {
    if (this.#isAnswered || this.#isKnownByKey) return undefined
    const { error, refuses } = this.#judge()
    this.authorizationError = error ?? null
    return refuses ? error : undefined
  }

  /** Judges the peer anew, which has shown a certificate after the handshake. What the rules refuse has ended the connection already. */
  reconsider(): void {
    if (this.#context.config.verify === undefined && this.#context.config.pins === undefined)
      this.authorizationError = this.#judge().error ?? null
  }

  /** Whether the peer has proved to have the pre-shared key, and shown no certificate. */
  get #isKnownByKey(): boolean {
    if (this.#tls.sessionPskIdentity(this.#handle) === undefined) return false
    return (this.#tls.sessionCertificates(this.#handle) ?? []).length === 0
  }

  /** Whether every check was made that could be, and none failed; or `verify` has accepted the peer. */
  get hasPassed(): boolean {
    if (this.#isVouchedFor) return true
    const { insecureSkipVerify = [] } = this.#context.config
    return (
      this.authorizationError === null && !insecureSkipVerify.includes('time') && !insecureSkipVerify.includes('chain')
    )
  }

  /** All checks, in the order of what they are worth: the first that refuses counts, else the first that failed. */
  #judge(): Judgement {
    const { rejectUnauthorized = true, insecureSkipVerify = [] } = this.#context.config
    const isChainNeeded = rejectUnauthorized && !insecureSkipVerify.includes('chain')
    const judgements: Judgement[] = [
      { error: this.#chainError(), refuses: isChainNeeded },
      { error: this.#nameError(), refuses: checksName(this.#context) },
      { error: this.#chainPinError(), refuses: rejectUnauthorized },
    ]
    const failed = judgements.filter(({ error }) => error !== undefined)
    return record(failed.find(({ refuses }) => refuses) ?? failed[0] ?? { error: undefined, refuses: false })
  }

  /** OpenSSL's result for the chain. */
  #chainResult(): number {
    const [, , result = this.#tls.X509_V_OK] = this.#tls.sessionFailure(this.#handle) ?? []
    return result
  }

  #chainError(): TlsError | undefined {
    const { X509_V_OK } = this.#tls
    const [, , result = X509_V_OK, text = ''] = this.#tls.sessionFailure(this.#handle) ?? []
    if (result === X509_V_OK) return undefined
    // Where pins stand in for a trusted root, they are the reason.
    const { pins } = this.#context.config
    if (pins !== undefined && lacksOnlyTrust(result)) return this.#pinError(pins) ?? this.#dateError()
    return new TlsError(verifyCode(result), 'handshake', text, { host: this.host })
  }

  #nameError(): TlsError | undefined {
    const { host } = this
    const isNeeded = !this.#context.isServer && checksName(this.#context)
    if (host === undefined && isNeeded) {
      const detail = 'there is no host to check the certificate against: it needs a "servername"'
      return new TlsError('ERR_TLS_CERT_ALTNAME_INVALID', 'handshake', detail)
    }
    if (host === undefined) return undefined
    const reason = checkIdentity(host, peerNames(this.#tls.sessionPeerNames(this.#handle)))
    return reason === undefined
      ? undefined
      : new TlsError('ERR_TLS_CERT_ALTNAME_INVALID', 'handshake', reason, { host })
  }

  /** OpenSSL looks at no dates where it finds no trusted certificate. */
  #dateError(): TlsError | undefined {
    const [own] = this.#tls.sessionCertificates(this.#handle) ?? []
    const { insecureSkipVerify = [] } = this.#context.config
    if (own === undefined || insecureSkipVerify.includes('time')) return undefined
    const { validFrom, validTo } = new X509Certificate(own)
    const { host } = this
    const begins = new Date(validFrom).getTime()
    if (!(begins <= wallClock()))
      return new TlsError('CERT_NOT_YET_VALID', 'handshake', `it is valid from ${validFrom}`, { host })
    if (wallClock() <= new Date(validTo).getTime()) return undefined
    return new TlsError('CERT_HAS_EXPIRED', 'handshake', `it was valid until ${validTo}`, { host })
  }

  /** Compares the keys of the chain. That of a resumed session was compared by a former connection, under the same pins. */
  #chainPinError(): TlsError | undefined {
    const { pins } = this.#context.config
    const isDone = this.#chainResult() !== this.#tls.X509_V_OK || this.#tls.sessionIsReused(this.#handle) === 1
    return pins === undefined || isDone ? undefined : this.#pinError(pins)
  }

  /** Compares the keys of the chain; of one that was not verified only the peer's own: anything else anybody can send along. */
  #pinError(pins: readonly string[]): TlsError | undefined {
    const isVerified = this.#chainResult() === this.#tls.X509_V_OK
    const shown = this.#chain()
      .slice(0, isVerified ? undefined : 1)
      .map(pinOfDer)
    if (shown.length === 0 || pinList('tlscfg.pins', pins).some((pin) => shown.includes(pin))) return undefined
    const detail = `no key of the chain is among the pins; they are ${shown.join(', ')}`
    return new TlsError('ERR_TLS_PIN', 'handshake', detail, { host: this.host })
  }

  /** The error of a call that failed because the peer was refused; undefined if it failed for another reason. */
  failure(syscall: string): TlsError | undefined {
    if (this.#refusal) return this.#refusal
    const { host } = this
    const { X509_V_OK, X509_V_ERR_HOSTNAME_MISMATCH } = this.#tls
    const [[reason, library] = [undefined, undefined], ocspRefusal, result = X509_V_OK, text = ''] =
      this.#tls.sessionFailure(this.#handle) ?? []
    if (ocspRefusal) return new TlsError('ERR_TLS_OCSP', syscall, ocspRefusal, { host })
    const isOfChain = result !== X509_V_OK && result !== X509_V_ERR_HOSTNAME_MISMATCH
    if (reason !== 'certificate verify failed' || !isOfChain) return undefined
    return new TlsError(verifyCode(result), syscall, text, { host, reason, library })
  }
}
