import type { AddrInfo } from '../address/addrinfo.js'
import { AF_UNIX } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { kHandle } from '../descriptor/handle.js'
import { Socket as LowSocket } from '../llsocket/socket.js'
import type { Batch } from '../message/batch.js'
import type { OutgoingDatagram } from '../message/send-batch.js'
import { native } from '../native/sockets.js'
import { type GroupSources, groupSources } from '../options/group-sources.js'
import { ipOptions, ipv6Options, multicastOptions, udpOptions } from '../options/index.js'
import { defineOptions, type OptionMethods } from '../options/option.js'
import { SocketIterator } from '../socket/iterator.js'
import { IterationOptions, isOptions, type ReceiveOptions, withOptions } from '../socket/settings.js'
import {
  kForEach,
  kLoop,
  kRead,
  kWrite,
  type RecvOptions,
  type SendOptions,
  Socket,
  type WaitOptions,
} from '../socket/socket.js'
import { defineSyncNames } from '../socket/sync-names.js'
import { check, systemError } from '../support/errors.js'
import * as validate from '../support/validate.js'
import { forEachDatagram } from './for-each.js'
import { threadInbox } from './inbox.js'
import { RecvFrom, RecvMany, RecvNext, RecvWhole, SendMany, SendTo } from './operations.js'
import { Outbox } from './outbox.js'

/** The largest datagram of any family: that of UDP has 65,507 bytes, unix ones may be larger when the buffers are. */
const DEFAULT_BUFSIZE = 65536

/** Datagrams of a batch, unless the caller says otherwise. */
const DEFAULT_COUNT = 64

/** Options of `recvmany`, in place of its arguments. */
export interface RecvManyOptions extends RecvOptions {
  /** The most datagrams, 64 by default. */
  count?: number | undefined
}

/** Binds a datagram socket, once. */
export function bindTo(sock: DgramSocket, ai: AddrInfo): void {
  const { sockaddr } = ai
  sock[kHandle].kind.requireFamily(ai, 'bind')
  check(native.bind(sock[kHandle].fd.use('bind'), sockaddr), 'bind', () => ai.context())
}

/** On a stream MSG_TRUNC, which tells how long a datagram was, discards the data. */
function refuseStream(sock: LowSocket | undefined): LowSocket | undefined {
  if (!(sock instanceof LowSocket) || sock[kHandle].kind.preservesBoundaries) return sock
  throw systemError(sys.EPROTOTYPE, 'create', { detail: 'a stream is not a socket for datagrams' })
}

/** A datagram socket: messages with boundaries, each on its own. See udp(7), unix(7). */
export class DgramSocket extends Socket {
  /** Made when a datagram is written first. */
  #outbox: Outbox | undefined

  /**
   * Takes over a synchronous socket, which is closed for its former user.
   * @param sock - the synchronous socket.
   * @throws EPROTOTYPE for a stream, which has no messages.
   */
  constructor(sock?: LowSocket) {
    super(refuseStream(sock))
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

  /**
   * Receives a datagram and the address of its sender, with the arguments by name: `recvfrom({ timeout: 1000 })`.
   * @param options - `bufsize` in bytes, 64 KiB by default; `flags`; `timeout` in milliseconds, and `signal`.
   * @returns the data, and the address, which is `null` where the sender has none.
   * @throws as `recvfrom(bufsize, flags, options)`.
   */
  recvfrom(options: RecvOptions): Promise<[data: Buffer, ai: AddrInfo | null]>
  /**
   * Receives a datagram and the address of its sender, which is `null` where it has none (an unnamed unix socket).
   * @param bufsize - the most bytes to receive, 64 KiB by default.
   * @param flags - `MSG_*` flags, OR-ed; 0 by default.
   * @param options - `timeout` in milliseconds, and `signal`, of this call.
   * @returns the data, and the address.
   * @throws EMSGSIZE when the datagram was longer and was cut, unless `MSG_TRUNC` is among the flags; EOPNOTSUPP while the kernel joins
   *   datagrams (`udpgro`); what the network reports of a datagram that was sent earlier, such as ECONNREFUSED, once. See recvfrom(2),
   *   udp(7).
   * @example
   * const [data, from] = await sock.recvfrom()
   * if (from) await sock.sendto(data, from)
   */
  recvfrom(bufsize?: number, flags?: number, options?: WaitOptions): Promise<[data: Buffer, ai: AddrInfo | null]>
  recvfrom(
    bufsize: number | RecvOptions = DEFAULT_BUFSIZE,
    flags = 0,
    options?: WaitOptions,
  ): Promise<[data: Buffer, ai: AddrInfo | null]> {
    if (isOptions(bufsize)) return withOptions(recvfromNamed, this, bufsize, ['bufsize', 'flags'], [flags, options])
    return this[kRead](new RecvFrom(this[kHandle], bufsize, flags), options)
  }

  /**
   * Receives the next datagram, by default however long it is: unix ones are limited by the sender's buffer, and a long one must not end the
   * loop.
   */
  #next(options: IterationOptions): Promise<[Buffer, AddrInfo | null]> {
    return this[kRead](this.#receiveNext(options), options)
  }

  #receiveNext({ bufsize }: IterationOptions): RecvNext {
    const channel = this[kHandle]
    const isWhole = bufsize === undefined && channel.kind.family === AF_UNIX
    return isWhole ? new RecvWhole(channel) : new RecvNext(channel, bufsize ?? DEFAULT_BUFSIZE, 0)
  }

