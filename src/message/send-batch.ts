import { type AddrInfo, addressArgument } from '../address/addrinfo.js'
import type { SocketKind } from '../descriptor/kind.js'
import { type ErrorContext, givenFdContext } from '../support/errors.js'
import * as validate from '../support/validate.js'
import { Datagram } from './batch.js'
import { CmsgHdr, passedFds, passesFds } from './cmsghdr.js'
import { type CmsgHdrs, encodeControl, isCmsgHdrs, listOf } from './cmsghdrs.js'
import { ROWS_MAX, type RowSource, RowTable } from './send-rows.js'

/** A datagram of a batch to send. A received {@link Datagram} is one, too. */
export interface OutgoingDatagram {
  /** Its bytes; with `segmentSize` those of many datagrams, of any total length. */
  readonly data: validate.Data
  /** Its destination; the peer of the socket when absent or `null`. */
  readonly addr?: AddrInfo | null | undefined
  /**
   * UDP: bytes of each datagram that the kernel cuts the data into, the last being shorter (`UDP_SEGMENT`); 0 or absent for one datagram.
   */
  readonly segmentSize?: number | undefined
  /** Control messages that go with it, or with each that it is cut into. Those of a received datagram are not sent. */
  readonly control?: CmsgHdrs | undefined
}

/** The most segments of one row: UDP_MAX_SEGMENTS of kernels before 6.9; later ones take 128. */
const SEGMENTS_MAX = 64

/** The largest payload of an IPv4 datagram, in bytes. */
const PAYLOAD_MAX = 65507

/** The one table, because it is in use only during a call. */
const table = new RowTable()

/** A datagram whose properties have been checked and read. */
interface CheckedDatagram extends RowSource {
  readonly addr: AddrInfo | null
  /** Whether the kernel cuts it into segments. */
  readonly isCut: boolean
  /** The descriptors that go with it. */
  readonly rights: readonly number[]
}

const KNOWN = ['data', 'addr', 'segmentSize', 'control']

/** The names of a datagram and its properties in errors. */
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

/** The names for batches of the usual size, made once and not for every datagram. */
const NAMES = Array.from({ length: ROWS_MAX }, (_, i) => namesOf(i))

function checked(value: OutgoingDatagram, i: number): CheckedDatagram {
  const names = NAMES[i] ?? namesOf(i)
  // The control messages of a received datagram report how it arrived; sent, they would mean something else, or nothing.
  const isReceived = value instanceof Datagram
  const given = isReceived ? value : (validate.options(names.datagram, value, KNOWN) as OutgoingDatagram)
  const bytes = isReceived ? Datagram.bytesOf(value) : validate.bytes(names.data, given.data)
  const addr = given.addr ?? null
  if (addr !== null) addressArgument(names.addr, addr)
  const { segmentSize = 0 } = given
  const size = validate.integer(names.segmentSize, segmentSize, 0, 0xffff)
  const control = isReceived ? undefined : given.control
  if (control !== undefined && !isCmsgHdrs(control))
    throw validate.invalidType(names.control, 'an instance of CmsgHdrs', control)
  const isCut = size > 0 && bytes.length > size
  return {
    bytes,
    addr,
    sockaddr: addr?.sockaddr,
    rowBytes: isCut ? size * Math.max(1, Math.min(SEGMENTS_MAX, Math.floor(PAYLOAD_MAX / size))) : bytes.length,
    control: controlOf(control, isCut ? size : 0),
    isCut,
    rights: control === undefined ? NO_RIGHTS : rightsIn(listOf(control)),
  }
}

const NO_RIGHTS: readonly number[] = []

function rightsIn(cmsgs: readonly CmsgHdr[]): readonly number[] {
  return cmsgs.some(passesFds) ? cmsgs.flatMap(passedFds) : NO_RIGHTS
}

/** The last control buffer with nothing but a segment size: a batch mostly has one size for all. */
let segmentControl: { size: number; bytes: Uint8Array } = { size: 0, bytes: new Uint8Array() }

/** The control buffer of a datagram: its control messages, and the size of its segments. */
function controlOf(control: CmsgHdrs | undefined, segmentSize: number): Uint8Array | undefined {
  if (segmentSize === 0) return control && encodeControl(listOf(control))
  if (control === undefined && segmentControl.size === segmentSize) return segmentControl.bytes
  const all = [...(control ? listOf(control) : []), CmsgHdr.of('segment', segmentSize)]
  const bytes = encodeControl(all) as Uint8Array
  if (control === undefined) segmentControl = { size: segmentSize, bytes }
  return bytes
}

/** Datagrams to send, and how far sending them has come. */
export class SendBatch {
  readonly #datagrams: readonly CheckedDatagram[]
  /** The first datagram that is not sent, and its first byte that is not. */
  #next = 0
  #offset = 0
  #bytes = 0

  /** Checks all datagrams before any is sent. */
  constructor(datagrams: Iterable<OutgoingDatagram>) {
    if (typeof (datagrams as Partial<Iterable<unknown>> | null | undefined)?.[Symbol.iterator] !== 'function')
      throw validate.invalidType('datagrams', 'an iterable of datagrams', datagrams)
    this.#datagrams = Array.from(datagrams, checked)
  }

  /** Whether all of them are sent. */
  get isSent(): boolean {
    return this.#next === this.#datagrams.length
  }

  /** How many were sent whole. */
  get sent(): number {
    return this.#next
  }

  /** Bytes of those that are not sent. */
  get unsentBytes(): number {
    const rest = this.#datagrams.slice(this.#next)
    return rest.reduce((bytes, datagram) => bytes + datagram.bytes.length, -this.#offset)
  }

  /** Refuses addresses of another family: see {@link SocketKind.requireFamily}. */
  requireFamily(kind: SocketKind): void {
    for (const { addr } of this.#datagrams) if (addr) kind.requireFamily(addr, 'sendmmsg')
  }

  /** Whether one of them carries descriptors. */
  get hasRights(): boolean {
    return this.#datagrams.some(({ rights }) => rights.length > 0)
  }

  /** Whether the kernel has to cut one of them into segments. */
  get isCut(): boolean {
    return this.#datagrams.some((datagram) => datagram.isCut)
  }

  /** One sendmmsg(2) with the next of them: how many rows were sent, or `-errno`. */
  send(fd: number, flags: number): number {
    try {
      for (let i = this.#next; i < this.#datagrams.length && !table.isFull; i++)
        table.add(this.#datagrams[i] as CheckedDatagram, i === this.#next ? this.#offset : 0)
      const result = table.send(fd, flags)
      if (result > 0) this.#advance(result)
      return result
    } finally {
      table.clear()
    }
  }

  /** Moves past the rows that were sent. */
  #advance(count: number): void {
    const first = this.#next
    for (let i = 0; i < count; i++) {
      const { view, start, end } = table.row(i)
      const isWhole = end === (this.#datagrams[first + view] as CheckedDatagram).bytes.length
      this.#bytes += end - start
      this.#next = first + view + (isWhole ? 1 : 0)
      this.#offset = isWhole ? 0 : end
    }
  }

  /** The details for an error: the address of the next datagram, and what was sent before. */
  context(errno?: number): ErrorContext {
    const next = this.#datagrams[this.#next]
    const rights = givenFdContext(next?.rights ?? NO_RIGHTS, errno)
    return { ...next?.addr?.context(), ...rights, bytes: this.#bytes, datagrams: this.#next }
  }
}
