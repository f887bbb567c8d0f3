import { loadSockets } from './load.js'
import { protect } from './memory.js'
import { hasLibuv } from './runtime.js'

/**
 * The addon, function by function. Each system call returns a count or `-errno`; what it returns beside that is in
 * `registers` until the next call. Buffers are given with offset and length where the call moves data through a part.
 *
 * Only this folder knows that the addon exists. Nothing here decides anything: retries, deadlines, defaults and
 * exceptions belong to the layers above.
 */
export interface Native {
  readonly registers: ArrayBuffer
  readonly constants: Readonly<Record<string, number>>
  readonly unsupported: readonly string[]
  readonly limits: { readonly unixpath_max: number; readonly sockaddr_max: number; readonly host_max: number }
  readonly kinds: Readonly<Record<NativeKind, number>>
  readonly tcpInfoFields: readonly string[]
  readonly interfaceFlags: Readonly<Record<string, number>>

  socket(family: number, type: number, protocol: number): number
  /** Registers 0 and 1: the two fds. */
  socketpair(family: number, type: number, protocol: number): number
  bind(fd: number, sockaddr: Uint8Array): number
  connect(fd: number, sockaddr: Uint8Array): number
  /** Sets `O_NONBLOCK` first, if it is not set. */
  connectNonblocking(fd: number, sockaddr: Uint8Array): number
  /** What an attempt to connect has failed by, as `-errno`: once. */
  connectError(fd: number): number
  /** Whether there is a connection: 0; `-ENOTCONN` if not; `-ECONNREFUSED` where both ends are the same socket. */
  connectPeer(fd: number): number
  listen(fd: number, backlog: number): number
  /** Register 0: length of the address. */
  accept4(fd: number, flags: number, sockaddr?: Uint8Array): number
  /** Asks poll(2), and sets `O_NONBLOCK` if it is not set, before it accepts: `-EAGAIN` when there is no connection. */
  acceptNonblocking(fd: number, flags: number): number
  shutdown(fd: number, how: number): number
  close(fd: number): number
  /** Whether close(2) may wait: 1 or 0. */
  lingers(fd: number): number
  /** Switches `SO_LINGER` off first, for everything that shares the socket. */
  closeAtOnce(fd: number): number
  /** On a thread of its own. The number is gone at once, unless the answer is an error. */
  closeOnThread(fd: number): number
  /** As `closeOnThread`; returns a socket over which what close(2) returned comes as a 32-bit integer. */
  closeReporting(fd: number): number
  dup(fd: number): number
  getsockname(fd: number, sockaddr: Uint8Array): number
  getpeername(fd: number, sockaddr: Uint8Array): number
  fcntl(fd: number, command: number, argument: number): number
  sockatmark(fd: number): number
  poll(fd: number, events: number, milliseconds: number): number
  /** Bytes: 0 received and not read (SIOCINQ), 1 sent and not acknowledged (SIOCOUTQ), 2 not sent (SIOCOUTQNSD). */
  queuedBytes(fd: number, which: number): number
  /**
   * In the network namespace of a descriptor, or of a path. Register 0: 1 when it was socket(2) that failed, and not the way to it.
   */
  socketIn(netns: number, path: string | undefined, family: number, type: number, protocol: number): number
  pidfdOpen(pid: number): number
  pidfdGetfd(pidfd: number, fd: number): number

  recv(fd: number, into: Uint8Array, offset: number, length: number, flags: number): number
  /** Register 0: length of the address. */
  recvfrom(fd: number, into: Uint8Array, offset: number, length: number, flags: number, sockaddr: Uint8Array): number
  send(fd: number, from: Uint8Array, offset: number, length: number, flags: number): number
  /** As sendmsg(2), of one byte with a descriptor. */
  sendDescriptor(fd: number, passed: number, flags: number, sockaddr?: Uint8Array): number
  /**
   * As recvmsg(2), of one byte. Registers: 1 length of the control messages, 2 flags, 3 the descriptor where one came whole and nothing
   * else, which nothing here owns; else -1: then the control messages are in `behindRegisters.data`.
   */
  recvDescriptor(fd: number, flags: number): number
  /** As send(2), or as sendto(2) where there is an address, of what is in {@link behindRegisters}. */
  sendShort(fd: number, length: number, flags: number, nameLength: number): number
  sendto(fd: number, from: Uint8Array, offset: number, length: number, flags: number, sockaddr: Uint8Array): number
  sendfile(socket: number, file: number, offset: number, count: number): number
  /** On a thread of the pool, on duplicates of both descriptors; the callback gets what sendfile(2) returned. */
  sendfileAsync(callback: (result: number) => void, socket: number, file: number, offset: number, count: number): number

