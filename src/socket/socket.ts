import type { AsyncResource } from 'node:async_hooks'
import { MSG_OOB, SHUT_RD, SHUT_WR } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { Descriptor, takeError } from '../descriptor/descriptor.js'
import { kHandle } from '../descriptor/handle.js'
import { CLOSED_FD, OwnedFd } from '../descriptor/owned-fd.js'
import { budget } from '../engine/deadline.js'
import type { Direction } from '../engine/direction.js'
import type { Operation } from '../engine/operation.js'
import { Socket as LowSocket } from '../llsocket/socket.js'
import type { MsgHdr } from '../message/msghdr.js'
import { isErrorQueue } from '../message/rules.js'
import { native } from '../native/sockets.js'
import { socketOptions } from '../options/index.js'
import { defineOptions, type OptionMethods } from '../options/option.js'
import { announceClose } from '../support/diagnostics.js'
import { check, type SystemError, systemError } from '../support/errors.js'
import * as validate from '../support/validate.js'
import { Channel, UNCONNECTED } from './channel.js'
import { closeChannel, Steps, shutdownHow } from './close.js'
import { refuseTakingNotes } from './error-queue.js'
import { forEach, Intake, type Loop } from './for-each.js'
import { Recv, RecvInto, RecvMsg, Send, SendMsg } from './operations.js'
import { type ReadinessOptions, waitFor } from './readiness.js'
import {
  beginWait,
  DirectionSettings,
  type Hook,
  type IterationOptions,
  isOptions,
  type RecvIntoOptions,
  type RecvOptions,
  type SendOptions,
  type WaitOptions,
  withOptions,
} from './settings.js'
import { defineSyncNames } from './sync-names.js'
import { ReadV, WriteV } from './vector.js'

export type { Hook, ReadinessOptions, RecvIntoOptions, RecvOptions, SendOptions, WaitOptions }

/** Room of a receive, unless the caller says otherwise. */
export const DEFAULT_BUFSIZE = 65536
const MS_PER_SECOND = 1000

/** What goes with a socket beside its channel: an attempt to connect, a socket file. */
export interface SocketHooks {
  /** The socket is about to be closed; its descriptor is still there. */
  close(): void
  /** The descriptor is about to be given away. */
  release(): void
  /** Whether what waits keeps the process alive from now on. */
  setReferenced?: ((referenced: boolean) => void) | undefined
}

// The members of Socket that its subclasses in this package use: symbols, so that those of users may have methods of any name.

/** Runs an operation that receives. */
export const kRead: unique symbol = Symbol('berkeley.read')
/** Runs an operation that sends. */
export const kWrite: unique symbol = Symbol('berkeley.write')
/** Runs a loop in push mode. */
export const kForEach: unique symbol = Symbol('berkeley.forEach')
/** Runs a loop of a subclass, which is given the channel and what was set for receiving. */
export const kLoop: unique symbol = Symbol('berkeley.loop')
/** Makes the loop of a stream. */
export const kIntake: unique symbol = Symbol('berkeley.intake')
/** Sends without a promise, if that is possible at once. */
export const kTryWrite: unique symbol = Symbol('berkeley.tryWrite')
/** Replaces the channel. */
export const kReplaceChannel: unique symbol = Symbol('berkeley.replaceChannel')
/** Takes the channel away. */
export const kReleaseChannel: unique symbol = Symbol('berkeley.releaseChannel')
/** Adds something that goes with the socket. */
export const kAddHooks: unique symbol = Symbol('berkeley.addHooks')

/**
 * The base of the asynchronous sockets. A method that has to wait returns a Promise; none blocks the thread, even if another owner of the
 * open socket, such as a child that has it as its standard input, clears `O_NONBLOCK`. Calls that receive take their turn, first come, first
 * served, and so do calls that send; the deadline of a call covers the time in that queue, and a call that is aborted or late leaves it. With
 * `MSG_DONTWAIT` a call that would have to wait, also for its turn, is EAGAIN.
 *
 * Failures are {@link SystemError}; a deadline that passes is a {@link TimeoutError}; a call on a closed socket is EBADF, one that was
 * waiting when the socket was closed ECANCELED.
 */
export class Socket extends Descriptor {
  /** @internal */
  declare [kHandle]: Channel
  /** What was set for receiving and for sending: nothing, for most sockets. */
  #receiving: DirectionSettings | undefined
  #sending: DirectionSettings | undefined
  #hooks: SocketHooks[] | undefined
  /** Whether calls that wait keep the process alive. */
  #referenced = true
  /**
   * Takes over a synchronous socket, which is closed for its former user; without one the socket is closed until it connects.
   * @param sock - the synchronous socket, such as that of `createConnection()`.
   */
  constructor(sock?: LowSocket) {
    super(sock === undefined ? UNCONNECTED : Channel.from(lowSocket(sock)))
  }

