import { AsyncResource } from 'node:async_hooks'
import { sys } from '../constants/lookup.js'
import { WOULD_BLOCK, YIELD } from '../engine/operation.js'
import { nativeTls, type TlsHandle, tlsRegisters } from '../native/tls.js'
import { systemError, timeoutError } from '../support/errors.js'
import { clearTimeout, queueMicrotask, setTimeout } from '../support/globals.js'
import * as validate from '../support/validate.js'
import type { AcceptedConnection } from './config.js'
import type { Context } from './context.js'
import { Decisions } from './decisions.js'
import { answerError, reasonError, TlsError } from './errors.js'
import { servernameFor } from './identity.js'
import { trackIdle } from './idle-buffers.js'
import { NestedRecords } from './nested.js'
import { notifyKeylog, notifySession } from './notifications.js'
import { Outcome } from './outcome.js'
import { sessionId } from './session-id.js'
import { SessionInfo } from './session-info.js'
import { checkHost, checksName, hostOf, type Peer } from './verification.js'

export { checkHost, NO_PEER, type Peer } from './verification.js'

const REQUEST = 'requestCertificate'

/** What a new session has to know of its connection. */
export interface SessionOptions extends Peer {
  /** Whether a receive that fills less than its room has emptied the socket, as on TCP. */
  shortReadDrains: boolean
}

function newHandle(context: Context, host: string | undefined, shortReadDrains: boolean): TlsHandle {
  const { config, isServer } = context
  const handle = nativeTls().sessionNew(
    context.handle,
    Number(isServer),
    Number(shortReadDrains),
    host === undefined ? undefined : servernameFor(host),
    Number(!isServer && checksName(context)),
    Number(Boolean(config.requestOCSP || config.requireOCSP)),
  )
  if (typeof handle === 'number') throw answerError('tls', handle)
  return handle
}

/**
 * TLS on one connection, as calls that take the place of recv(2), send(2) and shutdown(2). Each call does what can be done without
 * waiting, and returns a count or `-errno` as the kernel would. An error of TLS is thrown, and every later call throws it again.
 */
export class TlsSession extends SessionInfo {
  readonly #context: Context
  readonly #decisions: Decisions
  #pendingBytes = 0
  #drained = false
  /** Whether close_notify has been sent: nothing may follow it. */
  #isEnded = false
  /** Whether {@link trim} will be called, and whether the session was used since it was called last. */
  #isTracked = false
  #isTouched = false
  /** Whether the client was asked for a certificate, and has not answered, or was refused: what it has shown then counts for nothing. */
  #isCertificateDue = false
  /** The asynchronous context in which the session was made, and in which the functions of its `tlscfg` are called; none without any. */
  readonly #creation: AsyncResource | undefined
  readonly #handshakeTimer: NodeJS.Timeout | undefined
  /** How the handshake came out. */
  readonly outcome: Outcome
  /** The session around, if there is one. */
  #outer: TlsSession | undefined
  /** Called when a call that waits should be tried again although the socket has not become ready. */
  onProgress: (() => void) | undefined

