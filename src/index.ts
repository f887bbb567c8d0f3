/**
 * Asynchronous sockets: every verb that may have to wait returns a Promise.
 *
 * @module berkeley
 */

export { AddrInfo, type AddrInfoOptions, type Inet6Options, type NameInfo } from './address.js'
export { type NodeOptions, type NodeOwned, options } from './bridge/node.js'
export * from './constants/exported.js'
export { isSupported } from './constants.js'
export type { SocketFacts } from './descriptor.js'
export * as dgram from './dgram/index.js'
export type { Connecting } from './dialer.js'
export type { SocketDuplex, TlsDuplex, UnixDuplex } from './duplex.js'
export { type ErrorContext, SystemError, TimeoutError } from './errors.js'
export type { Listening } from './listener.js'
export { close, shutdown } from './llsocket/factory.js'
export type { InetAddrInfo } from './lookup.js'
export type {
  AncillaryName,
  AncillaryValue,
  ExtendedError,
  PacketInfo,
  Timestamps,
} from './message/ancillary.js'
export type { Batch, Datagram } from './message/batch.js'
export { CmsgHdr } from './message/cmsghdr.js'
export { CMSG_LEN, CMSG_SPACE, CmsgHdrs } from './message/cmsghdrs.js'
export { MsgHdr } from './message/msghdr.js'
export type { OutgoingDatagram } from './message/outgoing.js'
export { connect, listen } from './open.js'
export type { Operation } from './operation.js'
export type { GenericKind, KindValue } from './options/generic.js'
export type {
  Credentials,
  Md5Scope,
  MemInfo,
  PortRange,
  RepairOptions,
  RepairWindow,
  TxTime,
} from './options/kinds.js'
export type { TcpInfo } from './options/tcp-info.js'
export * as seqpacket from './seqpacket/index.js'
export { type Hook, Socket, type WaitOptions } from './socket.js'
export * as stream from './stream/index.js'
export * as tls from './tls.js'
export type { TlsClientOptions, TlsOptions } from './tlscfg.js'
export type { UnixMethods } from './unix/rights.js'
export type { Data } from './validate.js'
export type { WebStreams } from './web.js'
