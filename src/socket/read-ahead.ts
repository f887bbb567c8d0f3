import { copyOf, isSmall } from '../support/copy.js'
import { scratchFor, takeReceived } from '../support/receive-buffer.js'

const NOTHING = Buffer.alloc(0)

/** Bytes of one receive into the scratch memory. */
const PIECE = 64 * 1024

/** Free memory behind the data is received into only if it is worth a call. */
const LEAST_FREE = 16 * 1024

type Receive = (into: Uint8Array, offset: number, length: number) => number

/** Bytes that were received and not taken yet. Without any it holds no memory, however many connections wait. */
export class ReadAhead {
  #memory: Buffer = NOTHING
  #start = 0
  #end = 0

  /** How many bytes there are. */
  get length(): number {
    return this.#end - this.#start
  }

  /**
   * Adds what a receive gives.
   * @param most - the most bytes to receive.
   * @param receive - receives into that memory, and returns a count or `-errno`.
   * @returns what it returned.
   */
  receive(most: number, receive: Receive): number {
    const free = this.#memory.length - this.#end
    if (free < LEAST_FREE) return this.#receiveToScratch(Math.min(PIECE, most), receive)
    const count = receive(this.#memory, this.#end, Math.min(free, most))
    if (count > 0) this.#end += count
    return count
  }

  #receiveToScratch(room: number, receive: Receive): number {
    const count = receive(scratchFor(room), 0, room)
    if (count > 0) this.append(takeReceived(count, room))
    return count
  }

  /** Adds bytes, of which it keeps the memory. */
  append(piece: Buffer): void {
    if (this.length === 0) {
      this.#memory = piece
      this.#start = 0
      this.#end = piece.length
      return
    }
    if (this.#memory.length - this.#end < piece.length) this.#grow(piece.length)
    piece.copy(this.#memory, this.#end)
    this.#end += piece.length
  }

  /** Twice the memory: as often as it grows, each byte is copied once on average. */
  #grow(more: number): void {
    const memory = Buffer.allocUnsafeSlow(2 * (this.length + more))
    this.#memory.copy(memory, 0, this.#start, this.#end)
    this.#end = this.length
    this.#start = 0
    this.#memory = memory
  }

  /** Where bytes are found, counted from the first one; -1 if they are not there. */
  indexOf(bytes: Uint8Array, from: number): number {
    const at = this.#memory.subarray(0, this.#end).indexOf(bytes, this.#start + from)
    return at < 0 ? -1 : at - this.#start
  }

  /** Whether there is that byte at a place. */
  hasAt(at: number, byte: number): boolean {
    return at >= 0 && this.#memory[this.#start + at] === byte
  }

  /** Copies so many bytes out, from the first one. */
  peek(count: number): Buffer {
    return copyOf(this.#memory, this.#start, count)
  }

  /** The text of so many bytes. */
  text(count: number, encoding: BufferEncoding): string {
    return this.#memory.toString(encoding, this.#start, this.#start + count)
  }

  /** Takes so many bytes. */
  take(count: number): Buffer {
    if (this.#isMostly(count)) return this.#giveAway(count)
    const taken = this.peek(count)
    this.drop(count)
    return taken
  }

  /** Whether so many bytes are most of the memory, or all of it: then a copy would cost more than what else they keep alive. */
  #isMostly(count: number): boolean {
    const { length } = this.#memory
    return count === length || (!isSmall(count) && 2 * count >= length)
  }

  /** Gives a part of the memory itself; what follows is copied. */
  #giveAway(count: number): Buffer {
    const memory = this.#memory
    const end = this.#start + count
    const taken = count === memory.length ? memory : memory.subarray(this.#start, end)
    const left = this.#end - end
    this.#memory = left === 0 ? NOTHING : copyOf(memory, end, left)
    this.#start = 0
    this.#end = left
    return taken
  }

  /** Forgets so many bytes. */
  drop(count: number): void {
    this.#start += count
    if (this.#start < this.#end) return
    this.#memory = NOTHING
    this.#start = 0
    this.#end = 0
  }

  /** Forgets the last bytes, so that so many are left. */
  truncate(length: number): void {
    this.#end = this.#start + length
    this.drop(0)
  }

  /** Copies bytes to memory, and returns how many. */
  copyTo(into: Uint8Array, offset: number, length: number): number {
    const count = Math.min(length, this.length)
    this.#memory.copy(into, offset, this.#start, this.#start + count)
    return count
  }
}
