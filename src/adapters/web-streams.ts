import {
  type ReadableByteStreamController,
  ReadableStream,
  WritableStream,
  type WritableStreamDefaultController,
} from 'node:stream/web'
import { MSG_DONTWAIT, MSG_PEEK } from '../constants/exported.generated.js'
import { kHandle } from '../descriptor/handle.js'
import { Recv, Send } from '../socket/operations.js'
import { waitFor } from '../socket/readiness.js'
import { IterationOptions } from '../socket/settings.js'
import { DEFAULT_BUFSIZE, kRead, kTryWrite, kWrite } from '../socket/socket.js'
import { ignoreAbort, isAborted, listenForAbort, reasonOf } from '../support/abort-signal.js'
import { abortError, type SystemError } from '../support/errors.js'
import * as validate from '../support/validate.js'
import type { HalfClosing } from './net-socket.js'

/** A socket as a pair of web streams. */
export interface WebStreams {
  /** The received data, until the peer has closed; it can be read into memory of the reader's, too. Cancelling it ends receiving. */
  readable: ReadableStream<Uint8Array>
  /**
   * The data to send. Closing it ends sending: the peer sees the end. Aborting it closes the socket, also while a write or that end waits. A
   * `pipeTo()` that is aborted waits for the write that is under way before it aborts its target, as the standard has it: give the same signal
   * to `web()`, which does not.
   */
  writable: WritableStream<Uint8Array>
}

/** Options of `web()`. */
export interface WebOptions {
  /**
   * Aborting it closes the socket at once, and both streams fail with its reason, or with an AbortError that has it as `cause` if it is not an
   * error; what waits, and a pipe through them, does as well.
   */
  signal?: AbortSignal | undefined
}

/**
 * Makes web streams of a socket, which they own together: it is closed when both of them have ended. When one fails, the socket is closed,
 * and the other one fails with the same error. So do both when the peer resets the connection, also while no read or write is pending; what came
 * before can still be read.
 */
export function webStreams(socket: HalfClosing, options?: WebOptions): WebStreams {
  const { signal }: WebOptions =
    options === undefined ? { signal: undefined } : validate.options('options', options, ['signal'])
  if (signal !== undefined) validate.abortSignal('options.signal', signal)
  const { readable, writable } = new StreamPair(socket, signal)
  return { readable, writable }
}

/** What the types of Node leave out. */
interface Abortable extends WritableStreamDefaultController {
  readonly signal: AbortSignal
}

/** A side of a pair. */
type Side = 'readable' | 'writable'

class StreamPair {
  readonly #socket: HalfClosing
  readonly #signal: AbortSignal | undefined
  #reading!: ReadableByteStreamController
  #writing!: Abortable
  /** The sides that have not ended. */
  readonly #open = new Set<Side>(['readable', 'writable'])
  /** Those of each receive, by which a waiting receive is found when its data is no longer wanted. */
  readonly #receiving = new IterationOptions(undefined)
  /** Why the connection is broken, when that was noticed before anybody received or sent. */
  #broken: SystemError | undefined
  readonly readable: ReadableStream<Uint8Array>
  readonly writable: WritableStream<Uint8Array>

  constructor(socket: HalfClosing, signal: AbortSignal | undefined) {
    this.#socket = socket
    this.#signal = signal
    this.readable = new ReadableStream(
      {
        type: 'bytes',
        start: (controller) => {
          this.#reading = controller
        },
        pull: () => this.#pull(),
        cancel: () => this.#cancel(),
      },
      { highWaterMark: 0 },
    )
    this.writable = new WritableStream<Uint8Array>({
      start: (controller) => {
        this.#writing = controller as Abortable
      },
      write: (chunk) => this.#write(chunk),
      close: () => this.#end(),
      abort: (reason) => this.#fail(reason),
    })
    if (isAborted(signal)) this.#onAbort()
    else if (signal) listenForAbort(signal, this.#onAbort)
    this.#watch().catch(() => undefined) // it is closed
  }

  readonly #onAbort = (): void => {
    // What closing reports has no receiver: the streams have failed for a reason.
    this.#fail(failureOf(this.#signal as AbortSignal)).catch(() => undefined)
  }

