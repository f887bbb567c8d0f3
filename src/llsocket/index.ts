/**
 * The system calls of sockets, one method each, here and now: nothing in this module waits unless a blocking socket does.
 *
 * @module berkeley/llsocket
 */
import { getifaddrs } from '../device.js'
import { env } from '../env.js'
import * as factory from './factory.js'
import * as inet from './inet.js'
import * as unix from './unix.js'

export { AddrInfo, type AddrInfoOptions, type Inet6Options, type NameInfo } from '../address.js'
export * from '../constants/exported.js'
export { isSupported } from '../constants.js'
export type { Interface, InterfaceAddress } from '../device.js'
export { type ErrorContext, SystemError } from '../errors.js'
export { CmsgHdr } from '../message/cmsghdr.js'
export { CMSG_LEN, CMSG_SPACE, CmsgHdrs } from '../message/cmsghdrs.js'
export { MsgHdr } from '../message/msghdr.js'
export type { GenericKind, KindValue } from '../options/generic.js'
export type { Credentials, TxTime } from '../options/kinds.js'
export type { TcpInfo } from '../options/tcp-info.js'
export type { Data } from '../validate.js'
export { AGAIN, type Again } from './again.js'
export { Socket } from './socket.js'
export { env, inet, unix }

/** Making sockets, and what is done with bare descriptors. */
export const socket = {
  create: factory.create,
  pair: factory.pair,
  wrap: factory.wrap,
  close: factory.close,
  shutdown: factory.shutdown,
}

/** Network interfaces. */
export const device = { getifaddrs }
