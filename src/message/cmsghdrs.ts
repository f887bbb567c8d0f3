import { type InspectOptions, inspect } from 'node:util'
import { closeAll } from '../descriptor/close-fd.js'
import { native, registers } from '../native/sockets.js'
import { check } from '../support/errors.js'
import { advice, NOT_CLONEABLE } from '../support/not-cloneable.js'
import * as validate from '../support/validate.js'
import { type AncillaryName, type AncillaryValue, counterpartOf } from './ancillary.js'
import { type CmsgHdr, isCmsgHdr, partsOf, RIGHTS_MAX, receivedCmsg } from './cmsghdr.js'

/**
 * Returns the size of a control message with so many data bytes, without the padding behind it: `CMSG_LEN` of cmsg(3).
 * @param bytes - the number of data bytes.
 */
export function CMSG_LEN(bytes: number): number {
  return check(native.cmsgLen(validate.integer('bytes', bytes, 0)), 'CMSG_LEN')
}

/**
 * Returns the room that a control message with so many data bytes takes, padding included: `CMSG_SPACE` of cmsg(3).
 * @param bytes - the number of data bytes.
 */
export function CMSG_SPACE(bytes: number): number {
  return check(native.cmsgSpace(validate.integer('bytes', bytes, 0)), 'CMSG_SPACE')
}

/** Room for the most descriptors that a message can carry, and for a dozen other control messages. */
export const DEFAULT_ROOM = CMSG_SPACE(RIGHTS_MAX * Int32Array.BYTES_PER_ELEMENT) + 1024

/** The most room for control messages: far above what kernels accept (net.core.optmem_max) and deliver. */
const ROOM_MAX = 0x100000

/** Makes the control buffer for sendmsg(2); `undefined` when there are no control messages. */
export function encodeControl(list: readonly CmsgHdr[]): Buffer | undefined {
  if (list.length === 0) return undefined
  const parts = list.map(partsOf)
  const control = Buffer.alloc(parts.reduce((sum, { bytes }) => sum + CMSG_SPACE(bytes.length), 0))
  let at = 0
  for (const { level, type, bytes } of parts) at = check(native.cmsgPut(control, at, level, type, bytes), 'cmsg')
  return control
}

/**
 * Replaces the control messages of a list by those in a control buffer that the kernel filled. The former ones are closed last: if other
 * code has closed one of their descriptors, a new one may have its number, and has an owner by then.
 * @throws the errors of closing the former ones; the new ones are in the list.
 */
export function decodeControl(cmsgs: CmsgHdrs, control: Uint8Array, length: number): void {
  const list = listOf(cmsgs)
  const former = list.splice(0)
  for (let at = 0; ; ) {
    const next = native.cmsgAt(control, length, at)
    if (next <= 0) break
    const [level = 0, type = 0, start = 0, size = 0] = registers
    list.push(receivedCmsg(level, type, control.subarray(start, start + size)))
    at = next
  }
  closeAll(former)
}

/** Gives one list what another one has, in place of its own, which are closed. */
export function moveControl(from: CmsgHdrs | undefined, to: CmsgHdrs): void {
  const former = listOf(to).splice(0)
  if (from !== undefined) listOf(to).push(...listOf(from).splice(0))
  closeAll(former)
}

/** Removes all control messages of a list, and closes received descriptors that were not taken. */
export function clearControl(cmsgs: CmsgHdrs): void {
  closeAll(listOf(cmsgs).splice(0))
}

/** As those of control messages: see cmsghdr.ts. */
interface Internals {
  /** Whether a value is a list of control messages. */
  readonly isCmsgHdrs: (value: unknown) => value is CmsgHdrs
  /** The control messages of a list: the list itself. */
  readonly listOf: (cmsgs: CmsgHdrs) => CmsgHdr[]
  /** The room that was reserved to receive control messages. */
  readonly roomOf: (cmsgs: CmsgHdrs) => number
}

const internals: unique symbol = Symbol('berkeley.internals')

const ADVICE = advice('Pass the data of each of them; a CmsgHdrs')

/**
 * The list of control messages of a message: those to send, or those received.
 *
 * @see {@link https://man7.org/linux/man-pages/man3/cmsg.3.html cmsg(3)}
 */
export class CmsgHdrs implements Iterable<CmsgHdr> {
  /** @internal */
  readonly [NOT_CLONEABLE] = ADVICE

  /** @internal */
  static readonly [internals]: Internals = Object.freeze<Internals>({
    isCmsgHdrs: (value): value is CmsgHdrs => typeof value === 'object' && value !== null && #list in value,
    listOf: (cmsgs) => cmsgs.#list,
    roomOf: (cmsgs) => cmsgs.#room,
  })

  readonly #list: CmsgHdr[] = []
  #room = DEFAULT_ROOM

  /** Makes an empty list: the same as the constructor. */
  static create(): CmsgHdrs {
    return new CmsgHdrs()
  }

  /** The number of control messages. */
  get length(): number {
    return this.#list.length
  }

  /**
   * Appends a control message.
   * @param cmsg - the message, which the list does not copy.
   */
  push(cmsg: CmsgHdr): void {
    if (!isCmsgHdr(cmsg)) throw validate.invalidType('cmsg', 'an instance of CmsgHdr', cmsg)
    this.#list.push(cmsg)
  }

  /**
   * Returns the value of the first one of that name, such as `msg.control().value('ttl')`; `undefined` when there is none. A name of both families (see
   * {@link CmsgHdr.value}) finds that of IPv4 first: on a socket for both, a datagram of IPv4 has the two.
   * @param name - the name of the type, such as `'ttl'`.
   */
  value<N extends AncillaryName>(name: N): AncillaryValue<N> | undefined {
    return (this.#named(name) ?? this.#named(counterpartOf(name)))?.value(name)
  }

  #named(name: AncillaryName | undefined): CmsgHdr | undefined {
    return name === undefined ? undefined : this.#list.find((cmsg) => cmsg.name() === name)
  }

  /**
   * Removes the first one and returns it, with the descriptors that it owns; `undefined` when the list is empty.
   * @returns the message.
   */
  shift(): CmsgHdr | undefined {
    return this.#list.shift()
  }

  /**
   * Returns the room, in bytes, for control messages to receive (`msg_controllen` of recvmsg(2)); with an argument sets it first. By
   * default there is room for 253 descriptors and a dozen other control messages.
   * @param bytes - the room to have, in bytes; without it nothing is changed.
   */
  reserve(bytes?: number): number {
    if (bytes !== undefined) this.#room = validate.integer('bytes', bytes, 0, ROOM_MAX)
    return this.#room
  }

  /** Removes all of them, and closes received descriptors that were not taken. */
  clear(): void {
    clearControl(this)
  }

  /** The same as {@link CmsgHdrs.clear}. */
  [Symbol.dispose](): void {
    this.clear()
  }

  [inspect.custom](_depth: number, options: InspectOptions): string {
    return `CmsgHdrs ${inspect([...this.#list], options)}`
  }

  [Symbol.iterator](): IterableIterator<CmsgHdr> {
    return this.#list[Symbol.iterator]()
  }
}

/** Whether a value is a list of control messages. */
export const isCmsgHdrs: Internals['isCmsgHdrs'] = CmsgHdrs[internals].isCmsgHdrs
/** The control messages of a list: the list itself. */
export const listOf: Internals['listOf'] = CmsgHdrs[internals].listOf
/** The room that was reserved to receive control messages. */
export const roomOf: Internals['roomOf'] = CmsgHdrs[internals].roomOf
