import { type AddrInfo, addressArgument, addressFrom } from '../address/addrinfo.js'
import { AF_UNIX, IPPROTO_UDP, MSG_DONTWAIT, MSG_PEEK, MSG_TRUNC } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { lookAhead, peekFlags, refuseJoined } from '../descriptor/receiving.js'
import { AGAIN_NOW, type Operation, RETRY_AFTER_PAUSE } from '../engine/operation.js'
import type { Sendable } from '../engine/poller.js'
import { type Batch, batchOf, receiveBatch } from '../message/batch.js'
import { BATCH_MAX } from '../message/batch-memory.js'
import { clearControl } from '../message/cmsghdrs.js'
import type { KeptMessage } from '../message/kept.js'
import { requireRightsSupport } from '../message/rules.js'
import { type OutgoingDatagram, SendBatch } from '../message/send-batch.js'
import { native, registers } from '../native/sockets.js'
import type { Channel } from '../socket/channel.js'
import { operationFlags, sendFlags } from '../socket/operations.js'
import type { Write } from '../socket/output.js'
import { copyOf, isSmall } from '../support/copy.js'
import { type ErrorContext, systemError } from '../support/errors.js'
import { scratchFor, takeReceived, untruncated } from '../support/receive-buffer.js'
import { isolate } from '../support/record.js'
import { sendto } from '../support/send.js'
import * as validate from '../support/validate.js'
import { type Inbox, ONE_MOST, threadInbox, WHOLE } from './inbox.js'
import { Reports } from './reports.js'

/** Where the kernel puts the address of a sender. */
const senderName = Buffer.alloc(native.limits.sockaddr_max)

/** On a unix socket EAGAIN may mean that the queue of the receiver is full. */
function pauseOnFullQueue(channel: Channel): ReadonlySet<number> | undefined {
  return channel.kind.family === AF_UNIX ? RETRY_AFTER_PAUSE : undefined
}

/** recvfrom(2) into the scratch memory of the thread, from which what arrived is copied out. */
export class RecvFrom implements Operation<[Buffer, AddrInfo | null]> {
  readonly flags: number
  protected readonly channel: Channel
  protected room: number
  #sysFlags = 0
  /** What a loop has left, if the last attempt has found that. */
  #kept: KeptMessage | undefined
  /** Where the last attempt has received; undefined for the scratch memory. */
  #inbox: Inbox | undefined

  constructor(channel: Channel, room: number, flags: number) {
    this.channel = channel
    this.flags = flags
    this.room = room
  }

  get syscall(): string {
    return 'recvfrom'
  }

  check(): void {
    validate.integer('bufsize', this.room, 1)
    this.#sysFlags = operationFlags(this.flags) | MSG_TRUNC
  }

