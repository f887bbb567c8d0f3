import { type InspectOptions, inspect } from 'node:util'
import { type AddrInfo, isAddrInfo } from '../address/addrinfo.js'
import { IOV_MAX, MSG_CTRUNC, MSG_EOR, MSG_ERRQUEUE, MSG_OOB, MSG_TRUNC } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { joined } from '../support/copy.js'
import { systemError } from '../support/errors.js'
import { advice, NOT_CLONEABLE } from '../support/not-cloneable.js'
import * as validate from '../support/validate.js'
import { CmsgHdrs } from './cmsghdrs.js'

/** Flags that recvmsg(2) may return. */
const RETURNED = { MSG_OOB, MSG_EOR, MSG_TRUNC, MSG_CTRUNC, MSG_ERRQUEUE }

/** The names of `MSG_*` flags, for inspection. */
export function flagNames(flags: number): string[] {
  return Object.entries(RETURNED).flatMap(([name, bit]) => ((flags & bit) !== 0 ? [name] : []))
}

/** A piece of data: its memory, and how much of it is in use. */
interface Element {
  readonly memory: Buffer
  used: number
}

/** The part in use. Memory can be transferred after it was added: then this throws, instead of sending less than was asked for. */
function usedPart({ memory, used }: Element): Buffer {
  if (memory.byteLength < used) throw validate.memoryGone('data')
  return memory.subarray(0, used)
}

/** The part in use, for inspection, which does not fail if the memory is gone. */
function shownPart(element: Element): Buffer {
  return element.memory.byteLength < element.used ? Buffer.alloc(0) : usedPart(element)
}

/** As those of control messages: see cmsghdr.ts. */
interface Internals {
  /** Whether a value is a message. */
  readonly isMsgHdr: (value: unknown) => value is MsgHdr
  /** The part in use of every element, to send. */
  readonly piecesOf: (msg: MsgHdr) => Buffer[]
  /** The whole memory of every element, to receive into. */
  readonly roomsOf: (msg: MsgHdr) => Buffer[]
  /** The address. */
  readonly addressOf: (msg: MsgHdr) => AddrInfo | null
  /** The bytes of the address. */
  readonly sockaddrOf: (msg: MsgHdr) => Uint8Array | undefined
  /** The list of control messages. */
  readonly controlOf: (msg: MsgHdr) => CmsgHdrs
  /** The number of bytes in use. */
  readonly bytesOf: (msg: MsgHdr) => number
  /** Removes bytes from the front, and returns the number that remain. */
  readonly consumeFrom: (msg: MsgHdr, bytes: number) => number
  /** Records the result of recvmsg(2): the elements are filled from the first on. */
  readonly recordReceived: (msg: MsgHdr, bytes: number, name: AddrInfo | null, flags: number) => void
}

const internals: unique symbol = Symbol('berkeley.internals')

const ADVICE = advice('Pass what msg.concat() gives; a MsgHdr')

/**
 * A message of several pieces of data (its elements), an address and control messages: the `struct msghdr` of sendmsg(2) and
 * recvmsg(2). Elements are counted from 0.
 *
 * {@link MsgHdr.add} takes data to be sent, {@link MsgHdr.addn} makes room to receive into. Memory that is given as a view
 * is used where it is, without a copy.
 *
 * @see {@link https://man7.org/linux/man-pages/man2/sendmsg.2.html sendmsg(2)}, recvmsg(2), readv(2)
 *
 * @example
 * const msg = new MsgHdr()
 * msg.add('header ')
 * msg.add(body)
 * msg.control().push(CmsgHdr.rights(fd))
 * sock.sendmsg(msg)
 */
export class MsgHdr {
  /** @internal */
  readonly [NOT_CLONEABLE] = ADVICE

  /** @internal */
  static readonly [internals]: Internals = Object.freeze<Internals>({
    isMsgHdr: (value): value is MsgHdr => typeof value === 'object' && value !== null && #elements in value,
    piecesOf: (msg) => msg.#elements.map(usedPart),
    roomsOf: (msg) => msg.#elements.map((element) => element.memory),
    addressOf: (msg) => msg.#name,
    sockaddrOf: (msg) => msg.#name?.sockaddr,
    controlOf: (msg) => msg.#control,
    bytesOf: (msg) => msg.#bytes(),
    consumeFrom: (msg, bytes) => msg.#consume(bytes),
    recordReceived: (msg, bytes, name, flags) => msg.#record(bytes, name, flags),
  })

  readonly #elements: Element[] = []
  readonly #control = new CmsgHdrs()
  #name: AddrInfo | null = null
  #flags = 0

  /** Makes an empty message: the same as the constructor. */
  static create(): MsgHdr {
    return new MsgHdr()
  }

  /**
   * Returns the address: the destination of a message to send, the sender of a received one. With an argument sets it first; `null`
   * removes it.
   * @param ai - the address, `null` for none; without it nothing is changed.
   */
  name(ai?: AddrInfo | null): AddrInfo | null {
    if (ai === undefined) return this.#name
    if (ai !== null && !isAddrInfo(ai)) throw validate.invalidType('ai', 'an instance of AddrInfo or null', ai)
    this.#name = ai
    return ai
  }

