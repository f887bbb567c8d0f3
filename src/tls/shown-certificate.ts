import type { AsyncResource } from 'node:async_hooks'
import { type NativeTls, nativeTls, type TlsHandle } from '../native/tls.js'
import { record } from '../support/record.js'
import * as validate from '../support/validate.js'
import { signatureNames } from './client-hello.js'
import type { CertificateRequest, Shown } from './config.js'
import { Context, contextOf } from './context.js'
import { buildCredentials } from './context-builder.js'
import { answerError, TlsError } from './errors.js'

const ANSWER_FIELDS = ['cert', 'key', 'passphrase', 'pfx']

/** The certificate in the answer of a `clientCertCallback`, in an `SSL_CTX`; none for undefined. */
function credentialsOf(answer: Shown): TlsHandle | undefined {
  if (answer === undefined) return undefined
  if (answer instanceof Context) return contextOf(answer, false).handle
  const name = 'the answer of tlscfg.clientCertCallback'
  return buildCredentials(validate.options(name, answer, ANSWER_FIELDS), name)
}

/** A client's choice of the certificate that it shows to a server that asks for one, which may take the user's code some time. */
export class ShownCertificate {
  readonly #context: Context
  readonly #tls: NativeTls
  readonly #handle: TlsHandle
  readonly #host: string | undefined
  readonly #creation: AsyncResource | undefined
  #isPending = false
  /** Why none could be chosen. */
  #error: TlsError | undefined

  /**
   * @param context - the context of the client, whose `keyPairs` or `clientCertCallback` decide.
   * @param creation - the asynchronous context for `clientCertCallback`; none without one.
   */
  constructor(context: Context, handle: TlsHandle, host: string | undefined, creation: AsyncResource | undefined) {
    this.#context = context
    this.#tls = nativeTls()
    this.#handle = handle
    this.#host = host
    this.#creation = creation
  }

  /**
   * Chooses. The user's code never runs within the call, which uses memory and state that a call on any other socket would use as well.
   * @param resume - called when the choice is made, if it is not at once.
   * @returns whether it is made.
   */
  choose(resume: () => void): boolean {
    const { clientCertCallback } = this.#context.config
    if (clientCertCallback === undefined) {
      this.#show(this.#suitable())
      return true
    }
    if (this.#isPending) return false
    this.#isPending = true
    const request = this.#request()
    const ask = (): Promise<void> => this.#ask(() => clientCertCallback(request))
    void (this.#creation?.runInAsyncScope(ask) ?? ask()).then(() => {
      this.#isPending = false
      resume()
    })
    return false
  }

  /** Where the server names no authority, any certificate will do. */
  #suitable(): TlsHandle | undefined {
    const { pairs, hasOwnCertificate } = this.#context
    const namesNobody = (this.#tls.sessionAuthorities(this.#handle) ?? []).length === 0
    if (namesNobody && hasOwnCertificate) return undefined
    return pairs.find((pair) => this.#tls.sessionSuits(this.#handle, pair) === 1)
  }

  #request(): CertificateRequest {
    const numbers = this.#tls.sessionSigalgs(this.#handle) ?? []
    const authorities = this.#tls.sessionAuthorities(this.#handle) ?? []
    return record({
      host: this.#host,
      authorities: authorities.filter((name) => name !== undefined),
      signatureAlgorithms: signatureNames(numbers),
    })
  }

  async #ask(question: () => Shown | Promise<Shown>): Promise<void> {
    await null
    try {
      this.#show(credentialsOf(await question()))
    } catch (cause) {
      const detail = 'the clientCertCallback gave no certificate that can be shown'
      this.#error = new TlsError('ERR_TLS_CLIENT_CERT_CALLBACK', 'handshake', detail, { host: this.#host, cause })
      this.#tls.sessionShow(this.#handle, 1)
    }
  }

  #show(certificate: TlsHandle | undefined): void {
    const answer = this.#tls.sessionShow(this.#handle, 0, certificate)
    if (answer === this.#tls.FAILED) throw answerError('handshake', answer)
  }

  /** The error of a call that failed because no certificate could be chosen; undefined if it failed for another reason. */
  get failure(): TlsError | undefined {
    return this.#error
  }
}
