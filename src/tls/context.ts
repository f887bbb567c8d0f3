import { inspect } from 'node:util'
import { budget } from '../engine/deadline.js'
import { nativeTls, type TlsHandle } from '../native/tls.js'
import { record, without } from '../support/record.js'
import * as validate from '../support/validate.js'
import type { ClientHello } from './client-hello.js'
import type { Chosen, KeyPair, TlsConfig, TlsContext } from './config.js'
import { CALLBACKS, checkConfig, checkServerCertificate, LISTENER_ONLY } from './config-checks.js'
import { buildCredentials, ContextBuilder } from './context-builder.js'
import { isFor, type PeerNames, peerNames } from './identity.js'
import { verificationRules } from './session-id.js'

/** Milliseconds for a handshake, unless the configuration says otherwise; the default of Node's servers. */
const HANDSHAKE_MS = 120_000

/** Fields that are in OpenSSL's memory once the context is made, and that inspecting a context should not show. */
const SECRETS = ['cert', 'key', 'passphrase', 'pfx', 'keyPairs', 'ticketKeys'] as const

/** A further certificate of a server, with the names that it is for. */
interface NamedContext {
  readonly names: PeerNames
  readonly context: Context
}

/** Makes the context of one of a server's `keyPairs`: that of the server, with another certificate. */
function namedContext(config: TlsConfig, pair: KeyPair): NamedContext {
  const none = { keyPairs: undefined, SNICallback: undefined, pfx: undefined, ocspResponse: undefined }
  const context = new Context({ ...config, ...none, ...pair }, true)
  return { names: peerNames(nativeTls().contextNames(context.handle)), context }
}

/**
 * Keys, trusted certificates and settings, checked and ready for any number of connections: what a `tlscfg` becomes. To share one between
 * servers or clients, make it once and give it as their `tlscfg`.
 * @example
 * const context = tls.Context.server({ cert, key, ALPNProtocols: ['h2'] })
 * const [a, b] = [await listen({ port: 443, tlscfg: context }), await listen({ port: 8443, tlscfg: context })]
 */
export class Context implements TlsContext {
  /** Whether it is for servers. */
  readonly isServer: boolean
  /** The configuration that it was made of, without certificates and keys. */
  readonly config: Omit<TlsConfig, (typeof SECRETS)[number]>
  /** The `SSL_CTX` in the addon. Internal. */
  readonly handle: TlsHandle
  /** A digest of the rules by which peers are verified: a session is resumed only under the same rules. Internal. */
  readonly rules: Buffer
  /** The further certificates of a client, each in an `SSL_CTX`. Internal. */
  readonly pairs: readonly TlsHandle[]
  /** Whether there is a certificate besides. Internal. */
  readonly hasOwnCertificate: boolean
  readonly #namedContexts: readonly NamedContext[]
  /** The names of the fields that the configuration sets. */
  readonly #fields: ReadonlySet<string>

