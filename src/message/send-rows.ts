// The memory of one sendmmsg(2): a table of rows, and the addresses and control messages that they refer to.

import { native } from '../native/sockets.js'

/** The most rows of one call. More datagrams go in further calls, so that other sockets get their turn in between. */
export const ROWS_MAX = 64

/** The columns of a row; see native/mmsg.c. */
const ROW_LENGTH = 7
const VIEW = 0
const OFFSET = 1
const LENGTH = 2
const NAME_OFFSET = 3
const NAME_LENGTH = 4
const CONTROL_OFFSET = 5
const CONTROL_LENGTH = 6

/** A part of a {@link ByteArena}. */
interface Slice {
  readonly at: number
  readonly length: number
}

const EMPTY: Slice = { at: 0, length: 0 }

/** Byte strings one after the other in one piece of memory. One that is added several times in a row is stored once. */
class ByteArena {
  memory = Buffer.alloc(4096)
  #used = 0
  #last: Uint8Array | undefined
  #slice = EMPTY

  add(bytes: Uint8Array | undefined): Slice {
    if (bytes === undefined) return EMPTY
    if (bytes === this.#last) return this.#slice
    const at = this.#used
    this.#used += bytes.length
    if (this.#used > this.memory.length) this.memory = Buffer.concat([this.memory], this.#used * 2)
    this.memory.set(bytes, at)
    this.#last = bytes
    this.#slice = { at, length: bytes.length }
    return this.#slice
  }

  clear(): void {
    this.#used = 0
    this.#last = undefined
  }
}

/** A datagram as the table takes it. */
export interface RowSource {
  /** All of its bytes. */
  readonly bytes: Uint8Array
  /** Its destination; undefined for the peer of the socket. */
  readonly sockaddr: Uint8Array | undefined
  /** The most bytes of it that go in one row. */
  readonly rowBytes: number
  /** The control messages of each row. */
  readonly control: Uint8Array | undefined
}

/** The rows of one call: each is a datagram, or a part of one that the kernel cuts into segments. It is empty between calls, and reused. */
export class RowTable {
  readonly #rows = new Int32Array(ROWS_MAX * ROW_LENGTH)
  readonly #views: Uint8Array[] = []
  readonly #names = new ByteArena()
  readonly #controls = new ByteArena()
  #count = 0

  /** Whether there is no room for another row. */
  get isFull(): boolean {
    return this.#count === ROWS_MAX
  }

  /** Adds the rows of a datagram, from an offset on, as far as there is room for them. */
  add({ bytes, sockaddr, control, rowBytes }: RowSource, offset: number): void {
    const view = this.#views.push(bytes) - 1
    const name = this.#names.add(sockaddr)
    const message = this.#controls.add(control)
    let at = offset
    do {
      const length = Math.min(rowBytes, bytes.length - at)
      this.#addRow(view, at, length, name, message)
      at += length
    } while (at < bytes.length && !this.isFull)
  }

  #addRow(view: number, offset: number, length: number, name: Slice, control: Slice): void {
    const at = this.#count++ * ROW_LENGTH
    const rows = this.#rows
    rows[at + VIEW] = view
    rows[at + OFFSET] = offset
    rows[at + LENGTH] = length
    rows[at + NAME_OFFSET] = name.at
    rows[at + NAME_LENGTH] = name.length
    rows[at + CONTROL_OFFSET] = control.at
    rows[at + CONTROL_LENGTH] = control.length
  }

  /** The datagram that a row belongs to, counted from the first that was added, and where the row begins and ends in it. */
  row(i: number): { view: number; start: number; end: number } {
    const at = i * ROW_LENGTH
    const rows = this.#rows
    const start = rows[at + OFFSET] as number
    return { view: rows[at + VIEW] as number, start, end: start + (rows[at + LENGTH] as number) }
  }

  /** One sendmmsg(2): how many rows were sent, or `-errno`. */
  send(fd: number, flags: number): number {
    if (this.#count === 0) return 0
    const { memory } = this.#names
    return native.sendmmsg(fd, flags, this.#views, this.#rows, this.#count, memory, this.#controls.memory)
  }

  /** Removes the rows, and the references to memory of others. {@link row} still reads the old ones until the next are added. */
  clear(): void {
    this.#count = 0
    this.#views.length = 0
    this.#names.clear()
    this.#controls.clear()
  }
}
