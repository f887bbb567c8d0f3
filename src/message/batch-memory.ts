import { native } from '../native/sockets.js'
import { allocate } from '../support/receive-buffer.js'
import { DEFAULT_ROOM } from './cmsghdrs.js'

/** UIO_MAXIOV: the kernel takes no more datagrams at once. */
export const BATCH_MAX = 1024

/** Bytes for the address of each datagram, and for its control messages. */
export const NAME_ROOM = native.limits.sockaddr_max
/** As much as a message of its own gets. */
export const CONTROL_ROOM = DEFAULT_ROOM

/** What is kept for later: seven of the default size, fewer of larger ones. */
const KEPT_BYTES = 32 << 20

/** The row of a datagram in the table that recvmmsg(2) fills; see native/mmsg.c. */
const ROW_LENGTH = 5

/** The columns of it. */
export const COLUMN = {
  /** How long the datagram was when it was sent. */
  bytes: 0,
  /** Of the sender's address. */
  nameLength: 1,
  /** Of the control messages. */
  controlLength: 2,
  /** `MSG_*`. */
  flags: 3,
  /** Bytes of each of those that were joined, 0 for one alone. */
  segment: 4,
} as const

/** Memory that a batch is received into: an equal share for each datagram. */
export class Block {
  /** Their bytes. */
  readonly data: Buffer
  /** The addresses of their senders. */
  readonly names: Buffer
  /** Their control messages. */
  readonly control: Buffer
  /** What the kernel said of each: a row. */
  readonly table: Int32Array
  /** How many datagrams it is for. */
  readonly count: number
  /** The most bytes of each. */
  readonly bufsize: number

  constructor(count: number, bufsize: number) {
    this.count = count
    this.bufsize = bufsize
    this.data = allocate(count * bufsize)
    this.names = allocate(count * NAME_ROOM)
    this.control = allocate(count * CONTROL_ROOM)
    this.table = new Int32Array(count * ROW_LENGTH)
  }

  /** Whether somebody has transferred the bytes away, the only memory of it that is shown. */
  get isGone(): boolean {
    return this.data.byteLength === 0
  }

  /** What the kernel said of one of them. */
  read(i: number, column: (typeof COLUMN)[keyof typeof COLUMN]): number {
    return this.table[i * ROW_LENGTH + column] as number
  }
}

/** Blocks that no batch uses at the moment, the one that was given back last at the end. */
const free: Block[] = []

/** Memory for one call. A socket that waits holds none: there may be many such. */
export function take(count: number, bufsize: number): Block {
  const i = free.findLastIndex((block) => block.count === count && block.bufsize === bufsize)
  return (i < 0 ? undefined : free.splice(i, 1)[0]) ?? new Block(count, bufsize)
}

/** Gives a block back, for the next one. */
export function give(block: Block): void {
  if (block.isGone) return
  free.push(block)
  let bytes = free.reduce((sum, one) => sum + one.data.length, 0)
  while (bytes > KEPT_BYTES) bytes -= free.shift()?.data.length ?? bytes
}
