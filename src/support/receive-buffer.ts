import { MSG_TRUNC } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { systemError } from './errors.js'

/**
 * Allocates memory to receive into, not zeroed. Users see it as `buffer` of what they received while others receive into the rest, so
 * it takes no new properties: a `byteLength` of its own would be believed by {@link partOf}.
 */
export function allocate(bytes: number): Buffer<ArrayBuffer> {
  const memory = Buffer.allocUnsafeSlow(bytes)
  Object.preventExtensions(memory.buffer)
  return memory
}

/**
 * Returns a part of memory as a Buffer, at half the cost of `subarray()`, which has to ask a Buffer for its memory.
 * @throws RangeError outside of the memory, where `subarray()` would return what there is.
 */
export const partOf: (memory: ArrayBufferLike, at: number, bytes: number) => Buffer = Buffer.from

/**
 * The receive buffer of this thread. A receive reserves room in it, the kernel fills a part, and only that part is taken: small messages
 * share one allocation instead of zeroing 64 KiB each. A Buffer keeps the whole of it alive, as those of Node's pool do.
 */
const POOL_BYTES = 256 * 1024
const ALIGNMENT = 8

let pool = Buffer.alloc(0)
/** The memory of the pool, which a Buffer computes each time that it is asked. */
let memory = pool.buffer
let used = 0

/** A receiving call: given memory, an offset and a length it returns a count, or `-errno`. */
export type ReadInto = (memory: Buffer, offset: number, length: number) => number

/** Makes room for `bytes` in {@link receiveBuffer}, and returns its offset there. {@link takeReceived} then returns what was filled. */
export function reserve(bytes: number): number {
  if (pool.length - used < bytes) {
    pool = allocate(Math.max(bytes, POOL_BYTES))
    memory = pool.buffer
    used = 0
  }
  return used
}

/** Returns the memory in which {@link reserve} made room. */
export function receiveBuffer(): Buffer {
  return pool
}

/** Lets `read` fill up to `bytes`, and returns its answer. */
export function receive(bytes: number, read: ReadInto): number {
  const at = reserve(bytes)
  return read(pool, at, bytes)
}

/** Takes the first `bytes` of the room that was reserved last; they are the caller's from now on. */
export function takeReceived(bytes: number): Buffer {
  const part = partOf(memory, used, bytes)
  used += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT
  return part
}

/**
 * Returns the count of a receive into so much room.
 * @throws EMSGSIZE when a message was longer and was truncated, unless the caller asked for that with MSG_TRUNC.
 */
export function untruncated(syscall: string, count: number, room: number, flags: number): number {
  if (count <= room || (flags & MSG_TRUNC) !== 0) return count
  throw systemError(sys.EMSGSIZE, syscall, {
    bytes: count,
    detail: `a message of ${count} bytes did not fit into ${room}, and was cut`,
  })
}
