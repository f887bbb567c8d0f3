// Since TypeScript 6 nothing is there that a project does not ask for: these types are made of those of Node.
/// <reference types="node" preserve="true" />

/**
 * Asynchronous sockets: every method that may have to wait returns a Promise.
 *
 * @module berkeley
 */

export { type HttpServeOptions, serveHttp } from './adapters/http-server.js'
export type { BoundSocket } from './adapters/node-handle.js'
export { type NodeOptions, type NodeOwned, options } from './adapters/node-options.js'
export type { DuplexOptions, SocketDuplex } from './adapters/node-stream.js'
export type { TlsDuplex } from './adapters/tls-stream.js'
export type { ToNodeOptions } from './adapters/to-node.js'
export type { UnixDuplex } from './adapters/unix-stream.js'
export type { WebOptions, WebStreams } from './adapters/web-streams.js'
export { AddrInfo, type AddrInfoOptions, type Inet6Options, type NameInfo } from './address/addrinfo.js'
export type { CanAddress, NetlinkAddress, PacketAddress } from './address/family-address.js'
export type { InetAddrInfo } from './address/inet.js'
export {
  getifaddrs,
  type Interface,
  type InterfaceAddress,
  type InterfaceName,
  if_indextoname,
  if_nameindex,
  if_nametoindex,
} from './address/interfaces.js'
export type { LookupCallback, LookupFunction, LookupOptions, ResolvedAddress } from './address/resolved.js'
export { gethostname, getprotobyname, getservbyname, getservbyport } from './address/services.js'
export { connect, createConnection, listen } from './connect.js'
export * from './constants/exported.generated.js'
export { isSupported } from './constants/lookup.js'
export type { SocketFacts } from './descriptor/kind.js'
export type { OpenFile } from './descriptor/open-file.js'
export * as dgram from './dgram/index.js'
export type { Operation } from './engine/operation.js'
export * as can from './families/can.js'
export { createSocket } from './families/create.js'
export * as netlink from './families/netlink.js'
export * as packet from './families/packet.js'
export * as raw from './families/raw.js'
export * as vsock from './families/vsock.js'
export * as handover from './handover/index.js'
export { close, shutdown } from './llsocket/create.js'
export type { NetworkNamespace } from './llsocket/open.js'
export { pidfd_getfd, pidfd_open } from './llsocket/pidfd.js'
export type {
  AncillaryInput,
  AncillaryName,
  AncillaryValue,
  ExtendedError,
  PacketAuxData,
  PacketInfo,
  ReceivedPacketInfo,
  Timestamps,
} from './message/ancillary.js'
export type { Batch, Datagram } from './message/batch.js'
export { CmsgHdr } from './message/cmsghdr.js'
export { CMSG_LEN, CMSG_SPACE, CmsgHdrs } from './message/cmsghdrs.js'
export { MsgHdr } from './message/msghdr.js'
export type { OutgoingDatagram } from './message/send-batch.js'
export type { GenericKind, KindValue } from './options/by-number.js'
export type { GroupSources } from './options/group-sources.js'
export type { BpfProgram, BpfRow } from './options/kinds/bpf.js'
export type {
  CanFilter,
  Credentials,
  Fanout,
  FlowLabelOptions,
  Md5Scope,
  MemInfo,
  PacketRollover,
  PacketStatistics,
  PortRange,
  RepairOptions,
  RepairWindow,
  TxTime,
} from './options/kinds/index.js'
export type { TcpInfo } from './options/kinds/tcp-info.js'
export * as proxyProtocol from './proxy-protocol/index.js'
export * as seqpacket from './seqpacket/index.js'
export type { AnyOptions } from './socket/any.js'
export type { BufferedReader, LinesOptions, ReadOptions, UntilOptions } from './socket/buffered-reader.js'
export type { Connecting } from './socket/connector.js'
export { getnameinfo, type NameInfoOptions } from './socket/getnameinfo.js'
export type { Listening } from './socket/listener.js'
export type { SendFdOptions, UnixMethods } from './socket/pass-fd.js'
export type { ServeOptions } from './socket/serve.js'
export type {
  ReceiveOptions,
  RecvIntoOptions,
  RecvOptions,
  SendOptions,
  SignalOptions,
  WaitOptions,
} from './socket/settings.js'
export { type Hook, type ReadinessOptions, Socket } from './socket/socket.js'
export * as unix from './socket/unix-socket.js'
export type { ZerocopyOptions, ZerocopySent } from './socket/zerocopy.js'
export { fromNode } from './stream/from-node.js'
export * as stream from './stream/index.js'
export { type Relayed, type RelayOptions, relay } from './stream/relay.js'
export * as tls from './stream/tls/index.js'
export type { DiagnosticsAddress, DiagnosticsMessages, DiagnosticsSubject } from './support/diagnostics.js'
export { type ErrorContext, IncompleteReadError, SystemError, TimeoutError } from './support/errors.js'
export type { Data } from './support/validate.js'
export * as systemd from './systemd/index.js'
export type { TlsClientOptions, TlsOptions } from './tls/options.js'
