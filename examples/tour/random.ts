// Pseudo-random numbers and bytes (xorshift, 32 bits): the same ones again for the same seed, so that a failure can be
// had a second time. Good enough to tell bytes apart, and good for nothing else.

export class Random {
  #state: number

  constructor(seed: number) {
    // Small seeds would give similar beginnings; 0 would give only zeros.
    this.#state = Math.imul(seed + 1, 0x9e3779b1) | 1
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + (this.#next() % (high - low + 1))
  }

  fill(room: Buffer): void {
    const whole = room.length - (room.length % 4)
    for (let at = 0; at < whole; at += 4) room.writeUInt32LE(this.#next(), at)
    for (let at = whole; at < room.length; at++) room[at] = this.#next()
  }

  #next(): number {
    let x = this.#state
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    this.#state = x
    return x >>> 0
  }
}
