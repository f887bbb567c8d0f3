import { MSG_DONTWAIT, MSG_WAITALL } from '../constants/exported.generated.js'
import { lookAhead, peekFlags, refuseJoined } from '../descriptor/receiving.js'
import { AGAIN_NOW, type Operation } from '../engine/operation.js'
import type { Sendable } from '../engine/poller.js'
import { clearControl } from '../message/cmsghdrs.js'
import {
  type IncomingMessage,
  incoming,
  messageHeader,
  type OutgoingMessage,
  outgoing,
  receiveMessage,
  sendMessage,
} from '../message/io.js'
import { recordKept } from '../message/kept.js'
import { bytesOf, consumeFrom, controlOf, type MsgHdr } from '../message/msghdr.js'
import { checkRights, isErrorQueue, isMessageEof, rightsContext, takeData } from '../message/rules.js'
import { copyOf, isSmall, joined } from '../support/copy.js'
import type { ErrorContext } from '../support/errors.js'
import { scratchFor, untruncated } from '../support/receive-buffer.js'
import { isolate } from '../support/record.js'
import * as validate from '../support/validate.js'
import type { Channel } from './channel.js'
import { receiveNote, refuseCounting } from './error-queue.js'
import type { Write } from './output.js'
import { LEAVES_MORE, LEAVES_NOTHING, LEAVES_UNKNOWN, type Rest } from './transport.js'

/**
 * Checks the flags of an operation that waits by itself, and returns those of its system calls. These always hold MSG_DONTWAIT: O_NONBLOCK
 * belongs to all processes that share the open socket, and one that clears it must not stop this thread. MSG_WAITALL is refused: it would have no
 * effect, so that fewer bytes would arrive than were asked for.
 */
export function operationFlags(flags: unknown): number {
  if (flags === 0) return MSG_DONTWAIT
  const bits = validate.integer('flags', flags)
  if ((bits & MSG_WAITALL) !== 0)
    throw validate.invalidValue('flags', 'must not hold MSG_WAITALL, which non-blocking sockets ignore', flags)
  return bits | MSG_DONTWAIT
}

/** The same for an operation that sends. */
export function sendFlags(channel: Channel, flags: unknown): number {
  const bits = operationFlags(flags)
  if (flags !== 0) refuseCounting(channel, bits)
  return bits
}

// Operations are objects of classes, because the closures of a literal would be several allocations for each message; and the classes have no
// base in common, because its constructor would cost a send of 64 bytes 4 % (docs/facts.md).

/** What a receive has left of the data. With flags it was something else, or is still there. */
function leaves({ transport }: Channel, flags: number, count: number, room: number): Rest {
  return count > 0 && flags === 0 ? transport.leaves(count, room) : LEAVES_MORE
}

/** recv(2) into the scratch memory of the thread, from which what arrived is copied out. */
export class Recv implements Operation<Buffer | null> {
  readonly flags: number
  readonly #channel: Channel
  readonly #room: number
  #sysFlags = 0

  constructor(channel: Channel, room: number, flags: number) {
    this.#channel = channel
    this.flags = flags
    this.#room = room
  }

  get aheadRoom(): number {
    const { kind, transport } = this.#channel
    return this.flags === 0 && !kind.mayJoin && transport.session === undefined ? this.#room : 0
  }

  get aheadFlags(): number {
    return this.#sysFlags
  }

  get syscall(): string {
    return 'recv'
  }

  get wakeOnEither(): boolean {
    return this.#channel.transport.wakeOnEither
  }

  get needsRoom(): boolean {
    return this.#channel.transport.pendingBytes > 0
  }

