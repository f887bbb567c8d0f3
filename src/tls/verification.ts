import { isIPv6 } from 'node:net'
import { type NativeTls, nativeTls, type TlsHandle } from '../native/tls.js'
import * as validate from '../support/validate.js'
import type { Context } from './context.js'
import { TlsError, verifyCode } from './errors.js'
import { checkIdentity, peerNames } from './identity.js'

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
  if (!checksName(context) || (servername ?? context.config.servername ?? host) !== undefined) return
  throw validate.invalidValue(
    'tlscfg',
    'needs a "servername": there is no host to check the certificate against (a server says so: { server: true })',
    context,
  )
}

/**
 * Decides whether the peer of a session is trusted. OpenSSL verifies the certificate chain and the OCSP response by the context's rules;
 * the name is compared here, while the handshake waits for it.
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
  /** Why the name was refused during the handshake. */
  #refusal: TlsError | undefined

  constructor(context: Context, handle: TlsHandle, host: string | undefined) {
    this.#context = context
    this.#tls = nativeTls()
    this.#handle = handle
    this.host = host
  }

  /** Applies the rules of another context: the one that a server selected by name. */
  useContext(context: Context): void {
    this.#context = context
  }

  /** Answers OpenSSL's question for the name, which it asks after the chain. A refusal becomes an alert and ends the handshake. */
  answerVerify(): void {
    this.#refusal = this.#nameError()
    this.#tls.sessionVerdict(this.#handle, Number(this.#refusal === undefined))
  }

  /**
   * Judges a finished handshake. It also succeeds if the rules allow a failed verification, or if it resumed a session, whose
   * certificate a former connection has verified.
   * @returns the error that ends the connection, if there is one.
   */
  conclude(): TlsError | undefined {
    const { X509_V_OK } = this.#tls
    const [, , result = X509_V_OK, text = ''] = this.#tls.sessionFailure(this.#handle) ?? []
    if (result === X509_V_OK) return this.#context.isServer ? undefined : this.#concludeName()
    const error = new TlsError(verifyCode(result), 'handshake', text, { host: this.host })
    this.authorizationError = error
    return this.#allowsUnverified ? undefined : error
  }

  /** Compares the name, unless {@link answerVerify} has: OpenSSL does not ask for a resumed session, or when nothing is refused. */
  #concludeName(): TlsError | undefined {
    const refuses = checksName(this.#context)
    if (refuses && this.#tls.sessionIsReused(this.#handle) !== 1) return undefined
    const error = this.#nameError()
    this.authorizationError = error ?? null
    return refuses ? error : undefined
  }

  /** Whether every check was made that could be, and none failed. */
  get hasPassed(): boolean {
    const { insecureSkipVerify = [] } = this.#context.config
    return (
      this.authorizationError === null && !insecureSkipVerify.includes('time') && !insecureSkipVerify.includes('chain')
    )
  }

  get #allowsUnverified(): boolean {
    const { rejectUnauthorized = true, insecureSkipVerify = [] } = this.#context.config
    return !rejectUnauthorized || insecureSkipVerify.includes('chain')
  }

  #nameError(): TlsError | undefined {
    const { host } = this
    if (host === undefined) return undefined
    const reason = checkIdentity(host, peerNames(this.#tls.sessionPeerNames(this.#handle)))
    return reason === undefined
      ? undefined
      : new TlsError('ERR_TLS_CERT_ALTNAME_INVALID', 'handshake', reason, { host })
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
