import type { Socket } from './socket.js'

/**
 * What arrives on a socket, piece by piece, until the peer has closed. Leaving the loop leaves the socket open. It is no async
 * generator, because that costs several turns of the microtask queue for each piece.
 */
export class Chunks implements AsyncIterableIterator<Buffer> {
  readonly #socket: Socket

  constructor(socket: Socket) {
    this.#socket = socket
  }

  /** The next piece. */
  next(): Promise<IteratorResult<Buffer, undefined>> {
    return this.#socket.recv().then(result)
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

function result(data: Buffer | null): IteratorResult<Buffer, undefined> {
  return data === null ? { done: true, value: undefined } : { done: false, value: data }
}
