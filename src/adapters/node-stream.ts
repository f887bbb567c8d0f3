import { AsyncResource } from 'node:async_hooks'
import type { Socket as NodeSocket } from 'node:net'
import { addAbortSignal } from 'node:stream'
import { IOV_MAX } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { kHandle } from '../descriptor/handle.js'
import type { Operation } from '../engine/operation.js'
import { MsgHdr } from '../message/msghdr.js'
import { type Intake, STOP } from '../socket/for-each.js'
import { Recv, Send } from '../socket/operations.js'
import { DEFAULT_BUFSIZE, kIntake, kRead, kTryWrite, kWrite } from '../socket/socket.js'
import { nextTick } from '../support/globals.js'
import { record, without } from '../support/record.js'
import { throwLater } from '../support/throw-later.js'
import { type DuplexOptions, duplexOptions } from './duplex-options.js'
import {
  type Done,
  type HalfClosing,
  kAwaitsConnection,
  kHasLastWords,
  kOnClosed,
  kPeerEnded,
  kSocket,
  kStop,
  kTraffic,
  NetSocket,
} from './net-socket.js'
import { closedBefore, destroyed } from './node-errors.js'
import { nodeSocketOfStream, type ToNodeOptions } from './to-node.js'
import { runUserCode } from './user-code.js'

export type { DuplexOptions } from './duplex-options.js'
export { type Done, type HalfClosing, kSocket } from './net-socket.js'

/** A write that waits in Node's stream. */
export interface Queued {
  /** The bytes. */
  chunk: Buffer
  /** Meaningless for bytes. */
  encoding: BufferEncoding
}

/** What receives for the stream. Symbols, so that a stream of the user's may have properties of any name. */
export const kReceiver: unique symbol = Symbol('berkeley.receiver')
/** Takes what came, and returns whether there may be more. */
export const kTake: unique symbol = Symbol('berkeley.take')
/** Whether an error of receiving is the end of the data. */
export const kIsEnd: unique symbol = Symbol('berkeley.isEnd')

/** Runs something when there is a connection. */
export const kWhenConnected: unique symbol = Symbol('berkeley.whenConnected')
/** Sends, and calls back when all has left. */
export const kSend: unique symbol = Symbol('berkeley.send')

/** The errors of a send to a peer that is no longer there. */
const GONE: ReadonlySet<string | undefined> = new Set(['EPIPE', 'ECONNRESET'])

/** Up to this size pieces are joined, and leave by one send(2): to lay out a message of several costs more than the copy. */
const JOIN_MOST = 16 * 1024

const NOT_CONNECTED = -sys.ENOTCONN

/** What a receive says when its descriptor is given away. */
const HANDED_OVER: ReadonlySet<number | undefined> = new Set([-sys.ECANCELED, -sys.EBADF])

/**
 * A socket as a Node stream: a `net.Socket` in all but class. It receives by itself up to its high-water mark, so that the end of the peer
 * and a reset are noticed by code that only writes, too. When the peer has ended, so does the stream, unless it is made with `allowHalfOpen:
 * true`. The stream owns the socket: destroying the stream closes it, and no other code should use it.
 */
export class SocketDuplex extends NetSocket {
  /** The asynchronous context in which the stream was made, and in which it emits events: as the streams of Node do. */
  readonly #creation = new AsyncResource('berkeley.duplex')

  /** Receives, from the first time that the stream wants something. */
  #intake: Intake<Buffer> | undefined
  #isReceiving = false
  /** Whether the stream has asked for more since it was given something. */
  #wantsMore = false

  /** The socket of Node that the connection was handed over to. */
  #heir: NodeSocket | undefined

  /** Makes the stream: the same as `socket.duplex(options)`. */
  constructor(socket: HalfClosing, options: DuplexOptions = {}) {
    const given = duplexOptions(options)
    // A record: Node would call a method that anybody has put on Object.prototype in place of those below. 'close' says whether there was an
    // error, so that it is emitted there.
    super(socket, record({ allowHalfOpen: false, ...without(given, 'signal', 'allowTruncation'), emitClose: false }))
    // Given to super(), a signal that is already aborted would destroy the stream before it has its socket.
    if (given.signal !== undefined) addAbortSignal(given.signal, this)
    // Later, so that listeners can be added before.
    nextTick(() => this.#readAhead())
  }

  /** Receives unless enough waits to be read already. */
  #readAhead(): void {
    if (!this.destroyed) runUserCode(() => this.read(0))
  }

  /** @internal */
  [kReceiver](): Operation<Buffer | null> {
    return new Recv(this[kSocket][kHandle], DEFAULT_BUFSIZE, 0)
  }

  /** Runs something when there is a connection, which a stream that was made before may not have yet. */
  [kWhenConnected](act: () => void, failed: Done): void {
    if (!this[kAwaitsConnection]) return act()
    const onClose = (): void => failed(closedBefore())
    this.once('close', onClose).once('connect', () => {
      this.off('close', onClose)
      act()
    })
  }

