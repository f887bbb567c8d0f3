import { type AddrInfo, addressFrom } from '../address/addrinfo.js'
import { MSG_TRUNC } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { clearControl } from '../message/cmsghdrs.js'
import { type KeptMessage, ownControl } from '../message/kept.js'
import { protect } from '../native/memory.js'
import { native } from '../native/sockets.js'
import { copyFrom, Memory, type Pool, poolFor } from '../support/copy.js'
import { check, checkAnswer } from '../support/errors.js'
import { receivedInto } from '../support/receive-buffer.js'

/** Layout of the memory that the addon shares: see `shared_inbox_t` in native/sys/inbox.c. */
const ROWS = 64
const ROW_INTS = 6
const LENGTH = 0
const SENDER = 1
const NAME_LENGTH = 2
const CONTROL_LENGTH = 3
const FLAGS = 4
const COPY = 5
const NAMES = ROWS * ROW_INTS * Int32Array.BYTES_PER_ELEMENT
const NAME = native.limits.sockaddr_max
const SHARES = NAMES + ROWS * NAME
const SHARE = 2112
const CONTROLS = SHARES + ROWS * SHARE
const CONTROL = 2112

const SENDERS = 256
const NEW_SENDER = 1 << 16

/** The memory behind the shares, which the datagrams of a call divide among them. */
const LONG_BYTES = 128 * 1024 * 1024

/** How many datagrams one call receives, and the most bytes of each. */
export interface Layout {
  readonly most: number
  readonly room: number
}

/** The most room of a single receive. */
export const ONE_MOST: number = ROWS * SHARE

/** As many as there is shared memory for: of most families no datagram is larger than 64 KiB. */
const MANY = roomOf(ROWS)
/** Fewer, for any length: kernels make no unix datagram of more than some 4 MiB. */
const LONG = roomOf(16)

/** One datagram of any length. */
export const WHOLE: Layout = { most: 1, room: LONG.room }

function roomOf(most: number): Layout {
  return { most, room: SHARE + LONG_BYTES / most }
}

/** The layout for datagrams of so many bytes at most; of any length where they are undefined. */
export function layoutFor(bufsize: number | undefined, isUnix: boolean): Layout {
  const isLong = bufsize === undefined ? isUnix : bufsize > MANY.room
  const { most, room } = isLong ? LONG : MANY
  return { most, room: Math.min(bufsize ?? room, room) }
}

/** What has received into the inbox last, and has not looked at all of it yet. */
export interface InboxReader {
  /** Takes the rest out of it, because another reader receives. */
  leaveRest(): void
}

/** The memory of this thread that loops over datagrams receive into, by one recvmmsg(2) for all that is there. */
export class Inbox {
  readonly #rows: Int32Array
  readonly #memory: Memory
  /** The addresses of senders, by the places that the addon gives them. */
  readonly #senders: (AddrInfo | null)[] = Array.from({ length: SENDERS }, () => null)
  /** Those of the rows. */
  readonly #addrs: (AddrInfo | null)[] = Array.from({ length: ROWS }, () => null)
  /** What came into rows, copied. */
  readonly #copies: (Buffer | undefined)[] = Array.from({ length: ROWS }, () => undefined)
  #reader: InboxReader | undefined

  constructor(shared: ArrayBuffer) {
    this.#rows = new Int32Array(shared, 0, ROWS * ROW_INTS)
    this.#memory = new Memory(shared)
  }

  /** One recvmmsg(2) into rows 0 and up: how many datagrams came, or `-errno`. */
  receive(reader: InboxReader | undefined, fd: number, { most, room }: Layout, flags: number): number {
    if (this.#reader !== reader) this.#vacate()
    this.#reader = reader
    const result = native.inboxReceive(fd, flags | MSG_TRUNC, most, room)
    // All of them now: the next call may give their places to others.
    for (let row = 0; row < result; row++) {
      this.#addrs[row] = this.#senderOf(row)
      // Of a closed socket nothing is taken.
      this.#copies[row] = undefined
    }
    for (let row = 0; row < result - 1; ) row += this.#copyRun(row, result, room)
    return result
  }

  /** Copies rows of short datagrams that go into the same memory, by one call. Returns how many; of a single one it makes no copy. */
  #copyRun(first: number, end: number, room: number): number {
    const pool = this.#poolOf(first, room)
    if (pool === undefined) return 1
    let row = first
    do {
      this.#rows[row * ROW_INTS + COPY] = pool.take(this.#kept(row, room))
    } while (++row < end && this.#poolOf(row, room) === pool && pool.hasRoom(this.#kept(row, room)))
    check(native.inboxCopy(first, row - first, room, pool.bytes), 'recvmmsg')
    for (let i = first; i < row; i++)
      this.#copies[i] = pool.view(this.#rows[i * ROW_INTS + COPY] as number, this.#kept(i, room))
    return row - first
  }

  #poolOf(row: number, room: number): Pool | undefined {
    const length = this.#kept(row, room)
    return length <= SHARE ? poolFor(length) : undefined
  }