  /** Ends all waits for a peer that has reset the connection: also those of code that only writes now and then, or only forwards what others send. */
  async #watch(): Promise<void> {
    const socket = this.#socket
    await waitFor(socket[kHandle], 'disconnected', undefined, undefined)
    const error = socket.error()
    // Without one both directions have ended, each as it should.
    if (error === null) return
    this.#broken = error
    this.#writing.error(error)
    // What came before the reset is still to be received, and the error behind it.
    if (!(await this.#hasUnread())) await this.#fail(error)
  }

  async #hasUnread(): Promise<boolean> {
    if (this.#socket.encrypted) return true
    return (await this.#socket.recv(1, MSG_PEEK | MSG_DONTWAIT)) !== null
  }

  /**
   * Receives what comes next: no more than a reader with memory of its own has room for. It is received into other memory and copied to that
   * all the same, because a reader may go while the call waits, and Node would leave another one without what came.
   */
  #pull(): Promise<void> {
    const socket = this.#socket
    const room = this.#reading.byobRequest?.view?.byteLength ?? DEFAULT_BUFSIZE
    return socket[kRead](new Recv(socket[kHandle], room, 0), this.#receiving).then(this.#received, this.#failed)
  }

  readonly #received = (data: Buffer | null): void | Promise<void> => {
    if (!this.#open.has('readable')) return undefined
    // The kernel tells of a reset once, and says that it was the end from then on.
    if (data === null) return this.#broken ? this.#failed(this.#broken) : this.#endOfData()
    // The stream transfers memory, which has to be that of this piece alone.
    this.#reading.enqueue(data.length === data.buffer.byteLength ? data : new Uint8Array(data))
  }

  #endOfData(): Promise<void> {
    this.#reading.close()
    // The reader gets its memory back.
    this.#reading.byobRequest?.respond(0)
    return this.#isOver('readable')
  }

  /** Sends, until the stream is aborted: a promise for what does not leave at once. */
  #write(chunk: Uint8Array): void | Promise<void> {
    const socket = this.#socket
    const { signal } = this.#writing
    try {
      const send = new Send(socket[kHandle], chunk, 0)
      if (!socket[kTryWrite](send)) return socket[kWrite](send, { signal }).then(noResult, this.#failed)
    } catch (error) {
      return this.#failed(error)
    }
  }

  #end(): Promise<void> {
    const { signal } = this.#writing
    return this.#socket.end({ signal }).then(() => this.#isOver('writable'), this.#failed)
  }

  /** What comes is no longer wanted. */
  async #cancel(): Promise<void> {
    const socket = this.#socket
    this.#open.delete('readable')
    socket[kHandle].engine.reader.abandon(this.#receiving)
    try {
      // TLS has no message for the end of receiving.
      if (socket.fd() >= 0 && !socket.encrypted) socket.closer()
    } catch (error) {
      await this.#failed(error)
    }
    await this.#isOver('readable')
  }

  async #isOver(side: Side): Promise<void> {
    this.#open.delete(side)
    if (this.#open.size === 0) await this.#close()
  }

  async #close(): Promise<void> {
    if (this.#signal) ignoreAbort(this.#signal, this.#onAbort)
    await this.#socket.close()
  }

  /** Fails both sides, and whatever was done. */
  readonly #failed = async (error: unknown): Promise<void> => {
    const { signal } = this.#writing
    // The call that an abort has ended says so, and nothing of the reason.
    await this.#fail(isAborted(signal) ? reasonOf(signal) : error)
    throw error
  }

  /** Closes the socket. Whichever side does not know of the error yet is notified. */
  async #fail(error: unknown): Promise<void> {
    // What a reset leads to, such as a cut record of TLS, is not the reason.
    const reason = this.#broken ?? error
    this.#reading.error(reason)
    this.#writing.error(reason)
    await this.#close()
  }
}

function noResult(): void {
  // A stream has no use for the count of a send.
}

/** What an abort fails the streams with: the reason, as of any web stream, if that is an error. */
function failureOf(signal: AbortSignal): Error {
  const reason = reasonOf(signal)
  return reason instanceof Error ? reason : abortError(reason)
}
