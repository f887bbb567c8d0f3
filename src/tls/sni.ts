import type { AsyncResource } from 'node:async_hooks'
import type { ClientHello } from './client-hello.js'
import type { Context } from './context.js'
import { TlsError } from './errors.js'
import type { KeySearch, NamedKey } from './psk.js'

/** What was chosen for a client. */
interface Choice {
  /** The context; undefined refuses the client. */
  readonly context: Context | undefined
  /** What `chooseProtocol` of it has answered. */
  readonly protocol?: string | null | undefined
  /** The pre-shared key that the client has offered. */
  readonly found?: NamedKey | undefined
  /** Whether it is for its key that the client is refused. */
  readonly isForKey?: boolean
}

/** A server's choice of a context for the name that a client asks for (SNI), which may take the user's code some time. */
export class ContextSelection {
  readonly #context: Context
  readonly #creation: AsyncResource | undefined
  readonly #keys: KeySearch
  #isPending = false
  /** Why the client was refused. */
  #error: unknown

  /**
   * @param context - the context of the server, whose `SNICallback` and `keyPairs` decide.
   * @param keys - finds pre-shared keys.
   * @param creation - the asynchronous context for `SNICallback`; none without one.
   */
  constructor(context: Context, keys: KeySearch, creation: AsyncResource | undefined) {
    this.#context = context
    this.#keys = keys
    this.#creation = creation
  }

  /**
   * Starts the choice, unless it is under way. The answer never comes within the call: the user's code must not run while a call uses
   * memory and state that a call on any other socket would use as well.
   * @param identities - of the pre-shared keys that the client offers.
   * @param done - called with what was chosen.
   */
  start(hello: ClientHello, identities: readonly string[], done: (choice: Choice) => void): void {
    if (this.#isPending) return
    this.#isPending = true
    void this.#select(hello, identities).then((choice) => {
      this.#isPending = false
      done(choice)
    })
  }

  async #select(hello: ClientHello, identities: readonly string[]): Promise<Choice> {
    await null
    try {
      const choose = (): Promise<Choice> => this.#choose(hello, identities)
      return await (this.#creation?.runInAsyncScope(choose) ?? choose())
    } catch (error) {
      this.#error = error
      return { context: undefined, isForKey: error instanceof TlsError && error.code === 'ERR_TLS_PSK_CALLBACK' }
    }
  }

  async #choose(hello: ClientHello, identities: readonly string[]): Promise<Choice> {
    const context = await this.#context.choose(hello)
    const protocol = await this.#chooseProtocol(context, hello)
    return { context, protocol, found: await this.#keys.offered(context.config, identities) }
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
