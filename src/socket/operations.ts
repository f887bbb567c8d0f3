import { MORE, type Operation } from '../engine/operation.js'
import { messageHeader, receiveMessage, sendMessage } from '../message/io.js'
import type { MsgHdr } from '../message/msghdr.js'
import type { ErrorContext } from '../support/errors.js'
import { reserve, slabMemory } from '../support/receive-buffer.js'
import * as validate from '../support/validate.js'
import { verbFlags } from './settings.js'

/**
 * What the verbs ask of their socket: its inner methods. The operations that are made with every message are objects of the
 * classes below, because closures would be several allocations for each.
 */
export interface Inner {
  receiveInto(fd: number, into: Uint8Array, offset: number, length: number, flags: number): number
  transmit(fd: number, from: Uint8Array, offset: number, length: number, flags: number): number
  tookAll(count: number, room: number): boolean
  buffered(syscall: string, count: number, room: number, flags: number): Buffer | null
  uncut(syscall: string, count: number, room: number, flags: number): number
  bufferFlags(flags: number): number
  plain(syscall: string): void
  isEnd(header: MsgHdr): boolean
  checkRights(msg: MsgHdr): void
  receiveFlags(flags: number): number
  readonly holdsBack: boolean
  readonly eitherWay: boolean
  readonly zeroIsEnd: boolean
}

/** recv(2) into memory of ours, of which only what was filled is taken. */
export class Receiving implements Operation<Buffer | null> {
  readonly flags: number
  readonly either: boolean
  readonly #inner: Inner
  readonly #room: number
  /** The flags for the kernel, which may be more than the caller's. */
  #kernel = 0

  constructor(inner: Inner, room: number, flags: number) {
    this.#inner = inner
    this.#room = room
    this.flags = flags
    this.either = inner.eitherWay
  }

  get syscall(): string {
    return 'recv'
  }

  check(): void {
    validate.integer('bufsize', this.#room, 1)
    this.#kernel = this.#inner.bufferFlags(verbFlags(this.flags))
  }

  attempt(fd: number): number {
    const at = reserve(this.#room)
    return this.#inner.receiveInto(fd, slabMemory(), at, this.#room, this.#kernel)
  }

  finish(count: number): Buffer | null {
    return this.#inner.buffered('recv', count, this.#room, this.flags)
  }

  drained(count: number): boolean {
    return count > 0 && this.flags === 0 && this.#inner.tookAll(count, this.#room)
  }
}

/** recv(2) into memory of the caller. */
export class ReceivingInto implements Operation<number> {
  readonly flags: number
  readonly either: boolean
  readonly #inner: Inner
  #into: Uint8Array
  /** The flags for the kernel, which may be more than the caller's. */
  #kernel = 0

  constructor(inner: Inner, into: ArrayBufferView, flags: number) {
    this.#inner = inner
    this.#into = into as Uint8Array
    this.flags = flags
    this.either = inner.eitherWay
  }

  get syscall(): string {
    return 'recv'
  }

  check(): void {
    this.#into = validate.room('buffer', this.#into)
    this.#kernel = this.#inner.receiveFlags(verbFlags(this.flags))
  }

  attempt(fd: number): number {
    return this.#inner.receiveInto(fd, this.#into, 0, this.#into.length, this.#kernel)
  }

  finish(count: number): number {
    return this.#inner.uncut('recv', count, this.#into.length, this.flags)
  }

  drained(count: number): boolean {
    return count > 0 && this.flags === 0 && this.#inner.tookAll(count, this.#into.length)
  }
}

/** send(2), until all of it is taken and on its way. */
export class Sending implements Operation<number> {
  readonly flags: number
  readonly either: boolean
  readonly #inner: Inner
  #from: Uint8Array
  /** What there was when the call was made: memory that shrinks meanwhile is an error, and no shorter message. */
  #length = 0
  #sent = 0

  constructor(inner: Inner, from: validate.Data, flags: number) {
    this.#inner = inner
    this.#from = from as Uint8Array
    this.flags = flags
    this.either = inner.eitherWay
  }

  get syscall(): string {
    return 'send'
  }

  check(): void {
    this.#from = validate.bytes('data', this.#from)
    this.#length = this.#from.length
    verbFlags(this.flags)
  }

  attempt(fd: number): number {
    return this.#inner.transmit(fd, this.#from, this.#sent, this.#length - this.#sent, this.flags)
  }

  finish(count: number): number | typeof MORE {
    this.#sent += count
    return this.#sent < this.#length || this.#inner.holdsBack ? MORE : this.#sent
  }

  context(): ErrorContext {
    return { bytes: this.#sent }
  }
}

/** recvmsg(2). */
export class ReceivingMessage implements Operation<number | null> {
  readonly flags: number
  readonly #inner: Inner
  readonly #header: MsgHdr

  constructor(inner: Inner, header: MsgHdr, flags: number) {
    this.#inner = inner
    this.#header = header
    this.flags = flags
  }

  get syscall(): string {
    return 'recvmsg'
  }

  check(): void {
    this.#inner.plain('recvmsg')
    messageHeader(this.#header)
    verbFlags(this.flags)
  }

  attempt(fd: number): number {
    return receiveMessage(fd, this.#header, this.flags)
  }

  finish(count: number): number | null {
    return count === 0 && this.#inner.isEnd(this.#header) ? null : count
  }
}

/** sendmsg(2), until all of it is taken. Control messages go with the first byte. */
export class SendingMessage implements Operation<number> {
  readonly flags: number
  readonly #inner: Inner
  readonly #header: MsgHdr
  #sent = 0

  constructor(inner: Inner, header: MsgHdr, flags: number) {
    this.#inner = inner
    this.#header = header
    this.flags = flags
  }

  get syscall(): string {
    return 'sendmsg'
  }

  check(): void {
    this.#inner.plain('sendmsg')
    messageHeader(this.#header)
    verbFlags(this.flags)
    this.#inner.checkRights(this.#header)
  }

  attempt(fd: number): number {
    return sendMessage(fd, this.#header, this.flags)
  }

  finish(count: number): number | typeof MORE {
    this.#sent += count
    this.#header.control().clear()
    return this.#header.consume(count) > 0 ? MORE : this.#sent
  }

  context(): ErrorContext {
    return { ...this.#header.name()?.context(), bytes: this.#sent }
  }
}
