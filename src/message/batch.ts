import { type InspectOptions, inspect } from 'node:util'
import { type AddrInfo, addressFrom } from '../address/addrinfo.js'
import { MSG_TRUNC } from '../constants/exported.generated.js'
import { closeAll } from '../descriptor/close-fd.js'
import { native } from '../native/sockets.js'
import { partOf } from '../support/receive-buffer.js'
import { invalidState, memoryGone } from '../support/validate.js'
import { type Block, COLUMN, CONTROL_ROOM, give, NAME_ROOM, take } from './batch-memory.js'
import { CmsgHdrs } from './cmsghdrs.js'
import { flagNames } from './msghdr.js'

/** A datagram of a {@link Batch}: several joined, where the kernel did that (`udpgro`). */
export class Datagram {
  readonly #batch: () => Block
  readonly #i: number
  #addr: AddrInfo | null | undefined
  #control: CmsgHdrs | undefined

  /** For {@link Batch}. */
  constructor(batch: () => Block, i: number) {
    this.#batch = batch
    this.#i = i
  }

  /** The bytes: a view of the memory of the batch, and gone with it. */
  get data(): Buffer {
    const block = this.#batch()
    if (block.isGone) throw memoryGone('data')
    return partOf(block.data.buffer, this.#i * block.bufsize, this.#length(block))
  }

  /** As much of it as there was room for. */
  #length(block: Block): number {
    return Math.min(block.read(this.#i, COLUMN.bytes), block.bufsize)
  }

  /** The length as it was sent: more than `data.length` when it was cut. */
  get size(): number {
    return this.#batch().read(this.#i, COLUMN.bytes)
  }

  /** Bytes of each of the datagrams that were joined, the last of which may be shorter; of one alone its own length. */
  get segmentSize(): number {
    const block = this.#batch()
    return block.read(this.#i, COLUMN.segment) || this.#length(block)
  }

  /** The address of the sender, `null` where it has none. */
  get addr(): AddrInfo | null {
    this.#addr ??= this.#readAddr()
    return this.#addr
  }

  #readAddr(): AddrInfo | null {
    const block = this.#batch()
    return addressFrom(block.names, block.read(this.#i, COLUMN.nameLength), this.#i * NAME_ROOM, NAME_ROOM)
  }

  /** What the kernel said of it: `MSG_TRUNC` when it was cut, `MSG_CTRUNC` when its control messages were. */
  get flags(): number {
    return this.#batch().read(this.#i, COLUMN.flags)
  }

  /** Its control messages. Descriptors in them are closed with the batch unless they are taken. */
  get control(): CmsgHdrs {
    this.#control ??= this.#readControl()
    return this.#control
  }

  #readControl(): CmsgHdrs {
    const block = this.#batch()
    const control = new CmsgHdrs()
    const start = this.#i * CONTROL_ROOM
    control.decode(block.control.subarray(start, start + CONTROL_ROOM), block.read(this.#i, COLUMN.controlLength))
    return control
  }

  /** The datagrams one by one, as they were sent: views, as `data` is. */
  *segments(): Generator<Buffer, void, undefined> {
    const { data, segmentSize } = this
    if (data.length === 0) yield data
    for (let at = 0; at < data.length; at += segmentSize) yield data.subarray(at, at + segmentSize)
  }

  /** Closes descriptors that arrived and that nobody took. */
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
 * Datagrams that were received by one call. Their memory is used again once the batch is disposed, by `using` or by
 * {@link Batch.close}: what is to be kept beyond that has to be copied. A batch that is never disposed is collected like
 * anything else, and its memory with it.
 */
export class Batch implements Iterable<Datagram> {
  #block: Block | undefined
  readonly #datagrams: Datagram[]

  /** For {@link receiveBatch}. */
  constructor(block: Block, count: number) {
    this.#block = block
    const memory = (): Block => this.#use()
    this.#datagrams = Array.from({ length: count }, (_, i) => new Datagram(memory, i))
  }

  #use(): Block {
    if (this.#block) return this.#block
    throw invalidState('The batch is closed: its memory may hold other datagrams by now')
  }

  /** How many datagrams there are; joined ones count as one. */
  get length(): number {
    return this.#datagrams.length
  }

  /** One of them, the last for -1; `undefined` where there is none. */
  at(i: number): Datagram | undefined {
    return this.#datagrams.at(i)
  }

  [Symbol.iterator](): IterableIterator<Datagram> {
    return this.#datagrams[Symbol.iterator]()
  }

  /** Gives the memory back, and closes descriptors that nobody took. A second close does nothing. */
  close(): void {
    const block = this.#block
    this.#block = undefined
    if (block) give(block)
    closeAll(this.#datagrams)
  }

  [Symbol.dispose](): void {
    this.close()
  }

  [inspect.custom](_depth: number, options: InspectOptions): string {
    return this.#block ? `Batch ${inspect(this.#datagrams, options)}` : `Batch (${this.length}, closed)`
  }
}

/** Where a batch is put. */
export interface Receipt {
  /** The datagrams; none before the call succeeded. */
  batch: Batch | undefined
}

/**
 * One recvmmsg(2): the count, or `-errno`, and the datagrams in `receipt.batch`. `mayCarryFds` says that control messages have to
 * be looked at right now, because descriptors need an owner.
 */
export function receiveBatch(
  fd: number,
  count: number,
  bufsize: number,
  flags: number,
  mayCarryFds: boolean,
  receipt: Receipt,
): number {
  const block = take(count, bufsize)
  // With MSG_TRUNC the kernel tells the length of a datagram that was cut.
  const result = native.recvmmsg(fd, flags | MSG_TRUNC, count, block.data, block.names, block.control, block.table)
  if (result < 0) {
    give(block)
    return result
  }
  receipt.batch = new Batch(block, result)
  if (mayCarryFds) for (const datagram of receipt.batch) datagram.control
  return result
}
