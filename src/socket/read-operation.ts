import { MSG_DONTWAIT } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { lookAhead } from '../descriptor/receiving.js'
import { AGAIN_NOW, type Operation } from '../engine/operation.js'
import { IncompleteReadError, systemError } from '../support/errors.js'
import { isolate } from '../support/record.js'
import type { ReadAhead } from './read-ahead.js'
import type { ReadAheadTransport } from './read-ahead-transport.js'
import { LEAVES_MORE, LEAVES_NOTHING, LEAVES_UNKNOWN, type Rest } from './transport.js'

/** What a call of a reader waits for. */
export interface Wanted<T> {
  /** How many bytes, from the first one, are the result; -1 if it is not there yet. */
  lengthIn(ahead: ReadAhead): number
  /** How many bytes may be taken from the stream without taking one that follows the result; undefined where only those bytes tell. */
  missing(ahead: ReadAhead): number | undefined
  /** The most bytes of the result. */
  readonly max: number
  /** Takes the result. */
  take(ahead: ReadAhead, length: number): T
  /** The result when the stream has ended with those bytes; an error is thrown. */
  atEnd(ahead: ReadAhead): T
}

/** So many bytes. */
export class Exactly implements Wanted<Buffer> {
  readonly max: number

  constructor(count: number) {
    this.max = count
  }

  lengthIn({ length }: ReadAhead): number {
    return length < this.max ? -1 : this.max
  }

  missing({ length }: ReadAhead): number {
    return this.max - length
  }

  take(ahead: ReadAhead, length: number): Buffer {
    return ahead.take(length)
  }

  atEnd(ahead: ReadAhead): never {
    throw new IncompleteReadError(ahead.peek(ahead.length), this.max)
  }
}

/** Bytes up to a delimiter. */
abstract class Delimited<T> implements Wanted<T> {
  readonly max: number
  readonly #delimiter: Uint8Array
  /** How many bytes are known not to begin a delimiter. */
  #searched = 0

  constructor(delimiter: Uint8Array, max: number) {
    this.#delimiter = delimiter
    this.max = max
  }

  lengthIn(ahead: ReadAhead): number {
    const { length } = this.#delimiter
    const at = ahead.indexOf(this.#delimiter, Math.min(this.#searched, ahead.length))
    if (at >= 0 && at + length <= this.max) return at + length
    this.#searched = Math.max(0, ahead.length - length + 1)
    if (at < 0 && ahead.length < this.max) return -1
    throw systemError(sys.EMSGSIZE, 'recv', { detail: `no delimiter within ${this.max} bytes` })
  }

  missing(): undefined {
    return undefined
  }

  abstract take(ahead: ReadAhead, length: number): T

  atEnd(ahead: ReadAhead): T {
    throw new IncompleteReadError(ahead.peek(ahead.length))
  }
}

/** Bytes up to a delimiter, which is among them. */
export class Until extends Delimited<Buffer> {
  take(ahead: ReadAhead, length: number): Buffer {
    return ahead.take(length)
  }
}

const LF = 0x0a
const CR = 0x0d

/** A line, without its end. */
export class Line extends Delimited<string | Buffer> {
  readonly #encoding: BufferEncoding | undefined
  readonly #allowPartial: boolean

  constructor(delimiter: Uint8Array, max: number, encoding: BufferEncoding | undefined, allowPartial: boolean) {
    super(delimiter, max)
    this.#encoding = encoding
    this.#allowPartial = allowPartial
  }

  take(ahead: ReadAhead, length: number): string | Buffer {
    const ends = ahead.hasAt(length - 1, LF)
    const end = ends ? (ahead.hasAt(length - 2, CR) ? 2 : 1) : 0
    const line = this.#encoding === undefined ? ahead.peek(length - end) : ahead.text(length - end, this.#encoding)
    ahead.drop(length)
    return line
  }