  /**
   * @throws `ERR_INVALID_ARG_VALUE` for a client without a host to check the certificate against; ENOMEM; {@link TlsError} when
   *   OpenSSL refuses.
   */
  constructor(context: Context, options: SessionOptions) {
    if (!context.isServer) checkHost(context, options)
    const host = hostOf(context, options)
    super(nativeTls(), newHandle(context, host, options.shortReadDrains))
    this.#context = context
    if (context.hasCallbacks) this.#creation = new AsyncResource('berkeley.tls')
    this.outcome = new Outcome(this.#creation)
    this.#decisions = new Decisions(context, this.handle, host, this.#creation, (error) => {
      if (error !== undefined) {
        this.#fail(error)
        this.outcome.markUntold()
      }
      this.onProgress?.()
    })
    if (!context.isServer) this.#setSessionId(options.session ?? context.config.session)
    const { handshakeTimeout } = context
    if (handshakeTimeout > 0) this.#handshakeTimer = setTimeout(() => this.#expire(), handshakeTimeout).unref()
  }

  /** Sets the session to resume, and the id that it must have. An unsuitable or unreadable session leads to a full handshake. */
  #setSessionId(former: Uint8Array | undefined): void {
    const id = sessionId(this.#context.rules, this.#decisions.verification.host)
    const answer = this.tls.sessionIdentify(this.handle, id)
    if (answer !== 0) {
      // Without its id a session could be resumed under other rules.
      this.tls.sessionFree(this.handle)
      throw answerError('tls', answer)
    }
    if (former !== undefined) this.tls.sessionResume(this.handle, validate.bytes('tlscfg.session', former))
  }

  /**
   * Lets the user's `onhandshakeerror` hear what the handshake of a connection fails by.
   * @hidden
   */
  reportFailureOf(conn: AcceptedConnection): void {
    const { onhandshakeerror } = this.#context.config
    if (onhandshakeerror) this.outcome.onFailed = (error) => onhandshakeerror(error, conn)
  }

  /** Ends a handshake that has taken too long: it has a time limit even if the calls have no deadline. */
  #expire(): void {
    const { host } = this.#decisions.verification
    this.#fail(timeoutError('handshake', { address: host, detail: 'the handshakeTimeout passed' }))
    this.outcome.markUntold()
    this.onProgress?.()
  }

  /**
   * Puts it within another session, whose data its records are from now on, and which ends with it.
   * @hidden
   */
  enclose(outer: TlsSession): void {
    this.#outer = outer
    this.tls = new NestedRecords(this.tls, outer).calls()
    outer.onProgress = () => this.onProgress?.()
  }

  /** How many sessions are around it. */
  get depth(): number {
    return this.#outer === undefined ? 0 : this.#outer.depth + 1
  }

  /** The size, in bytes, of records that wait for room in the socket. */
  get pendingBytes(): number {
    return this.#pendingBytes
  }

  /** Whether the last call has left nothing to read, neither in the socket nor in the session. */
  get isDrained(): boolean {
    return this.#drained
  }

  /** Whether the handshake is neither done nor has failed: nothing that was sent so far is worth anything without the rest. */
  get isUnfinished(): boolean {
    return !this.established && this.outcome.failure === undefined
  }

  /** Whether the peer has shown a certificate that passed every check, with none left out; or none, and proved to have the key. */
  get isAuthorized(): boolean {
    if (!this.established || this.#isCertificateDue) return false
    return this.chain.length > 0 ? this.#decisions.verification.hasPassed : this.pskIdentity !== undefined
  }

  /** Why the peer is not trusted, where the configuration allows that (`rejectUnauthorized: false`). */
  get authorizationError(): TlsError | null {
    return this.#decisions.verification.authorizationError
  }

  /**
   * Continues the handshake. @returns 0 when it is done, or `-errno`.
   * @hidden
   */
  handshake(fd: number): number {
    if (this.#isOver()) return this.#over()
    if (!this.#decisions.mayBegin()) return WOULD_BLOCK
    for (;;) {
      const result = this.#interpret('handshake', this.tls.sessionHandshake(this.handle, fd))
      const isAnswered = this.#decisions.answer(result)
      if (isAnswered === undefined) return this.#resultOfHandshake(result)
      if (!isAnswered) return WOULD_BLOCK
    }
  }

  /** The kernel tells an error of the connection once: every call should report it. */
  #resultOfHandshake(result: number): number {
    if (result >= 0 || result === WOULD_BLOCK || result === YIELD || result === -sys.EBADF) return result
    throw this.#fail(systemError(-result, 'handshake'))
  }

  /**
   * Continues the handshake while no call does. What it fails by is for the first call to tell.
   * @hidden
   */
  advance(fd: number): number {
    if (this.#isOver()) return 0
    try {
      return this.handshake(fd)
    } catch {
      this.outcome.markUntold()
      return 0
    }
  }

  /**
   * Receives up to `length` bytes. @returns the count, 0 after the peer's close_notify, or `-errno`.
   * @hidden
   */
  read(fd: number, into: Uint8Array, offset: number, length: number): number {
    if (!this.established) {
      const result = this.handshake(fd)
      if (result < 0) return result
    }
    if (this.#isOver()) return this.#over()
    return this.#interpret('recv', this.tls.sessionRead(this.handle, fd, into, offset, length))
  }

  /**
   * Asks whether there is data to read, which stays. @returns 1 if there is, 0 after the peer's close_notify, or `-errno`.
   * @hidden
   */
  peek(fd: number): number {
    if (!this.established) {
      const result = this.handshake(fd)
      if (result < 0) return result
    }
    if (this.#isOver()) return this.#over()
    const result = this.#interpret('recv', this.tls.sessionPeek(this.handle, fd))
    // What the session holds by now is not announced by the socket any more: a call that waits for it has to look.
    if (result >= 0) queueMicrotask(() => this.onProgress?.())
    return result
  }

  /**
   * Sends bytes. Those that are accepted count as sent, even if their records still wait for room in the socket.
   * @param length - 0 only sends records that wait.
   * @returns how many bytes were accepted, or `-errno`.
   * @hidden
   */
  write(fd: number, from: Uint8Array, offset: number, length: number): number {
    if (!this.established) {
      const result = this.handshake(fd)
      if (result < 0) return result
    }
    if (this.#isEnded && length > 0) return -sys.EPIPE
    if (this.#isOver()) return this.#over()
    return this.#interpret('send', this.tls.sessionWrite(this.handle, fd, from, offset, length))
  }

  /**
   * Asks the client for its certificate, unless it was asked before. @returns 0, or `-errno`.
   * @hidden
   */
  requestCertificate(fd: number): number {
    if (!this.established) {
      const result = this.handshake(fd)
      if (result < 0) return result
    }
    if (this.#isOver()) return this.#over()
    const result = this.#interpret(REQUEST, this.tls.sessionRequest(this.handle, fd))
    if (result === 0) this.#isCertificateDue = true
    return result
  }

  /**
   * Waits for the answer, which the call that receives data may find as well. @returns 0 when it is there, or `-errno`.
   * @hidden
   */
  awaitCertificate(fd: number): number {
    if (this.#isOver()) return this.#over()
    return this.#interpret(REQUEST, this.tls.sessionAnswer(this.handle, fd))
  }

  /**
   * Sends close_notify (RFC 8446, section 6.1). @returns 0 when the socket has accepted it, or `-errno`.
   * @hidden
   */
  shutdown(fd: number): number {
    if (this.outcome.failure) return 0
    this.#isEnded = true
    return this.closed ? 0 : this.#interpret('close', this.tls.sessionShutdown(this.handle, fd))
  }

  /**
   * Sends close_notify, and then that of the session around: the whole connection ends. @returns as {@link shutdown}.
   * @hidden
   */
  shutdownAll(fd: number): number {
    const result = this.shutdown(fd)
    return result < 0 || this.#outer === undefined ? result : this.#outer.shutdownAll(fd)
  }

  /**
   * Uses new keys from the next record on (RFC 8446, section 4.6.3).
   * @param asksPeer - whether to ask the peer to do the same.
   * @throws ENOTCONN before the handshake is done, EOPNOTSUPP if the version is not TLS 1.3.
   */
  updateKeys(asksPeer: boolean): void {
    if (!this.established) throw systemError(sys.ENOTCONN, 'updateKeys', { detail: 'no handshake yet' })
    if (this.protocol !== 'TLSv1.3')
      throw systemError(sys.EOPNOTSUPP, 'updateKeys', { detail: 'only TLS 1.3 changes keys on the way' })
    const result = this.tls.sessionKeyUpdate(this.handle, Number(asksPeer))
    if (result < 0) throw reasonError('updateKeys', this.tls.lastReason())
  }

  /**
   * Frees the buffers of an idle session; returns false if it was used since the last call.
   * @hidden
   */
  trim(): boolean {
    const wasTouched = this.#isTouched
    this.#isTouched = false
    if (wasTouched && !this.closed) return false
    this.#isTracked = false
    if (!this.closed) this.tls.sessionRelax(this.handle)
    return true
  }

  /** Frees the session, and clears its keys. */
  close(): void {
    if (this.closed) return
    this.closed = true
    clearTimeout(this.#handshakeTimer)
    this.#decisions.close()
    this.tls.sessionFree(this.handle)
    this.#outer?.close()
    this.outcome.settle()
  }

  #isOver(): boolean {
    return this.closed || this.outcome.failure !== undefined
  }

  /** The answer of every call on a session that is closed, or has failed. */
  #over(): number {
    if (!this.closed) this.outcome.throwFailure()
    return -sys.EBADF
  }

  /** Turns the addon's answer into that of a system call, or throws the error of TLS. */
  #interpret(syscall: string, result: number): number {
    this.#readRegisters()
    return result > 0 || result === WOULD_BLOCK ? result : this.#interpretOther(syscall, result)
  }

  #interpretOther(syscall: string, result: number): number {
    if (result === this.tls.FAILED) throw this.#fail(this.#decisions.failure(syscall))
    if (result === this.tls.WANT_TURN) return YIELD
    const waitsLater = result === this.tls.WANT_VERDICT || result === this.tls.WANT_CERTIFICATE
    if (waitsLater && syscall !== 'handshake') return this.#decisions.answer(result) ? YIELD : WOULD_BLOCK
    if (result === this.tls.TRUNCATED) throw this.#fail(this.#truncated(syscall))
    if (syscall === 'handshake' && result === 0) this.#establish()
    return result
  }

  /** Reads the registers of the last call: all sessions of a thread share them, so the next call overwrites them. */
  #readRegisters(): void {
    if (!this.#isTracked) trackIdle(this)
    this.#isTracked = true
    this.#isTouched = true
    const registers = tlsRegisters()
    const { tls } = this
    this.#pendingBytes = registers[tls.REGISTER_UNSENT] as number
    this.#drained = registers[tls.REGISTER_DRAINED] === 1
    const notifications = registers[tls.REGISTER_NOTIFICATIONS] as number
    if (notifications !== 0) this.#notify(notifications)
  }

  #notify(notifications: number): void {
    const { keylog, onsession } = this.#context.config
    const creation = this.#creation
    if ((notifications & this.tls.NOTIFY_KEYLOG) !== 0)
      notifyKeylog(keylog && creation?.bind(keylog), this.tls.sessionKeylog(this.handle))
    if ((notifications & this.tls.NOTIFY_CERTIFICATE) !== 0) this.#certificateCame()
    if ((notifications & this.tls.NOTIFY_SESSION) === 0) return
    this.lastSession = this.resumableSession
    notifySession(onsession && creation?.bind(onsession), this.lastSession)
  }

  #certificateCame(): void {
    this.#isCertificateDue = false
    this.#decisions.verification.reconsider()
    queueMicrotask(() => this.onProgress?.())
  }

  #establish(): void {
    if (this.established) return
    clearTimeout(this.#handshakeTimer)
    const error = this.#decisions.verification.conclude()
    if (error) this.#fail(error)
    this.established = true
    if (error) throw error
    this.outcome.settle()
    // A call that waits in the other direction may continue now, and no readiness event would wake it.
    queueMicrotask(() => this.onProgress?.())
  }

  #fail(error: Error): Error {
    if (this.#isCertificateDue) queueMicrotask(() => this.onProgress?.())
    return this.outcome.fail(error, !this.established)
  }

  #truncated(syscall: string): TlsError {
    const detail = this.established
      ? 'the connection ended without a close_notify: what came may not be all'
      : 'the peer ended the connection during the handshake'
    return new TlsError('ERR_TLS_TRUNCATED', syscall, detail, { host: this.#decisions.verification.host })
  }
}
