import { type Dial, withDialer } from '../../dialer.js'
import { type InetAddress, optional } from '../../lookup.js'
import type { WaitOptions } from '../../socket.js'
import { getaddrinfoin } from './lookup.js'
import { InetStreamSocket } from './socket.js'

/** Where to connect to: the loopback address without a host. */
export interface InetClientOptions extends InetAddress, WaitOptions {
  /** Number, or service name of services(5). */
  port: number | string
  /** Whether small segments are sent at once; true by default. */
  tcpnodelay?: boolean
}

const dial: Dial<InetClientOptions> = {
  check: (options) => optional(options, 'tcpnodelay', true),
  lookup: getaddrinfoin,
  ready(socket, options) {
    if (optional(options, 'tcpnodelay', true)) (socket as InetStreamSocket).tcpnodelay(true)
  },
}

/**
 * A TCP client.
 *
 * @example
 * const client = await stream.inet.Client.create({ host: 'localhost', port: 8080 })
 * await client.send('hello')
 */
export class InetStreamClient extends withDialer(InetStreamSocket, dial) {}
