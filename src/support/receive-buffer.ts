/**
 * Memory to receive into, not zeroed. Users see it as `buffer` of what they received, and others receive into the rest: nobody can
 * give it a `byteLength` of his own, which {@link partOf} would believe.
 */
export function allocate(bytes: number): Buffer<ArrayBuffer> {
  const room = Buffer.allocUnsafeSlow(bytes)
  Object.preventExtensions(room.buffer)
  return room
}

/**
 * A part of memory as a Buffer: at half of the cost of `subarray()`, which has to ask a Buffer for its memory.
 * @throws RangeError where there is none, while `subarray()` would give what there is.
 */
export const partOf: (memory: ArrayBufferLike, at: number, bytes: number) => Buffer = Buffer.from

/**
 * Memory to receive into. A receive asks for room, the kernel fills some of it, and only what was filled is taken: small
 * messages share one allocation instead of zeroing 64 KiB each. A Buffer keeps its whole slab alive, as Node's own do.
 */
const SLAB_BYTES = 256 * 1024
const ALIGNMENT = 8

let slab = Buffer.alloc(0)
/** That of the slab, which a Buffer has to call for. */
let memory = slab.buffer
let used = 0

/** Whoever reads: given memory, an offset and a length; returns a count, or `-errno`. */
export type ReadInto = (memory: Buffer, offset: number, length: number) => number

/** Makes room for `bytes` in {@link slabMemory}, and returns the offset of it. {@link taken} then gives the part that was filled. */
export function reserve(bytes: number): number {
  if (slab.length - used < bytes) {
    slab = allocate(Math.max(bytes, SLAB_BYTES))
    memory = slab.buffer
    used = 0
  }
  return used
}

/** The memory that {@link reserve} made room in. */
export function slabMemory(): Buffer {
  return slab
}

/** Lets `read` fill up to `bytes`, and returns what it said. */
export function receive(bytes: number, read: ReadInto): number {
  const at = reserve(bytes)
  return read(slab, at, bytes)
}

/** The first `bytes` of the room of the last {@link reserve}, which are the caller's from now on. */
export function taken(bytes: number): Buffer {
  const part = partOf(memory, used, bytes)
  used += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT
  return part
}