  attempt(fd: number): number {
    refuseJoined(this.channel, fd, 'recvfrom')
    this.#kept = this.channel.transport.nextMessage(this.#sysFlags)
    if (this.#kept !== undefined) return this.#kept.size
    const flags = peekFlags(fd, this.#sysFlags)
    this.#inbox = this.room <= ONE_MOST ? threadInbox() : undefined
    if (this.#inbox !== undefined) return this.#inbox.receiveOne(fd, this.room, flags)
    return native.recvfrom(fd, scratchFor(this.room), 0, this.room, flags, senderName)
  }

  finish(count: number): [Buffer, AddrInfo | null] {
    const { room, flags } = this
    if (this.#kept !== undefined) return this.#takeKept(this.#kept)
    const sender = this.#inbox === undefined ? addressFrom(senderName, registers[0] as number) : this.#inbox.sender(0)
    return [takeReceived(untruncated('recvfrom', count, room, flags), room), sender]
  }

  #takeKept({ data, size, addr, control }: KeptMessage): [Buffer, AddrInfo | null] {
    this.#kept = undefined
    const isPeek = (this.flags & MSG_PEEK) !== 0
    if (control !== undefined && !isPeek) clearControl(control)
    const room = Math.min(this.room, data.length)
    untruncated('recvfrom', size, room, this.flags)
    return [room < data.length || isPeek ? copyOf(data, 0, room) : data, addr]
  }
}

/** recvfrom(2) for a loop. */
export class RecvNext extends RecvFrom {
  readonly #reports = new Reports()

  get retryOn(): ReadonlySet<number> {
    return this.#reports.retryOn
  }

  override attempt(fd: number): number {
    return this.#reports.count(this.receive(fd))
  }

  protected receive(fd: number): number {
    return super.attempt(fd)
  }
}

/** {@link RecvNext} with as much room as the next datagram needs: the inbox has that, and without it the length is asked for first. */
export class RecvWhole extends RecvNext {
  #whole: Inbox | undefined

  constructor(channel: Channel) {
    super(channel, 1, 0)
  }

  protected override receive(fd: number): number {
    const kept = this.channel.transport.nextMessage(MSG_PEEK)
    this.#whole = kept === undefined ? threadInbox() : undefined
    if (this.#whole !== undefined) return this.#whole.receiveWhole(fd, MSG_DONTWAIT)
    const length = kept?.size ?? lookAhead(this.channel, fd, MSG_TRUNC | MSG_DONTWAIT)
    if (length < 0) return length
    this.room = Math.max(length, 1)
    return super.receive(fd)
  }

  override finish(count: number): [Buffer, AddrInfo | null] {
    const inbox = this.#whole
    if (inbox === undefined) return super.finish(count)
    inbox.discardControl(0)
    const room = untruncated('recvfrom', count, WHOLE.room, 0)
    return [inbox.data(0, room), inbox.sender(0)]
  }
}

/** sendto(2): a datagram is sent whole or not at all. */
export class SendTo implements Write {
  readonly flags: number
  readonly #channel: Channel
  readonly pauseOn: ReadonlySet<number> | undefined
  #from: Uint8Array
  /** Its length and the address as they were when they were checked: user code must not run in an attempt. */
  #length = 0
  #sockaddr: Uint8Array | undefined
  readonly #to: AddrInfo
  #sysFlags = 0

  constructor(channel: Channel, from: validate.Data, to: AddrInfo, flags: number) {
    this.#channel = channel
    this.flags = flags
    this.#from = from as Uint8Array
    this.#to = to
    this.pauseOn = pauseOnFullQueue(channel)
  }

  get syscall(): string {
    return 'sendto'
  }

  get unsentBytes(): number {
    return this.#length
  }

  check(): void {
    this.#from = validate.bytes('data', this.#from)
    this.#length = this.#from.length
    this.#sockaddr = addressArgument('ai', this.#to).sockaddr
    const { kind } = this.#channel
    if (!kind.checksFamily) kind.requireFamily(this.#to, 'sendto')
    this.#sysFlags = sendFlags(this.#channel, this.flags)
  }

  attempt(fd: number): number {
    return sendto(fd, this.#from, this.#length, this.#sysFlags, this.#sockaddr as Uint8Array)
  }

  finish(count: number): number {
    return count
  }

  context(): ErrorContext {
    return this.#to.context()
  }

  get plainBytes(): Uint8Array {
    return this.#from
  }

  get sockaddr(): Uint8Array | undefined {
    return this.#sockaddr
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

  restart(bytes: Buffer): void {
    this.#from = bytes
  }

  keep(): void {
    if (isSmall(this.#length)) this.#from = copyOf(this.#from, 0, this.#length)
  }
}

/** recvmmsg(2). */
export class RecvMany implements Operation<Batch> {
  readonly flags: number
  readonly #channel: Channel
  #batch: Batch | undefined
  readonly #most: number
  readonly #room: number
  #sysFlags = 0

  constructor(channel: Channel, most: number, room: number, flags: number) {
    this.#channel = channel
    this.flags = flags
    this.#most = most
    this.#room = room
  }

  get syscall(): string {
    return 'recvmmsg'
  }

  check(): void {
    validate.integer('count', this.#most, 1, BATCH_MAX)
    validate.integer('bufsize', this.#room, 1)
    this.#sysFlags = operationFlags(this.flags) | MSG_TRUNC
  }

  attempt(fd: number): number {
    const kept = this.#keptMessages()
    if (kept !== undefined) {
      this.#batch = batchOf(kept, this.#room, (this.flags & MSG_PEEK) !== 0)
      return kept.length
    }
    const mayCarryFds = this.#channel.kind.family === AF_UNIX
    const result = receiveBatch(fd, this.#most, this.#room, this.#sysFlags, mayCarryFds)
    if (typeof result === 'number') return result
    this.#batch = result
    return result.length
  }

  /** What a loop has left; a look at it is at one. */
  #keptMessages(): KeptMessage[] | undefined {
    const { transport } = this.#channel
    const first = transport.nextMessage(this.#sysFlags)
    if (first === undefined) return undefined
    const messages = [first]
    if ((this.#sysFlags & MSG_PEEK) !== 0) return messages
    while (messages.length < this.#most) {
      const next = transport.nextMessage(this.#sysFlags)
      if (next === undefined) break
      messages.push(next)
    }
    return messages
  }

  finish(): Batch {
    return this.#batch as Batch
  }
}

/** sendmmsg(2), until all datagrams are sent. */
export class SendMany implements Operation<number> {
  readonly flags: number
  readonly #channel: Channel
  readonly pauseOn: ReadonlySet<number> | undefined
  readonly #datagrams: Iterable<OutgoingDatagram>
  #outgoing: SendBatch | undefined
  #sysFlags = 0

  constructor(channel: Channel, datagrams: Iterable<OutgoingDatagram>, flags: number) {
    this.#channel = channel
    this.flags = flags
    this.#datagrams = datagrams
    this.pauseOn = pauseOnFullQueue(channel)
  }

  get syscall(): string {
    return 'sendmmsg'
  }

  get unsentBytes(): number {
    return this.#outgoing?.unsentBytes ?? 0
  }

  /** Also refuses what the kernel would ignore without an error. */
  check(): void {
    this.#sysFlags = sendFlags(this.#channel, this.flags)
    const outgoing = new SendBatch(this.#datagrams)
    const { kind } = this.#channel
    if (!kind.checksFamily) outgoing.requireFamily(kind)
    if (outgoing.hasRights) requireRightsSupport(this.#channel, 'sendmmsg')
    if (outgoing.isCut && this.#channel.kind.protocol !== IPPROTO_UDP)
      throw systemError(sys.EOPNOTSUPP, 'sendmmsg', { detail: 'only UDP cuts datagrams into segments' })
    this.#outgoing = outgoing
  }

  attempt(fd: number): number {
    return (this.#outgoing as SendBatch).send(fd, this.#sysFlags)
  }

  finish(): number | typeof AGAIN_NOW {
    const outgoing = this.#outgoing as SendBatch
    return outgoing.isSent ? outgoing.sent : AGAIN_NOW
  }

  context(errno?: number): ErrorContext {
    return this.#outgoing?.context(errno) ?? {}
  }
}

isolate(RecvFrom, SendTo, RecvMany, SendMany)
