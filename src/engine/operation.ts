import { sys } from '../constants/lookup.js'
import type { ErrorContext } from '../support/errors.js'
import type { Sendable } from './poller.js'

/** What `finish` returns when the operation needs another system call right away. */
export const AGAIN_NOW: unique symbol = Symbol('AGAIN_NOW')

/** What `finish` returns when a promise has to settle before the next system call: see `held`. */
export const HOLD: unique symbol = Symbol('HOLD')

/** What `attempt` returns to let other sockets have a turn before it goes on. It is below any `-errno`. */
export const YIELD = -0x10000

/** What `attempt` returns when code in front of the kernel, such as TLS, has to wait: the same as the kernel does. */
export const WOULD_BLOCK = -sys.EAGAIN

/** Whether the answer of an attempt means that it has to wait. */
export function wouldBlock(result: number): boolean {
  return result === WOULD_BLOCK
}

/**
 * For `pauseOn` of operations on unix sockets. There EAGAIN may mean that the queue of the peer is full (the backlog of a listener, the
 * receive queue of a datagram socket), and readiness of our own socket never announces that it has room again.
 */
export const RETRY_AFTER_PAUSE: ReadonlySet<number> = new Set([sys.EAGAIN])

/**
 * An asynchronous method in progress: one system call, made as often as it takes. The engine runs it, and waits for it. What is optional must
 * not be inherited from Object.prototype: the classes of this package are isolated from it, and its literals are records.
 */
export interface Operation<T> {
  /** The name of the system call, for error messages: `'recv'`. */
  readonly syscall: string
  /** `MSG_*` flags of the call: with MSG_DONTWAIT it fails with EAGAIN instead of waiting. */
  readonly flags?: number
  /** Checks the arguments before anything is done, and throws when one is wrong. */
  check?(): void
  /**
   * Is called before each attempt, and before each `offload`: what may run code of the user, such as reading an object of theirs, belongs here. The number of the
   * descriptor is taken afterwards, because that code may close the socket, and other code may have the number then.
   */
  prepare?(): void
  /**
   * Makes the system call once, and returns a count or `-errno`.
   * @param fd - the descriptor.
   */
  attempt(fd: number): number
  /**
   * Makes the call on another thread, because it may wait for something that is not covered by readiness, such as a disk. When it is
   * there, `attempt` is not used.
   * @param fd - the descriptor.
   * @returns the count, or `-errno`.
   * @throws never for a failure of the call; an error that is thrown rejects the operation.
   */
  offload?(fd: number): Promise<number>
  /**
   * How much of the receive buffer an attempt takes, where it is recv(2) with `aheadFlags` and nothing else: then the poller may make that
   * call, and its answer is what `finish` is given. 0 where an attempt is more than that.
   */
  readonly aheadRoom?: number
  /** The `MSG_*` flags of that call. */
  readonly aheadFlags?: number
  /**
   * Turns a count into the result, or returns `AGAIN_NOW` when there is more to do. It is called right after `attempt`, with no
   * other native call in between, so that the registers are still those of the attempt.
   * @param count - what `attempt` returned, 0 or more.
   * @returns the result of the operation, `AGAIN_NOW` to call `attempt` again, or `HOLD`.
   */
  finish(count: number): T | typeof AGAIN_NOW | typeof HOLD
  /** Whether the first attempt has to wait until the call has returned, because `finish` calls a function of the user. */
  readonly defers?: boolean
  /** What the operation waits for after `HOLD`; when it rejects the operation ends with that error. */
  readonly held?: PromiseLike<unknown> | undefined
  /** When the current wait times out, where each wait has a time of its own; in place of the deadline of the call. */
  readonly deadline?: number | undefined
  /** Whether readiness in the other direction may unblock it as well: TLS reads in order to write, and the other way round. */
  readonly wakeOnEither?: boolean
  /**
   * Whether its next wait is for room to send as well, where that is not what its direction and `wakeOnEither` say: over TLS a call waits for
   * room only when there are records to send. Room that is asked for and not needed costs two system calls for each wait.
   */
  readonly needsRoom?: boolean
  /**
   * Whether a count means that nothing is left to receive: the next operation then waits at once, without asking for an EAGAIN first.
   * Only true where a short count means that, and where data that comes later is announced.
   * @param count - what `attempt` returned.
   */
  drained?(count: number): boolean
  /**
   * Whether, where a count does not mean that, all that is left is in the kernel, whose announcement the next operation may wait for as well.
   * @param count - what `attempt` returned.
   */
  leavesToKernel?(count: number): boolean
  /** What it sends, where that may leave along with the data of others; undefined where it may not, because it is large, say. */
  readonly sendable?: Sendable | undefined
  /** Whether no call waits for it, so that it does not keep the process alive. */
  readonly isBackground?: boolean
  /** Bytes of the caller's that it has yet to send. */
  readonly unsentBytes?: number
  /**
   * What its errors say beside the code.
   * @param errno - what the kernel said; absent for a deadline or a signal.
   * @returns `address`, `port`, `path`, `bytes`, …: properties of the error.
   */
  context?(errno?: number): ErrorContext
  /** Transient errors, after which the call is made again at once. */
  readonly retryOn?: ReadonlySet<number> | undefined
  /** Errors that pass with time and that readiness does not announce: the call is made again after a pause. */
  readonly pauseOn?: ReadonlySet<number> | undefined
}
