import { MSG_TRUNC } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { allocateShared, canProtect } from '../native/memory.js'
import { systemError } from './errors.js'

/**
 * Returns a part of memory as a Buffer, at half the cost of `subarray()`, which has to ask a Buffer for its memory.
 * @throws RangeError outside of the memory, where `subarray()` would return what there is.
 */
export const bufferView: (memory: ArrayBufferLike, at: number, bytes: number) => Buffer = Buffer.from

/** Methods as they were when this was loaded: one that replaced them would be given memory that no user may see. */
const { allocUnsafeSlow } = Buffer
const copyBytes: (from: Uint8Array, to: Buffer, toStart: number, start: number, end: number) => number =
  Function.prototype.call.bind(Buffer.prototype.copy) as never

const fillBytes: (memory: Uint8Array, value: number, start: number, end: number) => void = Function.prototype.call.bind(
  Uint8Array.prototype.fill,
) as never

/** Bytes of the scratch memory: the default room of every receive. */
const SCRATCH_BYTES = 64 * 1024

/**
 * The scratch memory of this thread. Every receive is made into it, and what came is copied out before anything else can run: so it stays
 * in the cache, nothing is allocated for what did not come, and a message keeps nothing alive but itself. No user ever gets a part of it.
 */
let scratch: Buffer | undefined
/** The scratch memory of larger receives: few have a use for it, so that it is kept until the next garbage collection only. */
let large: WeakRef<Buffer> | undefined

const NOTHING = Buffer.alloc(0)

/** Where the last receive was made into; {@link NOTHING} when what came was taken. */
let received: Buffer = NOTHING
/** Where in that memory what came begins. */
let start = 0

/** Returns memory for a receive of up to so many bytes. {@link takeReceived} takes what came, before anything else can run. */
export function scratchFor(room: number): Buffer {
  start = 0
  if (room <= SCRATCH_BYTES) received = scratch ??= allocUnsafeSlow(SCRATCH_BYTES)
  else received = largeScratch(room)
  return received
}

function largeScratch(room: number): Buffer {
  const former = large?.deref()
  if (former !== undefined && former.length >= room) return former
  const memory = allocUnsafeSlow(room)
  large = new WeakRef(memory)
  return memory
}

/** Says where a receive went that other code has made: memory that no user may get a part of. */
export function receivedInto(memory: Buffer, offset: number): void {
  received = memory
  start = offset
}

/**
 * Takes what the last receive filled, as memory of the receiver.
 * @param count - what the call returned: of a message that was cut, how long it was.
 * @param room - how many bytes there was room for. More than that is never taken, whatever the kernel said.
 */
export function takeReceived(count: number, room: number): Buffer {
  const memory = received
  received = NOTHING
  const bytes = Math.min(count, room)
  // Another receive has come in between: the memory may hold data of another socket.
  if (start + bytes > memory.length) throw new Error('what was received has been overwritten')
  return 2 * bytes >= memory.length && giveUp(memory) ? surrendered(memory, bytes) : copyOf(memory, start, bytes)
}

/** Keeps scratch memory no longer, and returns whether it was that. */
function giveUp(memory: Buffer): boolean {
  if (memory === scratch) scratch = undefined
  else if (memory === large?.deref()) large = undefined
  else return false
  return true
}

/** Memory of which half or more was filled is given away, which saves the copy. What was in the rest of it belongs to another socket. */
function surrendered(memory: Buffer, bytes: number): Buffer {
  if (bytes === memory.length) return memory
  fillBytes(memory, 0, bytes, memory.length)
  return bufferView(memory.buffer, 0, bytes)
}

/** Up to this size memory of its own would cost more than the receive does. */
const SHARED_MOST = 4096
/** Up to this size they are not mixed with larger ones, of which few would fill the pool that one of them keeps alive. */
const TINY_MOST = 128

const TINY_POOL_BYTES = 16 * 1024
const POOL_BYTES = 64 * 1024

/** Numbers in received data can be read in place. */
const ALIGNMENT = 8

/** Memory in which copies are put one after the other. It is replaced when it is full, and lives as long as one of them. */
class Pool {
  readonly #size: number
  #memory = new ArrayBuffer(0)
  /** The same memory. A Buffer computes its `buffer` each time that it is asked. */
  #bytes = Buffer.from(this.#memory)
  #used = 0

  constructor(size: number) {
    this.#size = size
  }

  copy(from: Uint8Array, at: number, count: number): Buffer {
    if (this.#bytes.length - this.#used < count) this.#renew()
    const start = this.#used
    const bytes = this.#bytes
    // A loop costs half of a call for these.
    if (count <= TINY_MOST) for (let i = 0; i < count; i++) bytes[start + i] = from[at + i] as number
    else copyBytes(from, bytes, start, at, at + count)
    this.#used = start + ((count + ALIGNMENT - 1) & -ALIGNMENT)
    return bufferView(this.#memory, start, count)
  }

  #renew(): void {
    this.#memory = allocateShared(this.#size)
    this.#bytes = Buffer.from(this.#memory)
    this.#used = 0
  }
}

const tiny = new Pool(TINY_POOL_BYTES)
const small = new Pool(POOL_BYTES)

/** Copies bytes: small ones into memory that they have in common and that cannot be detached, others into memory of their own. */
export function copyOf(from: Uint8Array, at: number, count: number): Buffer {
  if (count <= SHARED_MOST && canProtect) return (count <= TINY_MOST ? tiny : small).copy(from, at, count)
  const own = allocUnsafeSlow(count)
  copyBytes(from, own, 0, at, at + count)
  return own
}

/** Copies bytes to a place in memory. */
export function copyInto(from: Uint8Array, to: Buffer, at: number): void {
  const { length } = from
  if (length <= TINY_MOST) for (let i = 0; i < length; i++) to[at + i] = from[i] as number
  else copyBytes(from, to, at, 0, length)
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
