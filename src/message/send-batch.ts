import { type AddrInfo, addressArgument } from '../address/addrinfo.js'
import { native } from '../native/sockets.js'
import type { ErrorContext } from '../support/errors.js'
import * as validate from '../support/validate.js'
import { Datagram } from './batch.js'
import { CmsgHdr } from './cmsghdr.js'
import { CmsgHdrs } from './cmsghdrs.js'

/** A datagram of a batch that is to be sent; a received one will do. */
export interface OutgoingDatagram {
  /** Its bytes; with `segmentSize` those of many datagrams, however many. */
  readonly data: validate.Data
  /** Where to; the peer of the socket when there is none. */
  readonly addr?: AddrInfo | null | undefined
  /** UDP: bytes of each datagram that the data is cut into, the last being shorter. The kernel does the cutting (`UDP_SEGMENT`). */
  readonly segmentSize?: number | undefined
  /** Control messages that go with it, or with each that it is cut into. Those of a received datagram stay behind. */
  readonly control?: CmsgHdrs | undefined
}

/** More than this go in another call, so that others may have a turn. */
const ROWS_MAX = 64

/** The row of a datagram in the table that sendmmsg(2) is made of: seven columns, see native/mmsg.c. */
const ROW_LENGTH = 7

/** UDP_MAX_SEGMENTS of kernels before 6.9; later ones take 128. */
const SEGMENTS_MAX = 64

/** The largest payload of an IPv4 datagram. */
const PAYLOAD_MAX = 65507

/** A part of an {@link Arena}. */
interface Part {
  readonly at: number
  readonly length: number
}

const NO_PART: Part = { at: 0, length: 0 }

/** Small things one behind the other; the same thing several times in a row is there once. */
class Arena {
  memory = Buffer.alloc(4096)
  #used = 0
  #last: Uint8Array | undefined
  #part = NO_PART

