import { type InspectOptions, inspect } from 'node:util'
import { closeAll } from '../descriptor/close-fd.js'
import { native, registers } from '../native/sockets.js'
import { check } from '../support/errors.js'
import * as validate from '../support/validate.js'
import type { AncillaryName, AncillaryValue } from './ancillary.js'
import { CmsgHdr, RIGHTS_MAX } from './cmsghdr.js'

/**
 * Bytes that a control message of `bytes` data bytes takes without the padding behind it: `CMSG_LEN` of cmsg(3).
 */
export function CMSG_LEN(bytes: number): number {
  return check(native.cmsgLen(validate.integer('bytes', bytes, 0)), 'CMSG_LEN')
}

/**
 * Bytes of room that a control message of `bytes` data bytes takes: `CMSG_SPACE` of cmsg(3).
 */
export function CMSG_SPACE(bytes: number): number {
  return check(native.cmsgSpace(validate.integer('bytes', bytes, 0)), 'CMSG_SPACE')
}

/** Room for the most descriptors that a message can carry, and for a dozen other control messages. */
export const DEFAULT_ROOM = CMSG_SPACE(RIGHTS_MAX * Int32Array.BYTES_PER_ELEMENT) + 1024

/** Kernels refuse more than this in either direction (net.core.optmem_max is below it by default). */
const ROOM_MAX = 0x100000

/**
 * The control messages of a message, in order: those to be sent, or those that arrived.
 *
 * @see {@link https://man7.org/linux/man-pages/man3/cmsg.3.html cmsg(3)}
 */
export class CmsgHdrs implements Iterable<CmsgHdr> {
  readonly #list: CmsgHdr[] = []
  #room = DEFAULT_ROOM

  /** The same as the constructor. */
  static create(): CmsgHdrs {
    return new CmsgHdrs()
  }

  /** How many there are. */
  get length(): number {
    return this.#list.length
  }

  /** Appends one. */
  push(cmsg: CmsgHdr): void {
    if (!(cmsg instanceof CmsgHdr)) throw validate.invalidType('cmsg', 'an instance of CmsgHdr', cmsg)
    this.#list.push(cmsg)
  }

  /** What the first one of that name says; `undefined` when there is none: `msg.control().value('ttl')`. */
  value<N extends AncillaryName>(name: N): AncillaryValue<N> | undefined {
    return this.#list.find((cmsg) => cmsg.name() === name)?.value(name)
  }

  /** Removes the first one and returns it; `undefined` when there is none. Descriptors in it are still its own. */
  shift(): CmsgHdr | undefined {
    return this.#list.shift()
  }

  /**
   * Sets the exact room, in bytes, for control messages that are received (`msg_controllen` of recvmsg(2)); without an
   * argument returns it. By default there is room for all that the kernel may send.
   */
  reserve(bytes?: number): number {
    if (bytes !== undefined) this.#room = validate.integer('bytes', bytes, 0, ROOM_MAX)
    return this.#room
  }

  /** Forgets all of them, and closes descriptors that arrived and that nobody took. */
  clear(): void {
    closeAll(this.#list.splice(0))
  }

  /** Closes descriptors that arrived and that nobody took. */
  [Symbol.dispose](): void {
    this.clear()
  }

  [inspect.custom](_depth: number, options: InspectOptions): string {
    return `CmsgHdrs ${inspect([...this.#list], options)}`
  }

  [Symbol.iterator](): IterableIterator<CmsgHdr> {
    return this.#list[Symbol.iterator]()
  }

  /** The control buffer for sendmsg(2); `undefined` when there is nothing to send. */
  encode(): Buffer | undefined {
    if (this.#list.length === 0) return undefined
    const control = Buffer.alloc(this.#list.reduce((sum, cmsg) => sum + CMSG_SPACE(cmsg.length), 0))
    let at = 0
    for (const cmsg of this.#list)
      at = check(native.cmsgPut(control, at, cmsg.level(), cmsg.type(), cmsg.bytes), 'cmsg')
    return control
  }

  /**
   * Replaces all of them by what the kernel put into a control buffer. What was there before is closed last: a number that
   * somebody closed behind our back may be that of a new descriptor, which has its owner by then.
   * @throws what closing the former ones reported; the new ones are there.
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
      this.#list.push(CmsgHdr.received(level, type, Buffer.from(control.subarray(start, start + size))))
      at = next
    }
  }
}
