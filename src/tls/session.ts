import { sys } from '../constants/lookup.js'
import { NOT_YET, type Operation, TURN } from '../engine/operation.js'
import { type Handle, nativeTls, tlsRegisters } from '../native/tls.js'
import { systemError, timeoutError } from '../support/errors.js'
import * as validate from '../support/validate.js'
import type { Context } from './context.js'
import { answerError, reasonError, TlsError, verifyCode } from './errors.js'
import { checkIdentity, peerNames, servernameFor } from './identity.js'
import { lookAfter } from './idle-buffers.js'
import { sessionId } from './session-id.js'
import { SessionFacts } from './session-info.js'

/** Registers after a call: see native/tls/session.c. */
const HELD = 0
const DRAINED = 1
const NEWS = 2

const NEWS_KEYLOG = 1
const NEWS_SESSION = 2

/** X509_V_OK, X509_V_ERR_HOSTNAME_MISMATCH */
const VERIFIED = 0
const OTHER_HOST = 62

/** Clients: whom they are connected to. */
export interface Peer {
  /** The host, where the address was one. */
  host?: string | undefined
  /** The name to ask for and to check the certificate against, in the place of the configuration's, or the host. */
  servername?: string | undefined
  /** What can be resumed, in the place of the configuration's. */
  session?: Uint8Array | undefined
}

/** What a new session is to know of its connection. */
export interface SessionOptions extends Peer {
  /** Whether a short receive has got all there was: TCP. */
  shortIsAll: boolean
}

function checksName({ config }: Context): boolean {
  return (config.rejectUnauthorized ?? true) && !config.insecureSkipVerify?.includes('name')
}

/** Refuses a client that would check the name of its server and has none to compare it with. */
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

/** Whom a client wants to talk to. */
function hostOf({ config, isServer }: Context, { host, servername }: Peer): string | undefined {
  return isServer ? undefined : (servername ?? config.servername ?? host)
}

function newHandle(context: Context, host: string | undefined, shortIsAll: boolean): Handle {
  const { config, isServer } = context
  const tls = nativeTls()
  const handle = tls.sessionNew(
    context.handle,
    Number(isServer),
    Number(shortIsAll),
    host === undefined ? undefined : servernameFor(host),
    Number(!isServer && checksName(context)),
    Number(Boolean(config.requestOCSP || config.requireOCSP)),
  )
  if (typeof handle === 'number') throw answerError('tls', handle)
  return handle
}

/** Calls what the user wants to be told by; what it throws is a warning, and no reason to end the connection. */
function tell(keylog: ((line: Buffer) => void) | undefined, line: string): void {
  try {
    keylog?.(Buffer.from(line))
  } catch (error) {
    process.emitWarning(`tlscfg.keylog: ${(error as Error)?.message ?? error}`)
  }
}

/** The handshake as an operation. */
export function handshaking(session: TlsSession): Operation<void> {
  return {
    syscall: 'handshake',
    attempt: (fd) => session.handshake(fd),
    finish: () => undefined,
    either: true,
  }
}

/**
 * TLS on one connection: what the socket's verbs call in the place of the system calls. Each call does what can be done now,
 * and answers a count, or `-errno`, as the kernel would; what only TLS can say is thrown.
 */
export class TlsSession extends SessionFacts {
  readonly #context: Context
  /** The context whose rules hold for the peer: the one that was chosen by its name, if one was. */
  #rules: Context
  readonly #host: string | undefined
  #held = 0
  #drained = false
  #asked = false
  #failure: Error | undefined
  #cause: unknown
  #isEnded = false
  /** Whether it is among those that are looked after, and was used since that was done last. */
  #isActive = false
  #isTouched = false
  #timer: NodeJS.Timeout | undefined
  /** Is told when something else than the socket let the handshake go on. */
  onProgress: (() => void) | undefined
  /** Why the peer cannot be verified, where that does not end the connection. */
  authorizationError: TlsError | null = null

  constructor(context: Context, options: SessionOptions) {
    if (!context.isServer) checkHost(context, options)
    const host = hostOf(context, options)
    super(nativeTls(), newHandle(context, host, options.shortIsAll))
    this.#context = context
    this.#rules = context
    this.#host = host
    if (!context.isServer) this.#identify(options.session ?? context.config.session)
    const { handshakeTimeout } = context
    if (handshakeTimeout > 0) this.#timer = setTimeout(() => this.#expire(), handshakeTimeout).unref()
  }

