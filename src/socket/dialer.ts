import type { AddrInfo } from '../address/addrinfo.js'
import { AF_UNIX } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import type { SocketFacts } from '../descriptor/descriptor.js'
import { after, budget } from '../engine/deadline.js'
import type { Socket as LowSocket } from '../llsocket/socket.js'
import { systemError } from '../support/errors.js'
import * as validate from '../support/validate.js'
import type { Context } from '../tls/context.js'
import { contextIn, type TlsClientOptions } from '../tls/options.js'
import { checkHost, type Peer, TlsSession } from '../tls/session.js'
import { Attempt } from './attempt.js'
import type { Constructor } from './mixin.js'
import type { PrepareOptions } from './prepare.js'
import { signalOf } from './settings.js'
import type { Connected, Socket, WaitOptions } from './socket.js'

/** How a class of clients finds its peer, and what it does when it has it. */
export interface Dial<Options> {
  /** A copy of the options; refuses what can never work, before anything is asked. */
  checked(options: Options): Options
  /** The addresses to try, in their order. */
  lookup(options: Options): Promise<AddrInfo[]>
  /** The host that a certificate has to be for; none where options name a path. */
  host?(options: Options): string | undefined
  /** Sets what a connection is to have, before it is one. */
  ready?(sock: LowSocket, options: Options): void
}

/** What a client can. */
export interface Connecting {
  /**
   * Connects to the first address that answers, in the order of the lookup; with `tlscfg` the handshake is a part of it. On a connected client the old connection is
   * replaced only when the new one stands. A unix socket whose server has a full backlog tries again with growing pauses.
   * @param conndeadl - budget of lookup and connection in milliseconds, 0 for none.
   * @param options - `signal` ends the attempt.
   * @throws SystemError: `EAI_*` of the lookup, ECONNREFUSED, ENOENT, … of connect(2); with several addresses `errors` has one
   *   for each. TlsError when the handshake fails. TimeoutError when the budget is used up, EALREADY while another attempt is under way, ECANCELED when the
   *   client was closed meanwhile. On a connected client also what the close of the old connection reported: the new one stands then.
   */
  connect(conndeadl?: number, options?: WaitOptions): Promise<void>
}

/** Making clients. */
export interface ClientMaker<Options> {
  /**
   * Makes a client, and connects it unless `connect` is false.
   * @param conndeadl - budget of lookup and connection in milliseconds, 0 for none.
   * @throws as {@link Connecting.connect}.
   */
  create<C>(this: new () => C, options: Options, connect?: boolean, conndeadl?: number): Promise<C>
}

/** What is said of TLS, and of no TLS: it would be passed over. */
function refuseWithout({ servername, session }: TlsClientOptions): void {
  if (servername !== undefined || session !== undefined)
    throw validate.invalidValue('options', 'has a "servername" or a "session" without a "tlscfg"', { servername })
}

/** A class of sockets that connect. */
export function withDialer<B extends Constructor<Socket>, Options extends WaitOptions & PrepareOptions>(
  Base: B,
  dial: Dial<Options>,
): B & Constructor<Connecting> & ClientMaker<Options> {
  class Client extends Base {
    #options: Options | undefined
    #context: Context | undefined
    /** One at a time; the client's close ends it. */
    #attempt: Attempt | undefined

    static async create(this: new () => Client, options: Options, connect = true, conndeadl = 0): Promise<Client> {
      const given = dial.checked(options)
      const client = new this()
      client.#context = contextIn(given, false)
      if (client.#context) checkHost(client.#context, client.#peer(given))
      else refuseWithout(given as TlsClientOptions)
      // The signal is for the first attempt: later ones have their own.
      client.#options = { ...given, signal: undefined }
      if (validate.boolean('connect', connect)) await client.connect(conndeadl, { signal: given.signal })
      return client
    }

    async connect(conndeadl = 0, wait: WaitOptions = {}): Promise<void> {
      const milliseconds = budget('conndeadl', conndeadl)
      const signal = signalOf(wait)
      const options = this.#options
      if (options === undefined)
        throw systemError(sys.EDESTADDRREQ, 'connect', { detail: 'no address was given to create()' })
      if (this.#attempt) throw systemError(sys.EALREADY, 'connect')
      const approach = {
        prepare: options.prepare,
        lookup: () => dial.lookup(options),
        ready: (sock: LowSocket) => dial.ready?.(sock, options),
        secure: this.#context && this.#secure(this.#context, this.#peer(options)),
      }
      const attempt = new Attempt(approach, after(milliseconds), signal, this.referenced)
      this.#attempt = attempt
      const over = (): void => {
        if (this.#attempt === attempt) this.#attempt = undefined
      }
      const adopt = (connected: Connected): Promise<void> => {
        // The new connection stands: what is left is the end of the former one.
        over()
        return this.replace(connected)
      }
      await attempt.run(adopt).finally(over)
    }

    #peer(options: Options & TlsClientOptions): Peer {
      const { servername, session } = options
      return { host: dial.host?.(options), servername, session }
    }

    #secure(context: Context, peer: Peer): (facts: SocketFacts) => TlsSession {
      return ({ family }) => new TlsSession(context, { ...peer, shortIsAll: family !== AF_UNIX })
    }

    override ref(): this {
      this.#attempt?.refer(true)
      return super.ref()
    }

    override unref(): this {
      this.#attempt?.refer(false)
      return super.unref()
    }

    /** Ends an attempt to connect. */
    protected override closing(): void {
      this.#attempt?.cancel()
      super.closing()
    }

    /** The same: what waits ends when the descriptor is given away. */
    protected override released(): void {
      this.#attempt?.cancel()
      super.released()
    }
  }
  return Client as unknown as B & Constructor<Connecting> & ClientMaker<Options>
}
