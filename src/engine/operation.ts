import { sys } from '../constants/lookup.js'
import type { ErrorContext } from '../support/errors.js'

/** What `finish` returns when the operation needs another call. */
export const MORE: unique symbol = Symbol('MORE')

/** What `attempt` answers that could go on at once, and lets the others have a turn first. Below any `-errno`. */
export const TURN = -0x10000

/** A verb: one system call, made until it is through. */
export interface Operation<T> {
  /** For messages: `'recv'`. */
  readonly syscall: string
  /** `MSG_*` flags of the call: with MSG_DONTWAIT it is refused with EAGAIN instead of waiting. */
  readonly flags?: number
  /** Refuses arguments that make no sense, by throwing, before anything is done. */
  check?(): void
  /** Makes the system call once: a count, or `-errno`. */
  attempt(fd: number): number
  /**
   * The same on another thread, for a call that may wait for something that readiness does not know, such as a disk. Where
   * there is one, `attempt` is not used.
   */
  offload?(fd: number): Promise<number>
  /** Makes the result of a count, or says that there is {@link MORE} to do. */
  finish(count: number): T | typeof MORE
  /** Whether readiness of either kind may let it go on: TLS reads in order to write, and the other way round. */
  readonly either?: boolean
  /**
   * Whether a count says that nothing is left: then the next operation waits at once, instead of asking for an EAGAIN. Only
   * where a short count means that, and where data that comes later is announced.
   */
  drained?(count: number): boolean
  /** What an error of it tells beside the code. */
  context?(): ErrorContext
  /** Errors that are passing: the call is made again at once. */
  readonly retried?: ReadonlySet<number>
  /** Errors that time mends and readiness does not announce: the call is made again after a pause. */
  readonly paused?: ReadonlySet<number> | undefined
}

/**
 * EAGAIN on a unix socket may mean that the other side is full, which readiness of this side never announces: a connect to a
 * full backlog, a datagram to a full queue. For the `paused` errors of an operation.
 */
export const OTHER_SIDE_FULL: ReadonlySet<number> = new Set([sys.EAGAIN])

/** What a call that goes through code of ours answers when it has to wait: as the kernel does. */
export const NOT_YET = -sys.EAGAIN

/** Whether a call would have to wait. */
export function isNotYet(result: number): boolean {
  return result === NOT_YET
}
