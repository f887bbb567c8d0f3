import type { AddrInfo } from '../address/addrinfo.js'
import { MSG_CTRUNC, MSG_ERRQUEUE, MSG_OOB, MSG_PEEK, MSG_TRUNC } from '../constants/exported.generated.js'
import { copyInto } from '../support/copy.js'
import { CmsgHdrs, clearControl, decodeControl, moveControl } from './cmsghdrs.js'
import type { IncomingMessage } from './io.js'
import { controlOf, recordReceived } from './msghdr.js'

/** What comes beside the data. */
const BESIDE = MSG_OOB | MSG_ERRQUEUE

/** A message that was received for a loop that did not take it: as the kernel would give it. */
export interface KeptMessage {
  /** What there was room for. */
  readonly data: Buffer
  /** How long it was. */
  readonly size: number
  /** Its sender. */
  readonly addr: AddrInfo | null
  /** `MSG_*`, as recvmsg(2) returns them. */
  readonly flags: number
  /** Its control messages, which own the descriptors in them; undefined for none. */
  readonly control: CmsgHdrs | undefined
}

/** Makes objects of control messages, which own the descriptors in them. */
export function ownControl(control: Uint8Array): CmsgHdrs {
  const cmsgs = new CmsgHdrs()
  decodeControl(cmsgs, control, control.length)
  return cmsgs
}

/** Messages that were received for a loop that did not take them: for the next calls that receive, in their order. */
export class KeptMessages {
  readonly #messages: KeptMessage[] = []
  #next = 0

  /** How many there are. */
  get length(): number {
    return this.#messages.length - this.#next
  }

  add(message: KeptMessage): void {
    this.#messages.push(message)
  }

  /** Gives the first one, if there is one and a receive with those flags is for it. With MSG_PEEK it stays. */
  next(flags: number): KeptMessage | undefined {
    if (this.length === 0 || (flags & BESIDE) !== 0) return undefined
    const message = this.#messages[this.#next]
    if ((flags & MSG_PEEK) === 0) this.#drop()
    return message
  }

  #drop(): void {
    this.#next++
    if (this.#next < this.#messages.length) return
    this.#messages.length = 0
    this.#next = 0
  }

  /** Discards all of them. */
  clear(): void {
    for (const { control } of this.#messages.splice(this.#next)) if (control) clearControl(control)
    this.#messages.length = 0
    this.#next = 0
  }
}

/** Copies a message into pieces of memory, one after the other, and returns how long it was. */
export function scatter({ data, size }: KeptMessage, rooms: readonly Uint8Array[]): number {
  let at = 0
  for (const { buffer, byteOffset, byteLength } of rooms) {
    const piece = data.subarray(at, at + byteLength)
    copyInto(piece, Buffer.from(buffer, byteOffset, byteLength), 0)
    at += piece.length
  }
  return size
}

/** What recvmsg(2) would make of a message: returns the count of bytes. Descriptors go with it once: a look at it has none. */
export function recordKept(message: KeptMessage, { msg, rooms }: IncomingMessage, flags: number): number {
  const { data, size, addr, control } = message
  const room = rooms.reduce((bytes, { length }) => bytes + length, 0)
  const count = Math.min(data.length, room)
  const isHidden = control !== undefined && (flags & MSG_PEEK) !== 0
  const marks = (isHidden ? MSG_CTRUNC : 0) | (size > room ? MSG_TRUNC : 0)
  scatter(message, rooms)
  recordReceived(msg, count, addr, message.flags | marks)
  moveControl(isHidden ? undefined : control, controlOf(msg))
  return (flags & MSG_TRUNC) === 0 ? count : size
}