  /** Called by Node to read. */
  override _read(): void {
    this.#wantsMore = true
    if (this.#isReceiving) return
    this.#isReceiving = true
    if (this[kAwaitsConnection]) this.once('connect', this.#beginLater)
    else this.#beginLater()
  }

  // Later, because Node's stream would keep what it is given meanwhile, without a word to its listeners; and in this context, because the code that
  // makes the stream flow at the moment may be any of its users.
  readonly #beginLater = (): void => this.#creation.runInAsyncScope(nextTick, undefined, this.#receive)

  readonly #receive = (): void => {
    if (this.destroyed) return
    const socket = this[kSocket]
    if (this.#intake === undefined) {
      const receive = this[kReceiver]()
      this.#intake = socket[kIntake](record({ receive, give: (data: Buffer) => this.#give(data) }), this.#creation)
    }
    this.#intake.beginWait()
    socket[kRead](this.#intake).then(
      (wasStopped) => {
        if (!wasStopped) this.#ended()
      },
      (error: NodeJS.ErrnoException) => this.#failed(error),
    )
  }

  /** Stops receiving when the stream has enough, until it wants more. */
  #give(data: Buffer): typeof STOP | undefined {
    this.#wantsMore = false
    this[kTraffic](data.length, 0)
    try {
      if (this[kTake](data) || this.#wantsMore) return undefined
    } catch (error) {
      throwLater(error)
      // Node's stream does not go on to read.
      nextTick(() => this.#readAhead())
    }
    this.#isReceiving = false
    return STOP
  }

  /** @internal */
  [kTake](data: Buffer): boolean {
    return this.push(data)
  }

  #ended(): void {
    if (this.destroyed) return
    this[kTraffic](0, 0)
    this[kPeerEnded]()
    runUserCode(() => void this.push(null))
    // The end is reported only to a reader that goes on.
    this.#readAhead()
  }

  #failed(error: NodeJS.ErrnoException): void {
    if (this[kIsEnd](error)) return this.#ended()
    // The kernel tells of a reset once. That the connection is not this stream's any longer is none of its errors.
    if (this.#heir && !HANDED_OVER.has(error.errno)) this.#heir.destroy(error)
    this.destroy(error)
  }

  /** @internal */
  [kIsEnd](_error: unknown): boolean {
    return false
  }

  /** Called by Node to send a chunk. */
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    if (this[kAwaitsConnection]) this[kWhenConnected](() => this.#sendOne(chunk, done), done)
    else this.#sendOne(chunk, done)
  }

  /** Called by Node to send all chunks that wait: in as few calls as possible, and without copying large ones together. */
  override _writev(queued: Queued[], done: Done): void {
    const chunks: Buffer[] = []
    let bytes = 0
    for (const { chunk } of queued) {
      if (chunk.length > 0) chunks.push(chunk)
      bytes += chunk.length
    }
    const [first] = chunks
    if (first !== undefined && chunks.length === 1) return this._write(first, 'utf8', done)
    if (bytes <= JOIN_MOST) return this._write(Buffer.concat(chunks, bytes), 'utf8', done)
    this[kWhenConnected](() => this[kSend](this.#sendAll(chunks), bytes, done), done)
  }

  #sendOne(chunk: Buffer, done: Done): void {
    const socket = this[kSocket]
    const { length } = chunk
    try {
      const send = new Send(socket[kHandle], chunk, 0)
      if (!socket[kTryWrite](send)) return this[kSend](socket[kWrite](send), length, done)
    } catch (error) {
      return this.#sendFailed(error as Error, done)
    }
    this.#sent(undefined, length, done)
  }

  async #sendAll(chunks: Buffer[]): Promise<void> {
    for (let at = 0; at < chunks.length; at += IOV_MAX) {
      const msg = new MsgHdr()
      for (const chunk of chunks.slice(at, at + IOV_MAX)) msg.add(chunk)
      await this[kSocket].sendmsg(msg)
    }
  }

  /** @internal */
  [kSend](sending: Promise<unknown>, bytes: number, done: Done): void {
    this[kTraffic](0, 0)
    sending.then(
      () => this.#sent(undefined, bytes, done),
      (error: Error) => this.#sent(error, bytes, done),
    )
  }

  #sent(error: NodeJS.ErrnoException | undefined, bytes: number, done: Done): void {
    try {
      if (error) return this.#sendFailed(error, done)
      this[kTraffic](0, bytes)
      done()
    } catch (thrown) {
      throwLater(thrown)
    }
  }

  #sendFailed(error: NodeJS.ErrnoException, done: Done): void {
    // A peer that has ended, and gone, needs no final data: only the callback of the write gets the error.
    if (this[kHasLastWords] && GONE.has(error.code)) this.destroy()
    // When the stream is destroyed the call is canceled: what a writer has to know is why.
    done(this.destroyed ? destroyed() : error)
  }

  /** Called by Node at the end of the data: the peer sees the end, too. */
  override _final(done: Done): void {
    this[kWhenConnected](() => this.#end(done), done)
  }

  #end(done: Done): void {
    this[kSocket].end().then(
      () => runUserCode(() => done()),
      // There is no user left to notify of the end.
      (error: NodeJS.ErrnoException) => runUserCode(() => done(error.errno === NOT_CONNECTED ? null : error)),
    )
  }

  /**
   * Hands the connection over to Node, as a real `net.Socket`: what this stream has received and was not read comes first. The stream is
   * destroyed without an error. See `toNode()` of the connection.
   * @param options - `allowHalfOpen`, false by default, and `head`, data to be read first.
   * @returns the socket of Node.
   * @throws EOPNOTSUPP over TLS; EBUSY while writes wait, or the end does; EINVAL after `setEncoding()`.
   */
  toNode(options?: ToNodeOptions): NodeSocket {
    this.#heir = nodeSocketOfStream(this, this[kSocket], options)
    return this.#heir
  }

  /** Called by Node when the stream is destroyed: closes the socket. */
  override _destroy(error: Error | null, done: Done): void {
    this[kStop]()
    const closing = this[kSocket].close().then(
      () => null,
      (failure: Error) => failure,
    )
    // An error is reported at once, and not after a close that may have to wait.
    if (error) done(error)
    closing.then((failure) => {
      if (!error) runUserCode(() => done(failure))
      nextTick(() => this.#closed(Boolean(error ?? failure)))
    })
  }

  #closed(hadError: boolean): void {
    try {
      this.emit('close', hadError)
    } finally {
      this[kOnClosed]?.()
    }
  }
}
