import { native } from '../native/sockets.js'
import { copyInto, copyOf } from '../support/copy.js'
import { throwLater } from '../support/throw-later.js'
import type { Gathered } from './poller.js'
import {
  AWAITED_COUNT,
  GATHERS,
  GATHERS_NOTHING,
  GATHERS_SENDS,
  GATHERS_WRITES,
  INTS_PER_WRITE,
  OUT_BYTES,
  WRITE_COUNT,
  WRITES,
  WRITES_MAX,
} from './shared-state.js'

/** What is sent while a batch of events is handled, and leaves at its end, by one call of the addon. */
export class Outbox {
  readonly #shared: Int32Array
  /** One piece after the other, each with its address. */
  readonly #bytes: Buffer
  #used = 0
  readonly #gathered: Gathered[] = []

  /**
   * @param shared - the memory that the addon shares, as far as it is integers.
   * @param bytes - the part of it that is for data.
   */
  constructor(shared: Int32Array, bytes: Buffer) {
    this.#shared = shared
    this.#bytes = bytes
  }

  get isGathering(): boolean {
    return this.#shared[GATHERS] !== GATHERS_NOTHING
  }

  get gathersSends(): boolean {
    return this.#shared[GATHERS] === GATHERS_SENDS
  }

  /** Gathers from now on, if it does not do so already. */
  begin(): boolean {
    if (this.isGathering) return false
    this.#shared[GATHERS] = GATHERS_WRITES
    return true
  }

  /** Sends what was gathered, and gathers no more. */
  end(): void {
    this.#shared[GATHERS] = GATHERS_NOTHING
    this.flush()
  }

  /** Takes data to send. False if nothing is gathered at the moment, or there is no room for it. */
  add(fd: number, data: Gathered): boolean {
    const shared = this.#shared
    if (!this.isGathering) return false
    const { plainBytes: bytes, sockaddr } = data
    if (bytes === undefined) return false
    const nameLength = sockaddr?.length ?? 0
    const length = bytes.length
    if (shared[WRITE_COUNT] === 0) this.#used = 0
    const offset = this.#used
    if (shared[WRITE_COUNT] === WRITES_MAX || offset + length + nameLength > OUT_BYTES) {
      // What does not leave whole is before the new data, which the caller sees when it tries in the ordinary way.
      this.flush()
      return false
    }
    copyInto(bytes, this.#bytes, offset)
    if (sockaddr !== undefined) copyInto(sockaddr, this.#bytes, offset + length)
    this.#used = offset + length + nameLength
    this.#noteWrite(fd, offset, length, nameLength, data.gathersAs)
    this.#gathered.push(data)
    if (data.answered !== undefined) (shared[AWAITED_COUNT] as number)++
    return true
  }

  #noteWrite(fd: number, offset: number, length: number, nameLength: number, gathersAs: number): void {
    const shared = this.#shared
    const index = shared[WRITE_COUNT] as number
    // The addon has sent those of the batch before.
    if (index === 0) this.#gathered.length = 0
    const at = WRITES + index * INTS_PER_WRITE
    shared[at] = fd
    shared[at + 1] = offset
    shared[at + 2] = length
    shared[at + 3] = nameLength
    shared[at + 5] = gathersAs
    shared[WRITE_COUNT] = index + 1
  }

  /** Sends what was gathered. */
  flush(): void {
    const shared = this.#shared
    const count = shared[WRITE_COUNT] as number
    if (count === 0) return
    const failed = native.reactorFlush()
    this.giveBack(shared[AWAITED_COUNT] === 0 ? failed : count)
  }

  /** Gives back the first so many writes, as far as they have not left whole; and tells the calls that wait what became of theirs. */
  giveBack(count: number): void {
    const shared = this.#shared
    const gathered = this.#gathered.splice(0)
    shared[AWAITED_COUNT] = 0
    // All is read before anything is called: that may gather again, in the same memory.
    const answers: number[] = []
    const copies: (readonly [bytes: Buffer, sockaddr: Buffer] | undefined)[] = []
    for (let i = 0, at = WRITES; i < count; i++, at += INTS_PER_WRITE) {
      const [length, answer] = [shared[at + 2] as number, shared[at + 4] as number]
      const isReturned = answer !== length && gathered[i]?.answered === undefined
      answers.push(answer)
      copies.push(isReturned ? this.#copiesOf(at) : undefined)
    }
    for (let i = 0; i < count; i++) {
      const copy = copies[i]
      try {
        if (copy === undefined) gathered[i]?.answered?.(answers[i] as number)
        else gathered[i]?.returned?.(answers[i] as number, ...copy)
      } catch (error) {
        throwLater(error)
      }
    }
  }

  /** The data and the address of a write. */
  #copiesOf(at: number): readonly [bytes: Buffer, sockaddr: Buffer] {
    const shared = this.#shared
    const [offset, length, nameLength] = [shared[at + 1] as number, shared[at + 2] as number, shared[at + 3] as number]
    return [copyOf(this.#bytes, offset, length), copyOf(this.#bytes, offset + length, nameLength)]
  }
}
