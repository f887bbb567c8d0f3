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
