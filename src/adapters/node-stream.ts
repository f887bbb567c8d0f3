import { AsyncResource } from 'node:async_hooks'
import type { Socket as NodeSocket } from 'node:net'
import { addAbortSignal } from 'node:stream'
import { IOV_MAX } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { MsgHdr } from '../message/msghdr.js'
import { nextTick } from '../support/globals.js'
import { record, without } from '../support/record.js'
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

/** Receives the next data; null at the end. Symbols, so that a stream of the user's may have properties of any name. */
export const kReceive: unique symbol = Symbol('berkeley.receive')

/** Runs something when there is a connection. */
export const kWhenConnected: unique symbol = Symbol('berkeley.whenConnected')
/** Calls back when a send has ended. */
export const kSettle: unique symbol = Symbol('berkeley.settle')

/** The errors of a send to a peer that is no longer there. */
const GONE: ReadonlySet<string | undefined> = new Set(['EPIPE', 'ECONNRESET'])

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

  /** The socket of Node that the connection was handed over to, for what was received before. */
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
  [kReceive](): Promise<Buffer | null> {
    return this[kSocket].recv()
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
    if (this[kAwaitsConnection]) this.once('connect', () => this.#readInContext())
    else this.#readInContext()
  }

  #readInContext(): void {
    // Any user of the stream may be the one that makes it flow at the moment.
    this.#creation.runInAsyncScope(this.#receive, this)
  }

  #receive(): void {
    this[kReceive]().then(
      (data) => this.#received(data),
      (error: NodeJS.ErrnoException) => this.#failed(error),
    )
  }

  #failed(error: NodeJS.ErrnoException): void {
    // The kernel tells of a reset once. That the connection is not this stream's any longer is none of its errors.
    if (this.#heir && !HANDED_OVER.has(error.errno)) this.#heir.destroy(error)
    this.destroy(error)
  }

  #received(data: Buffer | null): void {
    if (this.#heir && data) this.#heir.push(data)
    if (this.destroyed) return
    this[kTraffic](data?.length ?? 0, 0)
    if (data === null) this[kPeerEnded]()
    // Where a listener has thrown, Node's stream does not go on to read.
    if (!runUserCode(() => void this.push(data))) nextTick(() => this.#readAhead())
    // The end is only reported to code that reads on.
    else if (data === null) this.#readAhead()
  }

  /** Called by Node to send a chunk. */
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this[kWhenConnected](() => this[kSettle](this[kSocket].send(chunk), chunk.length, done), done)
  }

  /** Called by Node to send all chunks that wait: in as few calls as possible, and without copying them together. */
  override _writev(queued: Queued[], done: Done): void {
    const chunks = queued.map(({ chunk }) => chunk)
    const bytes = chunks.reduce((sum, { length }) => sum + length, 0)
    this[kWhenConnected](() => this[kSettle](this.#sendAll(chunks), bytes, done), done)
  }

  async #sendAll(chunks: Buffer[]): Promise<void> {
    for (let at = 0; at < chunks.length; at += IOV_MAX) {
      const msg = new MsgHdr()
      for (const chunk of chunks.slice(at, at + IOV_MAX)) msg.add(chunk)
      await this[kSocket].sendmsg(msg)
    }
  }

  /** @internal */
  [kSettle](sending: Promise<unknown>, bytes: number, done: Done): void {
    this[kTraffic](0, 0)
    sending.then(
      () => {
        this[kTraffic](0, bytes)
        runUserCode(() => done())
      },
      // When the stream is destroyed the call is canceled: what a writer has to know is why.
      (error: NodeJS.ErrnoException) => {
        // A peer that has ended, and gone, needs no close_notify: a failure is reported to the code that wrote alone.
        if (this[kHasLastWords] && GONE.has(error.code)) this.destroy()
        runUserCode(() => done(this.destroyed ? destroyed() : error))
      },
    )
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