  override atEnd(ahead: ReadAhead): string | Buffer {
    return this.#allowPartial ? this.take(ahead, ahead.length) : super.atEnd(ahead)
  }
}

/** The most bytes that are looked at before they are received. */
const LOOK_MOST = 16 * 1024

/** recv(2) until what is wanted has come. */
export class Read<T> implements Operation<T | null> {
  readonly #transport: ReadAheadTransport
  readonly #ahead: ReadAhead
  readonly #wanted: Wanted<T>
  readonly #readsAhead: boolean
  #length = -1
  /** The room of the last receive; 0 as long as there was none. */
  #room = 0
  #hasEnded = false

  constructor(transport: ReadAheadTransport, ahead: ReadAhead, wanted: Wanted<T>, readsAhead: boolean) {
    this.#transport = transport
    this.#ahead = ahead
    this.#wanted = wanted
    this.#readsAhead = readsAhead
  }

  get syscall(): string {
    return 'recv'
  }

  get wakeOnEither(): boolean {
    return this.#transport.inner.wakeOnEither
  }

  get needsRoom(): boolean {
    return this.#transport.inner.pendingBytes > 0
  }

  /** It may be there without a call: the one before may have read it ahead. */
  attempt(fd: number): number {
    this.#room = 0
    this.#length = this.#wanted.lengthIn(this.#ahead)
    if (this.#length >= 0) return this.#length
    const count = this.#readsAhead ? this.#receive(fd, Number.POSITIVE_INFINITY) : this.#receiveNoMore(fd)
    if (count <= 0) {
      this.#hasEnded = count === 0
      return count
    }
    this.#length = this.#wanted.lengthIn(this.#ahead)
    return count
  }

  #receive(fd: number, most: number): number {
    const count = this.#ahead.receive(most, (into, offset, length) => {
      this.#room = length
      return this.#transport.inner.recv(fd, into, offset, length, MSG_DONTWAIT)
    })
    // At once: a call that is aborted now leaves it for others.
    this.#transport.update()
    return count
  }

  /** Receives nothing that follows what is wanted. */
  #receiveNoMore(fd: number): number {
    const most = this.#wanted.missing(this.#ahead) ?? this.#lookFor(fd)
    return most <= 0 ? most : this.#receive(fd, most)
  }

  /**
   * How many bytes of those that the kernel has are wanted; `-errno`, or 0 at the end. What TLS has decrypted cannot be looked at: then it is
   * byte by byte.
   */
  #lookFor(fd: number): number {
    const { inner, channel } = this.#transport
    if (inner.session !== undefined) return 1
    const before = this.#ahead.length
    const most = Math.min(this.#wanted.max - before, LOOK_MOST)
    const look = (into: Uint8Array, _: number, room: number): number => lookAhead(channel, fd, MSG_DONTWAIT, into, room)
    try {
      const count = this.#ahead.receive(most, look)
      if (count <= 0) return count
      const length = this.#wanted.lengthIn(this.#ahead)
      return length < 0 ? count : length - before
    } finally {
      this.#ahead.truncate(before)
    }
  }

  finish(): T | null | typeof AGAIN_NOW {
    if (this.#hasEnded) return this.#ahead.length === 0 ? null : this.#end()
    if (this.#length < 0) return AGAIN_NOW
    const result = this.#wanted.take(this.#ahead, this.#length)
    this.#transport.update()
    return result
  }

  #end(): T {
    const result = this.#wanted.atEnd(this.#ahead)
    this.#transport.update()
    return result
  }

  /** Only if nothing is left for the next call, which would wait although it could go on. */
  drained(count: number): boolean {
    return this.#rest(count) === LEAVES_NOTHING
  }

  leavesToKernel(count: number): boolean {
    return this.#rest(count) === LEAVES_UNKNOWN
  }

  #rest(count: number): Rest {
    if (this.#room === 0 || count === 0 || this.#length !== this.#ahead.length) return LEAVES_MORE
    return this.#transport.inner.leaves(count, this.#room)
  }
}

isolate(Read)
