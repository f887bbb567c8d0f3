import { AsyncResource } from 'node:async_hooks'
import { after } from '../engine/deadline.js'
import { WAIT_FOREVER, type Wait, type WaitHook } from '../engine/wait.js'
import * as validate from '../support/validate.js'

/** Options of every call that may wait. */
export interface WaitOptions {
  /** Aborting it ends the call with an AbortError; nothing that was received is lost, and its `bytes` says how much was sent. */
  signal?: AbortSignal | undefined
}

/** A wait hook, and what it is called with: see `onwaitrecv` of a socket. */
export type Hook<C> = (ctx: C, remainingMs: number) => unknown

/** What the user has set for one direction of a socket: timeout and wait hook. */
export class DirectionSettings {
  /** Milliseconds that a call may take, 0 for no limit. */
  timeout = 0
  /** Called before each wait, with its context. */
  onWait: Hook<unknown> | undefined
  /** What the hook is called with. */
  ctx: unknown

  /** Sets the hook, or removes it for `null`; returns the former one. */
  setHook(fn: unknown, ctx: unknown): Hook<never> | null {
    const former = this.onWait ?? null
    this.onWait = fn === null ? undefined : (validate.func('fn', fn) as Hook<unknown>)
    this.ctx = fn === null ? undefined : ctx
    return former
  }
}

/** Returns how long a call that begins now may wait, and what may end it. */
export function beginWait(settings: DirectionSettings | undefined, options: WaitOptions | undefined): Wait {
  // Most sockets have no settings, and most calls no options.
  if (settings === undefined && options === undefined) return WAIT_FOREVER
  const signal = signalOf(options)
  const deadline = after(settings?.timeout ?? 0)
  return { deadline, signal, onWait: settings && hookOf(settings) }
}

/** A later wait begins in an event of the poller; the hook is to run in the context of the call all the same. */
function hookOf({ onWait, ctx }: DirectionSettings): WaitHook | undefined {
  return onWait && AsyncResource.bind((left: number) => onWait(ctx, left))
}

/** Returns the signal of a call's options. What is not an options object is refused, a bare signal too. */
export function signalOf(options: unknown): AbortSignal | undefined {
  if (options === undefined) return undefined
  const { signal } = validate.options('options', options, ['signal']) as WaitOptions
  return signal === undefined ? undefined : validate.abortSignal('options.signal', signal)
}
