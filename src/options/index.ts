import { ipOptions } from './ip.js'
import { ipv6Options } from './ipv6.js'
import { multicastOptions } from './multicast.js'
import type { OptionTable } from './option.js'
import { socketOptions, timeoutOptions } from './socket.js'
import { tcpOptions } from './tcp.js'
import { udpOptions } from './udp.js'
import { unixOptions } from './unix.js'

export { ipOptions, ipv6Options, multicastOptions, socketOptions, tcpOptions, timeoutOptions, udpOptions, unixOptions }

/** Every table by name, for the documentation and the tests that walk over all rows. */
export const optionTables = {
  socket: socketOptions,
  timeout: timeoutOptions,
  tcp: tcpOptions,
  udp: udpOptions,
  ip: ipOptions,
  ipv6: ipv6Options,
  multicast: multicastOptions,
  unix: unixOptions,
}

/** The tables for a class of sockets of every kind. Without the timeouts, which only blocking calls obey. */
export const allOptions: readonly OptionTable[] = [
  socketOptions,
  tcpOptions,
  udpOptions,
  ipOptions,
  ipv6Options,
  multicastOptions,
  unixOptions,
]
