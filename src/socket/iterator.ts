import { kHandle } from '../descriptor/handle.js'
import * as validate from '../support/validate.js'
import { Recv } from './operations.js'
import { IterationOptions, type ReceiveOptions } from './settings.js'
import { DEFAULT_BUFSIZE, kForEach, type Socket } from './socket.js'

const OVER = { done: true, value: undefined } as const

type Result<T> = IteratorResult<T, undefined>

/**
 * Iterates over what a call of a socket receives, until that is null, or the socket is closed here. Leaving the loop leaves the socket open. It
 * is not an async generator: that costs several turns of the microtask queue for each piece, lets only one `next()` wait at a time, and
 * lets `return()` wait behind it.
 */
export class SocketIterator<T> implements AsyncIterableIterator<T> {
  readonly #socket: Socket
  readonly #options: IterationOptions
  readonly #receive: () => Promise<T | null>
  #isOver = false

  /** @param receive - makes the next call, with those options. */
  constructor(socket: Socket, options: IterationOptions, receive: () => Promise<T | null>) {
    this.#socket = socket
    this.#options = options
    this.#receive = receive
  }

  /** Receives the next piece. Several may wait at a time: they get their pieces in order. */
  next(): Promise<Result<T>> {
    if (this.#isOver) return Promise.resolve(OVER)
    try {
      return this.#receive().then(this.#deliver, this.#fail)
    } catch (error) {
      // The call may be a method of the user's.
      return Promise.reject(error)
    }
  }

  /** Ends the iteration, as leaving the loop does: a `next()` that waits is done, and what comes later is left to others. */
  return(): Promise<Result<T>> {
    this.#end()
    return Promise.resolve(OVER)
  }

  /** As {@link SocketIterator.return}, and rejects with that error. */
  throw(error?: unknown): Promise<Result<T>> {
    this.#end()
    return Promise.reject(error)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#socket[kHandle].engine.reader.abandon(this.#options)
  }

  readonly #deliver = (value: T | null): Result<T> => {
    if (value !== null) return { done: false, value }
    this.#isOver = true
    return OVER
  }

  /** Closing the socket is how the loop over it ends. */
  readonly #fail = (error: unknown): Result<T> => {
    if (this.#isOver || this.#socket.fd() < 0) return OVER
    throw error
  }
}

/** Iterates over what `recv()` of a stream or a seqpacket socket returns, until the peer has closed. */
export function received(socket: Socket, options?: ReceiveOptions): SocketIterator<Buffer> {
  const given = new IterationOptions(options, 'bufsize')
  return new SocketIterator(socket, given, () => socket.recv(given.bufsize, 0, given))
}

/** Gives what `recv()` of a stream or a seqpacket socket returns to a function: see `forEach()` of those. */
export async function forEachReceived(
  socket: Socket,
  fn: (data: Buffer) => unknown,
  options: ReceiveOptions | undefined,
): Promise<void> {
  const give = validate.func('fn', fn)
  const given = new IterationOptions(options, 'bufsize')
  const receive = new Recv(socket[kHandle], given.bufsize ?? DEFAULT_BUFSIZE, 0)
  return socket[kForEach]<Buffer>({ receive, give }, given)
}
