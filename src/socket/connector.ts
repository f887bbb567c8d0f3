import { sys } from '../constants/lookup.js'
import { after } from '../engine/deadline.js'
import { announceConnected, announceNotConnected } from '../support/diagnostics.js'
import { systemError } from '../support/errors.js'
import * as validate from '../support/validate.js'
import { ConnectAttempt } from './connect-attempt.js'
import type { ClientPlan, ConnectPlan } from './connect-plan.js'
import { timeoutAndOptions, type WaitOptions } from './settings.js'
import { kAddHooks, kReplaceChannel, type Socket, type SocketHooks } from './socket.js'

/** The methods of clients. */
export interface Connecting {
  /**
   * Connects to the address that answers first, as RFC 8305 (Happy Eyeballs) says: IPv6 and IPv4 addresses take turns, beginning with the
   * family that the lookup gave first; the next one is tried when one has failed, or has not answered after 250 ms (`attemptDelay`), and
   * those before it go on. With TCP Fast Open (`tcpfastopenconnect`) the first address is never asked before the first send, and counts.
   *
   * With `tlscfg` the handshake follows with the address that TCP has connected first. If the connection breaks during the handshake, its
   * address has failed, and the others are tried; a peer that is not trusted ends all of it.
   *
   * On a connected client the old connection is replaced only when the new one is established. A unix socket whose server has a full backlog
   * tries again with growing pauses.
   * @param conndeadl - budget of lookup, connection and handshake in whole milliseconds, 0 for none; it may also be the `timeout`
   *   of the options.
   * @param options - `signal` ends the attempt; they may stand in place of the budget: `connect({ timeout: 5000, signal })`.
   * @throws SystemError: `EAI_*` of the lookup, ECONNREFUSED, ENOENT, … of connect(2); with several addresses `errors` has one
   *   for each, in their order. TlsError when the handshake fails. TimeoutError when the budget is used up, with `errors` if there were
   *   several addresses; EADDRNOTAVAIL when there is no address, EAFNOSUPPORT when there is none of the family of `localAddress`. EALREADY
   *   while another attempt is in progress, ECANCELED when the client was closed meanwhile. On a connected client also what the close of the
   *   old connection reported: the new one is in place then.
   */
  connect(conndeadl?: number | WaitOptions, options?: WaitOptions): Promise<void>
}

/** Checks the options of a client. */
type PlanOf = (options: never) => ClientPlan

/** Where a client keeps its {@link Connector}. */
export const kConnector: unique symbol = Symbol('berkeley.connector')

/** Connects for a client class: one attempt at a time, which closing the client ends. */
export class Connector implements SocketHooks {
  readonly #client: Socket
  readonly #planOf: PlanOf
  /** Where to connect to; a client that was not made by `create()` has nowhere to. */
  plan: ConnectPlan | undefined
  /** Called with each attempt, and with a promise of its outcome. */
  onAttempt: ((attempt: Promise<void>) => void) | undefined
  #attempt: ConnectAttempt | undefined
  #referenced = true

  /** @param planOf - how clients of this class connect. */
  constructor(client: Socket, planOf: PlanOf) {
    this.#client = client
    this.#planOf = planOf
    client[kAddHooks](this)
  }

  /**
   * Takes the options of a client: they say where to connect to from now on. Returns the signal among them.
   * @param encrypts - whether they have to encrypt the connection, or must not; undefined for either.
   */
  configure(options: object, encrypts?: boolean): AbortSignal | undefined {
    const { plan, signal } = this.#planOf(options as never)
    if (encrypts !== undefined && encrypts !== (plan.secure !== undefined))
      throw validate.invalidValue('options', encrypts ? 'must have a tlscfg' : 'must have no tlscfg', options)
    this.plan = plan
    return signal
  }

  /** Connects, and replaces the channel of the client: see {@link Connecting}. */
  connect(conndeadl?: number | WaitOptions, options?: WaitOptions): Promise<void> {
    const attempt = this.#connect(conndeadl, options)
    this.onAttempt?.(attempt)
    return attempt
  }

  async #connect(conndeadl?: number | WaitOptions, options?: WaitOptions): Promise<void> {
    const { timeout = 0, signal } = timeoutAndOptions('conndeadl', conndeadl, options)
    if (this.plan === undefined)
      throw systemError(sys.EDESTADDRREQ, 'connect', { detail: 'no address was given to create()' })
    if (this.#attempt) throw systemError(sys.EALREADY, 'connect')
    const attempt = new ConnectAttempt(this.plan, after(timeout), signal, this.#referenced)
    this.#attempt = attempt
    const isOver = (): void => {
      if (this.#attempt === attempt) this.#attempt = undefined
    }
    try {
      await attempt.run((channel) => {
        // The new connection is established: what is left is the end of the former one.
        isOver()
        return this.#client[kReplaceChannel](channel)
      })
    } catch (error) {
      isOver()
      announceNotConnected(this.#client, error)
      throw error
    }
    announceConnected(this.#client)
  }

  close(): void {
    this.#attempt?.cancel()
  }

  release(): void {
    this.#attempt?.cancel()
  }

  setReferenced(referenced: boolean): void {
    this.#referenced = referenced
    this.#attempt?.setReferenced(referenced)
  }
}

/** A client object that can connect. */
export interface Client extends Connecting {
  readonly [kConnector]: Connector
}

/** Gives a new client its plan, and connects it unless `connect` is false. */
export async function createClient<C extends Client>(
  client: C,
  options: object,
  connect: boolean,
  conndeadl: number,
): Promise<C> {
  const signal = client[kConnector].configure(options)
  if (validate.boolean('connect', connect)) await client.connect(conndeadl, { signal })
  return client
}
