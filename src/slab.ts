/**
 * Memory to receive into. A receive asks for room, the kernel fills some of it, and only what was filled is taken: small
 * messages share one allocation instead of zeroing 64 KiB each. A Buffer keeps its whole slab alive, as Node's own do.
 */
const SLAB_BYTES = 256 * 1024
const ALIGNMENT = 8

let slab = Buffer.alloc(0)
let used = 0

/** Whoever reads: given memory, an offset and a length; returns a count, or `-errno`. */
export type ReadInto = (memory: Buffer, offset: number, length: number) => number

/** Lets `read` fill up to `bytes`, and returns what it said. {@link taken} then gives the filled part. */
export function receive(bytes: number, read: ReadInto): number {
  if (slab.length - used < bytes) {
    slab = Buffer.allocUnsafeSlow(Math.max(bytes, SLAB_BYTES))
    used = 0
  }
  return read(slab, used, bytes)
}

/** The first `bytes` of the room of the last {@link receive}, which are the caller's from now on. */
export function taken(bytes: number): Buffer {
  const part = slab.subarray(used, used + bytes)
  used += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT
  return part
}