  #messages(options?: ReceiveOptions): SocketIterator<[data: Buffer, ai: AddrInfo | null]> {
    const given = new IterationOptions(options, 'bufsize')
    return new SocketIterator(this, given, () => this.#next(given))
  }

  /**
   * What arrives, each datagram with its sender and at its full length, until the socket is closed. Leaving the loop leaves it open.
   *
   * What the network reports of a datagram that was sent earlier (ECONNREFUSED, EHOSTUNREACH, …) does not end the loop, as one lost datagram
   * says nothing about the next. To learn of it, call `recvfrom()`, which rejects with it, or read the error queue: see
   * `recverr`.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<[data: Buffer, ai: AddrInfo | null]> {
    return this.#messages()
  }

  /**
   * Iterates over the datagrams and their senders, with options: `for await (const [data, from] of sock.messages({ signal }))`.
   * @param options - `bufsize`, the most bytes of a datagram, of which a longer one is EMSGSIZE; `timeout` and `signal` of each call.
   * @returns an iterator; leaving the loop leaves the socket open.
   */
  messages(options: ReceiveOptions = {}): AsyncIterableIterator<[data: Buffer, ai: AddrInfo | null]> {
    return this.#messages(options)
  }

  /**
   * Receives until the socket is closed, and gives each datagram to a function, without a promise for each: from within the event that
   * brought it, in the asynchronous context of this call. One system call receives all that are there, 64 at most. A promise that the function
   * returns pauses receiving until it settles. What the network reports of a datagram that was sent earlier does not end it, as it does not
   * end an iteration. Datagrams that were received and not given when the loop ends are there for the next call that receives; as long as there
   * are such, `detach()` and `recvfd()` are EBUSY. Descriptors that come with a datagram are closed.
   * @param fn - is called as `fn(data, from)`, with `null` for a sender without an address; what it throws ends the loop with that error.
   * @param options - `bufsize`, the most bytes of a datagram, of which a longer one is EMSGSIZE; `timeout` of each wait, and `signal`.
   * @throws what recvfrom() would; what a {@link DgramSocket.write} has failed with that no call of `drained()` waits for.
   * @example
   * await sock.forEach((data, from) => from && sock.write(data, from))
   */
  async forEach(fn: (data: Buffer, from: AddrInfo | null) => unknown, options?: ReceiveOptions): Promise<void> {
    const call = validate.func('fn', fn)
    const given = new IterationOptions(options, 'bufsize')
    const { kind } = this[kHandle]
    // On a socket that may end, an empty datagram would look like the end.
    const inbox = kind.zeroMeansEof ? undefined : threadInbox()
    if (inbox !== undefined)
      return this[kLoop]((channel, settings) => forEachDatagram(channel, [inbox, call], settings, given))
    const give = ([data, from]: [Buffer, AddrInfo | null]): unknown => call(data, from)
    return this[kForEach]({ receive: this.#receiveNext(given), give }, given)
  }

  /**
   * Sends a datagram without a promise for it: at once if there is room, and otherwise when there is; from within the function of a loop
   * together with the others of its batch. Small data may be changed when the call returns, data of more than 4 KiB not until it has left.
   * @param data - the bytes; a string is sent as UTF-8.
   * @param ai - where to; the peer of a connected socket by default.
   * @returns false while 64 KiB or more wait: `await` `drained()` before the next call then.
   * @throws what sendto(2) says, also of an earlier datagram; the failure of an earlier write that was not reported yet. A failure that
   *   comes later, as that of a datagram of a batch does, rejects a call of `drained()` that waits, or else `forEach()`. The others of the
   *   batch are sent, and the loop can be begun again without a loss.
   * @example
   * if (!sock.write(data, addr)) await sock.drained()
   */
  override write(data: validate.Data, ai?: AddrInfo): boolean {
    if (ai === undefined) return super.write(data)
    const channel = this[kHandle]
    channel.fd.number('sendto')
    if (this.#outbox?.channel !== channel) this.#outbox = new Outbox(channel)
    return this.#outbox.write(data, ai)
  }

  /**
   * Sends a datagram to an address, with the further arguments by name: `sendto(data, ai, { timeout: 1000 })`.
   * @param data - the bytes; a string is sent as UTF-8.
   * @param ai - the destination.
   * @param options - `flags`, 0 by default; `timeout` in milliseconds, and `signal`.
   * @returns the number of bytes, which is all of them.
   * @throws as `sendto(data, ai, flags, options)`.
   */
  sendto(data: validate.Data, ai: AddrInfo, options: SendOptions): Promise<number>
  /**
   * Sends a datagram to an address. A unix socket whose receiver has a full queue tries again with growing pauses.
   * @param data - the bytes; a string is sent as UTF-8.
   * @param ai - the destination: of `AddrInfo.inet()` and its like, `recvfrom()` or `getaddrinfo()`.
   * @param flags - `MSG_*` flags, OR-ed; 0 by default.
   * @param options - `timeout` in milliseconds, and `signal`, of this call.
   * @returns the number of bytes, which is all of them: a datagram is sent whole or not at all. See sendto(2).
   * @throws EMSGSIZE when it is too long, ECONNREFUSED, ENETUNREACH, … also of an earlier datagram of this socket.
   * @example
   * await sock.sendto('ping', AddrInfo.inet('192.0.2.1', 7))
   */
  sendto(data: validate.Data, ai: AddrInfo, flags?: number, options?: WaitOptions): Promise<number>
  sendto(data: validate.Data, ai: AddrInfo, flags: number | SendOptions = 0, options?: WaitOptions): Promise<number> {
    if (isOptions(flags)) return withOptions(sendtoNamed, [this, data, ai], flags, ['flags'], [options])
    return this[kWrite](new SendTo(this[kHandle], data, ai, flags), options)
  }

  /**
   * Receives the datagrams that are there by one system call, with the arguments by name: `recvmany({ count: 16, bufsize: 2048 })`.
   * @param options - `count`, 64 by default; `bufsize` in bytes, 64 KiB by default; `flags`; `timeout` in milliseconds, and `signal`.
   * @returns the datagrams, at least one, in memory that the batch gives back when it is disposed.
   * @throws as `recvmany(count, bufsize, flags, options)`.
   */
  recvmany(options: RecvManyOptions): Promise<Batch>
  /**
   * Receives the datagrams that are there, by one system call, and waits only when there is none. With `udpgro(true)` the kernel joins
   * datagrams of one sender, and each datagram of the batch may stand for many: see {@link Datagram.segments}.
   * @param count - the most datagrams, 64 by default.
   * @param bufsize - the most bytes of each, 64 KiB by default: 4 MiB for all of them, which only a batch that is not disposed keeps. For
   *   small datagrams without `udpgro` 2048 will do. Of one that was cut `flags` says `MSG_TRUNC`, and `size` how long it was.
   * @param flags - `MSG_*` flags, OR-ed; 0 by default.
   * @param options - `timeout` in milliseconds, and `signal`, of this call.
   * @returns the datagrams, at least one, in memory that the batch gives back when it is disposed.
   * @throws what the network reports of a datagram that was sent earlier, such as ECONNREFUSED, once; TimeoutError, AbortError.
   * @example
   * using batch = await sock.recvmany()
   * for (const { data, addr } of batch) console.log(`${addr}: ${data.length} bytes`)
   * @see {@link https://man7.org/linux/man-pages/man2/recvmmsg.2.html recvmmsg(2)}
   */
  recvmany(count?: number, bufsize?: number, flags?: number, options?: WaitOptions): Promise<Batch>
  recvmany(
    count: number | RecvManyOptions = DEFAULT_COUNT,
    bufsize?: number,
    flags = 0,
    options?: WaitOptions,
  ): Promise<Batch> {
    if (isOptions(count))
      return withOptions(recvmanyNamed, this, count, ['count', 'bufsize', 'flags'], [bufsize, flags, options])
    return this[kRead](
      new RecvMany(this[kHandle], count, bufsize === undefined ? DEFAULT_BUFSIZE : bufsize, flags),
      options,
    )
  }

  /**
   * Sends datagrams, 64 by one system call, with the further arguments by name: `sendmany(datagrams, { timeout: 1000 })`.
   * @param datagrams - `{ data, addr, segmentSize, control }`, all but `data` optional; or a batch that was received.
   * @param options - `flags`, 0 by default; `timeout` in milliseconds, and `signal`.
   * @returns how many there were, which is all of them.
   * @throws as `sendmany(datagrams, flags, options)`.
   */
  sendmany(datagrams: Iterable<OutgoingDatagram>, options: SendOptions): Promise<number>
  /**
   * Sends datagrams, 64 by one system call. Their memory must stay as it is until the promise settles.
   * @param datagrams - `{ data, addr, segmentSize, control }`, all but `data` optional; or a batch that was received, to send it back.
   * @param flags - `MSG_*` flags, OR-ed; 0 by default.
   * @param options - `timeout` in milliseconds, and `signal`, of this call.
   * @returns how many there were, which is all of them.
   * @throws what sendto(2) would of one of them; `datagrams` on the error says how many were sent whole before it, `bytes` how many
   *   bytes.
   * @example
   * await sock.sendmany([{ data: file, addr, segmentSize: 1400 }]) // cut into datagrams by the kernel, or the network card
   * @see {@link https://man7.org/linux/man-pages/man2/sendmmsg.2.html sendmmsg(2)}, udp(7), `UDP_SEGMENT`
   */
  sendmany(datagrams: Iterable<OutgoingDatagram>, flags?: number, options?: WaitOptions): Promise<number>
  sendmany(
    datagrams: Iterable<OutgoingDatagram>,
    flags: number | SendOptions = 0,
    options?: WaitOptions,
  ): Promise<number> {
    if (isOptions(flags)) return withOptions(sendmanyNamed, [this, datagrams], flags, ['flags'], [options])
    return this[kWrite](new SendMany(this[kHandle], datagrams, flags), options)
  }
}

export interface DgramSocket
  extends OptionMethods<typeof udpOptions>,
    OptionMethods<typeof ipOptions>,
    OptionMethods<typeof ipv6Options>,
    OptionMethods<typeof multicastOptions> {
  /** Same as {@link DgramSocket.recvfrom}: its name in lua-net. */
  recvfromsync(options: RecvOptions): ReturnType<DgramSocket['recvfrom']>
  /** Same as {@link DgramSocket.recvfrom}: its name in lua-net. */
  recvfromsync(...args: Parameters<DgramSocket['recvfrom']>): ReturnType<DgramSocket['recvfrom']>
  /** Same as {@link DgramSocket.sendto}: its name in lua-net. */
  sendtosync(data: validate.Data, ai: AddrInfo, options: SendOptions): ReturnType<DgramSocket['sendto']>
  /** Same as {@link DgramSocket.sendto}: its name in lua-net. */
  sendtosync(...args: Parameters<DgramSocket['sendto']>): ReturnType<DgramSocket['sendto']>
  /** Same as {@link DgramSocket.recvmany}: its name in lua-net. */
  recvmanysync(options: RecvManyOptions): ReturnType<DgramSocket['recvmany']>
  /** Same as {@link DgramSocket.recvmany}: its name in lua-net. */
  recvmanysync(...args: Parameters<DgramSocket['recvmany']>): ReturnType<DgramSocket['recvmany']>
  /** Same as {@link DgramSocket.sendmany}: its name in lua-net. */
  sendmanysync(datagrams: Iterable<OutgoingDatagram>, options: SendOptions): ReturnType<DgramSocket['sendmany']>
  /** Same as {@link DgramSocket.sendmany}: its name in lua-net. */
  sendmanysync(...args: Parameters<DgramSocket['sendmany']>): ReturnType<DgramSocket['sendmany']>
}
defineOptions(DgramSocket, udpOptions, ipOptions, ipv6Options, multicastOptions)
defineSyncNames(DgramSocket, ['recvfrom', 'sendto', 'recvmany', 'sendmany'])

// The calls whose arguments came in one object.

function recvfromNamed(sock: DgramSocket, { bufsize = DEFAULT_BUFSIZE, flags = 0 }: RecvOptions, wait: WaitOptions) {
  return sock[kRead](new RecvFrom(sock[kHandle], bufsize, flags), wait)
}

function sendtoNamed(
  [sock, data, ai]: [DgramSocket, validate.Data, AddrInfo],
  { flags = 0 }: SendOptions,
  wait: WaitOptions,
): Promise<number> {
  return sock[kWrite](new SendTo(sock[kHandle], data, ai, flags), wait)
}

function recvmanyNamed(
  sock: DgramSocket,
  { count = DEFAULT_COUNT, bufsize = DEFAULT_BUFSIZE, flags = 0 }: RecvManyOptions,
  wait: WaitOptions,
): Promise<Batch> {
  return sock[kRead](new RecvMany(sock[kHandle], count, bufsize, flags), wait)
}

function sendmanyNamed(
  [sock, datagrams]: [DgramSocket, Iterable<OutgoingDatagram>],
  { flags = 0 }: SendOptions,
  wait: WaitOptions,
): Promise<number> {
  return sock[kWrite](new SendMany(sock[kHandle], datagrams, flags), wait)
}
