import { type AddrInfo, addressArgument } from '../address/addrinfo.js'
import { MSG_PEEK, MSG_TRUNC } from '../constants/exported.generated.js'
import { type Operation, OTHER_SIDE_FULL } from '../engine/operation.js'
import { receiveFrom, type Sender } from '../message/io.js'
import { native } from '../native/sockets.js'
import type { Inner } from '../socket/operations.js'
import { verbFlags } from '../socket/settings.js'
import type { ErrorContext } from '../support/errors.js'
import { reserve, slabMemory } from '../support/receive-buffer.js'
import * as validate from '../support/validate.js'

const oneByte = Buffer.alloc(1)

/** recvfrom(2) into memory of ours, of which only what was filled is taken. An object, for the reason of those in `../verbs.js`. */
export class ReceivingFrom implements Operation<[Buffer, AddrInfo | null]>, Sender {
  readonly flags: number
  address: AddrInfo | null = null
  protected room: number
  readonly #inner: Inner
  /** The flags for the kernel, which may be more than the caller's. */
  #kernel = 0

  constructor(inner: Inner, room: number, flags: number) {
    this.#inner = inner
    this.room = room
    this.flags = flags
  }

  get syscall(): string {
    return 'recvfrom'
  }

  check(): void {
    validate.integer('bufsize', this.room, 1)
    this.#kernel = this.#inner.bufferFlags(verbFlags(this.flags))
  }

  attempt(fd: number): number {
    const at = reserve(this.room)
    return receiveFrom(fd, slabMemory(), at, this.room, this.#kernel, this)
  }

  finish(count: number): [Buffer, AddrInfo | null] {
    return [this.#inner.buffered('recvfrom', count, this.room, this.flags) ?? Buffer.alloc(0), this.address]
  }
}

/** The same with as much room as the next datagram needs. */
export class ReceivingWhole extends ReceivingFrom {
  constructor(inner: Inner) {
    super(inner, 1, 0)
  }

  override attempt(fd: number): number {
    const length = native.recv(fd, oneByte, 0, 1, MSG_PEEK | MSG_TRUNC)
    if (length < 0) return length
    this.room = Math.max(length, 1)
    return super.attempt(fd)
  }
}

/** sendto(2): a datagram is sent whole or not at all. */
export class SendingTo implements Operation<number> {
  readonly flags: number
  readonly paused: ReadonlySet<number> | undefined
  #from: Uint8Array
  readonly #to: AddrInfo

  /** @param waitsForPeer - whether the receiver's queue may be full: on unix sockets. */
  constructor(from: validate.Data, to: AddrInfo, flags: number, waitsForPeer: boolean) {
    this.#from = from as Uint8Array
    this.#to = to
    this.flags = flags
    this.paused = waitsForPeer ? OTHER_SIDE_FULL : undefined
  }

  get syscall(): string {
    return 'sendto'
  }

  check(): void {
    this.#from = validate.bytes('data', this.#from)
    addressArgument('ai', this.#to)
    verbFlags(this.flags)
  }

  attempt(fd: number): number {
    return native.sendto(fd, this.#from, 0, this.#from.length, this.flags, this.#to.sockaddr)
  }

  finish(count: number): number {
    return count
  }

  context(): ErrorContext {
    return this.#to.context()
  }
}
