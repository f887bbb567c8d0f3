import { AddrInfo } from '../address/addrinfo.js'
import { AF_UNIX, IPPROTO_UDP } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { MORE, OTHER_SIDE_FULL } from '../engine/operation.js'
import { type Batch, receiveBatch } from '../message/batch.js'
import { BATCH_MAX } from '../message/batch-memory.js'
import { type OutgoingDatagram, SendBatch } from '../message/send-batch.js'
import { native } from '../native/sockets.js'
import { ipOptions, ipv6Options, multicastOptions, udpOptions } from '../options/index.js'
import { defineOptions, type OptionMethods } from '../options/option.js'
import { defineLocked } from '../socket/locked.js'
import type { Inner } from '../socket/operations.js'
import { verbFlags } from '../socket/settings.js'
import { Socket, type WaitOptions } from '../socket/socket.js'
import { check, systemError } from '../support/errors.js'
import * as validate from '../support/validate.js'
import { ReceivingFrom, ReceivingWhole, SendingTo } from './operations.js'

/** The largest datagram of any family: that of UDP has 65,507 bytes, unix ones may be larger when the buffers are. */
const DEFAULT_BUFSIZE = 65536

/** Datagrams of a batch, unless the caller says otherwise. */
const DEFAULT_COUNT = 64

/** An address of AF_UNSPEC. */
const NOWHERE = AddrInfo.raw(new Uint8Array(16))

/** Datagrams: messages with boundaries, each on its own. See udp(7), unix(7). */
export class DgramSocket extends Socket {
  /** This socket, as its own operations see it. */
  readonly #inner = this as unknown as Inner

  /** Binds to an address, once. */
  protected bindTo(ai: AddrInfo): void {
    check(native.bind(this.use('bind'), ai.sockaddr), 'bind', () => ai.context())
  }

  /** Sets the peer. On datagrams this never waits. */
  protected connectTo(ai: AddrInfo): void {
    check(native.connect(this.use('connect'), ai.sockaddr), 'connect', () => ai.context())
  }

  /** Has no peer any more: an address of no family takes it back (connect(2)). */
  protected disconnect(): void {
    check(native.connect(this.use('connect'), NOWHERE.sockaddr), 'connect')
  }

