import { AsyncResource } from 'node:async_hooks'
import { after, type Deadline } from '../engine/deadline.js'
import { AGAIN_NOW, HOLD, type Operation, WOULD_BLOCK } from '../engine/operation.js'
import { isolate } from '../support/record.js'
import { isThenable } from '../support/thenable.js'
import type { Channel } from './channel.js'
import { beginWait, type DirectionSettings, type IterationOptions } from './settings.js'

/** What the function of an {@link Intake} returns to stop it. */
export const STOP: unique symbol = Symbol('berkeley.stop')

/** What a loop in push mode is made of. */
export interface Loop<T> {
  /** Receives the next piece: `null` at the end. It is used for each of them. */
  readonly receive: Operation<T | null>
  /** Gives a piece to the function of the user, and returns what that returned. */
  readonly give: (piece: T) => unknown
}

/**
 * Receives until the end, and gives each piece to a function from within the event that brought it. A promise that the function returns
 * pauses receiving until it settles.
 */
class ForEach<T> implements Operation<boolean> {
  /** When the wait for the next piece is over. */
  deadline: Deadline | undefined
  held: PromiseLike<unknown> | undefined
  readonly #loop: Loop<T>
  /** Has the asynchronous context of the call. Its method costs a tenth of what `AsyncResource.bind()` makes of a function. */
  readonly #context: AsyncResource
  /** How long each wait may take, 0 for no limit. */
  readonly #timeout: () => number
  #isGiving = false

  constructor(loop: Loop<T>, timeout: () => number, context = new AsyncResource('berkeley.forEach')) {
    this.#loop = loop
    this.#timeout = timeout
    this.#context = context
    this.beginWait()
  }

  /** The call must have returned before the function is called. */
  get defers(): boolean {
    return true
  }

  get syscall(): string {
    return this.#loop.receive.syscall
  }

  get wakeOnEither(): boolean {
    return this.#loop.receive.wakeOnEither === true
  }

  get needsRoom(): boolean {
    return this.#loop.receive.needsRoom === true
  }

  get retryOn(): ReadonlySet<number> | undefined {
    return this.#loop.receive.retryOn
  }

  get aheadRoom(): number {
    return this.#loop.receive.aheadRoom ?? 0
  }

  get aheadFlags(): number {
    return this.#loop.receive.aheadFlags ?? 0
  }

  attempt(fd: number): number {
    // The function has caused an event, by a shutdown for one: its turn is when the function has returned.
    return this.#isGiving ? WOULD_BLOCK : this.#loop.receive.attempt(fd)
  }

  drained(count: number): boolean {
    return this.#loop.receive.drained?.(count) === true
  }

  leavesToKernel(count: number): boolean {
    return this.#loop.receive.leavesToKernel?.(count) === true
  }

  /** The result is whether the function has stopped it, before the end. */
  finish(count: number): boolean | typeof AGAIN_NOW | typeof HOLD {
    const piece = this.#loop.receive.finish(count)
    if (piece === null) return false
    if (piece === AGAIN_NOW || piece === HOLD) return piece as typeof AGAIN_NOW
    const answer = this.#give(piece as T)
    if (answer === STOP) return true
    this.beginWait()
    if (!isThenable(answer)) return AGAIN_NOW
    // The time of the function is its own.
    this.held = Promise.resolve(answer).then(() => this.beginWait())
    return HOLD
  }

  #give(piece: T): unknown {
    this.#isGiving = true
    try {
      return this.#context.runInAsyncScope(this.#loop.give, undefined, piece)
    } finally {
      this.#isGiving = false
    }
  }

  /** The time for the next piece begins. */
  beginWait(): void {
    this.deadline = after(this.#timeout())
  }
}

/**
 * The loop of a stream, which may stop it, and run it again when it wants more. It is one operation however often it is run: what it costs
 * a stream to wait is a promise for each time that it had enough, and none for a piece.
 */
export class Intake<T> extends ForEach<T> {
  /** What is there is given at once, which may be while the stream asks for it: as streams allow. */
  override get defers(): boolean {
    return false
  }
}

isolate(ForEach)

/** Runs a loop: resolves at the end of what there is to receive, or when the socket is closed here. */
export async function forEach<T>(
  channel: Channel,
  loop: Loop<T>,
  settings: DirectionSettings | undefined,
  options: IterationOptions,
): Promise<void> {
  loop.receive.check?.()
  const timeout = waitOf(settings, options)
  await runLoop(channel, new ForEach(loop, () => timeout), settings, options)
}

/** Milliseconds that each wait of a loop may take, 0 for any. */
export function waitOf(settings: DirectionSettings | undefined, options: IterationOptions): number {
  return options.timeout ?? settings?.timeout ?? 0
}

/** Runs an operation that receives until it ends, and is failed by what was written meanwhile and did not leave. */
export async function runLoop(
  channel: Channel,
  operation: Operation<unknown>,
  settings: DirectionSettings | undefined,
  options: IterationOptions,
): Promise<void> {
  const wait = beginWait(settings, options)
  channel.fd.use(operation.syscall)
  channel.output.listen(operation)
  try {
    await channel.engine.reader.run(operation, wait)
  } catch (error) {
    // Closing the socket is a way to end the loop.
    if (channel.fd.fd >= 0) throw error
  } finally {
    channel.output.ignore(operation)
  }
}
