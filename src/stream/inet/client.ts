import { sys } from '../../constants.js'
import { budget } from '../../deadline.js'
import { systemError } from '../../errors.js'
import type { WaitOptions } from '../../socket.js'
import * as validate from '../../validate.js'
import { Dialer } from '../connect.js'
import { type InetAddress, lookup, optional } from './lookup.js'
import { InetStreamSocket } from './socket.js'

/** Where to connect to: the loopback address without a host. */
export interface InetClientOptions extends InetAddress, WaitOptions {
  /** Number, or service name of services(5). */
  port: number | string
  /** Whether small segments are sent at once; true by default. */
  tcpnodelay?: boolean
}

/**
 * A TCP client.
 *
 * @example
 * const client = await stream.inet.Client.create({ host: 'localhost', port: 8080 })
 * await client.send('hello')
 */
export class InetStreamClient extends InetStreamSocket {
  #options: InetClientOptions | undefined
  readonly #dialer = new Dialer()

  /**
   * Makes a client, and connects it unless `connect` is false.
   * @param conndeadl - budget of lookup and connection in milliseconds, 0 for none.
   * @throws as {@link InetStreamClient.connect}.
   */
  static async create<C extends InetStreamClient>(
    this: new () => C,
    options: InetClientOptions,
    connect = true,
    conndeadl = 0,
  ): Promise<C> {
    validate.object('options', options)
    optional(options, 'tcpnodelay', true)
    const client = new this()
    client.#options = { ...options }
    if (validate.boolean('connect', connect)) await client.connect(conndeadl)
    return client
  }

  /**
   * Connects to the first address that answers, in the order of the lookup. On a connected client the old connection is
   * replaced only when the new one stands.
   * @param conndeadl - budget of lookup and connection in milliseconds, 0 for none.
   * @throws SystemError: `EAI_*` of the lookup, ECONNREFUSED, … of connect(2); with several addresses `errors` has one for each;
   *   {@link TimeoutError} when the budget is used up.
   */
  async connect(conndeadl = 0): Promise<void> {
    const milliseconds = budget('conndeadl', conndeadl)
    const options = this.#options
    if (options === undefined) throw systemError(sys.EDESTADDRREQ, 'connect')
    const { fd, facts } = await this.#dialer.connect(milliseconds, () => lookup(options, 0), options)
    await this.replace(fd, facts)
    if (optional(options, 'tcpnodelay', true)) this.tcpnodelay(true)
  }

  /** Ends an attempt to connect. */
  protected override closing(): void {
    this.#dialer.cancel()
  }
}