  sendmsg(
    fd: number,
    from: Uint8Array | Uint8Array[],
    flags: number,
    sockaddr?: Uint8Array,
    control?: Uint8Array,
  ): number
  /** Registers: 0 address length, 1 control length, 2 flags, 3 the descriptor where one came and nothing else, else -1. */
  recvmsg(
    fd: number,
    into: Uint8Array | Uint8Array[],
    flags: number,
    sockaddr?: Uint8Array,
    control?: Uint8Array,
  ): number
  /** How many datagrams came. Their rows in the table, and their shares of the memory: see native/sys/mmsg.c. */
  recvmmsg(
    fd: number,
    flags: number,
    count: number,
    data: Uint8Array,
    names: Uint8Array,
    control: Uint8Array,
    table: Int32Array,
  ): number
  /** Returns the memory that {@link inboxReceive} fills: see `shared_inbox_t` in native/sys/inbox.c. */
  inboxOpen(): ArrayBuffer | number
  /** How many datagrams came, into rows 0 and up of the inbox. */
  inboxReceive(fd: number, flags: number, count: number, room: number): number
  /** As recvfrom(2), into the inbox. */
  inboxReceiveOne(fd: number, flags: number, room: number): number
  /** Copies a datagram of the inbox that is longer than what the shared memory has of it; returns the count of bytes. */
  inboxTake(row: number, into: Uint8Array): number
  /** Copies datagrams that are no longer than that, from rows that follow each other to where each row says. */
  inboxCopy(row: number, rows: number, most: number, into: Uint8Array): number
  /** How many rows were sent. */
  sendmmsg(
    fd: number,
    flags: number,
    from: Uint8Array[],
    rows: Int32Array,
    count: number,
    names: Uint8Array,
    control: Uint8Array,
  ): number
  cmsgLen(bytes: number): number
  cmsgSpace(bytes: number): number
  cmsgPut(control: Uint8Array, offset: number, level: number, type: number, data: Uint8Array): number
  /** Offset of the next one, 0 at the end. Registers: 0 level, 1 type, 2 data offset, 3 data length. */
  cmsgAt(control: Uint8Array, length: number, offset: number): number

  /** The value comes in the registers and the bytes. */
  cmsgDecode(kind: number, data: Uint8Array, bytes?: Uint8Array): number
  /** Numbers go in the registers. Returns the length. */
  cmsgEncode(kind: number, to: Uint8Array, bytes?: Uint8Array): number

  /** The value comes in the registers, or for the kind `bytes` in `bytes`. Returns its length. */
  getsockopt(fd: number, level: number, name: number, kind: number, bytes?: Uint8Array): number
  setsockopt(fd: number, level: number, name: number, kind: number, bytes?: Uint8Array, more?: Uint8Array): number

  /** How many sources a multicast group has, of which those that fit are in `sources`. Register 0: `MCAST_INCLUDE` or `MCAST_EXCLUDE`. */
  groupFilter(fd: number, level: number, name: number, ifindex: number, group: Uint8Array, sources: Uint8Array): number

  inetAddress(host: string, port: number, sockaddr: Uint8Array): number
  inet6Address(host: string, port: number, flowinfo: number, scopeid: number, sockaddr: Uint8Array): number
  unixAddress(path: Uint8Array, sockaddr: Uint8Array): number
  vsockAddress(cid: number, port: number, sockaddr: Uint8Array): number
  packetAddress(
    ifindex: number,
    protocol: number,
    hatype: number,
    pkttype: number,
    hardware: Uint8Array,
    sockaddr: Uint8Array,
  ): number
  netlinkAddress(pid: number, groups: number, sockaddr: Uint8Array): number
  canAddress(ifindex: number, rxid: number, txid: number, sockaddr: Uint8Array): number
  /**
   * The family. Registers: 0 port, 1 flowinfo, 2 scope id or interface index, 3 name offset, 4 name length, 5 cid; 6 and 7 hatype and pkttype,
   * pid and groups, or rx_id and tx_id; 8 whether there are enough bytes for an address of the family.
   */
  addressParts(sockaddr: Uint8Array): number
  addressText(sockaddr: Uint8Array): string | undefined

  /** A list, or an `EAI_*` code (with errno in register 0 for `EAI_SYSTEM`). */
  getaddrinfo(
    host: string | undefined,
    service: string | undefined,
    family: number,
    socktype: number,
    protocol: number,
    flags: number,
  ): ResolvedAddress[] | number
  getnameinfo(sockaddr: Uint8Array, flags: number): NamePair | number
  getaddrinfoAsync(
    callback: (answer: ResolvedAddress[] | number) => void,
    host: string | undefined,
    service: string | undefined,
    family: number,
    socktype: number,
    protocol: number,
    flags: number,
  ): number
  /** Addresses of IPv4 and IPv6 only; others are -EINVAL. */
  getnameinfoAsync(callback: (answer: NamePair | number) => void, sockaddr: Uint8Array, flags: number): number
  gaiError(code: number): string
  strerror(errno: number): string

  /** From now on lookups and work go to threads of the runtime's own, and nothing touches libuv. */
  withoutLibuv(): number

