import { sys } from '../constants/lookup.js'
import { after, wholeBudget } from '../engine/deadline.js'
import { systemError } from '../support/errors.js'
import * as validate from '../support/validate.js'
import type { Channel } from './channel.js'
import { ConnectAttempt } from './connect-attempt.js'
import type { ClientPlan, ConnectPlan } from './connect-plan.js'
import { signalOf, type WaitOptions } from './settings.js'
import { kAddHooks, kReplaceChannel, type Socket, type SocketHooks } from './socket.js'

/** The methods of clients. */
export interface Connecting {
  /**
   * Connects to the first address that answers, in the order of the lookup; with `tlscfg` the handshake is a part of it. On a connected
   * client the old connection is replaced only when the new one is established. A unix socket whose server has a full backlog tries again
   * with growing pauses.
   * @param conndeadl - budget of lookup and connection in milliseconds, 0 for none.
   * @param options - `signal` ends the attempt.
   * @throws SystemError: `EAI_*` of the lookup, ECONNREFUSED, ENOENT, … of connect(2); with several addresses `errors` has one
   *   for each. TlsError when the handshake fails. TimeoutError when the budget is used up, EALREADY while another attempt is in progress,
   *   ECANCELED when the client was closed meanwhile. On a connected client also what the close of the old connection reported: the new one
   *   is in place then.
   */
  connect(conndeadl?: number, options?: WaitOptions): Promise<void>
}

/** Where a client keeps its {@link Connector}. */
export const kConnector: unique symbol = Symbol('berkeley.connector')

/** Connects for a client class: one attempt at a time, which closing the client ends. */
export class Connector implements SocketHooks {
  readonly #client: Socket
  /** Where to connect to; a client that was not made by `create()` has nowhere to. */
  plan: ConnectPlan | undefined
  #attempt: ConnectAttempt | undefined
  #referenced = true

  constructor(client: Socket) {
    this.#client = client
    client[kAddHooks](this)
  }

  /** Connects, and replaces the channel of the client: see {@link Connecting}. */
  async connect(conndeadl: number, options: WaitOptions): Promise<void> {
    const milliseconds = wholeBudget('conndeadl', conndeadl)
    const signal = signalOf(options)
    if (this.plan === undefined)
      throw systemError(sys.EDESTADDRREQ, 'connect', { detail: 'no address was given to create()' })
    if (this.#attempt) throw systemError(sys.EALREADY, 'connect')
    const attempt = new ConnectAttempt(this.plan, after(milliseconds), signal, this.#referenced)
    this.#attempt = attempt
    const isOver = (): void => {
      if (this.#attempt === attempt) this.#attempt = undefined
    }
    const adopt = (channel: Channel): Promise<void> => {
      // The new connection is established: what is left is the end of the former one.
      isOver()
      return this.#client[kReplaceChannel](channel)
    }
    await attempt.run(adopt).finally(isOver)
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
interface Client extends Connecting {
  readonly [kConnector]: Connector
}

/** Gives a new client its plan, and connects it unless `connect` is false. */
export async function createClient<C extends Client>(
  client: C,
  { plan, signal }: ClientPlan,
  connect: boolean,
  conndeadl: number,
): Promise<C> {
  client[kConnector].plan = plan
  if (validate.boolean('connect', connect)) await client.connect(conndeadl, { signal })
  return client
}
