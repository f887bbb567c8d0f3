import { canOptions } from './can.js'
import { ipOptions } from './ip.js'
import { ipv6Options } from './ipv6.js'
import { multicastOptions } from './multicast.js'
import { netlinkOptions } from './netlink.js'
import type { OptionTable } from './option.js'
import { packetOptions } from './packet.js'
import { socketOptions, timeoutOptions } from './socket.js'
import { tcpOptions } from './tcp.js'
import { udpOptions } from './udp.js'
import { unixOptions } from './unix.js'
import { vsockOptions } from './vsock.js'

export {
  canOptions,
  ipOptions,
  ipv6Options,
  multicastOptions,
  netlinkOptions,
  packetOptions,
  socketOptions,
  tcpOptions,
  timeoutOptions,
  udpOptions,
  unixOptions,
  vsockOptions,
}

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
  packet: packetOptions,
  netlink: netlinkOptions,
  vsock: vsockOptions,
  can: canOptions,
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
  packetOptions,
  netlinkOptions,
  vsockOptions,
  canOptions,
]
