import type { X509Certificate } from 'node:crypto'
import { SHUT_WR } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { descriptorOf, type OpenFile } from '../descriptor/open-file.js'
import { AGAIN_NOW, type Operation, WOULD_BLOCK } from '../engine/operation.js'
import type { KeptMessage } from '../message/kept.js'
import { native } from '../native/sockets.js'
import { check, type ErrorContext, givenFdContext, systemError } from '../support/errors.js'
import { isolate, record } from '../support/record.js'
import { send } from '../support/send.js'
import type { TlsSession } from '../tls/session.js'

/** Nothing is left to receive, and what comes later is announced. */
export const LEAVES_NOTHING = 0
/** Something may be left in the kernel: another message, say. */
export const LEAVES_UNKNOWN = 1
/** Something is probably left, or is not where the kernel could announce it. */
export const LEAVES_MORE = 2

/** What a receive has left. */
export type Rest = typeof LEAVES_NOTHING | typeof LEAVES_UNKNOWN | typeof LEAVES_MORE

/**
 * Moves the bytes of a channel: by the system calls of the kernel, or as TLS records. `recv` and `send` return a count or `-errno`, and
 * never wait.
 */
export interface Transport {
  recv(fd: number, into: Uint8Array, offset: number, length: number, flags: number): number
  /** With nothing to send it tells whether all that was accepted before has left. */
  send(fd: number, from: Uint8Array, offset: number, length: number, flags: number): number
  /** Asks whether a receive would find something, and takes nothing: more than 0 if it would, `-errno` as a receive. */
  peek(fd: number): number
  /** Gives the message that a receive with those flags would otherwise ask the kernel for, if it was received already. */
  nextMessage(flags: number): KeptMessage | undefined
  /** What a receive of so many bytes has left. */
  leaves(count: number, room: number): Rest
  /** Bytes that were accepted and have not left yet: a send is complete when there are none. */
  readonly pendingBytes: number
  /** Whether readiness in one direction may unblock a call of the other. */
  readonly wakeOnEither: boolean
  /** The TLS session; none in the clear. */
  readonly session: TlsSession | undefined
  /** Sends `total` bytes of a file, or all up to its end. */
  sendfile(file: OpenFile, from: number, total: number | undefined): Operation<number>
  /** Asks the peer for its certificate after the handshake. @throws EOPNOTSUPP in the clear. */
  requestCertificate(): Operation<X509Certificate | undefined>
  /** Completes the handshake, where there is one. */
  handshake(): Operation<void>
  /** Tells the peer that nothing follows: shutdown(2), or close_notify. */
  end(): Operation<void>
  /** What has to be sent before the descriptor is closed. */
  closeNotify(): Operation<void> | undefined
  /**
   * Refuses a call that would bypass TLS, or what a reader has read ahead.
   * @param flags - those of a call that receives: with some it is not the data that it receives.
   * @throws EOPNOTSUPP; EBUSY for what was read ahead.
   */
  requirePlain(syscall: string, flags?: number): void
  /** Releases what belongs to the connection beside its descriptor. */
  close(): void
}

/** Asks poll(2), without a wait. Errors and hang-ups are among the answers even if they were not asked for. */
export function poll(fd: number, events: number): number {
  const answer = native.poll(fd, events, 0)
  if (answer === 0) return WOULD_BLOCK
  return answer > 0 && (answer & sys.POLLNVAL) !== 0 ? -sys.EBADF : answer
}

const NO_HANDSHAKE: Operation<void> = record({ syscall: 'handshake', attempt: () => 0, finish: () => undefined })

const SHUTDOWN: Operation<void> = record({
  syscall: 'shutdown',
  attempt: (fd: number) => check(native.shutdown(fd, SHUT_WR), 'shutdown'),
  finish: () => undefined,
})

/** recv(2), send(2), sendfile(2), shutdown(2). It has no state, so that sockets share it. */
class PlainTransport implements Transport {
  readonly #shortReadLeaves: Rest

  /** @param shortReadLeaves - what a receive leaves that had more room. */
  constructor(shortReadLeaves: Rest) {
    this.#shortReadLeaves = shortReadLeaves
  }

  recv(fd: number, into: Uint8Array, offset: number, length: number, flags: number): number {
    return native.recv(fd, into, offset, length, flags)
  }

  send(fd: number, from: Uint8Array, offset: number, length: number, flags: number): number {
    return send(fd, from, offset, length, flags)
  }

  peek(fd: number): number {
    return poll(fd, sys.POLLIN)
  }

  leaves(count: number, room: number): Rest {
    return count < room ? this.#shortReadLeaves : LEAVES_MORE
  }

  nextMessage(): undefined {
    return undefined
  }

  get pendingBytes(): number {
    return 0
  }

  get wakeOnEither(): boolean {
    return false
  }

  get session(): undefined {
    return undefined
  }

  sendfile(file: OpenFile, from: number, total: number | undefined): Operation<number> {
    return new SendFile(file, from, total)
  }

  handshake(): Operation<void> {
    return NO_HANDSHAKE
  }

  requestCertificate(): never {
    throw systemError(sys.EOPNOTSUPP, 'requestCertificate', { detail: 'the connection is not encrypted' })
  }

  end(): Operation<void> {
    return SHUTDOWN
  }

  closeNotify(): undefined {
    return undefined
  }

  requirePlain(): void {
    // Everything is.
  }

  close(): void {
    // There is nothing beside the descriptor.
  }
}

/** The transport of TCP without TLS, where a short receive has emptied the socket. */
export const TCP_TRANSPORT: Transport = new PlainTransport(LEAVES_NOTHING)

/** The transport of other connections without TLS, where there may be another message, or more data behind a descriptor. */
export const CONNECTION_TRANSPORT: Transport = new PlainTransport(LEAVES_UNKNOWN)

/** The transport of sockets without a connection. Any number of peers may send to one of them, and what has come is better received at once. */
export const MESSAGE_TRANSPORT: Transport = new PlainTransport(LEAVES_MORE)

/** sendfile(2), made on another thread until everything is sent. */
class SendFile implements Operation<number> {
  readonly #file: OpenFile
  readonly #from: number
  /** Undefined for all up to the end. */
  readonly #total: number | undefined
  #number = -1
  #sent = 0

  constructor(file: OpenFile, from: number, total: number | undefined) {
    this.#file = file
    this.#from = from
    this.#total = total
  }

  get syscall(): string {
    return 'sendfile'
  }

  get unsentBytes(): number {
    return this.#total === undefined ? 0 : this.#total - this.#sent
  }

  /** What there is to send: more than any file has, if that is not known. */
  get #left(): number {
    return (this.#total ?? Number.MAX_SAFE_INTEGER) - this.#sent
  }

  prepare(): void {
    this.#number = descriptorOf('fd', this.#file, 'sendfile')
  }

  attempt(fd: number): number {
    return native.sendfile(fd, this.#number, this.#from + this.#sent, this.#left)
  }

  offload(fd: number): Promise<number> {
    const [offset, count] = [this.#from + this.#sent, this.#left]
    return new Promise((resolve) => {
      check(native.sendfileAsync(resolve, fd, this.#number, offset, count), 'sendfile', (errno) => this.context(errno))
    })
  }

  finish(count: number): number | typeof AGAIN_NOW {
    this.#sent += count
    return count === 0 || this.#sent === this.#total ? this.#sent : AGAIN_NOW
  }

  context(errno?: number): ErrorContext {
    return { bytes: this.#sent, ...givenFdContext(this.#number, errno) }
  }
}

isolate(SendFile)