  /** Returns the control messages: always the same list, which {@link CmsgHdrs.push} adds to. */
  control(): CmsgHdrs {
    return this.#control
  }

  /** Returns the `MSG_*` flags of recvmsg(2), OR-ed: `MSG_TRUNC`, `MSG_CTRUNC`, `MSG_EOR`, `MSG_OOB`. 0 if nothing was received. */
  flags(): number {
    return this.#flags
  }

  /** Returns the number of bytes in use: to send, or received. Room from {@link MsgHdr.addn} counts until something is received. */
  bytes(): number {
    return this.#bytes()
  }

  #bytes(): number {
    return this.#elements.reduce((sum, element) => sum + element.used, 0)
  }

  /** The number of elements. */
  get length(): number {
    return this.#elements.length
  }

  #append(element: Element): number {
    if (this.#elements.length >= IOV_MAX)
      throw systemError(sys.ENOBUFS, 'add', { detail: `a message has at most ${IOV_MAX} elements` })
    return this.#elements.push(element) - 1
  }

  /**
   * Appends data. A view is not copied.
   * @param data - the bytes; a string is sent as UTF-8.
   * @returns the index of the element.
   * @throws ENOBUFS beyond `IOV_MAX` elements.
   */
  add(data: validate.Data): number {
    const view = validate.bytes('data', data)
    const memory = Buffer.from(view.buffer, view.byteOffset, view.byteLength)
    return this.#append({ memory, used: memory.length })
  }

  /**
   * Appends zeroed memory to receive into.
   * @param bytes - its size, 1 or more.
   * @returns the index of the element.
   * @throws ENOBUFS beyond `IOV_MAX` elements.
   */
  addn(bytes: number): number {
    const size = validate.integer('bytes', bytes, 1)
    return this.#append({ memory: Buffer.alloc(size), used: size })
  }

  /**
   * Returns the part of an element that is in use, not copied; `undefined` when there is no such index.
   * @param idx - the index of the element, from 0.
   */
  get(idx: number): Buffer | undefined {
    const element = this.#elements[validate.integer('idx', idx)]
    return element && usedPart(element)
  }

  /**
   * Removes an element. The last one moves into its place.
   * @param idx - the index of the element, from 0.
   * @returns the data that was removed, and the index that the moved element had (`undefined` when the last one was removed); `undefined`
   *   when there is no such index.
   */
  del(idx: number): [data: Buffer, midx: number | undefined] | undefined {
    const data = this.get(idx)
    if (data === undefined) return undefined
    const last = this.#elements.length - 1
    const moved = this.#elements.pop() as Element
    if (idx === last) return [data, undefined]
    this.#elements[idx] = moved
    return [data, last]
  }

  /**
   * Removes bytes from the front, as after a send of a part.
   * @param bytes - how many to remove.
   * @returns the number of bytes that remain.
   */
  consume(bytes: number): number {
    return this.#consume(validate.integer('bytes', bytes, 0, Number.MAX_SAFE_INTEGER))
  }

  #consume(bytes: number): number {
    let left = bytes
    let whole = 0
    for (const element of this.#elements) {
      if (element.used > left) break
      left -= element.used
      whole++
    }
    this.#elements.splice(0, whole)
    const front = this.#elements[0]
    if (front && left > 0) this.#elements[0] = { memory: usedPart(front).subarray(left), used: front.used - left }
    return this.#bytes()
  }

  /** Returns all bytes in use, joined in a new Buffer. */
  concat(): Buffer {
    return joined(this.#elements.map(usedPart))
  }

  [inspect.custom](_depth: number, options: InspectOptions): string {
    const parts = {
      name: this.#name,
      data: this.#elements.map(shownPart),
      control: [...this.#control],
      flags: flagNames(this.#flags),
    }
    return `MsgHdr ${inspect(parts, { ...options, depth: 3 })}`
  }

  #record(bytes: number, name: AddrInfo | null, flags: number): void {
    let left = bytes
    for (const element of this.#elements) {
      element.used = Math.min(element.memory.length, left)
      left -= element.used
    }
    this.#name = name
    this.#flags = flags
  }
}

/** Whether a value is a message. */
export const isMsgHdr: Internals['isMsgHdr'] = MsgHdr[internals].isMsgHdr
/** The part in use of every element, to send. */
export const piecesOf: Internals['piecesOf'] = MsgHdr[internals].piecesOf
/** The whole memory of every element, to receive into. */
export const roomsOf: Internals['roomsOf'] = MsgHdr[internals].roomsOf
/** The address. */
export const addressOf: Internals['addressOf'] = MsgHdr[internals].addressOf
/** The bytes of the address. */
export const sockaddrOf: Internals['sockaddrOf'] = MsgHdr[internals].sockaddrOf
/** The list of control messages. */
export const controlOf: Internals['controlOf'] = MsgHdr[internals].controlOf
/** The number of bytes in use. */
export const bytesOf: Internals['bytesOf'] = MsgHdr[internals].bytesOf
/** Removes bytes from the front, and returns the number that remain. */
export const consumeFrom: Internals['consumeFrom'] = MsgHdr[internals].consumeFrom
/** Records the result of recvmsg(2): the elements are filled from the first on. */
export const recordReceived: Internals['recordReceived'] = MsgHdr[internals].recordReceived
