import { type AddrInfo, addressArgument } from '../address/addrinfo.js'
import {
  AF_INET,
  AF_INET6,
  IPPROTO_TCP,
  IPPROTO_UDP,
  MSG_DONTWAIT,
  MSG_ZEROCOPY,
  SO_EE_CODE_ZEROCOPY_COPIED,
  SO_EE_ORIGIN_ZEROCOPY,
  SO_ZEROCOPY,
  SOCK_STREAM,
  SOL_SOCKET,
} from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { kHandle } from '../descriptor/handle.js'
import type { SocketKind } from '../descriptor/kind.js'
import { after } from '../engine/deadline.js'
import { AGAIN_NOW, type Operation, YIELD } from '../engine/operation.js'
import type { ExtendedError } from '../message/ancillary.js'
import { native, registers } from '../native/sockets.js'
import { check, type ErrorContext, systemError } from '../support/errors.js'
import { isolate, without } from '../support/record.js'
import * as validate from '../support/validate.js'
import type { Channel } from './channel.js'
import { type ErrorQueue, shareErrorQueue } from './error-queue.js'
import { type WaitOptions, waitOptions } from './settings.js'
import { kAddHooks, kWrite, type Socket } from './socket.js'
import { outlive } from './zerocopy-close.js'

/** What `sendzerocopy` has sent. */
export interface ZerocopySent {
  /** The number of bytes, which is all of them. */
  readonly bytes: number
  /** Whether the kernel has copied some of it after all, so that `send()` would have cost less. */
  readonly copied: boolean
}

/** Options of `sendzerocopy` on a datagram socket. */
export interface ZerocopyOptions extends WaitOptions {
  /** Where to; the peer of the socket by default. */
  addr?: AddrInfo | undefined
}

/** Numbers of the kernel are of 32 bits, and start again at 0. */
const NUMBERS = 2 ** 32

/** What one call sends. The kernel numbers its system calls, and reports ranges of these numbers. */
class Sending {
  /** Kept until the kernel has let go of it: what else would be put there would be sent. */
  readonly memory: Uint8Array
  #first = 0
  #count = 0
  /** System calls whose memory the kernel still has. */
  left = 0
  copied = false

  constructor(memory: Uint8Array) {
    this.memory = memory
  }

  /** Counts a system call. */
  add(number: number): void {
    if (this.#count === 0) this.#first = number
    this.#count++
    this.left++
  }

  /** Takes the part of a range that is of this call. */
  release(first: number, last: number, copied: boolean): void {
    const released = Math.min(last, this.#first + this.#count - 1) - Math.max(first, this.#first) + 1
    if (released <= 0) return
    this.left -= released
    this.copied ||= copied
  }
}

const states = new WeakMap<Channel, Zerocopy>()

/** What a socket has sent without a copy, and the kernel has not let go of. */
export class Zerocopy {
  /** The error queue of the socket. */
  readonly queue: ErrorQueue
  readonly #sendings = new Set<Sending>()
  #next = 0

  private constructor(channel: Channel) {
    this.queue = shareErrorQueue(channel, (note) => this.#take(note))
  }

  /**
   * Returns the one of a socket. The first call of it makes it, and sets `SO_ZEROCOPY`.
   * @throws EOPNOTSUPP for what is neither TCP nor UDP, and over TLS; EBUSY beside MSG_ZEROCOPY of the user's.
   */
  static of(sock: Socket): Zerocopy {
    const channel = sock[kHandle]
    const fd = channel.fd.use('sendzerocopy')
    channel.transport.requirePlain('sendzerocopy')
    const known = states.get(channel)
    if (known !== undefined) return known
    if (!isFit(channel.kind)) throw systemError(sys.EOPNOTSUPP, 'sendzerocopy', { detail: 'only TCP and UDP can' })
    const made = new Zerocopy(channel)
    registers[0] = 1
    check(native.setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, native.kinds.int), 'setsockopt', { detail: 'SO_ZEROCOPY' })
    states.set(channel, made)
    sock[kAddHooks]({
      close: () => {
        if (!made.isFree && channel.fd.fd >= 0) outlive(channel, made)
      },
      release: () => made.#requireFree(),
      setReferenced: undefined,
    })
    return made
  }

  /** Whether the kernel has no memory of this socket. */
  get isFree(): boolean {
    return this.#sendings.size === 0
  }

  #requireFree(): void {
    if (!this.isFree) throw systemError(sys.EBUSY, 'detach', { detail: 'the kernel still has memory to send' })
  }

  /** Counts a system call. */
  sent(sending: Sending): void {
    this.#sendings.add(sending)
    sending.add(this.#next++)
  }

  #take({ origin, errno, info, data, icmpcode }: ExtendedError): boolean {
    if (origin !== SO_EE_ORIGIN_ZEROCOPY || errno !== 0) return false
    const last = this.#whole(data)
    const first = last - ((data - info + NUMBERS) % NUMBERS)
    for (const sending of this.#sendings) {
      sending.release(first, last, icmpcode === SO_EE_CODE_ZEROCOPY_COPIED)
      if (sending.left === 0) this.#sendings.delete(sending)
    }
    return true
  }

  /** The number of a system call, of which the kernel says the lowest 32 bits. */
  #whole(low: number): number {
    const newest = this.#next - 1
    return newest - (((((newest % NUMBERS) - low) % NUMBERS) + NUMBERS) % NUMBERS)
  }
}

