import {
  type ReadableByteStreamController,
  ReadableStream,
  WritableStream,
  type WritableStreamDefaultController,
} from 'node:stream/web'
import { MSG_DONTWAIT, MSG_PEEK } from '../constants/exported.generated.js'
import { kHandle } from '../descriptor/handle.js'
import { waitFor } from '../socket/readiness.js'
import type { SystemError } from '../support/errors.js'
import type { HalfClosing } from './net-socket.js'

/** A socket as a pair of web streams. */
export interface WebStreams {
  /** The received data, until the peer has closed; it can be read into memory of the reader's, too. Cancelling it ends receiving. */
  readable: ReadableStream<Uint8Array>
  /**
   * The data to send. Closing it ends sending: the peer sees the end. Aborting it closes the socket, also while a write waits; a `pipeTo()`
   * that is aborted waits for that write first, as it does for every stream.
   */
  writable: WritableStream<Uint8Array>
}

/**
 * Makes web streams of a socket, which they own together: it is closed when both of them have ended. When one fails, the socket is closed,
 * and the other one fails with the same error. So do both when the peer resets the connection, also while no read or write is pending; what came
 * before can still be read.
 */
export function webStreams(socket: HalfClosing): WebStreams {
  const { readable, writable } = new StreamPair(socket)
  return { readable, writable }
}

/** What the types of Node leave out. */
interface Abortable extends WritableStreamDefaultController {
  readonly signal: AbortSignal
}

class StreamPair {
  readonly #socket: HalfClosing
  #reading: ReadableByteStreamController | undefined
  #writing: WritableStreamDefaultController | undefined
  #open = 2
  /** Why the connection is broken, when that was noticed before anybody received or sent. */
  #broken: SystemError | undefined
  readonly readable: ReadableStream<Uint8Array>
  readonly writable: WritableStream<Uint8Array>

  constructor(socket: HalfClosing) {
    this.#socket = socket
    this.readable = new ReadableStream(
      {
        type: 'bytes',
        start: (controller) => {
          this.#reading = controller
        },
        pull: (controller) => this.#orFail(this.#receive(controller)),
        cancel: () => this.#cancel(),
      },
      { highWaterMark: 0 },
    )
    this.writable = new WritableStream<Uint8Array>({
      start: (controller) => {
        this.#writing = controller
      },
      write: (chunk, controller) => this.#orFail(this.#send(chunk, (controller as Abortable).signal)),
      close: () => this.#orFail(socket.end()).then(() => this.#sideIsOver()),
      abort: (reason) => this.#fail(reason),
    })
    this.#watch().catch(() => undefined) // it is closed
  }

  /** Ends all waits for a peer that has reset the connection: also those of code that only writes now and then, or only forwards what others send. */
  async #watch(): Promise<void> {
    const socket = this.#socket
    await waitFor(socket[kHandle], 'disconnected', undefined, undefined)
    const error = socket.error()
    // Without one both directions have ended, each as it should.
    if (error === null) return
    this.#broken = error
    this.#writing?.error(error)
    // What came before the reset is still to be received, and the error behind it.
    if (!(await this.#hasUnread())) await this.#fail(error)
  }

  async #hasUnread(): Promise<boolean> {
    if (this.#socket.encrypted) return true
    return (await this.#socket.recv(1, MSG_PEEK | MSG_DONTWAIT)) !== null
  }

  /** Receives into memory of the reader's if there is some. */
  async #receive(controller: ReadableByteStreamController): Promise<void> {
    const request = controller.byobRequest
    const count = request?.view ? await this.#socket.recvinto(request.view) : await this.#enqueue(controller)
    if (count === 0) {
      // The kernel tells of it once, and says that it was the end from then on.
      if (this.#broken) throw this.#broken
      controller.close()
      await this.#sideIsOver()
    }
    // At the end, too: the reader gets its memory back.
    if (request?.view) request.respond(count)
  }

  /** Passes on what comes next, and returns its length; 0 at the end. */
  async #enqueue(controller: ReadableByteStreamController): Promise<number> {
    const data = await this.#socket.recv()
    if (data === null) return 0
    const { length } = data
    // The stream transfers memory, which has to be that of this piece alone.
    controller.enqueue(length === data.buffer.byteLength ? data : new Uint8Array(data))
    return length
  }

  /** Sends, until the stream is aborted. */
  async #send(chunk: Uint8Array, signal: AbortSignal): Promise<void> {
    await this.#socket.send(chunk, 0, { signal })
  }

  async #cancel(): Promise<void> {
    const socket = this.#socket
    // TLS has no message for the end of receiving.
    if (socket.fd() >= 0 && !socket.encrypted) await this.#orFail(Promise.resolve().then(() => socket.closer()))
    await this.#sideIsOver()
  }

  async #sideIsOver(): Promise<void> {
    if (--this.#open === 0) await this.#socket.close()
  }

  /** Waits for something, and fails if that fails. */
  async #orFail(act: Promise<void>): Promise<void> {
    try {
      await act
    } catch (error) {
      await this.#fail(error)
      throw error
    }
  }

  /** Closes the socket. Whichever side does not know of the error yet is notified. */
  async #fail(error: unknown): Promise<void> {
    // What a reset leads to, such as a cut record of TLS, is not the reason.
    const reason = this.#broken ?? error
    this.#reading?.error(reason)
    this.#writing?.error(reason)
    await this.#socket.close()
  }
}
