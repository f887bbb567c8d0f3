import { type AddrInfo, addressArgument, addressFrom } from '../address/addrinfo.js'
import {
  AF_UNSPEC,
  MSG_TRUNC,
  SHUT_RD,
  SHUT_RDWR,
  SHUT_WR,
  SOCK_NONBLOCK,
  SOMAXCONN,
} from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { closeFd } from '../descriptor/close-fd.js'
import { Descriptor, setNonblock, takeError } from '../descriptor/descriptor.js'
import { Handle, kHandle } from '../descriptor/handle.js'
import { type SocketFacts, SocketKind } from '../descriptor/kind.js'
import { descriptorOf, type OpenFile } from '../descriptor/open-file.js'
import { CLOSED, claim, OwnedFd, untrack } from '../descriptor/owned-fd.js'
import { lookAhead, peekFlags, refuseJoined } from '../descriptor/receiving.js'
import { incoming, messageHeader, outgoing, receiveMessage, sendMessage } from '../message/io.js'
import type { MsgHdr } from '../message/msghdr.js'
import { receiveDescriptor, sendDescriptor } from '../message/rights.js'
import { checkRights, isMessageEof, requireRightsSupport, rightsContext, takeData } from '../message/rules.js'
import { native, registers } from '../native/sockets.js'
import { type GroupSources, groupSources } from '../options/group-sources.js'
import {
  allOptions,
  type canOptions,
  type ipOptions,
  type ipv6Options,
  type multicastOptions,
  type netlinkOptions,
  type packetOptions,
  type socketOptions,
  type tcpOptions,
  timeoutOptions,
  type udpOptions,
  type unixOptions,
  type vsockOptions,
} from '../options/index.js'
import { defineOptions, type OptionMethods } from '../options/option.js'
import { acceptContext, check, type ErrorContext, fdContext, givenFdContext, systemError } from '../support/errors.js'
import { now } from '../support/globals.js'
import { scratchFor, untruncated } from '../support/receive-buffer.js'
import { send, sendto } from '../support/send.js'
import * as validate from '../support/validate.js'
import { AGAIN, type Again, attempt } from './again.js'

const DEFAULT_BUFSIZE = 65536
const POLL_FOREVER = -1

/** Where the kernel puts the address of a sender. */
const senderName = Buffer.alloc(native.limits.sockaddr_max)

/**
 * A socket whose methods are system calls: each makes one, here and now. A method that would have to wait returns
 * {@link AGAIN} on a non-blocking socket, and blocks the thread on a blocking one.
 *
 * Every failure is a {@link SystemError}; a wrong argument is a TypeError or RangeError with Node's codes; a closed socket
 * answers EBADF without asking the kernel.
 *
 * @example
 * const [a, b] = llsocket.socket.pair(SOCK_STREAM)
 * a.send('hello')
 * b.recv()          // <Buffer 68 65 6c 6c 6f>
 * a.close()
 * b.recv()          // null: closed by the peer
 */
export class Socket extends Descriptor {
  #ai: AddrInfo | undefined

  /**
   * Takes over a descriptor. {@link wrap} checks one that comes from elsewhere.
   * @internal
   */
  constructor(fd: number | Handle, facts?: SocketFacts, ai?: AddrInfo) {
    super(fd instanceof Handle ? fd : handleOf(fd, facts))
    this.#ai = ai
  }

