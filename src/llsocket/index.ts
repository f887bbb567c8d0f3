// Since TypeScript 6 nothing is there that a project does not ask for: these types are made of those of Node.
/// <reference types="node" preserve="true" />

/**
 * The system calls of sockets, one method each, here and now: nothing in this module waits unless a blocking socket does.
 *
 * @module berkeley/llsocket
 */
export { AddrInfo, type AddrInfoOptions, type Inet6Options, type NameInfo } from '../address/addrinfo.js'
export type { CanAddress, NetlinkAddress, PacketAddress } from '../address/family-address.js'
export * as device from '../address/interfaces.js'
export { env } from '../constants/env.js'
export * from '../constants/exported.generated.js'
export { isSupported } from '../constants/lookup.js'
export type {
  AncillaryInput,
  AncillaryName,
  AncillaryValue,
  ExtendedError,
  PacketAuxData,
  PacketInfo,
  ReceivedPacketInfo,
  Timestamps,
} from '../message/ancillary.js'
export { CmsgHdr } from '../message/cmsghdr.js'
export { CMSG_LEN, CMSG_SPACE, CmsgHdrs } from '../message/cmsghdrs.js'
export { MsgHdr } from '../message/msghdr.js'
export type { GenericKind, KindValue } from '../options/by-number.js'
export type { GroupSources } from '../options/group-sources.js'
export type { BpfProgram, BpfRow } from '../options/kinds/bpf.js'
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
} from '../options/kinds/index.js'
export type { TcpInfo } from '../options/kinds/tcp-info.js'
export { type ErrorContext, SystemError } from '../support/errors.js'
export type { Data } from '../support/validate.js'
export { AGAIN, type Again } from './again.js'
export * as socket from './create.js'
export * as inet from './inet.js'
export type { NetworkNamespace } from './open.js'
export { pidfd_getfd, pidfd_open } from './pidfd.js'
export { Socket } from './socket.js'
export * as unix from './unix.js'