  /** Descriptors that are owned here when the environment ends are closed then. From now on. */
  ledgerKeep(): number
  /** Owns a descriptor that comes from elsewhere: `-EBUSY` when an object of any thread owns it. */
  ledgerClaim(fd: number): number
  /** A descriptor that is given away is not owned any more. */
  ledgerRemove(fd: number): number
  /** The owner of a descriptor: 0 for none, also when something else has its number by now; 1 this thread; 2 another one. */
  ledgerAsk(fd: number): number

  getifaddrs(): InterfaceRow[] | number
  ifNameToIndex(name: string): number
  ifIndexToName(index: number): string | number
  /** Indices and names in turn. */
  ifNameIndex(): (number | string)[] | number
  ifMtu(name: string): number
  servicePort(name: string, protocol?: string): number
  serviceName(port: number, protocol?: string): string | number
  protocolNumber(name: string): number
  hostName(): string | number

  /** Sends what was written to the shared memory; how many of the first writes are to be looked at, because one has not left whole. */
  reactorFlush(): number
  /** Calls a function outside of every asynchronous context, so that nothing it makes keeps the store of an AsyncLocalStorage. */
  callOutside(act: () => void): void
  /**
   * Returns the shared memory: see `shared_state_t` in native/sys/reactor.c.
   * @param callback - gets the count of events of a batch, or that of writes to look at as a negative number.
   * @param onThread - 1: a thread waits, and not the event loop of libuv.
   */
  reactorOpen(callback: (count: number) => void, onThread: number): ArrayBuffer | number
  reactorHold(held: number): number
  /** Lets the event loop watch a socket for itself; none, if `fd` is negative. 0, or `-errno`. */
  reactorAlone(fd: number, slot: number, generation: number): number
  /**
   * Readiness by libuv alone. Returns shared memory, as 32-bit integers: for each report the id of an entry, negative when it was removed
   * since, and its state as `POLL*`.
   * @param callback - gets how many reports there are.
   */
  watchOpen(callback: (count: number) => void): ArrayBuffer | number
  watchHold(held: number): number
  /** The id must be free. `events` are `POLL*`. */
  watchAdd(id: number, fd: number, events: number): number
  /** What to poll for from now on. `-EBADF` when other code has closed the descriptor. */
  watchSet(id: number, events: number): number
  /** Its id is free then. */
  watchRemove(id: number): number
  epollCtl(operation: number, fd: number, events: number, slot: number, generation: number): number
}

/** Value kinds of socket options that C knows the layout of. */
export type NativeKind =
  | 'u16'
  | 'timeval_ns'
  | 'timespec'
  | 'timestamping'
  | 'pktinfo'
  | 'pktinfo6_cmsg'
  | 'extended_error'
  | 'bytes'
  | 'int'
  | 'u32'
  | 'net32'
  | 'u64'
  | 'timeval'
  | 'linger'
  | 'ucred'
  | 'txtime'
  | 'in_addr'
  | 'mreqn'
  | 'group'
  | 'group_source'
  | 'pktinfo6'
  | 'filter'
  | 'tcp_info'
  | 'group_filter'
  | 'mreq6'
  | 'mtuinfo6'
  | 'md5sig'
  | 'repair_options'
  | 'repair_window'
  | 'flow_label'
  | 'packet_mreq'
  | 'packet_stats'
  | 'packet_rollover'
  | 'packet_auxdata'

export type ResolvedAddress = [
  family: number,
  socktype: number,
  protocol: number,
  sockaddr: Buffer,
  canonname: string | undefined,
]

export type NamePair = [host: string, service: string]

export type InterfaceRow = [
  name: string,
  flags: number,
  address: Buffer | undefined,
  netmask: Buffer | undefined,
  broadcastOrPeer: Buffer | undefined,
]

export const native = loadSockets() as Native

if (!hasLibuv()) native.withoutLibuv()

/** How many registers there are: see native/env.h. */
const REGISTERS = 80

/**
 * What a call returned beside its count. Read it before the next native call. The addon keeps a pointer to this memory, as to
 * the memory that `reactorOpen` shares: neither can be detached.
 */
export const registers: Float64Array = new Float64Array(protect(native.registers), 0, REGISTERS)

/** The same memory, for 64-bit values that a double would round. */
export const registers64: BigUint64Array = new BigUint64Array(native.registers, 0, REGISTERS)

const BEHIND_NAME = 1024
const BEHIND_DATA = BEHIND_NAME + native.limits.sockaddr_max
const BEHIND_MOST = 2048

/** What is behind the registers, see native/env.h: memory that is no argument of a call. */
export const behindRegisters: { readonly name: Buffer; readonly data: Buffer } = {
  name: Buffer.from(native.registers, BEHIND_NAME, BEHIND_DATA - BEHIND_NAME),
  data: Buffer.from(native.registers, BEHIND_DATA, BEHIND_MOST),
}
