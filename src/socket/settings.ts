import { AsyncResource } from 'node:async_hooks'
import { MSG_WAITALL } from '../constants/exported.generated.js'
import { after } from '../engine/deadline.js'
import { Mutex } from '../engine/mutex.js'
import { PATIENT, type Patience } from '../engine/wait.js'
import * as validate from '../support/validate.js'

/** What a waiting call may be given beside its arguments. */
export interface WaitOptions {
  /** Aborting it ends the call with an AbortError; nothing that was received is lost, and its `bytes` says how much was sent. */
  signal?: AbortSignal | undefined
}

/** A hook and what it is called with: see `onwaitrecv` of a socket. */
export type Hook<C> = (ctx: C, remainingMs: number) => unknown

/** One direction: its budget, its hook, its lock. */
export class Side {
  /** Milliseconds, 0 for no deadline. */
  budget = 0
  /** Called before each wait, with its context. */
  hook: Hook<unknown> | undefined
  /** What the hook is called with. */
  ctx: unknown
  #lock: Mutex | undefined

  /** For calls that wait for their turn. Most sockets have none. */
  get lock(): Mutex {
    this.#lock ??= new Mutex()
    return this.#lock
  }

  /** Ends every wait for the turn. */
  cancel(makeError: () => Error): void {
    this.#lock?.cancel(makeError)
  }

  /** How long a call in this direction may wait, and who may end it. */
  patience(options: WaitOptions | undefined): Patience {
    const { budget, hook, ctx } = this
    if (budget === 0 && hook === undefined && options === undefined) return PATIENT
    const signal = signalOf(options)
    // A later wait begins in an event of the poller; the hook is to run as if it were called from here all the same.
    return { deadline: after(budget), signal, hook: hook && AsyncResource.bind((left: number) => hook(ctx, left)) }
  }

  /** Sets the hook, or removes it; returns the former one. */
  setHook(fn: unknown, ctx: unknown): Hook<never> | null {
    const former = this.hook ?? null
    this.hook = fn === null ? undefined : (validate.func('fn', fn) as Hook<unknown>)
    this.ctx = fn === null ? undefined : ctx
    return former
  }
}

/** The signal among the options of a call; what is no options object is refused, a bare signal too. */
export function signalOf(options: unknown): AbortSignal | undefined {
  if (options === undefined) return undefined
  const { signal } = validate.options('options', options, ['signal']) as WaitOptions
  if (options instanceof AbortSignal || (signal !== undefined && !validate.isAbortSignal(signal)))
    throw validate.invalidType('options.signal', 'an instance of AbortSignal', signal)
  return signal
}

/**
 * The flags of a verb that waits by itself. The kernel ignores MSG_WAITALL on a non-blocking socket, so that it would be a
 * promise that nobody keeps.
 */
export function verbFlags(flags: unknown): number {
  if (flags === 0) return 0
  const bits = validate.integer('flags', flags)
  if ((bits & MSG_WAITALL) !== 0)
    throw validate.invalidValue('flags', 'must not hold MSG_WAITALL, which non-blocking sockets ignore', flags)
  return bits
}
