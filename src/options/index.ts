import { ipOptions } from './ip.js'
import { ipv6Options } from './ipv6.js'
import { multicastOptions } from './multicast.js'
import { socketOptions, timeoutOptions } from './socket.js'
import { tcpOptions } from './tcp.js'
import { udpOptions } from './udp.js'
import { unixOptions } from './unix.js'

export { ipOptions, ipv6Options, multicastOptions, socketOptions, tcpOptions, timeoutOptions, udpOptions, unixOptions }

/** Every row there is, by table: what the documentation and the table test walk over. */
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