  check(): void {
    validate.integer('bufsize', this.#room, 1)
    this.#sysFlags = operationFlags(this.flags) | this.#channel.kind.bufferFlags(this.flags)
  }

  attempt(fd: number): number {
    refuseJoined(this.#channel, fd, 'recv')
    return this.#channel.transport.recv(fd, scratchFor(this.#room), 0, this.#room, peekFlags(fd, this.#sysFlags))
  }

  finish(count: number): Buffer | null {
    return takeData(this.#channel, 'recv', count, this.#room, this.flags)
  }

  drained(count: number): boolean {
    return leaves(this.#channel, this.flags, count, this.#room) === LEAVES_NOTHING
  }

  leavesToKernel(count: number): boolean {
    return leaves(this.#channel, this.flags, count, this.#room) === LEAVES_UNKNOWN
  }
}

/** recv(2) into memory of the caller. */
export class RecvInto implements Operation<number> {
  readonly flags: number
  readonly #channel: Channel
  #into: Uint8Array
  #asksLength = false
  /** As it was when it was checked: a length that was defined later could be a getter of the user's. */
  #length = 0
  #sysFlags = 0

  constructor(channel: Channel, into: ArrayBufferView, flags: number) {
    this.#channel = channel
    this.flags = flags
    this.#into = into as Uint8Array
  }

  get syscall(): string {
    return 'recv'
  }

  get wakeOnEither(): boolean {
    return this.#channel.transport.wakeOnEither
  }

  get needsRoom(): boolean {
    return this.#channel.transport.pendingBytes > 0
  }

  check(): void {
    const { kind } = this.#channel
    this.#sysFlags = operationFlags(this.flags) | kind.recvFlags(this.flags)
    this.#into = kind.room('buffer', this.#into, this.flags)
    // Now, because memory that is transferred away while the call waits is empty, too.
    this.#length = this.#into.length
    this.#asksLength = this.#length === 0
  }

  attempt(fd: number): number {
    refuseJoined(this.#channel, fd, 'recv')
    if (this.#asksLength)
      return this.#channel.transport.nextMessage(this.#sysFlags)?.size ?? lookAhead(this.#channel, fd, this.#sysFlags)
    return this.#channel.transport.recv(fd, this.#into, 0, this.#length, peekFlags(fd, this.#sysFlags))
  }

  finish(count: number): number {
    return untruncated('recv', count, this.#length, this.flags)
  }

  drained(count: number): boolean {
    return leaves(this.#channel, this.flags, count, this.#length) === LEAVES_NOTHING
  }

  leavesToKernel(count: number): boolean {
    return leaves(this.#channel, this.flags, count, this.#length) === LEAVES_UNKNOWN
  }
}

/** send(2), until all of the data is accepted and has left. */
export class Send implements Write {
  readonly flags: number
  readonly #channel: Channel
  #from: Uint8Array
  /** What there was when the call was made: memory that shrinks meanwhile is an error, and not a shorter message. */
  #length = 0
  #sent = 0
  #sysFlags = 0

  constructor(channel: Channel, from: validate.Data, flags: number) {
    this.#channel = channel
    this.flags = flags
    this.#from = from as Uint8Array
  }

  get syscall(): string {
    return 'send'
  }

  get wakeOnEither(): boolean {
    return this.#channel.transport.wakeOnEither
  }

  get needsRoom(): boolean {
    const { wakeOnEither, pendingBytes } = this.#channel.transport
    return !wakeOnEither || pendingBytes > 0
  }

  get unsentBytes(): number {
    return this.#length - this.#sent
  }

  check(): void {
    this.#from = validate.bytes('data', this.#from)
    this.#length = this.#from.length
    this.#sysFlags = sendFlags(this.#channel, this.flags)
  }

  attempt(fd: number): number {
    return this.#channel.transport.send(fd, this.#from, this.#sent, this.#length - this.#sent, this.#sysFlags)
  }

  finish(count: number): number | typeof AGAIN_NOW {
    this.#sent += count
    return this.#sent < this.#length || this.#channel.transport.pendingBytes > 0 ? AGAIN_NOW : this.#sent
  }

  context(): ErrorContext {
    return { bytes: this.#sent }
  }

  get plainBytes(): Uint8Array | undefined {
    return this.#channel.transport.session === undefined ? this.#from : undefined
  }

  get sockaddr(): undefined {
    return undefined
  }

  get sendable(): Sendable | undefined {
    return this.flags === 0 && isSmall(this.#length) ? this : undefined
  }

  get gathersAs(): number {
    return this.#channel.kind.gathersAs
  }

  returned(answer: number, bytes: Buffer): void {
    this.#channel.output.returned(this, answer, bytes)
  }

  restart(bytes: Buffer, sent: number): void {
    this.#from = bytes
    this.#sent = sent
  }

  keep(): void {
    if (isSmall(this.#length)) this.#from = copyOf(this.#from, 0, this.#length)
  }

  join(other: Write): boolean {
    if (!(other instanceof Send) || this.#channel.kind.preservesBoundaries) return false
    if (this.#sent > 0 || other.#sent > 0 || !isSmall(this.#length + other.#length)) return false
    this.#from = joined([this.#from, other.#from])
    this.#length += other.#length
    return true
  }
}

/** recvmsg(2). */
export class RecvMsg implements Operation<number | null> {
  readonly flags: number
  readonly #channel: Channel
  readonly #header: MsgHdr
  #sysFlags = 0
  #incoming: IncomingMessage | undefined

  constructor(channel: Channel, header: MsgHdr, flags: number) {
    this.#channel = channel
    this.flags = flags
    this.#header = header
  }

  get syscall(): string {
    return 'recvmsg'
  }

  check(): void {
    this.#channel.transport.requirePlain('recvmsg', this.flags)
    messageHeader(this.#header)
    this.#sysFlags = operationFlags(this.flags)
  }

  prepare(): void {
    // Again: a reader whose turn came before may have read ahead.
    this.#channel.transport.requirePlain('recvmsg', this.flags)
    this.#incoming = incoming(this.#header)
  }

  attempt(fd: number): number {
    const message = this.#incoming as IncomingMessage
    const kept = this.#channel.transport.nextMessage(this.#sysFlags)
    if (kept !== undefined) return recordKept(kept, message, this.#sysFlags)
    if (isErrorQueue(this.#sysFlags)) return receiveNote(this.#channel, fd, message, this.#sysFlags)
    return receiveMessage(fd, message, this.#sysFlags)
  }

  finish(count: number): number | null {
    return count === 0 && isMessageEof(this.#channel, this.#header, this.flags) ? null : count
  }
}

/** sendmsg(2), until all of the message is accepted. Control messages go with the first byte. */
export class SendMsg implements Operation<number> {
  readonly flags: number
  readonly #channel: Channel
  readonly #header: MsgHdr
  #outgoing: OutgoingMessage | undefined
  #sent = 0
  #sysFlags = 0

  constructor(channel: Channel, header: MsgHdr, flags: number) {
    this.#channel = channel
    this.flags = flags
    this.#header = header
  }

  get syscall(): string {
    return 'sendmsg'
  }

  get unsentBytes(): number {
    return bytesOf(this.#header)
  }

  check(): void {
    this.#channel.transport.requirePlain(this.syscall)
    messageHeader(this.#header)
    this.#sysFlags = sendFlags(this.#channel, this.flags)
    checkRights(this.#channel, this.#header)
  }

  prepare(): void {
    this.#outgoing = outgoing(this.#header)
  }

  attempt(fd: number): number {
    return sendMessage(fd, this.#outgoing as OutgoingMessage, this.#sysFlags)
  }

  finish(count: number): number | typeof AGAIN_NOW {
    this.#sent += count
    clearControl(controlOf(this.#header))
    return consumeFrom(this.#header, count) > 0 ? AGAIN_NOW : this.#sent
  }

  context(errno?: number): ErrorContext {
    return { ...this.#header.name()?.context(), ...rightsContext(this.#header, errno), bytes: this.#sent }
  }
}

isolate(Recv, RecvInto, Send, RecvMsg, SendMsg)
