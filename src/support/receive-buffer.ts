/**
 * Allocates memory to receive into, not zeroed. Users see it as the `buffer` of what they received, while the rest is still received into.
 * It is not extensible, so that they cannot define a `byteLength` of their own, on which {@link partOf} relies.
 */
export function allocate(bytes: number): Buffer<ArrayBuffer> {
  const room = Buffer.allocUnsafeSlow(bytes)
  Object.preventExtensions(room.buffer)
  return room
}

/**
 * A part of memory as a Buffer. It costs half of `subarray()`, which has to ask a Buffer for its memory.
 * @throws RangeError when it is out of bounds, where `subarray()` would return a shorter part.
 */
export const partOf: (memory: ArrayBufferLike, at: number, bytes: number) => Buffer = Buffer.from

/**
 * The size of a slab: memory that many receives share. Each reserves room at its end, the kernel fills a part of it, and only that part is
 * taken, so that small messages share one allocation instead of zeroing 64 KiB each. A Buffer keeps its whole slab alive, as Node's
 * own do.
 */
const SLAB_BYTES = 256 * 1024
const ALIGNMENT = 8

let slab = Buffer.alloc(0)
/** The memory of the slab: kept, because `buffer` of a Buffer is a getter. */
let memory = slab.buffer
let used = 0

/** A call that receives into a part of memory, and returns a count or `-errno`. */
export type ReadInto = (memory: Buffer, offset: number, length: number) => number

/** Reserves room for `bytes` in {@link slabMemory}, and returns its offset. {@link taken} then takes the part that was filled. */
export function reserve(bytes: number): number {
  if (slab.length - used < bytes) {
    slab = allocate(Math.max(bytes, SLAB_BYTES))
    memory = slab.buffer
    used = 0
  }
  return used
}

/** The memory in which {@link reserve} has reserved room. */
export function slabMemory(): Buffer {
  return slab
}

/** Reserves room for `bytes`, lets `read` fill it, and returns its result. */
export function receive(bytes: number, read: ReadInto): number {
  const at = reserve(bytes)
  return read(slab, at, bytes)
}

/** Takes the first `bytes` of the room of the last {@link reserve}: they belong to the caller, and are not reserved again. */
export function taken(bytes: number): Buffer {
  const part = partOf(memory, used, bytes)
  used += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT
  return part
}
