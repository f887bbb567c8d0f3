import { type InspectOptions, inspect } from 'node:util'
import { closeAll } from '../descriptor/close-fd.js'
import { native, registers } from '../native/sockets.js'
import { check } from '../support/errors.js'
import * as validate from '../support/validate.js'
import type { AncillaryName, AncillaryValue } from './ancillary.js'
import { CmsgHdr, RIGHTS_MAX } from './cmsghdr.js'

/** The size of a control message with so many data bytes, without the padding behind it: `CMSG_LEN` of cmsg(3). */
export function CMSG_LEN(bytes: number): number {
  return check(native.cmsgLen(validate.integer('bytes', bytes, 0)), 'CMSG_LEN')
}

/** The room that a control message with so many data bytes takes, padding included: `CMSG_SPACE` of cmsg(3). */
export function CMSG_SPACE(bytes: number): number {
  return check(native.cmsgSpace(validate.integer('bytes', bytes, 0)), 'CMSG_SPACE')
}

/** Room for the most descriptors that a message can carry, and for a dozen other control messages. */
export const DEFAULT_ROOM = CMSG_SPACE(RIGHTS_MAX * Int32Array.BYTES_PER_ELEMENT) + 1024

/** The most room for control messages: far above what kernels accept (net.core.optmem_max) and deliver. */
const ROOM_MAX = 0x100000

/**
 * The list of control messages of a message: those to send, or those received.
 *
 * @see {@link https://man7.org/linux/man-pages/man3/cmsg.3.html cmsg(3)}
 */
export class CmsgHdrs implements Iterable<CmsgHdr> {
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

  /** Appends a control message. */
  push(cmsg: CmsgHdr): void {
    if (!(cmsg instanceof CmsgHdr)) throw validate.invalidType('cmsg', 'an instance of CmsgHdr', cmsg)
    this.#list.push(cmsg)
  }

  /** The value of the first one of that name, such as `msg.control().value('ttl')`; `undefined` when there is none. */
  value<N extends AncillaryName>(name: N): AncillaryValue<N> | undefined {
    return this.#list.find((cmsg) => cmsg.name() === name)?.value(name)
  }

  /** Removes the first one and returns it, with the descriptors that it owns; `undefined` when the list is empty. */
  shift(): CmsgHdr | undefined {
    return this.#list.shift()
  }

  /**
   * Returns the room, in bytes, for control messages to receive (`msg_controllen` of recvmsg(2)); with an argument sets it first. By
   * default there is room for 253 descriptors and a dozen other control messages.
   */
  reserve(bytes?: number): number {
    if (bytes !== undefined) this.#room = validate.integer('bytes', bytes, 0, ROOM_MAX)
    return this.#room
  }

  /** Removes all of them, and closes received descriptors that were not taken. */
  clear(): void {
    closeAll(this.#list.splice(0))
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

  /** Makes the control buffer for sendmsg(2); `undefined` when the list is empty. Internal. */
  encode(): Buffer | undefined {
    if (this.#list.length === 0) return undefined
    const control = Buffer.alloc(this.#list.reduce((sum, cmsg) => sum + CMSG_SPACE(cmsg.length), 0))
    let at = 0
    for (const cmsg of this.#list)
      at = check(native.cmsgPut(control, at, cmsg.level(), cmsg.type(), cmsg.bytes), 'cmsg')
    return control
  }

  /**
   * Replaces all of them by those in a control buffer that the kernel filled. Internal. The former ones are closed last: if other code has
   * closed one of their descriptors, a new one may have its number, and has an owner by then.
   * @throws the errors of closing the former ones; the new ones are in the list.
   */
  decode(control: Uint8Array, length: number): void {
    const former = this.#list.splice(0)
    this.#append(control, length)
    closeAll(former)
  }

  #append(control: Uint8Array, length: number): void {
    for (let at = 0; ; ) {
      const next = native.cmsgAt(control, length, at)
      if (next <= 0) return
      const [level = 0, type = 0, start = 0, size = 0] = registers
      this.#list.push(CmsgHdr.received(level, type, control.subarray(start, start + size)))
      at = next
    }
  }
}
