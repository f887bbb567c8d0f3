import type { X509Certificate } from 'node:crypto'
import { MSG_TRUNC } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import type { OpenFile } from '../descriptor/open-file.js'
import type { Operation } from '../engine/operation.js'
import { type KeptMessage, KeptMessages } from '../message/kept.js'
import type { Channel } from '../socket/channel.js'
import { LEAVES_MORE, type Rest, type Transport } from '../socket/transport.js'
import { copyInto } from '../support/copy.js'
import { systemError } from '../support/errors.js'

/** What would pass by what was kept. */
const PASSING: ReadonlySet<string> = new Set(['recvfd', 'detach'])

/** A loop that may have received more than it has given. */
export interface Holder {
  /** How many datagrams it has yet to give. */
  readonly rest: number
  /** Keeps them here: another call is to receive them. */
  leaveRest(): void
}

/**
 * Gives datagrams that a loop has received and not given before those that the kernel has. It is the transport of a channel as long as there
 * may be such: channels without a loop do not know of it.
 */
export class KeptTransport implements Transport {
  readonly messages = new KeptMessages()
  readonly #channel: Channel
  readonly #inner: Transport
  /** The loops that run, or wait for their turn. */
  readonly #holders = new Set<Holder>()

  /** Makes it the transport of a channel, if it is not, for a loop that begins. */
  static begin(channel: Channel, holder: Holder): KeptTransport {
    const { transport } = channel
    const kept = transport instanceof KeptTransport ? transport : new KeptTransport(channel, transport)
    kept.#holders.add(holder)
    channel.transport = kept
    return kept
  }

  private constructor(channel: Channel, inner: Transport) {
    this.#channel = channel
    this.#inner = inner
  }

  /** The loop is over. */
  finish(holder: Holder): void {
    this.#holders.delete(holder)
    this.#leave()
  }

  /** Is there no longer than there is something for others. */
  #leave(): void {
    if (this.#holders.size === 0 && this.messages.length === 0 && this.#channel.transport === this)
      this.#channel.transport = this.#inner
  }

  nextMessage(flags: number): KeptMessage | undefined {
    for (const holder of this.#holders) holder.leaveRest()
    const message = this.messages.next(flags)
    if (message !== undefined) this.#leave()
    return message
  }

  recv(fd: number, into: Uint8Array, offset: number, length: number, flags: number): number {
    const message = this.nextMessage(flags)
    if (message === undefined) return this.#inner.recv(fd, into, offset, length, flags)
    const bytes = message.data.subarray(0, length)
    copyInto(bytes, Buffer.from(into.buffer, into.byteOffset, into.byteLength), offset)
    return (flags & MSG_TRUNC) === 0 ? bytes.length : message.size
  }

  send(fd: number, from: Uint8Array, offset: number, length: number, flags: number): number {
    return this.#inner.send(fd, from, offset, length, flags)
  }

  #count(): number {
    let count = this.messages.length
    for (const { rest } of this.#holders) count += rest
    return count
  }

  peek(fd: number): number {
    return this.#count() || this.#inner.peek(fd)
  }

  leaves(count: number, room: number): Rest {
    return this.#count() > 0 ? LEAVES_MORE : this.#inner.leaves(count, room)
  }

  get pendingBytes(): number {
    return this.#inner.pendingBytes
  }

  get wakeOnEither(): boolean {
    return this.#inner.wakeOnEither
  }

  get session(): undefined {
    return undefined
  }

  sendfile(file: OpenFile, from: number, total: number | undefined): Operation<number> {
    return this.#inner.sendfile(file, from, total)
  }

  handshake(): Operation<void> {
    return this.#inner.handshake()
  }

  requestCertificate(): Operation<X509Certificate | undefined> {
    return this.#inner.requestCertificate()
  }

  end(): Operation<void> {
    return this.#inner.end()
  }

  closeNotify(): Operation<void> | undefined {
    return this.#inner.closeNotify()
  }

  /** @throws EBUSY when what was kept would be lost. */
  requirePlain(syscall: string, flags?: number): void {
    this.#inner.requirePlain(syscall, flags)
    if (this.#count() === 0 || !PASSING.has(syscall)) return
    const detail = `forEach() has received ${this.#count()} datagrams that it has not given: recvmsg() gives them`
    throw systemError(sys.EBUSY, syscall, { detail })
  }

  close(): void {
    this.messages.clear()
    this.#inner.close()
  }
}
