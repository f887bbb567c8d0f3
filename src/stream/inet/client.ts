import { checkAddress, INET_ADDRESS, type InetAddress, optional } from '../../address/inet.js'
import { IPPROTO_TCP, SOCK_STREAM, TCP_NODELAY } from '../../constants/exported.generated.js'
import { type Dial, withDialer } from '../../socket/dialer.js'
import type { PrepareOptions } from '../../socket/prepare.js'
import type { WaitOptions } from '../../socket/socket.js'
import * as validate from '../../support/validate.js'
import { type TlsClientOptions, tlsClientOptions } from '../../tls/options.js'
import { getaddrinfoin } from './lookup.js'
import { InetStreamSocket } from './socket.js'

/** Where to connect to: the loopback address without a host. */
export interface InetClientOptions extends InetAddress, PrepareOptions, WaitOptions, TlsClientOptions {
  /** Number from 1, or service name of services(5). */
  port: number | string
  /** Whether small segments are sent at once; true by default. */
  tcpnodelay?: boolean | undefined
}

const KNOWN = [...INET_ADDRESS, 'tcpnodelay', 'prepare', 'signal', ...tlsClientOptions(SOCK_STREAM)]

const dial: Dial<InetClientOptions> = {
  checked(options) {
    const given = validate.options('options', options, KNOWN) as InetClientOptions
    checkAddress(given)
    optional(given, 'tcpnodelay', true)
    const { port } = given
    // A service name is the resolver's to judge.
    if (port === undefined || port === null)
      throw validate.invalidType('options.port', 'of type number or string', port)
    if (Number(port) === 0) throw validate.outOfRange('options.port', 'a port from 1 to 65535', port)
    return given
  },
  lookup: getaddrinfoin,
  host: ({ host }) => host ?? 'localhost',
  ready(sock, options) {
    // Not by the option's method, which reads back what it has set.
    if (optional(options, 'tcpnodelay', true)) sock.setsockopt(IPPROTO_TCP, TCP_NODELAY, true)
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
