import type { Socket } from './socket.js'

/**
 * What arrives on a socket, piece by piece, until the peer has closed or the socket is closed here. Leaving the loop leaves it
 * open. It is no async
 * generator, because that costs several turns of the microtask queue for each piece.
 */
export class Chunks implements AsyncIterableIterator<Buffer> {
  readonly #socket: Socket

  constructor(socket: Socket) {
    this.#socket = socket
  }

  /** The next piece. */
  next(): Promise<IteratorResult<Buffer, undefined>> {
    return this.#socket.recv().then(result, (error: unknown) => {
      // Closing the socket is how the loop over it ends.
      if (this.#socket.fd() >= 0) throw error
      return { done: true, value: undefined }
    })
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

function result(data: Buffer | null): IteratorResult<Buffer, undefined> {
  return data === null ? { done: true, value: undefined } : { done: false, value: data }
}