  add(bytes: Uint8Array | undefined): Part {
    if (bytes === undefined) return NO_PART
    if (bytes === this.#last) return this.#part
    const at = this.#used
    this.#used += bytes.length
    if (this.#used > this.memory.length) this.memory = Buffer.concat([this.memory], this.#used * 2)
    this.memory.set(bytes, at)
    this.#last = bytes
    this.#part = { at, length: bytes.length }
    return this.#part
  }

  clear(): void {
    this.#used = 0
    this.#last = undefined
  }
}

/** What one call is made of. It is filled for the call, and of no use after it: one for all of them is enough. */
class Table {
  readonly #rows = new Int32Array(ROWS_MAX * ROW_LENGTH)
  readonly #views: Uint8Array[] = []
  readonly #names = new Arena()
  readonly #controls = new Arena()
  #count = 0

  get isFull(): boolean {
    return this.#count === ROWS_MAX
  }

  /** Adds the rows of a datagram, from an offset on. */
  add({ bytes, addr, control, piece }: Entry, offset: number): void {
    const view = this.#views.push(bytes) - 1
    const name = this.#names.add(addr?.sockaddr)
    const message = this.#controls.add(control)
    let at = offset
    do {
      const length = Math.min(piece, bytes.length - at)
      this.#row(view, at, length, name, message)
      at += length
    } while (at < bytes.length && !this.isFull)
  }

  #row(view: number, offset: number, length: number, name: Part, control: Part): void {
    const at = this.#count++ * ROW_LENGTH
    const rows = this.#rows
    rows[at] = view
    rows[at + 1] = offset
    rows[at + 2] = length
    rows[at + 3] = name.at
    rows[at + 4] = name.length
    rows[at + 5] = control.at
    rows[at + 6] = control.length
  }

  /** Which datagram a row is a part of, counted from the first that was added, and where it begins and ends in it. */
  row(i: number): { view: number; start: number; end: number } {
    const at = i * ROW_LENGTH
    const rows = this.#rows
    const start = rows[at + 1] as number
    return { view: rows[at] as number, start, end: start + (rows[at + 2] as number) }
  }

  /** One sendmmsg(2): how many rows were sent, or `-errno`. */
  send(fd: number, flags: number): number {
    if (this.#count === 0) return 0
    const { memory } = this.#names
    return native.sendmmsg(fd, flags, this.#views, this.#rows, this.#count, memory, this.#controls.memory)
  }

  /** Lets go of the memory of others. The rows can be read until the next ones are added. */
  clear(): void {
    this.#count = 0
    this.#views.length = 0
    this.#names.clear()
    this.#controls.clear()
  }
}

const table = new Table()

/** A datagram that was checked. */
interface Entry {
  readonly bytes: Uint8Array
  readonly addr: AddrInfo | null
  /** The most bytes of it that go in one row. */
  readonly piece: number
  readonly control: Uint8Array | undefined
  readonly isCut: boolean
  readonly hasRights: boolean
}

const KNOWN = ['data', 'addr', 'segmentSize', 'control']

/** What errors call a datagram, and what it has. */
function namesOf(i: number): Record<'datagram' | 'data' | 'addr' | 'segmentSize' | 'control', string> {
  const datagram = `datagrams[${i}]`
  return {
    datagram,
    data: `${datagram}.data`,
    addr: `${datagram}.addr`,
    segmentSize: `${datagram}.segmentSize`,
    control: `${datagram}.control`,
  }
}

/** Those of most calls, made once. */
const NAMES = Array.from({ length: ROWS_MAX }, (_, i) => namesOf(i))

function entryOf(value: OutgoingDatagram, i: number): Entry {
  const names = NAMES[i] ?? namesOf(i)
  // Those of a received datagram say how it came, and mean something else, or nothing, on the way out.
  const isReceived = value instanceof Datagram
  const given = isReceived ? value : (validate.options(names.datagram, value, KNOWN) as OutgoingDatagram)
  const bytes = validate.bytes(names.data, given.data)
  const addr = given.addr ?? null
  if (addr !== null) addressArgument(names.addr, addr)
  const { segmentSize = 0 } = given
  const size = validate.integer(names.segmentSize, segmentSize, 0, 0xffff)
  const control = isReceived ? undefined : given.control
  if (control !== undefined && !(control instanceof CmsgHdrs))
    throw validate.invalidType(names.control, 'an instance of CmsgHdrs', control)
  const isCut = size > 0 && bytes.length > size
  return {
    bytes,
    addr,
    piece: isCut ? size * Math.max(1, Math.min(SEGMENTS_MAX, Math.floor(PAYLOAD_MAX / size))) : bytes.length,
    control: controlOf(control, isCut ? size : 0),
    isCut,
    hasRights: control !== undefined && [...control].some((cmsg) => cmsg.isRights()),
  }
}

let segmentControl: { size: number; bytes: Uint8Array } = { size: 0, bytes: new Uint8Array() }

/** The control buffer; that of segments alone, which a whole batch has in common, is made once. */
function controlOf(control: CmsgHdrs | undefined, segmentSize: number): Uint8Array | undefined {
  if (segmentSize === 0) return control?.encode()
  if (control === undefined && segmentControl.size === segmentSize) return segmentControl.bytes
  const all = new CmsgHdrs()
  for (const cmsg of control ?? []) all.push(cmsg)
  all.push(CmsgHdr.of('segment', segmentSize))
  const bytes = all.encode() as Uint8Array
  if (control === undefined) segmentControl = { size: segmentSize, bytes }
  return bytes
}

/** Datagrams on their way out, and how far they got. */
export class Outgoing {
  readonly #entries: readonly Entry[]
  /** The first of those that are not sent, and the first byte of it. */
  #next = 0
  #offset = 0
  #bytes = 0

  /** Checks every one of them. */
  constructor(datagrams: Iterable<OutgoingDatagram>) {
    if (typeof (datagrams as Partial<Iterable<unknown>> | null | undefined)?.[Symbol.iterator] !== 'function')
      throw validate.invalidType('datagrams', 'an iterable of datagrams', datagrams)
    this.#entries = Array.from(datagrams, entryOf)
  }

  /** Whether there is nothing more to send. */
  get isSent(): boolean {
    return this.#next === this.#entries.length
  }

  /** How many were sent whole. */
  get sent(): number {
    return this.#next
  }

  /** Whether one of them carries descriptors. */
  get hasRights(): boolean {
    return this.#entries.some((entry) => entry.hasRights)
  }

  /** Whether one of them is to be cut by the kernel. */
  get isCut(): boolean {
    return this.#entries.some((entry) => entry.isCut)
  }

  /** One sendmmsg(2): a count, or `-errno`. */
  send(fd: number, flags: number): number {
    try {
      for (let i = this.#next; i < this.#entries.length && !table.isFull; i++)
        table.add(this.#entries[i] as Entry, i === this.#next ? this.#offset : 0)
      const result = table.send(fd, flags)
      if (result > 0) this.#advance(result)
      return result
    } finally {
      table.clear()
    }
  }

  /** Goes on behind the rows that were sent. */
  #advance(count: number): void {
    const first = this.#next
    for (let i = 0; i < count; i++) {
      const { view, start, end } = table.row(i)
      const isWhole = end === (this.#entries[first + view] as Entry).bytes.length
      this.#bytes += end - start
      this.#next = first + view + (isWhole ? 1 : 0)
      this.#offset = isWhole ? 0 : end
    }
  }

  /** What an error tells: the address that was in turn, and what was sent before. */
  context(): ErrorContext {
    return { ...this.#entries[this.#next]?.addr?.context(), bytes: this.#bytes, datagrams: this.#next }
  }
}
