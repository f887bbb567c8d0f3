import type { Socket } from './socket.js'

/**
 * Iterates over what arrives on a socket, piece by piece, until the peer has closed or the socket is closed here. Leaving the loop leaves
 * the socket open. It is not an async generator, because that costs several turns of the microtask queue for each piece.
 */
export class ReceiveIterator implements AsyncIterableIterator<Buffer> {
  readonly #socket: Socket

  constructor(socket: Socket) {
    this.#socket = socket
  }

  /** Receives the next piece. */
  next(): Promise<IteratorResult<Buffer, undefined>> {
    return this.#socket.recv().then(resultOf, (error: unknown) => {
      // Closing the socket is how the loop over it ends.
      if (this.#socket.fd() >= 0) throw error
      return { done: true, value: undefined }
    })
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

function resultOf(data: Buffer | null): IteratorResult<Buffer, undefined> {
  return data === null ? { done: true, value: undefined } : { done: false, value: data }
}
