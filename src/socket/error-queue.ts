import { type AddrInfo, addressFrom } from '../address/addrinfo.js'
import { MSG_DONTWAIT, MSG_ERRQUEUE, MSG_TRUNC, MSG_ZEROCOPY } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { WOULD_BLOCK, wouldBlock, YIELD } from '../engine/operation.js'
import { decodeAncillary, type ExtendedError, nameAt } from '../message/ancillary.js'
import { decodeControl } from '../message/cmsghdrs.js'
import { type IncomingMessage, receiveMessage } from '../message/io.js'
import { controlOf, recordReceived } from '../message/msghdr.js'
import { native, registers } from '../native/sockets.js'
import { copyOf } from '../support/copy.js'
import { systemError } from '../support/errors.js'
import { nextTick } from '../support/globals.js'
import { scratchFor, takeReceived } from '../support/receive-buffer.js'
import type { Channel } from './channel.js'

/** A note of the kernel, as it was received. */
interface Note {
  readonly data: Buffer
  readonly control: Buffer
  readonly name: AddrInfo | null
  readonly flags: number
}

/** Room for the largest notes: the beginning of the packet that they are about, and some control messages. */
const DATA_ROOM = 64 * 1024
const controlRoom = Buffer.alloc(1024)
const nameRoom = Buffer.alloc(native.limits.sockaddr_max)

/** More notes for a user who does not read them are dropped, as the kernel drops those that its queue has no room for. */
const KEPT_MOST = 4096

/** Notes that one attempt reads at most. */
const NOTES_PER_ATTEMPT = 16

/**
 * The error queue of a socket on which the library itself waits for notes. There is one queue, and no way to look at it without taking: so
 * each reader keeps what is for the other. A socket without an object of this class is read by its user alone.
 */
export class ErrorQueue {
  readonly #channel: Channel
  readonly #takes: (note: ExtendedError) => boolean
  readonly #kept: Note[] = []

  /** @param takes - is given each note, and says whether it was for the library. */
  constructor(channel: Channel, takes: (note: ExtendedError) => boolean) {
    this.#channel = channel
    this.#takes = takes
  }

  /** Reads one note for the library, or keeps it for the user: 0, or `-errno`. */
  read(fd: number): number {
    const count = native.recvmsg(fd, [scratchFor(DATA_ROOM)], MSG_ERRQUEUE | MSG_DONTWAIT, nameRoom, controlRoom)
    if (count < 0) return count
    const nameLength = registers[0] as number
    const controlLength = registers[1] as number
    const flags = registers[2] as number
    const data = takeReceived(count, DATA_ROOM)
    const name = addressFrom(nameRoom, nameLength)
    const control = copyOf(controlRoom, 0, controlLength)
    const report = reportIn(control)
    if (report !== undefined && this.#takes(report)) return 0
    if (this.#kept.length < KEPT_MOST) this.#kept.push({ data, control, name, flags })
    this.#wake()
    return 0
  }

  /** Receives a note for the user: the count of its data, or `-errno`. */
  receive(fd: number, message: IncomingMessage): number {
    for (let i = 0; i < NOTES_PER_ATTEMPT; i++) {
      const note = this.#kept.shift()
      if (note !== undefined) return deliver(note, message)
      const result = this.read(fd)
      if (result < 0) return wouldBlock(result) ? WOULD_BLOCK : result
      // It may be what the library waits for.
      this.#wake()
    }
    return YIELD
  }

  /** Lets both look again: the event that announced a note is over. */
  #wake(): void {
    nextTick(() => this.#channel.engine.ready(false, false, false, true))
  }
}

/** The report in the control messages of a note. */
function reportIn(control: Buffer): ExtendedError | undefined {
  for (let at = 0; ; ) {
    const next = native.cmsgAt(control, control.length, at)
    if (next <= 0) return undefined
    const name = nameAt(registers[0] as number, registers[1] as number)
    const start = registers[2] as number
    const end = start + (registers[3] as number)
    if (name === 'recverr' || name === 'recverr6') return decodeAncillary(name, control.subarray(start, end))
    at = next
  }
}

/** Puts a note into a message, as recvmsg(2) would have. */
function deliver(note: Note, { msg, rooms }: IncomingMessage): number {
  let count = 0
  for (const room of rooms) count += note.data.copy(room, 0, count)
  const isCut = count < note.data.length
  recordReceived(msg, count, note.name, isCut ? note.flags | MSG_TRUNC : note.flags)
  decodeControl(controlOf(msg), note.control, note.control.length)
  return count
}

const queues = new WeakMap<Channel, ErrorQueue>()

/** Channels whose user has sent with MSG_ZEROCOPY, and counts the notes. */
const countedByUser = new WeakSet<Channel>()

/**
 * Lets the library read the error queue of a channel beside its user.
 * @throws EBUSY when the user counts what was sent without a copy.
 */
export function shareErrorQueue(channel: Channel, takes: (note: ExtendedError) => boolean): ErrorQueue {
  if (countedByUser.has(channel))
    throw systemError(sys.EBUSY, 'sendzerocopy', {
      detail: 'send() has used MSG_ZEROCOPY, and both would read the same notes',
    })
  const queue = new ErrorQueue(channel, takes)
  queues.set(channel, queue)
  return queue
}

/** One receive from the error queue for the user: the count, or `-errno`. */
export function receiveNote(channel: Channel, fd: number, message: IncomingMessage, flags: number): number {
  return queues.get(channel)?.receive(fd, message) ?? receiveMessage(fd, message, flags)
}

/**
 * Refuses a call that would take notes of the library.
 * @throws EOPNOTSUPP for any but recvmsg().
 */
export function refuseTakingNotes(channel: Channel, syscall: string): void {
  if (syscall !== 'recvmsg' && queues.has(channel))
    throw systemError(sys.EOPNOTSUPP, syscall, {
      detail: 'only recvmsg() receives from an error queue that sendzerocopy() reads',
    })
}

/**
 * Checks the flags of a call that sends: the kernel numbers what is sent without a copy, and only one side can count.
 * @throws EBUSY for MSG_ZEROCOPY beside sendzerocopy().
 */
export function refuseCounting(channel: Channel, flags: number): void {
  if ((flags & MSG_ZEROCOPY) === 0) return
  if (queues.has(channel))
    throw systemError(sys.EBUSY, 'send', { detail: 'sendzerocopy() was used: one of both counts the notes' })
  countedByUser.add(channel)
}
