import { AF_UNSPEC, SHUT_RD, SHUT_WR, SOCK_STREAM } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { closeFd, lingers } from '../descriptor/close-fd.js'
import { Descriptor, type Handed, handOver, type SocketFacts, UNCONNECTED } from '../descriptor/descriptor.js'
import { budget } from '../engine/deadline.js'
import { Engine } from '../engine/engine.js'
import type { Operation } from '../engine/operation.js'
import type { Patience } from '../engine/wait.js'
import { Socket as LowSocket } from '../llsocket/socket.js'
import type { MsgHdr } from '../message/msghdr.js'
import { native } from '../native/sockets.js'
import { socketOptions } from '../options/index.js'
import { defineOptions, type OptionMethods } from '../options/option.js'
import { check, type SystemError, systemError } from '../support/errors.js'
import * as validate from '../support/validate.js'
import type { TlsSession } from '../tls/session.js'
import { Ending, type Farewell } from './close.js'
import { defineLocked, locked } from './locked.js'
import { type Inner, Receiving, ReceivingInto, ReceivingMessage, Sending, SendingMessage } from './operations.js'
import { type Hook, Side, type WaitOptions } from './settings.js'

export type { Hook, WaitOptions }

const DEFAULT_BUFSIZE = 65536
const MS_PER_SECOND = 1000

/**
 * An operation, or a function that makes it. What is wrong with the arguments is found by `check` or by the function, so that it
 * rejects the promise; an async verb would do the same for three more turns of the microtask queue.
 */
type Work<T> = Operation<T> | (() => Operation<T>)

/** Refuses every call of every socket to be: nothing ever waits here. */
const NO_ENGINE = new Engine(UNCONNECTED)

/** A connection that stands and has no object yet. */
export interface Connected extends Handed {
  /** What has waited for it, and goes on to do so. */
  readonly engine: Engine
  /** What encrypts it. */
  readonly tls?: TlsSession | undefined
}

/**
 * As `detach()`, for what owns the descriptor again at once: it stays in the ledger of this thread, so that it is closed should the
 * thread be terminated right here.
 */
export let surrender: (sock: Socket) => number

/**
 * The root of the asynchronous sockets. They are always non-blocking; a verb that has to wait returns a Promise, one
 * operation at a time in each direction, within the deadline of that direction.
 *
 * Failures are {@link SystemError}; a deadline that passes is a {@link TimeoutError}; a call on a closed socket is EBADF, one
 * that was waiting when the socket was closed ECANCELED, a second one in the same direction EALREADY.
 */
export class Socket extends Descriptor {
  #engine: Engine
  /** This socket, as its own operations see it. */
  readonly #inner = this as unknown as Inner
  /** Whether calls that wait keep the process alive. */
  protected referenced = true
  /** Set while a locked verb is on its way to `read` or `write`. */
  #locking = false
  readonly #receiving = new Side()
  readonly #sending = new Side()

  /** Takes over a synchronous socket, which is closed for its former user; without one it is a socket to be. */
  constructor(sock?: LowSocket) {
    const { owned, facts = NOTHING } = taken(sock)
    super(owned, facts)
    this.#engine = sock ? new Engine(this.user()) : NO_ENGINE
    if (sock) this.#neverBlock()
  }

