import { sys } from '../../constants.js'
import { budget } from '../../deadline.js'
import { systemError } from '../../errors.js'
import type { WaitOptions } from '../../socket.js'
import * as validate from '../../validate.js'
import { Dialer } from '../connect.js'
import { addressOf, type UnixAddress } from './address.js'
import { UnixStreamSocket } from './socket.js'

/** Where to connect to, and who may end the attempt. */
export interface UnixClientOptions extends UnixAddress, WaitOptions {}

/** A unix stream client. */
export class UnixStreamClient extends UnixStreamSocket {
  #options: UnixClientOptions | undefined
  readonly #dialer = new Dialer()

  /**
   * Makes a client, and connects it unless `connect` is false.
   * @param conndeadl - budget of the connection in milliseconds, 0 for none.
   * @throws as {@link UnixStreamClient.connect}.
   */
  static async create<C extends UnixStreamClient>(
    this: new () => C,
    options: UnixClientOptions,
    connect = true,
    conndeadl = 0,
  ): Promise<C> {
    addressOf(options)
    const client = new this()
    client.#options = { ...options }
    if (validate.boolean('connect', connect)) await client.connect(conndeadl)
    return client
  }

  /**
   * Connects. While the backlog of the server is full it tries again with growing pauses, because unix sockets say EAGAIN
   * then, and never when there is room. On a connected client the old connection is replaced only when the new one stands.
   * @param conndeadl - budget in milliseconds, 0 for none.
   * @throws ENOENT or ECONNREFUSED when nobody listens there, … of connect(2); {@link TimeoutError}.
   */
  async connect(conndeadl = 0): Promise<void> {
    const milliseconds = budget('conndeadl', conndeadl)
    const options = this.#options
    if (options === undefined) throw systemError(sys.EDESTADDRREQ, 'connect')
    const { fd, facts } = await this.#dialer.connect(milliseconds, async () => [addressOf(options)], options)
    await this.replace(fd, facts)
  }

  /** Ends an attempt to connect. */
  protected override closing(): void {
    this.#dialer.cancel()
  }
}