  /**
   * Checks a configuration, and makes a context of it.
   * @param config - the configuration. It is read once; later changes of the object have no effect.
   * @param isServer - whether the context is for the side that accepts connections.
   * @throws TypeError and RangeError for a field that is unknown, of the wrong type, out of range or for the other side; {@link TlsError}
   *   with OpenSSL's reason for a certificate, a key, … that it refuses; `ERR_UNSUPPORTED_RUNTIME` where the runtime has no OpenSSL.
   */
  constructor(config: TlsConfig, isServer: boolean) {
    const checked = checkConfig(config, isServer)
    this.config = without(checked, ...SECRETS)
    this.#fields = new Set(Object.entries(checked).flatMap(([field, value]) => (value === undefined ? [] : field)))
    this.isServer = isServer
    budget('tlscfg.handshakeTimeout', this.handshakeTimeout)
    if (isServer) checkServerCertificate(checked)
    const tls = nativeTls()
    this.rules = verificationRules(checked, isServer)
    this.handle = new ContextBuilder(checked, isServer).build(this.rules)
    const { keyPairs = [], cert, pfx } = checked
    this.#namedContexts = isServer ? keyPairs.map((pair) => namedContext(checked, pair)) : []
    this.pairs = isServer ? [] : keyPairs.map((pair) => buildCredentials(pair, 'tlscfg.keyPairs'))
    this.hasOwnCertificate = (cert ?? pfx) !== undefined
    const { SNICallback, ALPNCallback, pskCallback, clientCertCallback, keylog } = this.config
    const isAsked = SNICallback !== undefined || ALPNCallback !== undefined || pskCallback !== undefined
    const selects = isServer && (isAsked || this.#namedContexts.length > 0)
    tls.contextCallbacks(this.handle, Number(selects), Number(keylog !== undefined))
    if (clientCertCallback !== undefined || this.pairs.length > 0) tls.contextShows(this.handle)
  }

  /**
   * Makes a context for servers.
   * @param config - the configuration: see {@link TlsConfig}.
   * @throws as the constructor does.
   */
  static server(config: TlsConfig): Context {
    return new Context(config, true)
  }

  /**
   * Makes a context for clients; without a configuration one that trusts Node's root certificates.
   * @param config - the configuration: see {@link TlsConfig}.
   * @throws as the constructor does.
   */
  static client(config: TlsConfig = {}): Context {
    return new Context(config, false)
  }

  /** Whether connections may call functions of the configuration. Internal. */
  get hasCallbacks(): boolean {
    return CALLBACKS.some((name) => this.config[name] !== undefined)
  }

  /** The time limit of a handshake in milliseconds, 0 for none. */
  get handshakeTimeout(): number {
    return this.config.handshakeTimeout ?? HANDSHAKE_MS
  }

  /** Shows the side only: the configuration may hold secrets. */
  [inspect.custom](): string {
    return `Context { ${this.isServer ? 'server' : 'client'} }`
  }

  /**
   * Selects the context for the name that a client asks for: the answer of `SNICallback`, else the first of `keyPairs` whose certificate
   * is for the name, else this one.
   * @param hello - what the client has said.
   * @returns the context, this one or another.
   * @throws what `SNICallback` throws; TypeError for an answer that is not a context for servers.
   */
  async choose(hello: ClientHello): Promise<Context> {
    const { servername } = hello
    const answer = await this.config.SNICallback?.(servername, hello)
    return answer === undefined ? this.#contextByName(servername) : this.#contextFrom(answer)
  }

  /**
   * Selects the application protocol for a client by `ALPNCallback`.
   * @param hello - what the client has said.
   * @returns the protocol; null to refuse the client; undefined where `ALPNProtocols` decide, or the client offers none.
   * @throws what `ALPNCallback` throws; TypeError for an answer that is not a protocol of the client.
   */
  async chooseProtocol(hello: ClientHello): Promise<string | null | undefined> {
    const { servername, ALPNProtocols: protocols } = hello
    const { ALPNCallback } = this.config
    if (ALPNCallback === undefined || protocols.length === 0) return undefined
    const answer = await ALPNCallback(record({ servername, protocols }))
    if (answer === undefined) return null
    if (protocols.includes(answer)) return answer
    throw validate.invalidValue(
      'the answer of tlscfg.ALPNCallback',
      'must be a protocol that the client offers',
      answer,
    )
  }

  #contextFrom(answer: NonNullable<Chosen>): Context {
    const context = contextOf(answer, true)
    if (context === this) return context
    for (const field of LISTENER_ONLY)
      if (context.#fields.has(field)) {
        const reason = `has "${field}", which only the context of the server itself decides`
        throw validate.invalidValue('tlscfg', reason, context)
      }
    return context
  }

  #contextByName(servername: string | undefined): Context {
    if (servername === undefined) return this
    return this.#namedContexts.find(({ names }) => isFor(servername, names))?.context ?? this
  }
}

/** Returns a `tlscfg` as a context, and refuses a context of the other side. */
export function contextOf(config: TlsContext | TlsConfig, isServer: boolean): Context {
  if (!(config instanceof Context)) return new Context(config as TlsConfig, isServer)
  if (config.isServer === isServer) return config
  throw validate.invalidValue('tlscfg', `is a context for a ${isServer ? 'client' : 'server'}`, config)
}
