import { sys } from '../constants/lookup.js'
import type { Handle } from '../descriptor/handle.js'
import type { Engine } from '../engine/engine.js'
import { AGAIN_NOW, type Operation, wouldBlock } from '../engine/operation.js'
import type { Gathered } from '../engine/poller.js'
import { WAIT_FOREVER } from '../engine/wait.js'
import { isSmall } from '../support/copy.js'
import { type ErrorContext, systemError } from '../support/errors.js'
import { isolate } from '../support/record.js'

/** While so many bytes wait, `write()` asks its caller to slow down: as much as Node's streams hold. */
const HIGH_WATER = 64 * 1024

/** What is written to: a channel. */
interface Writable extends Handle {
  /** What waits for it. */
  readonly engine: Engine
}

/** An operation that sends one piece of data, and can wait without the memory of the caller. */
export interface Write extends Operation<number>, Gathered {
  /** Bytes that it has yet to send. */
  readonly unsentBytes: number
  /** Goes on behind the first bytes of its data, of which it is given a copy. */
  restart(bytes: Buffer, sent: number): void
  /** Copies what is small, so that the caller may use the memory again. */
  keep(): void
  /** Takes over what another write has yet to send, if it is as good as one with this one, which was not begun. False if it is not. */
  join?(other: Write): boolean
}

/** Writes that wait for room, in their order, as one operation: no call waits for each of them. */
class Flush implements Operation<void> {
  readonly #writes: Write[] = []
  #unsentBytes = 0

  constructor(write: Write) {
    this.add(write)
  }

  #first(): Write {
    return this.#writes[0] as Write
  }

  get syscall(): string {
    return this.#first().syscall
  }

  get unsentBytes(): number {
    return this.#unsentBytes
  }

  get wakeOnEither(): boolean {
    return this.#first().wakeOnEither === true
  }

  get needsRoom(): boolean {
    return this.#first().needsRoom !== false
  }

  get pauseOn(): ReadonlySet<number> | undefined {
    return this.#first().pauseOn
  }

  add(write: Write): void {
    write.keep()
    this.#unsentBytes += write.unsentBytes
    // The first one may have been begun.
    if (this.#writes.length > 1 && this.#writes.at(-1)?.join?.(write)) return
    this.#writes.push(write)
  }

  attempt(fd: number): number {
    return this.#first().attempt(fd)
  }

  finish(count: number): undefined | typeof AGAIN_NOW {
    const before = this.#first().unsentBytes
    const isDone = this.#first().finish(count) !== AGAIN_NOW
    this.#unsentBytes -= isDone ? before : before - this.#first().unsentBytes
    // The last one stays, for the name of the call.
    if (isDone && this.#writes.length > 1) this.#writes.shift()
    else if (isDone) return undefined
    return AGAIN_NOW
  }

  context(errno?: number): ErrorContext {
    return this.#first().context?.(errno) ?? {}
  }
}

/** Waits for its turn among the calls that send. */
class Turn implements Operation<void> {
  get syscall(): string {
    return 'drained'
  }

  attempt(): number {
    return 0
  }

  finish(): undefined {
    return undefined
  }
}

isolate(Flush, Turn)

/**
 * What is written to a channel without a promise for each piece. Failures that come later are reported to the call that waits for the output to drain,
 * or to the loop that receives; if there is neither, to the next call.
 */
export class Output {
  readonly #channel: Writable
  /** The writes that wait, as long as no other call is behind them. */
  #flush: Flush | undefined
  /** Settles when the last of the writes that waited is over, and its failure is known here. */
  #flushed: Promise<void> | undefined
  readonly #failures: unknown[] = []
  /** Calls of `drained()` that wait. */
  #waiting = 0
  /** The loop that receives. */
  #loop: Operation<unknown> | undefined

  constructor(channel: Writable) {
    this.#channel = channel
  }

  /** Failures are reported to a loop from now on. */
  listen(loop: Operation<unknown>): void {
    this.#loop = loop
    this.throwFailure()
  }

  /** A loop is over. */
  ignore(loop: Operation<unknown>): void {
    if (this.#loop === loop) this.#loop = undefined
  }

  /** Sends at once, or queues; false when so much waits that the caller should wait as well. */
  write(write: Write): boolean {
    this.throwFailure()
    write.check?.()
    const { engine } = this.#channel
    const { writer } = engine
    if (!writer.isWaiting && this.#gather(write)) return true
    if (writer.tryNow(write)) return true
    this.#queue(write)
    return writer.unsentBytes < HIGH_WATER
  }

  /** Lets a datagram of so many bytes leave with all others of the batch that is being handled, and returns whether it will. */
  gather(data: Gathered, bytes: number): boolean {
    this.throwFailure()
    const { engine } = this.#channel
    return isSmall(bytes) && !engine.writer.isWaiting && engine.gather(data)
  }

  /** Lets a small piece leave with all others of the batch of events that is being handled, if there is one. */
  #gather(write: Write): boolean {
    return isSmall(write.unsentBytes) && this.#channel.engine.gather(write)
  }

  /** Goes on with a piece that has not left whole. */
  returned(write: Write, answer: number, bytes: Buffer): void {
    if (answer < 0 && !wouldBlock(answer) && answer !== -sys.EINTR)
      return this.#fail(systemError(-answer, write.syscall, write.context?.()))
    write.restart(bytes, Math.max(answer, 0))
    this.#queue(write)
  }

  #queue(write: Write): void {
    const { writer } = this.#channel.engine
    if (this.#flush !== undefined && writer.isLast(this.#flush)) return this.#flush.add(write)
    const flush = new Flush(write)
    this.#flush = flush
    this.#flushed = this.#carryOut(flush)
  }

  async #carryOut(flush: Flush): Promise<void> {
    try {
      await this.#channel.engine.writer.run(flush, WAIT_FOREVER)
    } catch (error) {
      this.#fail(error)
    } finally {
      if (this.#flush === flush) this.#flush = undefined
    }
  }

  #fail(error: unknown): void {
    const { engine, fd } = this.#channel
    // The call that closed the socket has reported it.
    if (fd.fd < 0 && this.#waiting === 0) return
    const isTold = this.#waiting === 0 && this.#loop !== undefined && engine.reader.fail(this.#loop, error)
    if (!isTold) this.#failures.push(error)
  }

  /** Throws what has failed since the last call. */
  throwFailure(): void {
    if (this.#failures.length === 0) return
    const [first] = this.#failures.splice(0)
    if (first !== undefined) throw first
  }

  /**
   * Resolves when all that was written before is with the kernel.
   * @param wait - waits for the turn of an operation that it is given.
   */
  async drained(wait: (turn: Operation<void>) => Promise<void>): Promise<void> {
    this.throwFailure()
    this.#waiting++
    try {
      await wait(new Turn())
      await this.#flushed
    } finally {
      this.#waiting--
    }
    this.throwFailure()
  }

  /** What closing now would lose without a word to anybody: an error that says so. */
  get loss(): Error | undefined {
    const bytes = this.#flush?.unsentBytes ?? 0
    if (bytes === 0 || this.#waiting > 0) return undefined
    const detail = `${bytes} bytes that were written had not been sent: drained() waits for that`
    return systemError(sys.ECANCELED, 'close', { bytes, detail })
  }
}