  #use(syscall: string): number {
    return this[kHandle].fd.use(syscall)
  }

  /** One system call: its count or AGAIN; throws for a failure. */
  #call(syscall: string, call: (fd: number) => number, context?: (errno: number) => ErrorContext): number | Again {
    const fd = this.#use(syscall)
    const result = attempt(fd, call)
    if (result === AGAIN || result >= 0) return result
    // EBADF of the kernel says that other code has closed the number.
    return check(result, syscall, (errno) => ({ ...givenFdContext(fd, errno), ...context?.(errno) }))
  }

  /** As {@link #call}, for a receive that cannot tell joined datagrams apart. */
  #receive(syscall: string, flags: number, call: (fd: number, flags: number) => number): number | Again {
    refuseJoined(this[kHandle], this.#use(syscall), syscall)
    return this.#call(syscall, (fd) => call(fd, peekFlags(fd, flags)))
  }

  /** Owns another descriptor of a socket of the same kind. */
  #sibling(fd: number): Handle {
    return new Handle(new OwnedFd(fd, 'Socket'), this[kHandle].kind)
  }

  #addressFor(syscall: string, ai: AddrInfo | undefined): AddrInfo {
    const address = ai === undefined ? this.#ai : ai
    if (address === undefined) throw systemError(sys.EDESTADDRREQ, syscall)
    return addressArgument('ai', address)
  }

  /**
   * Returns another descriptor of the same open socket: its state, its data and `O_NONBLOCK` are shared. See dup(2).
   * @param ai - the address that `bind` and `connect` of the new one use when they are given none.
   */
  dup(ai?: AddrInfo): Socket {
    if (ai !== undefined) addressArgument('ai', ai)
    return new Socket(this.#sibling(check(native.dup(this.#use('dup')), 'dup')), undefined, ai ?? this.#ai)
  }

  /**
   * Binds the socket to an address; without one to that of its creation. See bind(2).
   * @param ai - the address; that of the creation by default.
   * @throws EADDRINUSE, EADDRNOTAVAIL, EACCES, …; EINVAL when it is bound already.
   */
  bind(ai?: AddrInfo): void {
    this.#use('bind')
    const address = this.#addressFor('bind', ai)
    const { sockaddr } = address
    this[kHandle].kind.requireFamily(address, 'bind')
    check(native.bind(this.#use('bind'), sockaddr), 'bind', () => address.context())
  }

  /**
   * Connects to an address; without one to that of its creation. See connect(2).
   * @param ai - the address; that of the creation by default.
   * @returns AGAIN when the connection is under way (and on unix sockets when the backlog of the listener is full): wait with
   *   `sendable()`, then read `error()`.
   * @throws ECONNREFUSED, ENETUNREACH, ENOENT, …
   */
  connect(ai?: AddrInfo): Again | undefined {
    const address = this.#addressFor('connect', ai)
    const { sockaddr } = address
    if (address.family !== AF_UNSPEC) this[kHandle].kind.requireFamily(address, 'connect')
    const done = this.#call(
      'connect',
      (fd) => native.connect(fd, sockaddr),
      () => address.context(),
    )
    return done === AGAIN ? AGAIN : undefined
  }

  /**
   * Shuts down one direction or both (`SHUT_RD`, `SHUT_WR`, `SHUT_RDWR`), for every descriptor of this socket. See shutdown(2).
   * @param how - `SHUT_RD`, `SHUT_WR` or `SHUT_RDWR`, the default.
   * @throws ENOTCONN when the socket is not connected.
   */
  shutdown(how: number = SHUT_RDWR): void {
    const direction = shutdownHow('how', how)
    check(native.shutdown(this.#use('shutdown'), direction), 'shutdown')
  }

  /**
   * Closes the descriptor, after shutting down what `how` says. A second close does nothing. With `linger()` set it waits, as close(2)
   * does, also on a non-blocking socket.
   * @param how - what to shut down before, `SHUT_*`; nothing by default.
   * @throws when `how` is wrong, or what shutdown(2) or close(2) reported; the descriptor is closed in any case.
   */
  close(how?: number): void {
    let shut: number | undefined
    try {
      if (how !== undefined) shut = shutdownHow('how', how)
    } finally {
      const fd = this[kHandle].fd.takeForClose()
      if (fd !== CLOSED) closeAfterShutdown(fd, shut)
    }
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /**
   * Gives the descriptor to the caller, who closes it from now on; this object is closed.
   * @returns its number.
   * @throws EBADF when it was closed before, also by other code.
   */
  unwrap(): number {
    this.#use('unwrap')
    return this[kHandle].fd.detach('unwrap')
  }

  /**
   * Listens for connections. The kernel caps the backlog at net.core.somaxconn. See listen(2).
   * @param backlog - the most connections that may wait to be accepted, `SOMAXCONN` by default; the kernel caps it at net.core.somaxconn.
   * @throws EADDRINUSE when another socket listens there; EOPNOTSUPP for sockets without connections.
   */
  listen(backlog: number = SOMAXCONN): void {
    const most = validate.integer('backlog', backlog)
    check(native.listen(this.#use('listen'), most), 'listen')
  }

  /**
   * Accepts a connection; it is non-blocking when this socket is. See accept(2).
   * @returns the socket of the connection; AGAIN when there is none, on a non-blocking socket.
   * @throws EMFILE, ECONNABORTED, …; EINVAL when this socket does not listen.
   */
  accept(): Socket | Again {
    const fd = this.#accept()
    return fd === AGAIN ? AGAIN : new Socket(this.#sibling(fd))
  }

  /**
   * Accepts a connection, and returns its bare descriptor, which belongs to the caller. Otherwise as {@link Socket.accept}.
   * @returns the number; AGAIN when there is no connection, on a non-blocking socket.
   */
  acceptfd(): number | Again {
    const fd = this.#accept()
    if (fd !== AGAIN) untrack(fd)
    return fd
  }

  #accept(): number | Again {
    const flags = this.isnonblock() ? SOCK_NONBLOCK : 0
    const result = attempt(this.#use('accept'), (fd) => native.accept4(fd, flags))
    return result === AGAIN || result === -sys.ECONNABORTED ? AGAIN : check(result, 'accept', acceptContext)
  }

  /**
   * Sends data by one call, and returns how many bytes the kernel took, which may be fewer than there are. See send(2).
   * @param msg - the data; a string is sent as UTF-8.
   * @param flags - `MSG_*` flags.
   * @returns the count; AGAIN when there is no room, on a non-blocking socket.
   * @throws EPIPE or ECONNRESET when the peer has closed; no signal is raised.
   */
  send(msg: validate.Data, ...flags: number[]): number | Again {
    const data = validate.bytes('msg', msg)
    const bits = validate.flags('flags', flags)
    return this.#call('send', (fd) => send(fd, data, 0, data.length, bits))
  }

  /**
   * Sends data to an address. See sendto(2), {@link Socket.send}.
   * @param msg - the data; a string is sent as UTF-8.
   * @param ai - the destination.
   * @param flags - `MSG_*` flags.
   * @returns the count; AGAIN when there is no room, on a non-blocking socket.
   * @throws EMSGSIZE for a datagram that is too long; ECONNREFUSED, ENETUNREACH, …
   */
  sendto(msg: validate.Data, ai: AddrInfo, ...flags: number[]): number | Again {
    const data = validate.bytes('msg', msg)
    const { sockaddr } = addressArgument('ai', ai)
    this[kHandle].kind.requireFamily(ai, 'sendto')
    const bits = validate.flags('flags', flags)
    return this.#call(
      'sendto',
      (fd) => sendto(fd, data, data.length, bits, sockaddr),
      () => ai.context(),
    )
  }

  /**
   * Sends several pieces of data as one, without joining them. See writev(2).
   * @param data - the pieces; a string is sent as UTF-8.
   * @param flags - `MSG_*` flags.
   * @returns the count of bytes; AGAIN when there is no room, on a non-blocking socket.
   * @throws ENOBUFS for more than `IOV_MAX` pieces; otherwise as {@link Socket.send}.
   */
  writev(data: readonly validate.Data[], ...flags: number[]): number | Again {
    const pieces = validate.list('data', data, (piece, i) => validate.bytes(`data[${i}]`, piece))
    const bits = validate.flags('flags', flags)
    return this.#call('writev', (fd) => native.sendmsg(fd, pieces, bits))
  }

  /**
   * Sends a message with its address and control messages. See sendmsg(2). The message stays as it is.
   * @param msg - the message.
   * @param flags - `MSG_*` flags.
   * @returns the count of bytes; AGAIN when there is no room, on a non-blocking socket.
   * @throws as {@link Socket.send}, {@link Socket.sendto}.
   */
  sendmsg(msg: MsgHdr, ...flags: number[]): number | Again {
    const header = messageHeader(msg)
    const bits = validate.flags('flags', flags)
    checkRights(this[kHandle], header)
    const message = outgoing(header)
    return this.#call(
      'sendmsg',
      (fd) => sendMessage(fd, message, bits),
      (errno) => ({ ...header.name()?.context(), ...rightsContext(header, errno) }),
    )
  }

  /**
   * Sends a part of an open file, without copying it through this process. The file's own position does not move. See sendfile(2).
   * @param fd - descriptor or `FileHandle` of a file that can be mapped into memory.
   * @param bytes - the most bytes to send.
   * @param offset - where in the file to begin, in bytes; 0 by default.
   * @returns how many were sent: fewer when the socket is full, 0 at the end of the file; AGAIN when there is no room, on a non-blocking
   *   socket.
   * @throws EPIPE or ECONNRESET when the peer has closed; EINVAL or ESPIPE when it is not such a file.
   */
  sendfile(fd: OpenFile, bytes: number, offset = 0): number | Again {
    const file = descriptorOf('fd', fd, 'sendfile')
    const count = validate.integer('bytes', bytes, 1, Number.MAX_SAFE_INTEGER)
    const from = validate.integer('offset', offset, 0, Number.MAX_SAFE_INTEGER)
    return this.#call(
      'sendfile',
      (socket) => native.sendfile(socket, file, from, count),
      (errno) => givenFdContext(file, errno),
    )
  }

  /**
   * Receives data by one call, and waits for it on a blocking socket.
   * @param bufsize - the most bytes to receive, 64 KiB by default.
   * @param flags - `MSG_*` flags.
   * @returns the data; `null` when the peer of a stream or seqpacket has closed; an empty Buffer is an empty datagram; AGAIN when there
   *   is nothing, on a non-blocking socket.
   * @throws EMSGSIZE when a message was longer than `bufsize` and was cut (`bytes` says how long it was), unless `MSG_TRUNC` is among the
   *   flags, which asks for the part that fits. See recv(2).
   */
  recv(bufsize: number = DEFAULT_BUFSIZE, ...flags: number[]): Buffer | null | Again {
    const room = validate.integer('bufsize', bufsize, 1)
    const bits = validate.flags('flags', flags)
    const sysFlags = this[kHandle].kind.bufferFlags(bits)
    const count = this.#receive('recv', sysFlags, (fd, flags) => native.recv(fd, scratchFor(room), 0, room, flags))
    return count === AGAIN ? AGAIN : takeData(this[kHandle], 'recv', count, room, bits)
  }

  /**
   * Receives into memory of the caller. With `MSG_PEEK | MSG_TRUNC` the memory may be empty, to ask how long the next message is.
   * @param buffer - the memory, which is filled from its beginning.
   * @param flags - `MSG_*` flags.
   * @returns the count, 0 at the end of a stream; with `MSG_TRUNC` among the flags the length of the message, even where it exceeds the
   *   memory; AGAIN when there is nothing, on a non-blocking socket.
   * @throws EMSGSIZE when a message was cut and `MSG_TRUNC` was not given. See recv(2).
   */
  recvinto(buffer: ArrayBufferView, ...flags: number[]): number | Again {
    const { kind } = this[kHandle]
    const bits = validate.flags('flags', flags)
    const into = kind.room('buffer', buffer, bits)
    const count = this.#receive('recv', kind.recvFlags(bits), (fd, flags) =>
      into.length === 0
        ? lookAhead(this[kHandle], fd, flags | MSG_TRUNC)
        : native.recv(fd, into, 0, into.length, flags),
    )
    return count === AGAIN ? AGAIN : untruncated('recv', count, into.length, bits)
  }

  /**
   * Receives data and the address of its sender, which is `null` where there is none (a stream, an unnamed unix socket). Otherwise as
   * {@link Socket.recv}. See recvfrom(2).
   * @param bufsize - the most bytes to receive, 64 KiB by default.
   * @param flags - `MSG_*` flags.
   * @returns the data and the address; `null` when the peer of a stream or seqpacket has closed; AGAIN when there is nothing, on a
   *   non-blocking socket.
   */
  recvfrom(bufsize: number = DEFAULT_BUFSIZE, ...flags: number[]): [data: Buffer, ai: AddrInfo | null] | null | Again {
    const room = validate.integer('bufsize', bufsize, 1)
    const bits = validate.flags('flags', flags)
    const sysFlags = this[kHandle].kind.bufferFlags(bits)
    const read = (fd: number, flags: number): number =>
      native.recvfrom(fd, scratchFor(room), 0, room, flags, senderName)
    const count = this.#receive('recvfrom', sysFlags, read)
    if (count === AGAIN) return AGAIN
    const sender = addressFrom(senderName, registers[0] as number)
    const data = takeData(this[kHandle], 'recvfrom', count, room, bits)
    return data === null ? null : [data, sender]
  }

  /**
   * Receives into several pieces of memory, one after the other. See readv(2).
   * @param buffers - the pieces of memory, which are filled one after the other.
   * @param flags - `MSG_*` flags.
   * @returns the count, 0 at the end of a stream; AGAIN when there is nothing, on a non-blocking socket.
   */
  readv(buffers: readonly ArrayBufferView[], ...flags: number[]): number | Again {
    const rooms = validate.list('buffers', buffers, (buffer, i) => validate.room(`buffers[${i}]`, buffer))
    const total = rooms.reduce((sum, room) => sum + room.length, 0)
    const bits = validate.flags('flags', flags)
    const sysFlags = this[kHandle].kind.recvFlags(bits)
    const count = this.#receive('readv', sysFlags, (fd, flags) => native.recvmsg(fd, rooms, flags))
    return count === AGAIN ? AGAIN : untruncated('readv', count, total, bits)
  }

  /**
   * Receives a message: data into its elements, the sender's address, control messages, flags. Descriptors that arrive are owned by their
   * {@link CmsgHdr}. See recvmsg(2).
   * @param msg - the message, whose elements have room for the data.
   * @param flags - `MSG_*` flags.
   * @returns the count of bytes; `null` at the end of a stream or seqpacket; AGAIN when there is nothing, on a non-blocking socket. A
   *   message that was cut has `MSG_TRUNC` in `msg.flags()`, one whose control messages did not fit `MSG_CTRUNC`.
   */
  recvmsg(msg: MsgHdr, ...flags: number[]): number | null | Again {
    const header = messageHeader(msg)
    const bits = validate.flags('flags', flags)
    const message = incoming(header)
    const count = this.#call('recvmsg', (fd) => receiveMessage(fd, message, bits))
    return count === 0 && isMessageEof(this[kHandle], header, bits) ? null : count
  }

  /**
   * Passes a descriptor over a unix socket, with one byte of data. The caller keeps it, and may close it at once.
   * @param fd - any open descriptor, or a `FileHandle`.
   * @param ai - where to, on a datagram socket that is not connected.
   * @param flags - `MSG_*` flags.
   * @returns 0, or AGAIN when there is no room, on a non-blocking socket. See unix(7), `SCM_RIGHTS`.
   * @throws EOPNOTSUPP on a socket of another family.
   */
  sendfd(fd: OpenFile, ai?: AddrInfo, ...flags: number[]): 0 | Again {
    const passed = descriptorOf('fd', fd, 'sendfd')
    const to = ai === undefined ? undefined : addressArgument('ai', ai)
    const sockaddr = to?.sockaddr
    const bits = validate.flags('flags', flags)
    requireRightsSupport(this[kHandle], 'sendfd')
    const sent = this.#call(
      'sendfd',
      (socket) => sendDescriptor(socket, passed, sockaddr, bits),
      (errno) => ({ ...to?.context(), ...givenFdContext(passed, errno) }),
    )
    return sent === AGAIN ? AGAIN : 0
  }

  /**
   * Receives exactly one descriptor, which belongs to the caller and is close-on-exec.
   * @param flags - `MSG_*` flags.
   * @returns its number; `null` when the peer has closed; AGAIN when there is nothing, on a non-blocking socket.
   * @throws EMFILE when there was no free number for it, EMSGSIZE when there were more than one (all are closed), ENOMSG when the message
   *   had none. In each case the message is consumed. See unix(7), `SCM_RIGHTS`.
   */
  recvfd(...flags: number[]): number | null | Again {
    const bits = validate.flags('flags', flags)
    requireRightsSupport(this[kHandle], 'recvfd')
    const received = { fd: -1 }
    const count = this.#call('recvfd', (fd) => receiveDescriptor(fd, bits, this[kHandle].kind.zeroMeansEof, received))
    if (count === AGAIN) return AGAIN
    return received.fd < 0 ? null : received.fd
  }

  /**
   * Waits until there is something to receive, and returns whether there is.
   * @param msec - milliseconds to wait at most; 0, the default, not at all; negative without limit.
   * @param except - whether urgent data counts, too: select(2)'s exceptional condition. See poll(2), `POLLIN`, `POLLPRI`.
   * @returns false when the time has passed.
   */
  recvable(msec = 0, except = false): boolean {
    return this.#poll(sys.POLLIN | exceptional(except), msec)
  }

  /**
   * Waits until there is room to send, and returns whether there is.
   * @param msec - milliseconds to wait at most; 0, the default, not at all; negative without limit.
   * @param except - whether urgent data to receive counts, too: select(2)'s exceptional condition. See poll(2), `POLLOUT`, `POLLPRI`.
   * @returns false when the time has passed.
   */
  sendable(msec = 0, except = false): boolean {
    return this.#poll(sys.POLLOUT | exceptional(except), msec)
  }

  /** Readiness includes an error or a hang-up: the call that follows reports it. A signal starts the wait anew. */
  #poll(events: number, msec: number): boolean {
    const wait = validate.integer('msec', msec)
    const fd = this.#use('poll')
    const end = now() + wait
    for (let left = wait < 0 ? POLL_FOREVER : wait; ; left = Math.max(0, Math.ceil(end - now()))) {
      const result = native.poll(fd, events, wait < 0 ? POLL_FOREVER : left)
      if (result !== -sys.EINTR) return check(result, 'poll') !== 0
    }
  }

  /**
   * Whether the socket is non-blocking, or makes it so. Shared with every duplicate. See fcntl(2), `O_NONBLOCK`.
   * @param enable - whether calls are not to wait; without it nothing is changed.
   */
  nonblock(enable?: boolean): boolean {
    if (enable !== undefined) this.#setNonblock(validate.boolean('enable', enable))
    return this.isnonblock()
  }

  #setNonblock(enable: boolean): void {
    const { fd, kind } = this[kHandle]
    setNonblock(fd.use('fcntl'), enable)
    // A handle that is known to be non-blocking is no longer.
    if (!enable) this[kHandle] = new Handle(fd, kind)
  }

  /**
   * Reads the sources of a membership in a multicast group: what `mcastmsfilter`, `mcastjoinsrc` and `mcastblocksrc` have set.
   * @param mcaddr - the address of the group.
   * @param ifname - the interface of the membership, by name or index; by default the one that the address names, or the kernel's choice.
   * @returns the filter `mode`, and the list of `sources`.
   * @throws EADDRNOTAVAIL when the socket is not a member; EAFNOSUPPORT for a group of another family; EMSGSIZE for more than 64 sources.
   */
  mcastsources(mcaddr: string | AddrInfo, ifname?: string | number): GroupSources {
    return groupSources(this, mcaddr, ifname)
  }

  /** Returns the pending error as a positive errno, 0 for none; reading it clears it. See socket(7), `SO_ERROR`. */
  error(): number {
    return takeError(this.#use('getsockopt'))
  }
}

export interface Socket
  extends OptionMethods<typeof socketOptions>,
    OptionMethods<typeof timeoutOptions>,
    OptionMethods<typeof tcpOptions>,
    OptionMethods<typeof udpOptions>,
    OptionMethods<typeof ipOptions>,
    OptionMethods<typeof ipv6Options>,
    OptionMethods<typeof multicastOptions>,
    OptionMethods<typeof unixOptions>,
    OptionMethods<typeof packetOptions>,
    OptionMethods<typeof netlinkOptions>,
    OptionMethods<typeof vsockOptions>,
    OptionMethods<typeof canOptions> {}
defineOptions(Socket, ...allOptions, timeoutOptions)

function handleOf(fd: unknown, facts: unknown): Handle {
  const number = validate.descriptor('fd', fd)
  const given = validate.options('facts', facts, ['family', 'socktype', 'protocol']) as SocketFacts
  const kind = SocketKind.from({
    family: validate.integer('facts.family', given.family),
    socktype: validate.integer('facts.socktype', given.socktype),
    protocol: validate.integer('facts.protocol', given.protocol),
  })
  claim(number, 'wrap')
  return new Handle(new OwnedFd(number, 'Socket'), kind)
}

function exceptional(except: boolean): number {
  return validate.boolean('except', except) ? sys.POLLPRI : 0
}

/** Closes a descriptor, after a shutdown(2) if there is one: both, whatever that reports. */
export function closeAfterShutdown(fd: number, how: number | undefined): void {
  const result = how === undefined || fd < 0 ? 0 : native.shutdown(fd, how)
  closeFd(fd)
  check(result, 'shutdown', () => fdContext(fd))
}

/** `SHUT_RD`, `SHUT_WR` or `SHUT_RDWR`, and nothing else. */
export function shutdownHow(name: string, value: unknown): number {
  const how = validate.integer(name, value)
  if (how !== SHUT_RD && how !== SHUT_WR && how !== SHUT_RDWR)
    throw validate.invalidValue(name, 'must be SHUT_RD, SHUT_WR or SHUT_RDWR', value)
  return how
}