  /** How much came of a datagram. */
  #kept(row: number, room: number): number {
    return Math.min(this.#rows[row * ROW_INTS + LENGTH] as number, room)
  }

  /** One recvfrom(2): the count or `-errno`. What came is taken as from scratch memory, and its sender is that of row 0. */
  receiveOne(fd: number, room: number, flags: number): number {
    if (this.#reader !== undefined) this.#vacate()
    const result = native.inboxReceiveOne(fd, flags, room)
    if (result < 0) return result
    receivedInto(this.#memory, SHARES)
    this.#addrs[0] = this.#senderOf(0)
    return result
  }

  /** One datagram of any length into row 0: how long it was, or `-errno`. */
  receiveWhole(fd: number, flags: number): number {
    const result = this.receive(undefined, fd, WHOLE, flags)
    return result < 0 ? result : this.size(0)
  }

  /** There is nothing left for a reader: it is not kept alive. */
  leave(reader: InboxReader): void {
    if (this.#reader === reader) this.#reader = undefined
  }

  #vacate(): void {
    this.#reader?.leaveRest()
    this.#reader = undefined
  }

  #senderOf(row: number): AddrInfo | null {
    const at = row * ROW_INTS
    const place = this.#rows[at + SENDER] as number
    if (place < 0) return null
    if (place < NEW_SENDER) return this.#senders[place] as AddrInfo | null
    const addr = addressFrom(this.#memory.bytes, this.#rows[at + NAME_LENGTH] as number, NAMES + row * NAME, NAME)
    this.#senders[place - NEW_SENDER] = addr
    return addr
  }

  /** The length of a datagram as it was sent. */
  size(row: number): number {
    return this.#rows[row * ROW_INTS + LENGTH] as number
  }

  /** The bytes of a datagram, in memory of the receiver. */
  data(row: number, room: number): Buffer {
    const copy = this.#copies[row]
    this.#copies[row] = undefined
    if (copy !== undefined) return copy
    const length = this.#kept(row, room)
    if (length <= SHARE) return copyFrom(this.#memory, SHARES + row * SHARE, length)
    const own = Buffer.allocUnsafeSlow(length)
    const taken = native.inboxTake(row, own)
    return taken === length ? own : own.subarray(0, Math.max(taken, 0))
  }

  /** The address of the sender. */
  sender(row: number): AddrInfo | null {
    return this.#addrs[row] as AddrInfo | null
  }

  #control(row: number): Buffer | undefined {
    const length = this.#rows[row * ROW_INTS + CONTROL_LENGTH] as number
    const start = CONTROLS + row * CONTROL
    return length > 0 ? this.#memory.bytes.subarray(start, start + Math.min(length, CONTROL)) : undefined
  }

  /** Closes the descriptors that came with a datagram, as the kernel does where no room is made for them. */
  discardControl(row: number): void {
    const control = this.#control(row)
    if (control !== undefined) clearControl(ownControl(control))
  }

  /** Takes a datagram out, with all that came with it. */
  take(row: number, room: number): KeptMessage {
    const control = this.#control(row)
    return {
      data: this.data(row, room),
      size: this.size(row),
      addr: this.sender(row),
      flags: this.#rows[row * ROW_INTS + FLAGS] as number,
      control: control && ownControl(control),
    }
  }
}

let inbox: Inbox | undefined

/** Returns that of this thread; undefined as long as there is no memory for it. */
export function threadInbox(): Inbox | undefined {
  if (inbox !== undefined) return inbox
  const shared = native.inboxOpen()
  if (shared === -sys.ENOMEM) return undefined
  inbox = new Inbox(protect(checkAnswer(shared, 'mmap')))
  return inbox
}