  /**
   * Receives a datagram and the address of its sender, which is `null` where it has none (an unnamed unix socket).
   * @param bufsize - the most bytes to receive, 64 KiB by default.
   * @throws EMSGSIZE when the datagram was longer and was cut, unless `MSG_TRUNC` is among the flags. See recvfrom(2).
   */
  recvfrom(
    bufsize: number = DEFAULT_BUFSIZE,
    flags = 0,
    options?: WaitOptions,
  ): Promise<[data: Buffer, ai: AddrInfo | null]> {
    return this.read(new ReceivingFrom(this.#inner, bufsize, flags), options)
  }

  /** The next datagram, however long it is: the limit of unix ones is the sender's buffer, and nobody should end a loop by a long one. */
  #next(): Promise<[Buffer, AddrInfo | null]> {
    return this.family() === AF_UNIX ? this.read(new ReceivingWhole(this.#inner)) : this.recvfrom()
  }

  /**
   * What arrives, each datagram with its sender and at its full length, until the socket is closed. Leaving the loop leaves it open.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<[data: Buffer, ai: AddrInfo | null], void, undefined> {
    while (this.isOpen)
      try {
        yield await this.#next()
      } catch (error) {
        // Closing the socket is how the loop over it ends.
        if (this.isOpen) throw error
      }
  }

  /**
   * Sends a datagram to an address. A unix socket whose receiver has a full queue tries again with growing pauses.
   * @returns the number of bytes, which is all of them: a datagram is sent whole or not at all. See sendto(2).
   * @throws EMSGSIZE when it is too long, ECONNREFUSED, ENETUNREACH, … also of an earlier datagram of this socket.
   */
  sendto(data: validate.Data, ai: AddrInfo, flags = 0, options?: WaitOptions): Promise<number> {
    return this.write(new SendingTo(data, ai, flags, this.family() === AF_UNIX), options)
  }

  /**
   * Receives the datagrams that are there, by one system call, and waits only when there is none. With `udpgro(true)` the kernel
   * joins datagrams of one sender, and each datagram of the batch may stand for many: see {@link Datagram.segments}.
   *
   * @param count - the most datagrams, 64 by default.
   * @param bufsize - the most bytes of each, 64 KiB by default: 4 MiB for all of them, which only a batch that is not disposed keeps. For
   *   small datagrams without `udpgro` 2048 will do. Of one that was cut `flags` says `MSG_TRUNC`, and `size` how long it was.
   * @example
   * using batch = await sock.recvmany()
   * for (const { data, addr } of batch) console.log(`${addr}: ${data.length} bytes`)
   * @see {@link https://man7.org/linux/man-pages/man2/recvmmsg.2.html recvmmsg(2)}
   */
  recvmany(
    count: number = DEFAULT_COUNT,
    bufsize: number = DEFAULT_BUFSIZE,
    flags = 0,
    options?: WaitOptions,
  ): Promise<Batch> {
    return this.read(() => {
      const most = validate.integer('count', count, 1, BATCH_MAX)
      const room = validate.integer('bufsize', bufsize, 1)
      const kernel = this.bufferFlags(verbFlags(flags))
      const mayCarryFds = this.family() === AF_UNIX
      let batch: Batch | undefined
      return {
        syscall: 'recvmmsg',
        flags,
        attempt: (fd) => {
          const received = receiveBatch(fd, most, room, kernel, mayCarryFds)
          if (typeof received === 'number') return received
          batch = received
          return received.length
        },
        finish: () => batch as Batch,
      }
    }, options)
  }

  /**
   * Sends datagrams, 64 by one system call. Their memory must stay as it is until the promise settles.
   *
   * @param datagrams - `{ data, addr, segmentSize, control }`, all but `data` optional; or a batch that was received, to send it back.
   * @returns how many there were, which is all of them.
   * @throws what sendto(2) would of one of them; `datagrams` on the error says how many were sent whole before it, `bytes` how
   *   many bytes.
   * @example
   * await sock.sendmany([{ data: file, addr, segmentSize: 1400 }]) // cut into datagrams by the kernel, or the network card
   * @see {@link https://man7.org/linux/man-pages/man2/sendmmsg.2.html sendmmsg(2)}, udp(7), `UDP_SEGMENT`
   */
  sendmany(datagrams: Iterable<OutgoingDatagram>, flags = 0, options?: WaitOptions): Promise<number> {
    return this.write(() => {
      const bits = verbFlags(flags)
      const outgoing = new SendBatch(datagrams)
      this.#checkOutgoing(outgoing)
      return {
        syscall: 'sendmmsg',
        flags,
        attempt: (fd) => outgoing.send(fd, bits),
        finish: () => (outgoing.isSent ? outgoing.sent : MORE),
        context: () => outgoing.context(),
        paused: this.family() === AF_UNIX ? OTHER_SIDE_FULL : undefined,
      }
    }, options)
  }

  /** Refuses what the kernel would pass over in silence. */
  #checkOutgoing(outgoing: SendBatch): void {
    if (outgoing.hasRights) this.passesDescriptors('sendmmsg')
    if (outgoing.isCut && this.protocol() !== IPPROTO_UDP)
      throw systemError(sys.EOPNOTSUPP, 'sendmmsg', { detail: 'only UDP cuts datagrams into segments' })
  }
}

export interface DgramSocket
  extends OptionMethods<typeof udpOptions>,
    OptionMethods<typeof ipOptions>,
    OptionMethods<typeof ipv6Options>,
    OptionMethods<typeof multicastOptions> {
  /** {@link DgramSocket.recvfrom} in turn: waits for the calls before it, first come, first served, instead of being refused. */
  recvfromsync(...args: Parameters<DgramSocket['recvfrom']>): ReturnType<DgramSocket['recvfrom']>
  /** {@link DgramSocket.sendto} in turn. */
  sendtosync(...args: Parameters<DgramSocket['sendto']>): ReturnType<DgramSocket['sendto']>
  /** {@link DgramSocket.recvmany} in turn. */
  recvmanysync(...args: Parameters<DgramSocket['recvmany']>): ReturnType<DgramSocket['recvmany']>
  /** {@link DgramSocket.sendmany} in turn. */
  sendmanysync(...args: Parameters<DgramSocket['sendmany']>): ReturnType<DgramSocket['sendmany']>
}
defineOptions(DgramSocket, udpOptions, ipOptions, ipv6Options, multicastOptions)
defineLocked(DgramSocket, ['recvfrom', 'sendto', 'recvmany', 'sendmany'])