function isFit({ family, socktype, protocol }: SocketKind): boolean {
  const isTcp = socktype === SOCK_STREAM && protocol === IPPROTO_TCP
  return (family === AF_INET || family === AF_INET6) && (isTcp || protocol === IPPROTO_UDP)
}

/** There are too many notes, or too much memory is pinned: notes that are read make room. */
const NO_ROOM: ReadonlySet<number> = new Set([sys.ENOBUFS])

/** Notes that are read at a time. */
const NOTES = 64

/** send(2) or sendto(2) with MSG_ZEROCOPY, until all of the data is accepted. */
class SendZerocopy implements Operation<number> {
  readonly syscall = 'sendzerocopy'
  readonly pauseOn = NO_ROOM
  readonly sending: Sending
  readonly #zerocopy: Zerocopy
  readonly #to: AddrInfo | undefined
  /** As it is now: reading it may run code of the user. */
  readonly #sockaddr: Uint8Array | undefined
  readonly #isStream: boolean
  readonly #length: number
  #sent = 0
  #isCounted = false

  constructor(zerocopy: Zerocopy, memory: Uint8Array, to: AddrInfo | undefined, isStream: boolean) {
    this.#zerocopy = zerocopy
    this.sending = new Sending(memory)
    this.#to = to
    this.#sockaddr = to?.sockaddr
    this.#isStream = isStream
    this.#length = memory.length
  }

  get unsentBytes(): number {
    return this.#length - this.#sent
  }

  attempt(fd: number): number {
    const result = this.#send(fd, MSG_DONTWAIT | MSG_ZEROCOPY)
    this.#isCounted = result > 0
    if (result !== -sys.ENOBUFS) return result
    for (let i = 0; i < NOTES && this.#zerocopy.queue.read(fd) >= 0; i++);
    // With nothing that could make room there is no other way.
    if (!this.#zerocopy.isFree) return result
    this.sending.copied = true
    return this.#send(fd, MSG_DONTWAIT)
  }

  #send(fd: number, flags: number): number {
    const { memory } = this.sending
    const left = this.#length - this.#sent
    if (this.#sockaddr === undefined) return native.send(fd, memory, this.#sent, left, flags)
    return native.sendto(fd, memory, 0, left, flags, this.#sockaddr)
  }

  finish(count: number): number | typeof AGAIN_NOW {
    if (this.#isCounted) this.#zerocopy.sent(this.sending)
    this.#sent += count
    return this.#isStream && this.#sent < this.#length ? AGAIN_NOW : this.#sent
  }

  context(): ErrorContext {
    return { ...this.#to?.context(), bytes: this.#sent }
  }
}

/** Reads the error queue until the kernel has let go of what a call has sent. */
class Release implements Operation<void> {
  readonly syscall = 'sendzerocopy'
  readonly #zerocopy: Zerocopy
  readonly #sending: Sending

  constructor(zerocopy: Zerocopy, sending: Sending) {
    this.#zerocopy = zerocopy
    this.#sending = sending
  }

  attempt(fd: number): number {
    for (let i = 0; this.#sending.left > 0; i++) {
      const result = i < NOTES ? this.#zerocopy.queue.read(fd) : YIELD
      if (result < 0) return result
    }
    return 0
  }

  finish(): undefined {
    return undefined
  }

  context(): ErrorContext {
    return { bytes: this.#sending.memory.length }
  }
}

isolate(SendZerocopy, Release)

/** Sends from memory of the caller: see `sendzerocopy` of the classes. */
export async function sendzerocopy(
  sock: Socket,
  data: validate.Data,
  options: ZerocopyOptions | undefined,
  ...names: string[]
): Promise<ZerocopySent> {
  const given = validate.options('options', options ?? {}, [...names, 'timeout', 'signal']) as ZerocopyOptions
  const wait = waitOptions(without(given, 'addr'))
  const to = given.addr === undefined ? undefined : addressArgument('options.addr', given.addr)
  const memory = validate.bytes('data', data)
  const deadline = after(wait.timeout ?? sock.deadlines()[1])
  const zerocopy = Zerocopy.of(sock)
  const { engine, kind } = sock[kHandle]
  const operation = new SendZerocopy(zerocopy, memory, to, kind.socktype === SOCK_STREAM)
  const bytes = await sock[kWrite](operation, wait)
  const { sending } = operation
  if (sending.left > 0)
    await engine
      .on('zerocopy')
      .run(new Release(zerocopy, sending), { deadline, signal: wait.signal, onWait: undefined })
  return { bytes, copied: sending.copied }
}
