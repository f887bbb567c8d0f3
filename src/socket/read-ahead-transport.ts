import type { X509Certificate } from 'node:crypto'
import { MSG_ERRQUEUE, MSG_OOB, MSG_PEEK } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import type { OpenFile } from '../descriptor/open-file.js'
import type { Operation } from '../engine/operation.js'
import type { KeptMessage } from '../message/kept.js'
import { systemError } from '../support/errors.js'
import type { TlsSession } from '../tls/session.js'
import type { Channel } from './channel.js'
import type { ReadAhead } from './read-ahead.js'
import { LEAVES_MORE, type Rest, type Transport } from './transport.js'

/** What comes beside the data, and was never read ahead. */
const BESIDE = MSG_OOB | MSG_ERRQUEUE

/** What would pass by what was read ahead. */
const PASSING: ReadonlySet<string> = new Set(['recvmsg', 'recvfd', 'detach'])

/**
 * Gives what a reader has read ahead before what the kernel has. It is the transport of a channel as long as there is something of that kind:
 * channels without a reader do not know of it.
 */
export class ReadAheadTransport implements Transport {
  readonly #channel: Channel
  readonly #ahead: ReadAhead
  #inner: Transport
  /** Whether the last receive was of what had been read ahead. */
  #wasAhead = false

  constructor(channel: Channel, ahead: ReadAhead) {
    this.#channel = channel
    this.#ahead = ahead
    this.#inner = channel.transport
  }

  /** What moves the bytes themselves. */
  get inner(): Transport {
    return this.#inner
  }

  /** The channel that it is for. */
  get channel(): Channel {
    return this.#channel
  }

  /** Is there for other calls if there is something for them. */
  update(): void {
    const { transport } = this.#channel
    const isIn = transport === this
    if (!isIn) this.#inner = transport
    if (this.#ahead.length > 0 && !isIn) this.#channel.transport = this
    else if (this.#ahead.length === 0 && isIn) this.#channel.transport = this.#inner
  }

  recv(fd: number, into: Uint8Array, offset: number, length: number, flags: number): number {
    this.#wasAhead = this.#ahead.length > 0 && (flags & BESIDE) === 0
    if (!this.#wasAhead) {
      this.update()
      return this.#inner.recv(fd, into, offset, length, flags)
    }
    const count = this.#ahead.copyTo(into, offset, length)
    if ((flags & MSG_PEEK) === 0) this.#ahead.drop(count)
    return count
  }

  send(fd: number, from: Uint8Array, offset: number, length: number, flags: number): number {
    return this.#inner.send(fd, from, offset, length, flags)
  }

  peek(fd: number): number {
    return this.#ahead.length || this.#inner.peek(fd)
  }

  leaves(count: number, room: number): Rest {
    return this.#wasAhead ? LEAVES_MORE : this.#inner.leaves(count, room)
  }

  nextMessage(flags: number): KeptMessage | undefined {
    return this.#inner.nextMessage(flags)
  }

  get pendingBytes(): number {
    return this.#inner.pendingBytes
  }

  get wakeOnEither(): boolean {
    return this.#inner.wakeOnEither
  }

  get session(): TlsSession | undefined {
    return this.#inner.session
  }

  sendfile(file: OpenFile, from: number, total: number | undefined): Operation<number> {
    return this.#inner.sendfile(file, from, total)
  }

  requestCertificate(): Operation<X509Certificate | undefined> {
    return this.#inner.requestCertificate()
  }

  handshake(): Operation<void> {
    return this.#inner.handshake()
  }

  end(): Operation<void> {
    return this.#inner.end()
  }

  closeNotify(): Operation<void> | undefined {
    return this.#inner.closeNotify()
  }

  /** @throws EBUSY, too, when what was read ahead would be lost. */
  requirePlain(syscall: string, flags = 0): void {
    this.#inner.requirePlain(syscall)
    if (this.#ahead.length > 0 && PASSING.has(syscall) && (flags & BESIDE) === 0)
      throw systemError(sys.EBUSY, syscall, {
        detail: `a reader has read ${this.#ahead.length} bytes ahead, which rest() gives`,
      })
  }

  close(): void {
    this.#inner.close()
  }
}
