import { type InspectOptions, inspect } from 'node:util'
import { type AddrInfo, addressFrom } from '../address/addrinfo.js'
import { MSG_TRUNC } from '../constants/exported.generated.js'
import { closeAll } from '../descriptor/close-fd.js'
import { peekFlags } from '../descriptor/receiving.js'
import { canProtect } from '../native/memory.js'
import { native } from '../native/sockets.js'
import { bufferView, copyOf, isSmall } from '../support/copy.js'
import { advice, NOT_CLONEABLE } from '../support/not-cloneable.js'
import { invalidState } from '../support/validate.js'
import { acquire, type BatchBuffer, CONTROL_ROOM, NAME_ROOM, release } from './batch-memory.js'
import { CmsgHdrs, decodeControl, moveControl } from './cmsghdrs.js'
import type { KeptMessage } from './kept.js'
import { flagNames } from './msghdr.js'

const ADVICE = advice('Pass the data of each datagram; a received batch')

/** A datagram of a {@link Batch}, or several that the kernel joined (`udpgro`). It is usable until the batch is closed. */
export class Datagram {
  /** @internal */
  readonly [NOT_CLONEABLE] = ADVICE
  readonly #buffer: () => BatchBuffer
  readonly #i: number
  #data: Buffer | undefined
  #addr: AddrInfo | null | undefined
  #control: CmsgHdrs | undefined

  /** For {@link Batch}. Internal. */
  constructor(buffer: () => BatchBuffer, i: number) {
    this.#buffer = buffer
    this.#i = i
  }

  /**
   * The bytes. More than 4 KiB, as the kernel joins them, are a view of the memory of the batch, which is reused once that is closed; fewer
   * are a copy, which stays as it is.
   * @throws `ERR_INVALID_STATE` when the batch is closed.
   */
  get data(): Buffer {
    const buffer = this.#buffer()
    this.#data ??= isSmall(buffer.keptLength(this.#i)) || !canProtect ? this.#copy(buffer) : this.#view(buffer)
    return this.#data
  }

  #copy(buffer: BatchBuffer): Buffer {
    return copyOf(buffer.data, this.#i * buffer.bufsize, buffer.keptLength(this.#i))
  }

  #view(buffer: BatchBuffer): Buffer {
    return bufferView(buffer.data.buffer, this.#i * buffer.bufsize, buffer.keptLength(this.#i))
  }

  /** Gives it the control messages that it came with; a look at a message has none. Internal. */
  static own(datagram: Datagram, control: CmsgHdrs | undefined): void {
    moveControl(control, datagram.control)
  }

  /** For sending it back: the bytes as the user has them, or in the memory of the batch, which saves the copy. Internal. */
  static bytesOf(datagram: Datagram): Buffer {
    const buffer = datagram.#buffer()
    return datagram.#data ?? datagram.#view(buffer)
  }

  /** The length in bytes as it was sent: more than `data.length` when it was cut. */
  get size(): number {
    return this.#buffer().sentLength(this.#i)
  }

