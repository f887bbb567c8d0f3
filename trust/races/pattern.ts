// Bytes that say whose they are: every word of a stream names its connection, its direction and its place.

const WORD = 8

/** One direction of one connection: what is sent, or what has to arrive. */
export class Pattern {
  readonly #owner: number
  #at = 0

  /** @param id - of the connection, below 2^30. @param direction - 0 or 1. */
  constructor(id: number, direction: 0 | 1) {
    this.#owner = id * 2 + direction
  }

  /** How many bytes there were. */
  get at(): number {
    return this.#at
  }

  /** The bytes that follow, without going on to them. */
  peek(length: number): Buffer {
    const first = Math.floor(this.#at / WORD)
    const count = Math.floor((this.#at + length) / WORD) - first + 1
    const words = new Uint32Array(2 * count)
    for (let i = 0; i < count; i++) {
      words[2 * i] = this.#owner
      words[2 * i + 1] = first + i
    }
    return Buffer.from(words.buffer, this.#at % WORD, length)
  }

  /** Goes on: so many were sent. */
  skip(length: number): void {
    this.#at += length
  }

  /** The bytes that follow. */
  take(length: number): Buffer {
    const data = this.peek(length)
    this.#at += length
    return data
  }

  /** Fails for bytes that are not the next ones of this direction of this connection. */
  check(data: Buffer): void {
    const wanted = this.peek(data.length)
    if (!data.equals(wanted)) {
      const off = data.findIndex((byte, i) => byte !== wanted[i])
      const around = (buffer: Buffer): string => buffer.subarray(Math.max(0, off - 16), off + 24).toString('hex')
      throw new Error(
        `connection ${this.#owner >> 1}, direction ${this.#owner & 1}: a foreign byte at ${this.#at + off}, ` +
          `in ${around(data)} instead of ${around(wanted)}`,
      )
    }
    this.#at += data.length
  }
}
