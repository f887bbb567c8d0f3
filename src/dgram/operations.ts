import { type AddrInfo, addressArgument, addressFrom } from '../address/addrinfo.js'
import { AF_UNIX, IPPROTO_UDP, MSG_DONTWAIT, MSG_TRUNC } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { lookAhead, peekFlags, refuseJoined } from '../descriptor/receiving.js'
import { AGAIN_NOW, type Operation, RETRY_AFTER_PAUSE } from '../engine/operation.js'
import { type Batch, receiveBatch } from '../message/batch.js'
import { BATCH_MAX } from '../message/batch-memory.js'
import { requireRightsSupport } from '../message/rules.js'
import { type OutgoingDatagram, SendBatch } from '../message/send-batch.js'
import { native, registers } from '../native/sockets.js'
import type { Channel } from '../socket/channel.js'
import { operationFlags, sendFlags } from '../socket/operations.js'
import type { Write } from '../socket/output.js'
import { type ErrorContext, systemError } from '../support/errors.js'
import { copyOf, isSmall, scratchFor, takeReceived, untruncated } from '../support/receive-buffer.js'
import { isolate } from '../support/record.js'
import * as validate from '../support/validate.js'

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
    return native.recvfrom(fd, scratchFor(this.room), 0, this.room, peekFlags(fd, this.#sysFlags), senderName)
  }

  finish(count: number): [Buffer, AddrInfo | null] {
    const { room, flags } = this
    const sender = addressFrom(senderName, registers[0] as number)
    return [takeReceived(untruncated('recvfrom', count, room, flags), room), sender]
  }
}

/**
 * What the network, or the peer of a unix socket, reports of a datagram that was sent earlier: the socket goes on as if nothing had happened.
 * See ip(7), "Error handling", and udp(7).
 */
const REPORTED: ReadonlySet<number> = new Set([
  sys.ECONNREFUSED,
  sys.ECONNRESET,
  sys.EHOSTUNREACH,
  sys.ENETUNREACH,
  sys.EHOSTDOWN,
  sys.ENONET,
  sys.ENETDOWN,
  sys.ENOPROTOOPT,
  sys.EPROTO,
  sys.EACCES,
  sys.EMSGSIZE,
])

const NONE: ReadonlySet<number> = new Set()

/** So many reports in a row, with pauses in between, and no datagram or wait: then it is not a report. */
const REPORTS_MAX = 100

/**
 * recvfrom(2) for a loop, which one lost datagram must not end. After 16 reports in a row the engine pauses, and in the end the error is the
 * answer, so that a socket that does nothing else neither takes the processor nor goes unnoticed.
 */
export class RecvNext extends RecvFrom {
  #reports = 0

  get retryOn(): ReadonlySet<number> {
    return this.#reports <= REPORTS_MAX ? REPORTED : NONE
  }

  override attempt(fd: number): number {
    const result = this.receive(fd)
    this.#reports = result < 0 && REPORTED.has(-result) ? this.#reports + 1 : 0
    return result
  }

  protected receive(fd: number): number {
    return super.attempt(fd)
  }
}

/** {@link RecvNext} with as much room as the next datagram needs. */
export class RecvWhole extends RecvNext {
  constructor(channel: Channel) {
    super(channel, 1, 0)
  }

  protected override receive(fd: number): number {
    const length = lookAhead(this.channel, fd, MSG_TRUNC | MSG_DONTWAIT)
    if (length < 0) return length
    this.room = Math.max(length, 1)
    return super.receive(fd)
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
    return native.sendto(fd, this.#from, 0, this.#length, this.#sysFlags, this.#sockaddr as Uint8Array)
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
    const mayCarryFds = this.#channel.kind.family === AF_UNIX
    const result = receiveBatch(fd, this.#most, this.#room, this.#sysFlags, mayCarryFds)
    if (typeof result === 'number') return result
    this.#batch = result
    return result.length
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