  /** A descriptor that was taken over and is of no use has no other owner any more. */
  #neverBlock(): void {
    try {
      this.setNonblock(true)
    } catch (error) {
      closeFd(this.retire())
      throw error
    }
  }

  /** Runs a verb of this socket under the lock of its direction. The verb must come to `read` or `write` before it returns. */
  [locked]<T>(verb: () => Promise<T>): Promise<T> {
    this.#locking = true
    try {
      return verb()
    } finally {
      this.#locking = false
    }
  }

  /** Replaces the connection: what waits on the former one ends with ECANCELED, and it is closed. */
  protected async replace({ owned, facts, engine, tls }: Connected): Promise<void> {
    const closed = this.#shut(false, false)
    this.become(owned, facts)
    this.#engine = engine
    engine.refer(this.referenced)
    this.attach(tls)
    await closed
  }

  /** What is to encrypt the next connection that a server accepts; nothing for most. */
  protected encrypting(): TlsSession | undefined {
    return undefined
  }

  /** Is encrypted from now on, or is not. */
  protected attach(_tls: TlsSession | undefined): void {
    // Most classes have nothing to do with it.
  }

  /** Something else than the kernel let a waiting call go on. */
  protected wake(): void {
    this.#engine.ready(true, true, false)
  }

  /** The system call that receives bytes, or what stands between it and the verbs: a count, or `-errno`. */
  protected receiveInto(fd: number, into: Uint8Array, offset: number, length: number, flags: number): number {
    return native.recv(fd, into, offset, length, flags)
  }

  /** The same for sending. With nothing to send it says whether all that was taken before is on its way. */
  protected transmit(fd: number, from: Uint8Array, offset: number, length: number, flags: number): number {
    return native.send(fd, from, offset, length, flags)
  }

  /** Whether bytes that were taken for sending have yet to leave. */
  protected get holdsBack(): boolean {
    return false
  }

  /** Whether a call waits for readiness of either kind. */
  protected get eitherWay(): boolean {
    return false
  }

  /** Whether a receive left nothing, so that the next one has to wait. */
  protected tookAll(count: number, room: number): boolean {
    return count < room && this.shortIsAll
  }

  /** Refuses a call that would go past what encrypts the socket. */
  protected plain(_syscall: string): void {
    // Nothing encrypts most of them.
  }

  /** What there is to say before the socket is closed; nothing for most. */
  protected farewell(): Farewell | undefined {
    return undefined
  }

  /** Runs an operation that waits for something to receive. */
  protected read<T>(work: Work<T>, options?: WaitOptions): Promise<T> {
    return this.#run(this.#receiving, work, options)
  }

  /** Runs an operation that waits for room to send. */
  protected write<T>(work: Work<T>, options?: WaitOptions): Promise<T> {
    return this.#run(this.#sending, work, options)
  }

  #run<T>(side: Side, work: Work<T>, options: WaitOptions | undefined): Promise<T> {
    const locking = this.#locking
    try {
      const operation = typeof work === 'function' ? work() : work
      operation.check?.()
      const wait = side.patience(options)
      if (!locking) return this.#enter(side, operation, wait)
      this.use(operation.syscall)
      return side.lock.run(operation.syscall, wait, () => this.#enter(side, operation, wait))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  #enter<T>(side: Side, operation: Operation<T>, wait: Patience): Promise<T> {
    return side === this.#receiving ? this.#engine.read(operation, wait) : this.#engine.write(operation, wait)
  }

  /**
   * Receives what is there, and waits only when there is nothing.
   * @param bufsize - the most bytes to receive, 64 KiB by default.
   * @param flags - `MSG_*` flags, OR-ed.
   * @returns the data; `null` when the peer of a stream or seqpacket has closed; an empty Buffer is an empty datagram.
   * @throws EMSGSIZE when a message was longer than `bufsize` and was cut, unless `MSG_TRUNC` is among the flags. See recv(2).
   */
  recv(bufsize: number = DEFAULT_BUFSIZE, flags = 0, options?: WaitOptions): Promise<Buffer | null> {
    return this.read(new Receiving(this.#inner, bufsize, flags), options)
  }

  /**
   * Receives into memory of the caller, which must not be detached until the call is over.
   * @returns the count of bytes, 0 at the end of a stream. See {@link Socket.recv}, recv(2).
   */
  recvinto(buffer: ArrayBufferView, flags = 0, options?: WaitOptions): Promise<number> {
    return this.read(new ReceivingInto(this.#inner, buffer, flags), options)
  }

  /**
   * Sends all of the data, and waits as often as there is no room.
   * @returns the number of bytes, which is all of them.
   * @throws EPIPE or ECONNRESET when the peer has closed; `bytes` on any error says how many had been accepted. See send(2).
   */
  send(data: validate.Data, flags = 0, options?: WaitOptions): Promise<number> {
    return this.write(new Sending(this.#inner, data, flags), options)
  }

  /**
   * Receives a message: data into its elements, the sender's address, control messages, flags. Descriptors that arrive are
   * owned by their {@link CmsgHdr}.
   * @returns the count of bytes; `null` at the end of a stream or seqpacket. A message that was cut has `MSG_TRUNC` in
   *   `msg.flags()`, one whose control messages did not fit `MSG_CTRUNC`. See recvmsg(2).
   */
  recvmsg(msg: MsgHdr, flags = 0, options?: WaitOptions): Promise<number | null> {
    return this.read(new ReceivingMessage(this.#inner, msg, flags), options)
  }

  /**
   * Sends a message with its address and control messages. What was sent is consumed: after an error the message holds the
   * rest. Control messages go with the first byte, once.
   * @returns the number of bytes, which is all of them. See sendmsg(2).
   */
  sendmsg(msg: MsgHdr, flags = 0, options?: WaitOptions): Promise<number> {
    return this.write(new SendingMessage(this.#inner, msg, flags), options)
  }

  /**
   * The budgets of a receiving and of a sending call in milliseconds, 0 for none; with arguments sets them. A deadline
   * covers a whole call, however often it has to wait.
   */
  deadlines(rcvmsec?: number, sndmsec?: number): [rcvmsec: number, sndmsec: number] {
    if (rcvmsec !== undefined) this.#receiving.budget = budget('rcvmsec', rcvmsec)
    if (sndmsec !== undefined) this.#sending.budget = budget('sndmsec', sndmsec)
    return [this.#receiving.budget, this.#sending.budget]
  }

  /** The receive deadline in seconds, 0 for none: the same as the first of {@link Socket.deadlines}. */
  rcvtimeo(sec?: number): number {
    if (sec !== undefined) this.deadlines(validate.atLeast('sec', sec, 0) * MS_PER_SECOND, undefined)
    return this.#receiving.budget / MS_PER_SECOND
  }

  /** The send deadline in seconds, 0 for none: the same as the second of {@link Socket.deadlines}. */
  sndtimeo(sec?: number): number {
    if (sec !== undefined) this.deadlines(undefined, validate.atLeast('sec', sec, 0) * MS_PER_SECOND)
    return this.#sending.budget / MS_PER_SECOND
  }

  /**
   * Sets a function that is called right before each wait for something to receive, as `fn(ctx, remainingMs)` with Infinity
   * where there is no deadline. Returning false ends the call with ECANCELED; throwing ends it with that error. `null`
   * removes it. Returns the former one.
   */
  onwaitrecv<C>(fn: Hook<C> | null, ctx?: C): Hook<never> | null {
    return this.#receiving.setHook(fn, ctx)
  }

  /** As {@link Socket.onwaitrecv}, before each wait for room to send. */
  onwaitsend<C>(fn: Hook<C> | null, ctx?: C): Hook<never> | null {
    return this.#sending.setHook(fn, ctx)
  }

  /** Ends receiving: what waits for data gets what there is, and then the end. See shutdown(2), `SHUT_RD`. */
  closer(): void {
    this.plain('shutdown')
    check(native.shutdown(this.use('shutdown'), SHUT_RD), 'shutdown')
    this.#engine.ready(true, false, true)
  }

  /** Ends sending: the peer sees the end of the stream after what was sent. See shutdown(2), `SHUT_WR`. */
  closew(): void {
    this.plain('shutdown')
    check(native.shutdown(this.use('shutdown'), SHUT_WR), 'shutdown')
    this.#engine.ready(false, true, false)
  }

  /**
   * Closes the socket. It is closed for every other call at once: those that wait end with ECANCELED, later ones with EBADF.
   * A second close does nothing. The event loop is never stopped: with `linger()` set, close(2) runs on another thread.
   * @param shutrd - shut down receiving first, for every process that shares the socket.
   * @param shutwr - shut down sending first, likewise.
   * @throws what shutdown(2) or close(2) reported; the descriptor is closed in any case.
   */
  async close(shutrd = false, shutwr = false): Promise<void> {
    await this.#shut(validate.boolean('shutrd', shutrd), validate.boolean('shutwr', shutwr))
  }

  #shut(shutrd: boolean, shutwr: boolean): Promise<void> {
    const ending = new Ending()
    ending.step(() => this.closing())
    if (this.isOpen) {
      const manner = {
        shutrd,
        shutwr,
        lingers: this.socktype() === SOCK_STREAM && lingers(this.fd()),
        farewell: this.farewell(),
        budget: this.#sending.budget,
      }
      this.#stop()
      ending.close(this.retire(), manner)
    }
    return ending.over()
  }

  /** Ends what waits, for the kernel or for its turn. */
  #stop(): void {
    this.#engine.close()
    const canceled = (): Error => systemError(sys.ECANCELED, 'close')
    this.#receiving.cancel(canceled)
    this.#sending.cancel(canceled)
  }

  /** What a class has to do at every close, before the descriptor is gone; there may be none. */
  protected closing(): void {
    // Nothing to do for most.
  }

  /** What a class has to forget when the descriptor goes to somebody else. */
  protected released(): void {
    // Nothing for most.
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** Gives the descriptor to the caller, who closes it from now on; what waits ends with ECANCELED. It stays non-blocking. */
  detach(): number {
    this.#leave()
    return this.release()
  }

  #leave(): void {
    this.use('detach')
    this.plain('detach')
    this.released()
    this.#stop()
  }

  static {
    surrender = (sock) => {
      sock.#leave()
      return sock.retire()
    }
  }

  /** Calls that wait keep the process alive: the default. */
  ref(): this {
    this.referenced = true
    this.#engine.refer(true)
    return this
  }

  /** Calls that wait do not keep the process alive. */
  unref(): this {
    this.referenced = false
    this.#engine.refer(false)
    return this
  }

  /** The pending error of the socket, `null` for none; reading it clears it. See socket(7), `SO_ERROR`. */
  error(): SystemError | null {
    const errno = this.takeError()
    return errno === 0 ? null : systemError(errno, 'getsockopt', { detail: 'SO_ERROR' })
  }
}

export interface Socket extends OptionMethods<typeof socketOptions> {
  /** {@link Socket.recv} in turn: waits for the calls before it, first come, first served, instead of being refused. */
  recvsync(...args: Parameters<Socket['recv']>): ReturnType<Socket['recv']>
  /** {@link Socket.recvinto} in turn. */
  recvintosync(...args: Parameters<Socket['recvinto']>): ReturnType<Socket['recvinto']>
  /** {@link Socket.recvmsg} in turn. */
  recvmsgsync(...args: Parameters<Socket['recvmsg']>): ReturnType<Socket['recvmsg']>
  /** {@link Socket.send} in turn: pieces of several callers never mix. */
  sendsync(...args: Parameters<Socket['send']>): ReturnType<Socket['send']>
  /** {@link Socket.sendmsg} in turn. */
  sendmsgsync(...args: Parameters<Socket['sendmsg']>): ReturnType<Socket['sendmsg']>
}
defineOptions(Socket, socketOptions)
defineLocked(Socket, ['recv', 'recvinto', 'recvmsg', 'send', 'sendmsg'])

/** What a socket to be has: it is closed for every call until it is connected. */
const NOTHING: SocketFacts = { family: AF_UNSPEC, socktype: 0, protocol: 0 }

function taken(sock: unknown): Partial<Handed> {
  if (sock === undefined) return {}
  if (!(sock instanceof LowSocket))
    throw validate.invalidType('sock', 'an instance of Socket of berkeley/llsocket', sock)
  return handOver(sock)
}
