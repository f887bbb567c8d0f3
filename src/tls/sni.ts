import type { AsyncResource } from 'node:async_hooks'
import type { ClientHello } from './client-hello.js'
import type { Context } from './context.js'
import { TlsError } from './errors.js'

/** The context, or undefined to refuse the client; and what `chooseProtocol` of it has answered. */
type Choice = readonly [context: Context | undefined, protocol: string | null | undefined]

/** A server's choice of a context for the name that a client asks for (SNI), which may take the user's code some time. */
export class ContextSelection {
  readonly #context: Context
  readonly #creation: AsyncResource | undefined
  #isPending = false
  /** Why the client was refused. */
  #error: unknown

  /**
   * @param context - the context of the server, whose `SNICallback` and `keyPairs` decide.
   * @param creation - the asynchronous context for `SNICallback`; none without one.
   */
  constructor(context: Context, creation: AsyncResource | undefined) {
    this.#context = context
    this.#creation = creation
  }

  /**
   * Starts the choice, unless it is under way. The answer never comes within the call: the user's code must not run while a call uses
   * memory and state that a call on any other socket would use as well.
   * @param done - called with the context, or with undefined to refuse the client; and with the protocol that `ALPNCallback` has selected.
   */
  start(hello: ClientHello, done: (...choice: Choice) => void): void {
    if (this.#isPending) return
    this.#isPending = true
    void this.#select(hello).then(([context, protocol]) => {
      this.#isPending = false
      done(context, protocol)
    })
  }

  async #select(hello: ClientHello): Promise<Choice> {
    await null
    try {
      const choose = (): Promise<Choice> => this.#choose(hello)
      return await (this.#creation?.runInAsyncScope(choose) ?? choose())
    } catch (error) {
      this.#error = error
      return [undefined, undefined]
    }
  }

  async #choose(hello: ClientHello): Promise<Choice> {
    const context = await this.#context.choose(hello)
    return [context, await this.#chooseProtocol(context, hello)]
  }

  /** Without a protocol the client hears so, and not that its name is unknown. */
  async #chooseProtocol(context: Context, hello: ClientHello): Promise<string | null | undefined> {
    try {
      return await context.chooseProtocol(hello)
    } catch (cause) {
      this.#error = new TlsError('ERR_TLS_ALPN_CALLBACK', 'handshake', 'the ALPNCallback refused the client', { cause })
      return null
    }
  }

  /** The error of a call that failed because the client was refused; undefined if it failed for another reason. */
  failure(syscall: string): TlsError | undefined {
    const cause = this.#error
    if (cause === undefined || cause instanceof TlsError) return cause
    return new TlsError('ERR_TLS_SNI_CALLBACK', syscall, 'the SNICallback refused the client', { cause })
  }
}