  /** Bytes of each of the datagrams that were joined, the last of which may be shorter; of one that came alone its own length. */
  get segmentSize(): number {
    const buffer = this.#buffer()
    return buffer.segmentSize(this.#i) || buffer.keptLength(this.#i)
  }

  /** The address of the sender, `null` where it has none. */
  get addr(): AddrInfo | null {
    this.#addr ??= this.#readAddr()
    return this.#addr
  }

  #readAddr(): AddrInfo | null {
    const buffer = this.#buffer()
    return addressFrom(buffer.names, buffer.nameLength(this.#i), this.#i * NAME_ROOM, NAME_ROOM)
  }

  /** The flags that the kernel reports: `MSG_TRUNC` when it was cut, `MSG_CTRUNC` when its control messages were. */
  get flags(): number {
    return this.#buffer().flags(this.#i)
  }

  /** Its control messages. Descriptors in them are closed with the batch unless they are taken. */
  get control(): CmsgHdrs {
    this.#control ??= this.#readControl()
    return this.#control
  }

  #readControl(): CmsgHdrs {
    const buffer = this.#buffer()
    const control = new CmsgHdrs()
    const start = this.#i * CONTROL_ROOM
    decodeControl(control, buffer.control.subarray(start, start + CONTROL_ROOM), buffer.controlLength(this.#i))
    return control
  }

  /**
   * Yields the joined datagrams one by one, as they were sent: views, as `data` is.
   * @returns a generator of them; one of the whole datagram where nothing was joined.
   */
  *segments(): Generator<Buffer, void, undefined> {
    const { data, segmentSize } = this
    if (data.length === 0) yield data
    for (let at = 0; at < data.length; at += segmentSize) yield data.subarray(at, at + segmentSize)
  }

  /** Closes received descriptors that were not taken. */
  close(): void {
    this.#control?.clear()
  }

  [inspect.custom](_depth: number, options: InspectOptions): string {
    const { data, size, segmentSize, addr, flags, control } = this
    const parts = { data, size, segmentSize, addr, flags: flagNames(flags), control: [...control] }
    return `Datagram ${inspect(parts, { ...options, depth: 3 })}`
  }
}

/**
 * Datagrams that were received by one call. Their memory is reused once the batch is disposed, by `using` or by {@link Batch.close}: what
 * is needed beyond that is to be taken before, see {@link Datagram.data}. A batch that is never disposed is garbage-collected together with
 * its memory.
 */
export class Batch implements Iterable<Datagram> {
  /** @internal */
  readonly [NOT_CLONEABLE] = ADVICE
  #buffer: BatchBuffer | undefined
  readonly #datagrams: Datagram[] = []

  /** For {@link receiveBatch}. Internal. */
  constructor(buffer: BatchBuffer, count: number) {
    this.#buffer = buffer
    const memory = (): BatchBuffer => this.#open()
    // Array.from() would define each of them as a property.
    for (let i = 0; i < count; i++) this.#datagrams.push(new Datagram(memory, i))
  }

  #open(): BatchBuffer {
    if (this.#buffer) return this.#buffer
    throw invalidState('The batch is closed: its memory may hold other datagrams by now')
  }

  /** The number of datagrams; joined ones count as one. */
  get length(): number {
    return this.#datagrams.length
  }

  /**
   * Returns the datagram at an index, -1 for the last; `undefined` where there is none.
   * @param i - the index; negative ones count from the end.
   */
  at(i: number): Datagram | undefined {
    return this.#datagrams.at(i)
  }

  [Symbol.iterator](): IterableIterator<Datagram> {
    return this.#datagrams[Symbol.iterator]()
  }

  /** Releases the memory, and closes received descriptors that were not taken. A second close does nothing. */
  close(): void {
    const buffer = this.#buffer
    this.#buffer = undefined
    if (buffer) release(buffer)
    closeAll(this.#datagrams)
  }

  /** The same as {@link Batch.close}. */
  [Symbol.dispose](): void {
    this.close()
  }

  [inspect.custom](_depth: number, options: InspectOptions): string {
    return this.#buffer ? `Batch ${inspect(this.#datagrams, options)}` : `Batch (${this.length}, closed)`
  }
}

/**
 * A batch of datagrams that a loop has received.
 * @param isPeek - whether they stay where they are, with their descriptors.
 */
export function batchOf(messages: readonly KeptMessage[], bufsize: number, isPeek: boolean): Batch {
  const buffer = acquire(messages.length, bufsize)
  for (const [i, message] of messages.entries()) buffer.put(i, message)
  const batch = new Batch(buffer, messages.length)
  if (!isPeek) for (const [i, { control }] of messages.entries()) Datagram.own(batch.at(i) as Datagram, control)
  return batch
}

/**
 * One recvmmsg(2).
 * @param mayCarryFds - whether descriptors may be among the control messages, which need an owner right now.
 * @returns the datagrams, or `-errno`.
 */
export function receiveBatch(
  fd: number,
  count: number,
  bufsize: number,
  flags: number,
  mayCarryFds: boolean,
): Batch | number {
  const buffer = acquire(count, bufsize)
  // With MSG_TRUNC the kernel reports the length of a datagram that was cut.
  const bits = peekFlags(fd, flags | MSG_TRUNC)
  const result = native.recvmmsg(fd, bits, count, buffer.data, buffer.names, buffer.control, buffer.table)
  if (result < 0) {
    release(buffer)
    return result
  }
  const batch = new Batch(buffer, result)
  if (mayCarryFds) for (const datagram of batch) datagram.control
  return batch
}