  get #forReceiving(): DirectionSettings {
    this.#receiving ??= new DirectionSettings()
    return this.#receiving
  }

  get #forSending(): DirectionSettings {
    this.#sending ??= new DirectionSettings()
    return this.#sending
  }

  /**
   * For subclasses: runs an operation that waits for something to receive, in its turn among the calls that receive.
   * @param operation - the operation, or a function that makes it.
   * @param options - `timeout` in milliseconds, and `signal`, of this call.
   * @returns the result of the operation.
   * @throws what the operation fails with; TimeoutError, AbortError; EBADF on a closed socket, ECANCELED when it is closed meanwhile.
   */
  protected runRead<T>(operation: Operation<T> | (() => Operation<T>), options?: WaitOptions): Promise<T> {
    return typeof operation === 'function'
      ? runFrom(operation, (one) => this[kRead](one, options))
      : this[kRead](operation, options)
  }

  /**
   * For subclasses: runs an operation that waits for room to send, in its turn among the calls that send.
   * @param operation - the operation, or a function that makes it.
   * @param options - `timeout` in milliseconds, and `signal`, of this call.
   * @returns the result of the operation.
   * @throws what the operation fails with; TimeoutError, AbortError; EBADF on a closed socket, ECANCELED when it is closed meanwhile.
   */
  protected runWrite<T>(operation: Operation<T> | (() => Operation<T>), options?: WaitOptions): Promise<T> {
    return typeof operation === 'function'
      ? runFrom(operation, (one) => this[kWrite](one, options))
      : this[kWrite](operation, options)
  }

  /** @internal */
  [kRead]<T>(operation: Operation<T>, options?: WaitOptions): Promise<T> {
    try {
      // First, so that everything below can rely on the operation; and it may run code of the user, who may close the socket.
      operation.check?.()
      const wait = beginWait(this.#receiving, options)
      return directionFor(operation, this[kHandle]).run(operation, wait)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** @internal */
  [kWrite]<T>(operation: Operation<T>, options?: WaitOptions): Promise<T> {
    try {
      operation.check?.()
      const wait = beginWait(this.#sending, options)
      return this[kHandle].engine.writer.run(operation, wait)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /**
   * Receives what is there, with the arguments by name: `recv({ bufsize: 4096, timeout: 1000 })`.
   * @param options - `bufsize` in bytes, 64 KiB by default; `flags`; `timeout` in milliseconds, and `signal`.
   * @returns the data; `null` when the peer of a stream or seqpacket has closed; an empty Buffer is an empty datagram.
   * @throws as `recv(bufsize, flags, options)`.
   */
  recv(options: RecvOptions): Promise<Buffer | null>
  /**
   * Receives what is there, and waits only when there is nothing.
   * @param bufsize - the most bytes to receive, 64 KiB by default.
   * @param flags - `MSG_*` flags, OR-ed; 0 by default.
   * @param options - `timeout` in milliseconds, and `signal`, of this call.
   * @returns the data; `null` when the peer of a stream or seqpacket has closed; an empty Buffer is an empty datagram.
   * @throws EMSGSIZE when a message was longer than `bufsize` and was cut, unless `MSG_TRUNC` is among the flags; ECONNRESET, ETIMEDOUT,
   *   … of the connection; TimeoutError, by the receive deadline or `timeout`; AbortError; EBADF on a closed socket, ECANCELED when it is
   *   closed meanwhile. See recv(2).
   * @example
   * const data = await conn.recv(4096, 0, { timeout: 5000 })
   * if (data === null) await conn.close() // the peer has closed
   */
  recv(bufsize?: number, flags?: number, options?: WaitOptions): Promise<Buffer | null>
  recv(bufsize: number | RecvOptions = DEFAULT_BUFSIZE, flags = 0, options?: WaitOptions): Promise<Buffer | null> {
    if (isOptions(bufsize)) return withOptions(recvNamed, this, bufsize, ['bufsize', 'flags'], [flags, options])
    return this[kRead](new Recv(this[kHandle], bufsize, flags), options)
  }

  /**
   * Receives into memory of the caller, with the further arguments by name: `recvinto(buffer, { timeout: 1000 })`.
   * @param buffer - the memory, which is filled from its beginning.
   * @param options - `flags`, 0 by default; `timeout` in milliseconds, and `signal`.
   * @returns the count of bytes, 0 at the end of a stream.
   * @throws as `recvinto(buffer, flags, options)`.
   */
  recvinto(buffer: ArrayBufferView, options: RecvIntoOptions): Promise<number>
  /**
   * Receives into memory of the caller, which must not be detached until the call is over.
   * @param buffer - the memory, which is filled from its beginning.
   * @param flags - `MSG_*` flags, OR-ed; 0 by default.
   * @param options - `timeout` in milliseconds, and `signal`, of this call.
   * @returns the count of bytes, 0 at the end of a stream; with `MSG_TRUNC` the length of the message, even where it exceeds the memory.
   *   With `MSG_PEEK | MSG_TRUNC` the memory may be empty, to ask how long the next message is. See {@link Socket.recv}, recv(2).
   * @throws as {@link Socket.recv}.
   */
  recvinto(buffer: ArrayBufferView, flags?: number, options?: WaitOptions): Promise<number>
  recvinto(buffer: ArrayBufferView, flags: number | RecvIntoOptions = 0, options?: WaitOptions): Promise<number> {
    if (isOptions(flags)) return withOptions(recvintoNamed, [this, buffer], flags, ['flags'], [options])
    return this[kRead](new RecvInto(this[kHandle], buffer, flags), options)
  }

  /**
   * Sends all of the data, with the further arguments by name: `send(data, { timeout: 1000 })`.
   * @param data - the bytes; a string is sent as UTF-8.
   * @param options - `flags`, 0 by default; `timeout` in milliseconds, and `signal`.
   * @returns the number of bytes, which is all of them.
   * @throws EPIPE or ECONNRESET when the peer has closed; TimeoutError, AbortError: as `send(data, flags, options)`.
   */
  send(data: validate.Data, options: SendOptions): Promise<number>
  /**
   * Sends all of the data, and waits as often as there is no room. While events of several sockets are handled, and that takes little time,
   * up to 4 KiB leave together with what others send, right after it, or before anything else is done with a socket.
   * @param data - the bytes; a string is sent as UTF-8.
   * @param flags - `MSG_*` flags, OR-ed; 0 by default.
   * @param options - `timeout` in milliseconds, and `signal`, of this call.
   * @returns the number of bytes, which is all of them.
   * @throws EPIPE or ECONNRESET when the peer has closed; EMSGSIZE for a message that is too long; TimeoutError, by the send deadline or
   *   `timeout`; AbortError. `bytes` on any error says how many had been accepted. See send(2).
   * @example
   * await conn.send('GET / HTTP/1.0\r\n\r\n', { timeout: 5000 })
   */
  send(data: validate.Data, flags?: number, options?: WaitOptions): Promise<number>
  send(data: validate.Data, flags: number | SendOptions = 0, options?: WaitOptions): Promise<number> {
    if (isOptions(flags)) return withOptions(sendNamed, [this, data], flags, ['flags'], [options])
    return this[kWrite](new Send(this[kHandle], data, flags), options)
  }

  /**
   * Sends data without a promise for it: at once as far as there is room, and the rest when there is. Small data may be changed when the
   * call returns, data of more than 4 KiB not until it has left.
   * @param data - the bytes; a string is sent as UTF-8.
   * @returns false while 64 KiB or more wait: `await` {@link Socket.drained} before the next call then.
   * @throws what send(2) says, and the failure of an earlier write that was not reported yet. A failure that comes later rejects a call
   *   of `drained()` that waits, or else `forEach()`.
   * @example
   * for (const chunk of chunks) if (!conn.write(chunk)) await conn.drained()
   */
  write(data: validate.Data): boolean {
    const channel = this[kHandle]
    channel.fd.number('send')
    return channel.output.write(new Send(channel, data, 0))
  }

  /**
   * Waits until all that was given to `write()`, and to calls that send, is with the kernel.
   * @param options - `timeout` in milliseconds, and `signal`, of this call.
   * @throws what a write has failed with; TimeoutError, by the send deadline or `timeout`; ECANCELED when the socket is closed.
   */
  drained(options?: WaitOptions): Promise<void> {
    return this[kHandle].output.drained((turn) => this[kWrite](turn, options))
  }

  /** @internal */
  [kForEach]<T>(loop: Loop<T>, options: IterationOptions): Promise<void> {
    return forEach(this[kHandle], loop, this.#receiving, options)
  }

  /** @internal */
  [kLoop](run: (channel: Channel, settings: DirectionSettings | undefined) => Promise<void>): Promise<void> {
    return run(this[kHandle], this.#receiving)
  }

  /**
   * Makes a loop that the caller runs by {@link kRead}, each time that it wants something.
   * @param context - in which the function of the loop is called.
   * @internal
   */
  [kIntake]<T>(loop: Loop<T>, context: AsyncResource): Intake<T> {
    loop.receive.check?.()
    return new Intake(loop, () => this.#receiving?.timeout ?? 0, context)
  }

  /**
   * Carries out an operation that sends as far as that is possible at once, and returns whether that was all: {@link kWrite} does the rest.
   * @throws what send(2) says, and for wrong arguments.
   * @internal
   */
  [kTryWrite](operation: Operation<number>): boolean {
    operation.check?.()
    return this[kHandle].engine.writer.tryNow(operation)
  }

  /**
   * Receives into several pieces of memory, with the further arguments by name.
   * @param buffers - the pieces of memory, which are filled one after the other.
   * @param options - `flags`, 0 by default; `timeout` in milliseconds, and `signal`.
   * @returns the count of bytes, 0 at the end of a stream.
   * @throws as `readv(buffers, flags, options)`.
   */
  readv(buffers: readonly ArrayBufferView[], options: RecvIntoOptions): Promise<number>
  /**
   * Receives into several pieces of memory of the caller, one after the other, which must not be detached until the call is over.
   * @param buffers - the pieces of memory, which are filled one after the other.
   * @param flags - `MSG_*` flags, OR-ed; 0 by default.
   * @param options - `timeout` in milliseconds, and `signal`, of this call.
   * @returns the count of bytes, 0 at the end of a stream; with `MSG_TRUNC` the length of the message. See {@link Socket.recvinto},
   *   readv(2).
   * @throws EOPNOTSUPP over TLS; otherwise as {@link Socket.recv}.
   */
  readv(buffers: readonly ArrayBufferView[], flags?: number, options?: WaitOptions): Promise<number>
  readv(
    buffers: readonly ArrayBufferView[],
    flags: number | RecvIntoOptions = 0,
    options?: WaitOptions,
  ): Promise<number> {
    if (isOptions(flags)) return withOptions(readvNamed, [this, buffers], flags, ['flags'], [options])
    return this[kRead](new ReadV(this[kHandle], buffers, flags), options)
  }

  /**
   * Sends several pieces of data as one, with the further arguments by name.
   * @param data - the pieces; a string is sent as UTF-8.
   * @param options - `flags`, 0 by default; `timeout` in milliseconds, and `signal`.
   * @returns the number of bytes, which is all of them.
   * @throws as `writev(data, flags, options)`.
   */
  writev(data: readonly validate.Data[], options: SendOptions): Promise<number>
  /**
   * Sends several pieces of data as one, without joining them: on a stream all of them, and waits as often as there is no room.
   * @param data - the pieces; a string is sent as UTF-8.
   * @param flags - `MSG_*` flags, OR-ed; 0 by default.
   * @param options - `timeout` in milliseconds, and `signal`, of this call.
   * @returns the number of bytes, which is all of them. See {@link Socket.send}, writev(2).
   * @throws ENOBUFS for more than `IOV_MAX` pieces; EOPNOTSUPP over TLS; `bytes` on any error says how many had been accepted.
   * @example
   * await conn.writev([header, body])
   */
  writev(data: readonly validate.Data[], flags?: number, options?: WaitOptions): Promise<number>
  async writev(
    data: readonly validate.Data[],
    flags: number | SendOptions = 0,
    options?: WaitOptions,
  ): Promise<number> {
    if (isOptions(flags)) return withOptions(writevNamed, [this, data], flags, ['flags'], [options])
    return this[kWrite](new WriteV(this[kHandle], data, flags), options)
  }

  /**
   * Receives a message, with the further arguments by name: `recvmsg(msg, { timeout: 1000 })`.
   * @param msg - the message, whose elements have room for the data.
   * @param options - `flags`, 0 by default; `timeout` in milliseconds, and `signal`.
   * @returns the count of bytes; `null` at the end of a stream or seqpacket.
   * @throws as `recvmsg(msg, flags, options)`.
   */
  recvmsg(msg: MsgHdr, options: RecvIntoOptions): Promise<number | null>
  /**
   * Receives a message: data into its elements, the sender's address, control messages, flags. Descriptors that arrive are owned by their
   * {@link CmsgHdr}. With `MSG_ERRQUEUE` among the flags it receives from the error queue, which may be waited for beside the data.
   * @param msg - the message, whose elements have room for the data.
   * @param flags - `MSG_*` flags, OR-ed; 0 by default.
   * @param options - `timeout` in milliseconds, and `signal`, of this call.
   * @returns the count of bytes; `null` at the end of a stream or seqpacket. A message that was cut has `MSG_TRUNC` in `msg.flags()`, one
   *   whose control messages did not fit `MSG_CTRUNC`. See recvmsg(2).
   * @throws as {@link Socket.recv}; EAGAIN with `MSG_DONTWAIT` when there is nothing; EOPNOTSUPP over TLS.
   * @example
   * const msg = MsgHdr.create()
   * msg.addn(65536)
   * const count = await conn.recvmsg(msg)
   * const data = msg.concat()
   * const sender = msg.control().value('credentials') // with conn.passcred(true)
   */
  recvmsg(msg: MsgHdr, flags?: number, options?: WaitOptions): Promise<number | null>
  recvmsg(msg: MsgHdr, flags: number | RecvIntoOptions = 0, options?: WaitOptions): Promise<number | null> {
    if (isOptions(flags)) return withOptions(recvmsgNamed, [this, msg], flags, ['flags'], [options])
    return this[kRead](new RecvMsg(this[kHandle], msg, flags), options)
  }

  /**
   * Sends a message with its address and control messages, with the further arguments by name: `sendmsg(msg, { timeout: 1000 })`.
   * @param msg - the message.
   * @param options - `flags`, 0 by default; `timeout` in milliseconds, and `signal`.
   * @returns the number of bytes, which is all of them.
   * @throws as `sendmsg(msg, flags, options)`.
   */
  sendmsg(msg: MsgHdr, options: SendOptions): Promise<number>
  /**
   * Sends a message with its address and control messages. What was sent is consumed: after an error the message holds the rest. Control
   * messages go with the first byte, once.
   * @param msg - the message.
   * @param flags - `MSG_*` flags, OR-ed; 0 by default.
   * @param options - `timeout` in milliseconds, and `signal`, of this call.
   * @returns the number of bytes, which is all of them. See sendmsg(2).
   * @throws as {@link Socket.send}; EBADF for a descriptor to be passed that is not open; EOPNOTSUPP over TLS.
   */
  sendmsg(msg: MsgHdr, flags?: number, options?: WaitOptions): Promise<number>
  sendmsg(msg: MsgHdr, flags: number | SendOptions = 0, options?: WaitOptions): Promise<number> {
    if (isOptions(flags)) return withOptions(sendmsgNamed, [this, msg], flags, ['flags'], [options])
    return this[kWrite](new SendMsg(this[kHandle], msg, flags), options)
  }

  /**
   * Returns the timeouts of receiving and of sending calls, in milliseconds, 0 for none, the default; with arguments sets them first. A
   * timeout covers a whole call, however often it has to wait.
   * @param rcvmsec - milliseconds that a receiving call may take; without it nothing is changed.
   * @param sndmsec - milliseconds that a sending call may take; without it nothing is changed.
   * @example
   * conn.deadlines(5000, 5000)
   */
  deadlines(rcvmsec?: number, sndmsec?: number): [rcvmsec: number, sndmsec: number] {
    if (rcvmsec !== undefined) this.#forReceiving.timeout = budget('rcvmsec', rcvmsec)
    if (sndmsec !== undefined) this.#forSending.timeout = budget('sndmsec', sndmsec)
    return [this.#receiving?.timeout ?? 0, this.#sending?.timeout ?? 0]
  }

  /**
   * Returns the receive timeout in seconds, 0 for none: the first of {@link Socket.deadlines}; with an argument sets it.
   * @param sec - seconds that a receiving call may take; without it nothing is changed.
   */
  rcvtimeo(sec?: number): number {
    if (sec !== undefined) this.deadlines(validate.atLeast('sec', sec, 0) * MS_PER_SECOND, undefined)
    return (this.#receiving?.timeout ?? 0) / MS_PER_SECOND
  }

  /**
   * Returns the send timeout in seconds, 0 for none: the second of {@link Socket.deadlines}; with an argument sets it.
   * @param sec - seconds that a sending call may take; without it nothing is changed.
   */
  sndtimeo(sec?: number): number {
    if (sec !== undefined) this.deadlines(undefined, validate.atLeast('sec', sec, 0) * MS_PER_SECOND)
    return (this.#sending?.timeout ?? 0) / MS_PER_SECOND
  }

  /**
   * Sets a function that is called right before each wait for something to receive, as `fn(ctx, remainingMs)` with Infinity where there
   * is no deadline. Returning false ends the call with ECANCELED; throwing ends it with that error. `null` removes it.
   * @param fn - the function, or `null` for none.
   * @param ctx - its first argument.
   * @returns the former one.
   */
  onwaitrecv<C>(fn: Hook<C> | null, ctx?: C): Hook<never> | null {
    return this.#forReceiving.setHook(fn, ctx)
  }

  /**
   * Sets a function that is called right before each wait for room to send: see {@link Socket.onwaitrecv}.
   * @param fn - the function, or `null` for none.
   * @param ctx - its first argument.
   * @returns the former one.
   */
  onwaitsend<C>(fn: Hook<C> | null, ctx?: C): Hook<never> | null {
    return this.#forSending.setHook(fn, ctx)
  }

  /**
   * Waits until a receiving call would find something: data, the end, an error, or a connection to accept. It takes nothing, and has no
   * turn among calls that receive: several may wait, also beside one of those, which may be first to take what has come. A note in the
   * error queue counts as an error. With TLS it waits for data that is decrypted, and makes the handshake.
   * @param options - `timeout` in milliseconds, and `signal`, of this call.
   * @throws TimeoutError, by the receive deadline or `timeout`; ECANCELED when the socket is closed. See poll(2), `POLLIN`.
   */
  readable(options?: ReadinessOptions): Promise<void> {
    return waitFor(this[kHandle], 'readable', this.#receiving, options)
  }

  /**
   * Waits until there is room to send. It sends nothing, and has no turn among calls that send.
   * @param options - `timeout` in milliseconds, and `signal`, of this call.
   * @throws TimeoutError, by the send deadline or `timeout`; ECANCELED when the socket is closed. See poll(2), `POLLOUT`.
   */
  writable(options?: ReadinessOptions): Promise<void> {
    return waitFor(this[kHandle], 'writable', this.#sending, options)
  }

  /**
   * Waits until the peer has hung up: has closed, or ended sending, or the connection broke. It takes nothing: what came before can
   * still be received. Receiving that was shut down here counts, too. A datagram socket has no peer that could hang up: for it an
   * error, or a note in the error queue, counts.
   * @param options - `timeout`: the deadlines of the socket are for calls that transfer data.
   * @throws TimeoutError; ECANCELED when the socket is closed. See poll(2), `POLLRDHUP`, `POLLHUP`.
   */
  hangup(options?: ReadinessOptions): Promise<void> {
    return waitFor(this[kHandle], 'hangup', undefined, options)
  }

  /**
   * Waits until there is urgent data, which `recv(1, MSG_OOB)` takes. A call that receives data discards it when it comes to its place,
   * so one that waits at the moment goes on in the next turn of the event loop. Streams only.
   * @param options - `timeout` in milliseconds, and `signal`, of this call.
   * @throws ENODATA when the peer has hung up, so that none can come; EOPNOTSUPP with TLS, and for sockets with message boundaries;
   *   TimeoutError, by the receive deadline or `timeout`; ECANCELED when the socket is closed. See poll(2), `POLLPRI`, tcp(7).
   */
  urgent(options?: ReadinessOptions): Promise<void> {
    return waitFor(this[kHandle], 'urgent', this.#receiving, options)
  }

  /** Bytes that calls have yet to hand to the kernel, those that wait for their turn included: to slow down while there are too many. */
  get bufferedAmount(): number {
    return this[kHandle].engine.writer.unsentBytes
  }

  /** Ends receiving: a call that waits for data gets what is there, and then the end. See shutdown(2), `SHUT_RD`. */
  closer(): void {
    const { fd, engine, transport } = this[kHandle]
    transport.requirePlain('shutdown')
    check(native.shutdown(fd.use('shutdown'), SHUT_RD), 'shutdown')
    engine.wake(true, false, true)
  }

  /** Ends sending: the peer sees the end of the stream after what was sent. See shutdown(2), `SHUT_WR`. */
  closew(): void {
    const { fd, engine, transport } = this[kHandle]
    transport.requirePlain('shutdown')
    engine.flush()
    check(native.shutdown(fd.use('shutdown'), SHUT_WR), 'shutdown')
    engine.wake(false, true, false)
  }

  /**
   * Closes the socket. It is closed for every other call at once: those that wait end with ECANCELED, later ones with EBADF. A second
   * close does nothing. The event loop is never stopped. With `linger()` set it resolves when the peer's system has everything, or the time
   * has passed. Over TLS it sends close_notify, and resolves when what was sent has arrived: within the send deadline, or a second without
   * one. A peer that does not read, or has reset the connection, is not a failure.
   * @param shutrd - shut down receiving first, for every process that shares the socket.
   * @param shutwr - shut down sending first, likewise.
   * @throws when an argument is wrong, or what shutdown(2) or close(2) reported; the descriptor is closed in any case.
   */
  async close(shutrd = false, shutwr = false): Promise<void> {
    let how: number | undefined
    try {
      how = shutdownHow(validate.boolean('shutrd', shutrd), validate.boolean('shutwr', shutwr))
    } finally {
      await this.#close(how)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #close(how?: number): Promise<void> {
    const channel = this[kHandle]
    // First: a subscriber may do anything, also close it.
    if (channel.fd.fd >= 0) announceClose(this, channel)
    const steps = new Steps()
    for (const hooks of this.#hooks ?? []) steps.run(() => hooks.close())
    if (channel.fd.fd >= 0) {
      const { loss } = channel
      closeChannel(steps, channel, { how, timeout: this.#sending?.timeout ?? 0 })
      if (loss) steps.run(() => Promise.reject(loss))
    }
    return steps.done()
  }

  /**
   * Closes the current channel, if there is one, and goes on with another one; calls that wait on the former end with ECANCELED.
   * @internal
   */
  [kReplaceChannel](channel: Channel): Promise<void> | undefined {
    const closed = this[kHandle] === UNCONNECTED ? undefined : this.#close()
    this[kHandle] = channel
    channel.fd.heldBy(this)
    channel.engine.setReferenced(this.#referenced)
    return closed
  }

  /**
   * Makes another socket of the same class for the same open socket: what is received by one is not there for the other, and each has to be
   * closed. Timeouts and hooks are those of a new one. A socket file stays with the original. See dup(2).
   * @throws EMFILE without a free descriptor, EOPNOTSUPP over TLS.
   */
  dup(): this {
    const { fd, kind, transport } = this[kHandle]
    const number = fd.use('dup')
    transport.requirePlain('dup')
    const twin = new OwnedFd(check(native.dup(number), 'dup'), 'Socket')
    const channel = new Channel(twin, kind)
    try {
      return new (this.constructor as new (sock: LowSocket) => this)(new LowSocket(channel))
    } catch (error) {
      // Also when the base has taken it over already: the object that a constructor of the user's has not finished is no use to anybody.
      channel.closeQuietly()
      throw error
    }
  }

  /**
   * Gives the descriptor to the caller, who closes it from now on; the object is closed, and calls that wait end with ECANCELED. The
   * descriptor stays non-blocking, and a socket file stays.
   * @returns the number.
   * @throws EBADF when the socket is closed.
   * @example
   * const fd = conn.detach()
   * spawn('cat', [], { stdio: [fd, 'inherit', 'inherit'] })
   * close(fd)
   */
  detach(): number {
    return this[kReleaseChannel]().fd.detach('detach')
  }

  /**
   * Takes the channel away, with its descriptor open; calls that wait end with ECANCELED, and the socket is closed.
   * @param withSession - whether the caller goes on with the TLS session, if there is one: the descriptor alone would be of no use.
   * @internal
   */
  [kReleaseChannel](withSession = false): Channel {
    const channel = this[kHandle]
    channel.fd.use('detach')
    if (!withSession || channel.transport.session === undefined) channel.transport.requirePlain('detach')
    if (channel.loss) throw systemError(sys.EBUSY, 'detach', { detail: channel.loss.message })
    for (const hooks of this.#hooks ?? []) hooks.release()
    channel.engine.close()
    this[kHandle] = new Channel(CLOSED_FD, channel.kind)
    return channel
  }

  /**
   * Adds something that has to know when the socket is closed or given away, and returns it.
   * @internal
   */
  [kAddHooks]<H extends SocketHooks>(hooks: H): H {
    this.#hooks ??= []
    this.#hooks.push(hooks)
    hooks.setReferenced?.(this.#referenced)
    return hooks
  }

  /** Lets calls that wait keep the process alive, as they do by default. */
  ref(): this {
    return this.#setReferenced(true)
  }

  /** Lets the process end although calls wait. */
  unref(): this {
    return this.#setReferenced(false)
  }

  #setReferenced(referenced: boolean): this {
    this.#referenced = referenced
    this[kHandle].engine.setReferenced(referenced)
    for (const hooks of this.#hooks ?? []) hooks.setReferenced?.(referenced)
    return this
  }

  /** Returns the pending error of the socket, `null` for none; reading it clears it. See socket(7), `SO_ERROR`. */
  error(): SystemError | null {
    const errno = takeError(this[kHandle].fd.use('getsockopt'))
    return errno === 0 ? null : systemError(errno, 'getsockopt', { detail: 'SO_ERROR' })
  }
}

export interface Socket extends OptionMethods<typeof socketOptions> {
  /** Same as {@link Socket.recv}: its name in lua-net. */
  recvsync(options: RecvOptions): ReturnType<Socket['recv']>
  /** Same as {@link Socket.recv}: its name in lua-net. */
  recvsync(...args: Parameters<Socket['recv']>): ReturnType<Socket['recv']>
  /** Same as {@link Socket.recvinto}: its name in lua-net. */
  recvintosync(buffer: ArrayBufferView, options: RecvIntoOptions): ReturnType<Socket['recvinto']>
  /** Same as {@link Socket.recvinto}: its name in lua-net. */
  recvintosync(...args: Parameters<Socket['recvinto']>): ReturnType<Socket['recvinto']>
  /** Same as {@link Socket.readv}: its name in lua-net. */
  readvsync(buffers: readonly ArrayBufferView[], options: RecvIntoOptions): ReturnType<Socket['readv']>
  /** Same as {@link Socket.readv}: its name in lua-net. */
  readvsync(...args: Parameters<Socket['readv']>): ReturnType<Socket['readv']>
  /** Same as {@link Socket.writev}: its name in lua-net. */
  writevsync(data: readonly validate.Data[], options: SendOptions): ReturnType<Socket['writev']>
  /** Same as {@link Socket.writev}: its name in lua-net. */
  writevsync(...args: Parameters<Socket['writev']>): ReturnType<Socket['writev']>
  /** Same as {@link Socket.recvmsg}: its name in lua-net. */
  recvmsgsync(msg: MsgHdr, options: RecvIntoOptions): ReturnType<Socket['recvmsg']>
  /** Same as {@link Socket.recvmsg}: its name in lua-net. */
  recvmsgsync(...args: Parameters<Socket['recvmsg']>): ReturnType<Socket['recvmsg']>
  /** Same as {@link Socket.send}: its name in lua-net. */
  sendsync(data: validate.Data, options: SendOptions): ReturnType<Socket['send']>
  /** Same as {@link Socket.send}: its name in lua-net. */
  sendsync(...args: Parameters<Socket['send']>): ReturnType<Socket['send']>
  /** Same as {@link Socket.sendmsg}: its name in lua-net. */
  sendmsgsync(msg: MsgHdr, options: SendOptions): ReturnType<Socket['sendmsg']>
  /** Same as {@link Socket.sendmsg}: its name in lua-net. */
  sendmsgsync(...args: Parameters<Socket['sendmsg']>): ReturnType<Socket['sendmsg']>
}
defineOptions(Socket, socketOptions)
defineSyncNames(Socket, ['recv', 'recvinto', 'readv', 'recvmsg', 'send', 'writev', 'sendmsg'])

/** What comes beside the data has a direction of its own: a wait for one must not keep from the other. */
function directionFor({ flags, syscall }: Operation<unknown>, channel: Channel): Direction {
  const { engine } = channel
  if (!flags) return engine.reader
  if (isErrorQueue(flags)) {
    refuseTakingNotes(channel, syscall)
    return engine.on('errors')
  }
  return (flags & MSG_OOB) === 0 ? engine.reader : engine.on('oob')
}

// The calls whose arguments came in one object.

function recvNamed(sock: Socket, { bufsize = DEFAULT_BUFSIZE, flags = 0 }: RecvOptions, wait: WaitOptions) {
  return sock[kRead](new Recv(sock[kHandle], bufsize, flags), wait)
}

function recvintoNamed(
  [sock, buffer]: [Socket, ArrayBufferView],
  { flags = 0 }: RecvIntoOptions,
  wait: WaitOptions,
): Promise<number> {
  return sock[kRead](new RecvInto(sock[kHandle], buffer, flags), wait)
}

function sendNamed([sock, data]: [Socket, validate.Data], { flags = 0 }: SendOptions, wait: WaitOptions) {
  return sock[kWrite](new Send(sock[kHandle], data, flags), wait)
}

function readvNamed(
  [sock, buffers]: [Socket, readonly ArrayBufferView[]],
  { flags = 0 }: RecvIntoOptions,
  wait: WaitOptions,
): Promise<number> {
  return sock[kRead](new ReadV(sock[kHandle], buffers, flags), wait)
}

function writevNamed(
  [sock, data]: [Socket, readonly validate.Data[]],
  { flags = 0 }: SendOptions,
  wait: WaitOptions,
): Promise<number> {
  return sock[kWrite](new WriteV(sock[kHandle], data, flags), wait)
}

function recvmsgNamed([sock, msg]: [Socket, MsgHdr], { flags = 0 }: RecvIntoOptions, wait: WaitOptions) {
  return sock[kRead](new RecvMsg(sock[kHandle], msg, flags), wait)
}

function sendmsgNamed([sock, msg]: [Socket, MsgHdr], { flags = 0 }: SendOptions, wait: WaitOptions) {
  return sock[kWrite](new SendMsg(sock[kHandle], msg, flags), wait)
}

function lowSocket(sock: unknown): LowSocket {
  if (sock instanceof LowSocket) return sock
  throw validate.invalidType('sock', 'an instance of Socket of berkeley/llsocket', sock)
}

/** Runs the operation that a function makes; what the function throws rejects. */
function runFrom<T>(make: () => Operation<T>, run: (operation: Operation<T>) => Promise<T>): Promise<T> {
  try {
    return run(make())
  } catch (error) {
    return Promise.reject(error)
  }
}