  /** A session of another server, or one that cannot be read, is as good as none: the handshake is a full one. */
  #identify(former: Uint8Array | undefined): void {
    const answer = this.tls.sessionIdentify(this.handle, sessionId(this.#context.rules, this.#host))
    if (answer !== 0) {
      // Without its mark a session could be resumed under other rules.
      this.tls.sessionFree(this.handle)
      throw answerError('tls', answer)
    }
    if (former !== undefined) this.tls.sessionResume(this.handle, validate.bytes('tlscfg.session', former))
  }

  /** Nobody may have set a deadline; the handshake has one in any case. */
  #expire(): void {
    this.#failure ??= timeoutError('handshake', { address: this.#host, detail: 'the handshakeTimeout passed' })
    this.onProgress?.()
  }

  get #checksName(): boolean {
    return checksName(this.#context)
  }

  /** Bytes that wait for room in the socket. */
  get held(): number {
    return this.#held
  }

  /** Whether the last call left nothing in the socket, nor here. */
  get isDrained(): boolean {
    return this.#drained
  }

  /** Goes on with the handshake: 0 when it is done. */
  handshake(fd: number): number {
    if (this.closed || this.#failure) return this.#over()
    for (;;) {
      const result = this.#outcome('handshake', this.tls.sessionHandshake(this.handle, fd))
      if (result === this.tls.WANT_SERVER) {
        this.#choose()
        return NOT_YET
      }
      if (result !== this.tls.WANT_VERDICT) return result
      this.#judge()
    }
  }

  /** Receives: a count, 0 at the end that the peer announced. */
  read(fd: number, into: Uint8Array, offset: number, length: number): number {
    if (!this.established) {
      const result = this.handshake(fd)
      if (result < 0) return result
    }
    if (this.closed || this.#failure) return this.#over()
    return this.#outcome('recv', this.tls.sessionRead(this.handle, fd, into, offset, length))
  }

  /** Sends: how many bytes were taken. With nothing to send: whether all that was taken is on its way. */
  write(fd: number, from: Uint8Array, offset: number, length: number): number {
    if (!this.established) {
      const result = this.handshake(fd)
      if (result < 0) return result
    }
    if (this.#isEnded && length > 0) return -sys.EPIPE
    if (this.closed || this.#failure) return this.#over()
    return this.#outcome('send', this.tls.sessionWrite(this.handle, fd, from, offset, length))
  }

  /** Tells the peer that nothing follows: 0 when that is on its way. */
  shutdown(fd: number): number {
    if (this.#failure) return 0
    this.#isEnded = true
    return this.closed ? 0 : this.#outcome('close', this.tls.sessionShutdown(this.handle, fd))
  }

  /** Uses fresh keys from the next record on. TLS 1.3 only. */
  updateKeys(asksPeer: boolean): void {
    if (!this.established) throw systemError(sys.ENOTCONN, 'updateKeys', { detail: 'no handshake yet' })
    if (this.protocol !== 'TLSv1.3')
      throw systemError(sys.EOPNOTSUPP, 'updateKeys', { detail: 'only TLS 1.3 changes keys on the way' })
    const result = this.tls.sessionKeyUpdate(this.handle, Number(asksPeer))
    if (result < 0) throw reasonError('updateKeys', this.tls.queueReason())
  }

  /** Gives back what an idle session has no use for; false while it is in use. */
  relax(): boolean {
    const wasTouched = this.#isTouched
    this.#isTouched = false
    if (wasTouched && !this.closed) return false
    this.#isActive = false
    if (!this.closed) this.tls.sessionRelax(this.handle)
    return true
  }

  /** Forgets everything, keys first. */
  close(): void {
    if (this.closed) return
    this.closed = true
    clearTimeout(this.#timer)
    this.tls.sessionFree(this.handle)
  }

  /** What every call says of a session that is closed, or has failed. */
  #over(): number {
    if (this.closed || this.#failure === undefined) return -sys.EBADF
    throw this.#failure
  }

  #outcome(syscall: string, result: number): number {
    this.#readRegisters()
    return result > 0 || result === NOT_YET ? result : this.#meaning(syscall, result)
  }

  /** The registers are those of every session of the thread: they are this one's until the next call. */
  #readRegisters(): void {
    if (!this.#isActive) lookAfter(this)
    this.#isActive = true
    this.#isTouched = true
    const registers = tlsRegisters()
    this.#held = registers[HELD] as number
    this.#drained = registers[DRAINED] === 1
    const news = registers[NEWS] as number
    if (news === 0) return
    if ((news & NEWS_KEYLOG) !== 0) this.#tellKeys()
    if ((news & NEWS_SESSION) !== 0) this.#tellSession()
  }

  #meaning(syscall: string, result: number): number {
    if (result === this.tls.FAILED) throw this.#fail(this.#explain(syscall))
    if (result === this.tls.WANT_TURN) return TURN
    if (result === this.tls.TRUNCATED) throw this.#fail(this.#truncated(syscall))
    if (syscall === 'handshake' && result === 0) this.#establish()
    return result
  }

  #establish(): void {
    if (this.established) return
    this.established = true
    clearTimeout(this.#timer)
    this.#checkVerified()
    // A call that waits in the other direction may go on now, and no readiness will tell it.
    queueMicrotask(() => this.onProgress?.())
  }

  /** What the verification said, where that has not ended the handshake: it was to be tolerated, or it is that of a resumed session. */
  #checkVerified(): void {
    const [, , verified = 0, text = ''] = this.tls.sessionFailure(this.handle) ?? []
    if (verified !== VERIFIED) {
      const error = new TlsError(verifyCode(verified), 'handshake', text, { host: this.#host })
      this.authorizationError = error
      if (!this.#tolerates) throw this.#fail(error)
    } else if (!this.#context.isServer) this.#checkName()
  }

  /** A resumed session makes no use of the certificate, and who tolerates everything was not asked: the name is looked at now. */
  #checkName(): void {
    if (this.#checksName && !this.isReused) return
    const error = this.#nameError()
    this.authorizationError = error ?? null
    if (error && this.#checksName) throw this.#fail(error)
  }

  /** Whether everything was checked, or could have been, and was found good. */
  get isAuthorized(): boolean {
    const { insecureSkipVerify = [] } = this.#context.config
    const unchecked = insecureSkipVerify.includes('time') || insecureSkipVerify.includes('chain')
    return this.established && this.authorizationError === null && !unchecked && this.chain.length > 0
  }

  get #tolerates(): boolean {
    const { rejectUnauthorized = true, insecureSkipVerify = [] } = this.#rules.config
    return !rejectUnauthorized || insecureSkipVerify.includes('chain')
  }

  #nameError(): TlsError | undefined {
    const host = this.#host
    if (host === undefined) return undefined
    const reason = checkIdentity(host, peerNames(this.tls.sessionPeerNames(this.handle)))
    return reason === undefined
      ? undefined
      : new TlsError('ERR_TLS_CERT_ALTNAME_INVALID', 'handshake', reason, { host })
  }

  /** The chain is good, or that is of no matter: is it the peer that we want? */
  #judge(): void {
    const error = this.#nameError()
    if (error) this.#cause = error
    this.tls.sessionVerdict(this.handle, Number(error === undefined))
  }

  /**
   * The client has said whom it wants. The answer is never there yet: no code of the user's runs inside a call, which holds memory and
   * state that another call on any socket would use.
   */
  #choose(): void {
    if (this.#asked) return
    this.#asked = true
    void this.#askContext().then(() => this.onProgress?.())
  }

  async #askContext(): Promise<void> {
    await null
    try {
      this.#accept(await this.#context.choose(this.servername))
    } catch (error) {
      this.#refuse(error)
    }
  }

  #accept(context: Context): void {
    this.#rules = context
    if (!this.closed) this.tls.sessionChoose(this.handle, context.handle)
    this.#asked = false
  }

  #refuse(cause: unknown): void {
    this.#cause = cause
    if (!this.closed) this.tls.sessionChoose(this.handle)
    this.#asked = false
  }

  #tellKeys(): void {
    const { keylog } = this.#context.config
    const lines =
      this.tls
        .sessionKeylog(this.handle)
        ?.toString('latin1')
        .split(/(?<=\n)/) ?? []
    queueMicrotask(() => {
      for (const line of lines) tell(keylog, line)
    })
  }

  #tellSession(): void {
    const session = this.resumption
    if (session) this.lastSession = session
    const { onsession } = this.#context.config
    // The user's code runs when the call is over: it may well close the socket.
    if (session && onsession) queueMicrotask(() => onsession(Buffer.from(session)))
  }

  #fail(error: Error): Error {
    this.#failure = error
    return error
  }

  #truncated(syscall: string): TlsError {
    const detail = this.established
      ? 'the connection ended without a close_notify: what came may not be all'
      : 'the peer ended the connection during the handshake'
    return new TlsError('ERR_TLS_TRUNCATED', syscall, detail, { host: this.#host })
  }

  /** What OpenSSL says, or what we said to it. */
  #explain(syscall: string): TlsError {
    if (this.#cause instanceof TlsError) return this.#cause
    const host = this.#host
    const [reason = [undefined, undefined], refusal, verified = 0, text = ''] =
      this.tls.sessionFailure(this.handle) ?? []
    if (this.#cause !== undefined)
      return new TlsError('ERR_TLS_SNI_CALLBACK', syscall, 'the SNICallback refused the client', { cause: this.#cause })
    if (refusal) return new TlsError('ERR_TLS_OCSP', syscall, refusal, { host })
    if (reason[0] === 'certificate verify failed' && verified !== VERIFIED && verified !== OTHER_HOST)
      return new TlsError(verifyCode(verified), syscall, text, { host, reason: reason[0], library: reason[1] })
    return reasonError(syscall, reason, { host })
  }
}
