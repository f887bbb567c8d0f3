import type { AsyncResource } from 'node:async_hooks'
import type { Context } from './context.js'
import { TlsError } from './errors.js'

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
   * @param done - called with the context, or with undefined to refuse the client.
   */
  start(servername: string | undefined, done: (context: Context | undefined) => void): void {
    if (this.#isPending) return
    this.#isPending = true
    void this.#select(servername).then((context) => {
      this.#isPending = false
      done(context)
    })
  }

  async #select(servername: string | undefined): Promise<Context | undefined> {
    await null
    try {
      const choose = (): Promise<Context> => this.#context.choose(servername)
      return await (this.#creation?.runInAsyncScope(choose) ?? choose())
    } catch (error) {
      this.#error = error
      return undefined
    }
  }

  /** The error of a call that failed because the client was refused; undefined if it failed for another reason. */
  failure(syscall: string): TlsError | undefined {
    const cause = this.#error
    if (cause === undefined || cause instanceof TlsError) return cause
    return new TlsError('ERR_TLS_SNI_CALLBACK', syscall, 'the SNICallback refused the client', { cause })
  }
}
