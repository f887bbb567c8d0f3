import type { AsyncResource } from 'node:async_hooks'
import { type NativeTls, nativeTls, type Reason, type TlsHandle } from '../native/tls.js'
import { clientHello } from './client-hello.js'
import type { Context } from './context.js'
import { answerError, reasonError, type TlsError } from './errors.js'
import { KeySearch, type NamedKey, offeredIdentities } from './psk.js'
import { ShownCertificate } from './shown-certificate.js'
import { ContextSelection } from './sni.js'
import { PeerVerification } from './verification.js'

const NO_REASON: Reason = [undefined, undefined]

/**
 * What JavaScript decides while a session waits: which context a server uses, which certificate a client shows, which pre-shared key, whether
 * the peer is trusted. The user's
 * functions may take their time.
 */
export class Decisions {
  /** Whether the peer is trusted. */
  readonly verification: PeerVerification
  readonly #tls: NativeTls
  readonly #handle: TlsHandle
  readonly #selection: ContextSelection
  readonly #keys: KeySearch
  readonly #shown: ShownCertificate
  readonly #resume: (error: Error | undefined) => void
  #isClosed = false

  /**
   * @param host - the host of a client's connection.
   * @param creation - the asynchronous context for the user's functions; none without any.
   * @param resume - called when the session can go on, or with the error for which it cannot.
   */
  constructor(
    context: Context,
    handle: TlsHandle,
    host: string | undefined,
    creation: AsyncResource | undefined,
    resume: (error: Error | undefined) => void,
  ) {
    this.#tls = nativeTls()
    this.#handle = handle
    this.#resume = resume
    this.verification = new PeerVerification(context, handle, host, creation)
    this.#shown = new ShownCertificate(context, handle, host, creation)
    this.#keys = new KeySearch(context, creation)
    this.#selection = new ContextSelection(context, this.#keys, creation)
  }

  /** Whether a client may say hello: it may have to find its key first. */
  mayBegin(): boolean {
    return this.#keys.mayBegin((found, error) => {
      if (error !== undefined || found === undefined) this.#resume(error)
      else this.#useKey(found)
    })
  }

  /**
   * Answers what a call of the addon waits for.
   * @param result - of that call.
   * @returns whether the answer is there, so that the call can be made again; undefined if it waits for nothing of that.
   */
  answer(result: number): boolean | undefined {
    const { WANT_VERDICT, WANT_CERTIFICATE, WANT_SERVER, WANT_PSK } = this.#tls
    const resume = (): void => this.#resume(undefined)
    if (result === WANT_VERDICT) return this.verification.answer(resume)
    if (result === WANT_CERTIFICATE) return this.#shown.choose(resume)
    if (result === WANT_SERVER) this.#selectContext()
    else if (result === WANT_PSK)
      this.#keys.answer(this.#tls.sessionPskAsked(this.#handle), (found) => this.#useKey(found))
    else return undefined
    return false
  }

  #selectContext(): void {
    const parts = this.#tls.sessionHello(this.#handle)
    const hello = clientHello(this.#tls.sessionServername(this.#handle), parts)
    this.#selection.start(hello, offeredIdentities(parts?.[3]), ({ context, protocol, found, isForKey }) => {
      if (this.#isClosed) return
      if (context) this.#useContext(context)
      const bytes = protocol == null ? undefined : Buffer.from(protocol, 'latin1')
      const answer = this.#tls.sessionChoose(this.#handle, context?.handle, Number(protocol === null), bytes)
      if (answer !== 0) this.#resume(answerError('handshake', answer))
      else if (found ?? isForKey) this.#useKey(found, isForKey)
      else this.#resume(undefined)
    })
  }

  /** The rest of the handshake is by the rules of the context that was selected. */
  #useContext(context: Context): void {
    this.verification.useContext(context)
    this.#keys.useContext(context)
  }

  /** Sets the key that OpenSSL is going to ask for; without one the handshake goes on by certificates, or fails. */
  #useKey(found: NamedKey | undefined, refuses = false): void {
    if (this.#isClosed) return
    const answer = this.#tls.sessionPsk(this.#handle, Number(refuses), found?.identity, found?.key)
    found?.key.fill(0)
    this.#resume(answer === 0 ? undefined : answerError('handshake', answer))
  }

  /** The error of a call that failed in OpenSSL: for a reason of its own, or because the peer was refused here. */
  failure(syscall: string): TlsError {
    return (
      this.#shown.failure ??
      this.#selection.failure(syscall) ??
      this.verification.failure(syscall) ??
      this.#reasonOfOpenSsl(syscall)
    )
  }

  #reasonOfOpenSsl(syscall: string): TlsError {
    const [reason = NO_REASON] = this.#tls.sessionFailure(this.#handle) ?? []
    const lacksKey = this.#keys.failure(syscall, reason[0])
    return lacksKey ?? reasonError(syscall, reason, { host: this.verification.host })
  }

  /** The session is closed: answers that come later are of no use. */
  close(): void {
    this.#isClosed = true
  }
}
