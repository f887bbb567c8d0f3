import { MSG_TRUNC } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { allocateShared } from '../native/memory.js'
import { native } from '../native/sockets.js'
import { copyInto } from '../support/copy.js'
import { systemError } from '../support/errors.js'
import * as validate from '../support/validate.js'
import { DEFAULT_ROOM } from './cmsghdrs.js'
import type { KeptMessage } from './kept.js'

/** The most datagrams that the kernel takes at once (UIO_MAXIOV). */
export const BATCH_MAX = 1024

/** Bytes for the address of each datagram. */
export const NAME_ROOM = native.limits.sockaddr_max

/** Bytes for the control messages of each datagram: as much as a message received alone gets. */
export const CONTROL_ROOM = DEFAULT_ROOM

/** Bytes that the pool keeps: seven buffers of the default size, fewer of larger ones. */
const POOL_BYTES = 32 << 20

/** The row of a datagram in the table that recvmmsg(2) fills, and its columns; see native/mmsg.c. */
const ROW_LENGTH = 5
const LENGTH = 0
const NAME_LENGTH = 1
const CONTROL_LENGTH = 2
const FLAGS = 3
const SEGMENT_SIZE = 4

/** More than any kernel delivers by one call: a batch that asks for it is a mistake. */
const BATCH_BYTES_MAX = 2 ** 32

const NOTHING = new Uint8Array(0)

/** Memory that several datagrams have in common. */
function sharedMemory(count: number, bufsize: number): Buffer {
  const bytes = count * bufsize
  if (bytes > BATCH_BYTES_MAX)
    throw validate.outOfRange('bufsize', `<= ${BATCH_BYTES_MAX / count} for ${count} datagrams`, bufsize)
  try {
    return Buffer.from(allocateShared(bytes), 0, bytes)
  } catch (cause) {
    throw systemError(sys.ENOMEM, 'recvmany', { detail: `there is no memory of ${bytes} bytes to receive into`, cause })
  }
}

/** Memory that a batch is received into: an equal share for each datagram, and a table of what the kernel reports of each. */
export class BatchBuffer {
  /** The bytes of the datagrams: the only memory of it that users see, where it is protected. */
  readonly data: Buffer
  /** The addresses of their senders. */
  readonly names: Buffer
  /** Their control messages. */
  readonly control: Buffer
  /** The rows that the kernel fills. */
  readonly table: Int32Array
  /** The number of datagrams that it is for. */
  readonly count: number
  /** The most bytes of each. */
  readonly bufsize: number

  constructor(count: number, bufsize: number) {
    this.count = count
    this.bufsize = bufsize
    this.data = sharedMemory(count, bufsize)
    this.names = Buffer.allocUnsafeSlow(count * NAME_ROOM)
    this.control = Buffer.allocUnsafeSlow(count * CONTROL_ROOM)
    this.table = new Int32Array(count * ROW_LENGTH)
  }

  /** Puts a datagram in that was received elsewhere, without its control messages. */
  put(i: number, { data, size, addr, flags }: KeptMessage): void {
    const kept = Math.min(data.length, this.bufsize)
    const name = addr?.sockaddr ?? NOTHING
    copyInto(data.subarray(0, kept), this.data, i * this.bufsize)
    copyInto(name, this.names, i * NAME_ROOM)
    const row = [size, name.length, 0, size > kept ? flags | MSG_TRUNC : flags, 0]
    this.table.set(row, i * ROW_LENGTH)
  }

  /** The length of a datagram as it was sent. */
  sentLength(i: number): number {
    return this.table[i * ROW_LENGTH + LENGTH] as number
  }

  /** How much of a datagram there was room for. */
  keptLength(i: number): number {
    return Math.min(this.sentLength(i), this.bufsize)
  }

  /** The length of the sender's address. */
  nameLength(i: number): number {
    return this.table[i * ROW_LENGTH + NAME_LENGTH] as number
  }

  /** The length of the control messages. */
  controlLength(i: number): number {
    return this.table[i * ROW_LENGTH + CONTROL_LENGTH] as number
  }

  /** `MSG_*`. */
  flags(i: number): number {
    return this.table[i * ROW_LENGTH + FLAGS] as number
  }

  /** Bytes of each of the datagrams that the kernel joined, 0 for one that came alone. */
  segmentSize(i: number): number {
    return this.table[i * ROW_LENGTH + SEGMENT_SIZE] as number
  }
}

/** Buffers that no batch uses, the one that was released last at the end. */
const pool: BatchBuffer[] = []

/** Takes a buffer for one call from the pool, or makes one. A socket that waits holds none: there may be many such. */
export function acquire(count: number, bufsize: number): BatchBuffer {
  const i = pool.findLastIndex((buffer) => buffer.count === count && buffer.bufsize === bufsize)
  return (i < 0 ? undefined : pool.splice(i, 1)[0]) ?? new BatchBuffer(count, bufsize)
}

/** Returns a buffer to the pool, which drops those that were not used for longest. */
export function release(buffer: BatchBuffer): void {
  pool.push(buffer)
  let bytes = pool.reduce((sum, pooled) => sum + pooled.data.length, 0)
  while (bytes > POOL_BYTES) bytes -= pool.shift()?.data.length ?? bytes
}
