import { MSG_TRUNC } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { copyFrom, Memory } from './copy.js'
import { systemError } from './errors.js'

/** A method as it was when this was loaded: one that replaced it would be given memory that no user may see. */
const fillBytes: (memory: Uint8Array, value: number, start: number, end: number) => void = Function.prototype.call.bind(
  Uint8Array.prototype.fill,
) as never

/** Bytes of the scratch memory: the default room of every receive. */
const SCRATCH_BYTES = 64 * 1024

/**
 * The scratch memory of this thread. Every receive is made into it, and what came is copied out before anything else can run: so it stays
 * in the cache, nothing is allocated for what did not come, and a message keeps nothing alive but itself. No user ever gets a part of it.
 */
let scratch: Memory | undefined
/** The scratch memory of larger receives: few have a use for it, so that it is kept until the next garbage collection only. */
let large: WeakRef<Memory> | undefined

const NOTHING = new Memory(new ArrayBuffer(0))

/** Where the last receive was made into; {@link NOTHING} when what came was taken. */
let received: Memory = NOTHING
/** Where in that memory what came begins. */
let start = 0

/** Returns memory for a receive of up to so many bytes. {@link takeReceived} takes what came, before anything else can run. */
export function scratchFor(room: number): Buffer {
  start = 0
  if (room <= SCRATCH_BYTES) received = scratch ??= Memory.allocate(SCRATCH_BYTES)
  else received = largeScratch(room)
  return received.bytes
}

function largeScratch(room: number): Memory {
  const former = large?.deref()
  if (former !== undefined && former.bytes.length >= room) return former
  const memory = Memory.allocate(room)
  large = new WeakRef(memory)
  return memory
}

/** Says where a receive went that other code has made: memory that no user may get a part of. The place is a multiple of 4. */
export function receivedInto(memory: Memory, offset: number): void {
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
  const { length } = memory.bytes
  received = NOTHING
  const bytes = Math.min(count, room)
  // Another receive has come in between: the memory may hold data of another socket.
  if (start + bytes > length) throw new Error('what was received has been overwritten')
  return 2 * bytes >= length && giveUp(memory) ? surrendered(memory, bytes) : copyFrom(memory, start, bytes)
}

/** Keeps scratch memory no longer, and returns whether it was that. */
function giveUp(memory: Memory): boolean {
  if (memory === scratch) scratch = undefined
  else if (memory === large?.deref()) large = undefined
  else return false
  return true
}

/** Memory of which half or more was filled is given away, which saves the copy. What was in the rest of it belongs to another socket. */
function surrendered(memory: Memory, bytes: number): Buffer {
  fillBytes(memory.bytes, 0, bytes, memory.bytes.length)
  return memory.view(0, bytes)
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
