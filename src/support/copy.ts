import { allocateShared, canProtect } from '../native/memory.js'

/**
 * Returns a part of memory as a Buffer, at half the cost of `subarray()`, which has to ask a Buffer for its memory.
 * @throws RangeError outside of the memory, where `subarray()` would return what there is.
 */
export const bufferView: (memory: ArrayBufferLike, at: number, bytes: number) => Buffer = Buffer.from

/** Methods as they were when this was loaded: one that replaced them would be given memory that no user may see. */
const { allocUnsafeSlow } = Buffer
const Bytes = Uint8Array
const copyBytes: (from: Uint8Array, to: Buffer, toStart: number, start: number, end: number) => number =
  Function.prototype.call.bind(Buffer.prototype.copy) as never
/** Copies bytes to a place in memory, whatever the lengths say that were defined on the views. */
export const setBytes: (to: Buffer, from: Uint8Array, toStart: number) => void = Function.prototype.call.bind(
  Uint8Array.prototype.set,
) as never

/** Memory of which the library makes copies: as bytes, and as words, of which a loop copies four bytes at a time. */
export class Memory {
  /** All of it. */
  readonly bytes: Buffer
  readonly #buffer: ArrayBuffer
  readonly #start: number
  readonly #words: Int32Array

  /** @param start - of the part that it is, in bytes: a multiple of 8. */
  constructor(buffer: ArrayBuffer, start = 0, length: number = buffer.byteLength - start) {
    this.#buffer = buffer
    this.#start = start
    this.bytes = bufferView(buffer, start, length)
    this.#words = new Int32Array(buffer, start, length >> 2)
  }

  /** Memory of a size of its own. It is not zeroed. */
  static allocate(bytes: number): Memory {
    return new Memory(allocUnsafeSlow(bytes).buffer)
  }

  /** A part of it as the memory of a receiver. */
  view(at: number, bytes: number): Buffer {
    return bufferView(this.#buffer, this.#start + at, bytes)
  }

  /** Copies bytes to another memory. Both places are multiples of 4. */
  copy(at: number, to: Memory, start: number, bytes: number): void {
    // A call costs as much as a loop over so many bytes.
    if (bytes > TINY_MOST) return setBytes(to.bytes, new Bytes(this.#buffer, this.#start + at, bytes), start)
    const [from, into] = [this.#words, to.#words]
    const [first, firstInto] = [at >> 2, start >> 2]
    const count = bytes >> 2
    for (let i = 0; i < count; i++) into[firstInto + i] = from[first + i] as number
    for (let i = count << 2; i < bytes; i++) to.bytes[start + i] = this.bytes[at + i] as number
  }
}

/** Up to this size memory of its own would cost more than the receive does. */
const SHARED_MOST = 4096
/** Up to this size they are not mixed with larger ones, of which few would fill the pool that one of them keeps alive. */
const TINY_MOST = 128
/** A loop over so many bytes costs as much as a call. */
const BYTE_LOOP_MOST = 16

const TINY_POOL_BYTES = 16 * 1024
const POOL_BYTES = 64 * 1024

/** Numbers in received data can be read in place. */
const ALIGNMENT = 8

/** Memory in which copies are put one after the other. It is replaced when it is full, and lives as long as one of them. */
export class Pool {
  readonly #size: number
  #memory = new Memory(new ArrayBuffer(0))
  #used = 0

  constructor(size: number) {
    this.#size = size
  }

  /** All of it: what is in use, and what is not. */
  get bytes(): Buffer {
    return this.#memory.bytes
  }

  /** Takes so many bytes of it, and returns where they begin. They may be in other memory than those before. */
  take(count: number): number {
    if (!this.hasRoom(count)) this.#renew()
    const start = this.#used
    this.#used = start + ((count + ALIGNMENT - 1) & -ALIGNMENT)
    return start
  }

  /** Whether the next bytes are in the same memory as those before. */
  hasRoom(count: number): boolean {
    return this.#memory.bytes.length - this.#used >= count
  }

  /** Bytes that were taken, as the memory of their receiver. */
  view(start: number, count: number): Buffer {
    return this.#memory.view(start, count)
  }

  /** Copies bytes of memory of the library. */
  copy(from: Memory, at: number, count: number): Buffer {
    const start = this.take(count)
    from.copy(at, this.#memory, start, count)
    return this.view(start, count)
  }

  /** Copies bytes of any memory. */
  copyBytes(from: Uint8Array, at: number, count: number): Buffer {
    const start = this.take(count)
    const { bytes } = this.#memory
    if (count <= BYTE_LOOP_MOST) for (let i = 0; i < count; i++) bytes[start + i] = from[at + i] as number
    else copyBytes(from, bytes, start, at, at + count)
    return this.view(start, count)
  }

  #renew(): void {
    this.#memory = new Memory(allocateShared(this.#size))
    this.#used = 0
  }
}

const tiny = new Pool(TINY_POOL_BYTES)
const small = new Pool(POOL_BYTES)

/** The memory for copies of so many bytes, which others share and which cannot be detached; undefined where each has its own. */
export function poolFor(count: number): Pool | undefined {
  if (count > SHARED_MOST || !canProtect) return undefined
  return count <= TINY_MOST ? tiny : small
}

/** Copies bytes, into the memory of {@link poolFor} or into their own. */
export function copyOf(from: Uint8Array, at: number, count: number): Buffer {
  const pool = poolFor(count)
  if (pool !== undefined) return pool.copyBytes(from, at, count)
  const own = allocUnsafeSlow(count)
  copyBytes(from, own, 0, at, at + count)
  return own
}

/** The same, of memory of the library. The place is a multiple of 4. */
export function copyFrom(from: Memory, at: number, count: number): Buffer {
  const pool = poolFor(count)
  if (pool !== undefined) return pool.copy(from, at, count)
  const own = allocUnsafeSlow(count)
  copyBytes(from.bytes, own, 0, at, at + count)
  return own
}

/** Copies bytes to a place in memory. */
export function copyInto(from: Uint8Array, to: Buffer, at: number): void {
  // Memory that was detached is empty, and would be refused.
  if (from.length > 0) setBytes(to, from, at)
}

/** Joins bytes in memory of their own; those of one piece as {@link copyOf} does. */
export function joined(pieces: readonly Uint8Array[]): Buffer {
  const [first] = pieces
  if (first !== undefined && pieces.length === 1) return copyOf(first, 0, first.length)
  const all = allocUnsafeSlow(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) at += copyBytes(piece, all, at, 0, piece.length)
  return all
}

/** Whether {@link copyOf} is cheaper than keeping more memory alive for the bytes. */
export function isSmall(count: number): boolean {
  return count <= SHARED_MOST
}
