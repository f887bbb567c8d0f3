import { AsyncResource } from 'node:async_hooks'
import { after, budget, wholeBudget } from '../engine/deadline.js'
import { WAIT_FOREVER, type Wait, type WaitHook } from '../engine/wait.js'
import * as validate from '../support/validate.js'

/** What may end a call from outside. */
export interface SignalOptions {
  /** Aborting it ends the call with an AbortError; nothing that was received is lost, and its `bytes` says how much was sent. */
  signal?: AbortSignal | undefined
}

/** Options of every call that may wait. */
export interface WaitOptions extends SignalOptions {
  /** Milliseconds that this call may take, its turn in the queue included, in place of the socket's deadline; 0 for no limit. */
  timeout?: number | undefined
}

/** Options of a call that sends, in place of its arguments behind the data. */
export interface SendOptions extends WaitOptions {
  /** `MSG_*` flags, OR-ed; 0 by default. */
  flags?: number | undefined
}

/** Options of a call that receives into memory that it is given. */
export type RecvIntoOptions = SendOptions

/** Options of a call that receives, in place of its arguments. */
export interface RecvOptions extends RecvIntoOptions {
  /** The most bytes to receive, 64 KiB by default. */
  bufsize?: number | undefined
}

/** Options of an iteration over what arrives. */
export interface ReceiveOptions extends WaitOptions {
  /** The most bytes of each piece, 64 KiB by default. */
  bufsize?: number | undefined
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

const WAIT_OPTIONS = ['timeout', 'signal']

/** In place of options that were not given. It has all that is asked for, so that nothing is inherited. */
const NO_OPTIONS = { timeout: undefined, signal: undefined, bufsize: undefined }

/** The options of a call, checked. */
export class CheckedOptions implements WaitOptions {
  readonly timeout: number | undefined
  readonly signal: AbortSignal | undefined

  constructor({ timeout, signal }: WaitOptions) {
    this.timeout = timeout === undefined ? undefined : budget('options.timeout', timeout)
    this.signal = signal === undefined ? undefined : validate.abortSignal('options.signal', signal)
  }
}

/** The options of all calls of an iteration, by which it finds those that wait. */
export class IterationOptions extends CheckedOptions {
  /** The most bytes to receive at once; undefined for the default. */
  readonly bufsize: number | undefined
  readonly #wait: Wait

  /** @param names - of the options that it may have beside those of a wait. */
  constructor(options: unknown, ...names: string[]) {
    const known = [...names, ...WAIT_OPTIONS]
    const given: ReceiveOptions = options === undefined ? NO_OPTIONS : validate.options('options', options, known)
    super(given)
    const { bufsize } = given
    this.bufsize = bufsize === undefined ? undefined : validate.integer('options.bufsize', bufsize, 1)
    this.#wait = { ...WAIT_FOREVER, signal: this.signal, owner: this }
  }

  /** The wait of a call that is limited neither by a timeout nor by a hook: the same for all of them. */
  get wait(): Wait {
    return this.#wait
  }
}

/** Returns the options of a call, checked. What is not an options object is refused, a bare signal too. */
export function waitOptions(options: unknown): CheckedOptions {
  if (options instanceof CheckedOptions) return options
  return new CheckedOptions(
    options === undefined ? NO_OPTIONS : (validate.options('options', options, WAIT_OPTIONS) as WaitOptions),
  )
}

/** Returns how long a call that begins now may wait, and what may end it. */
export function beginWait(settings: DirectionSettings | undefined, options: WaitOptions | undefined): Wait {
  // Most sockets have no settings, and most calls no options.
  if (settings === undefined && options === undefined) return WAIT_FOREVER
  const owner = options instanceof IterationOptions ? options : undefined
  const { timeout, signal } = owner ?? waitOptions(options)
  const milliseconds = timeout ?? settings?.timeout ?? 0
  if (owner && milliseconds === 0 && settings?.onWait === undefined) return owner.wait
  return { deadline: after(milliseconds), signal, onWait: settings && hookOf(settings), owner }
}

/** A later wait begins in an event of the poller; the hook is to run in the context of the call all the same. */
function hookOf({ onWait, ctx }: DirectionSettings): WaitHook | undefined {
  return onWait && AsyncResource.bind((left: number) => onWait(ctx, left))
}

/** Whether an argument is an options object in place of the positional arguments from there on. */
export function isOptions<O extends object>(argument: unknown): argument is O {
  return typeof argument === 'object' && argument !== null
}

/**
 * Runs a call whose arguments came in an options object; wrong ones reject. It takes a function that captures nothing, because a closure in
 * a method makes each call of it allocate, also one with positional arguments.
 * @param run - makes the call, with the named arguments.
 * @param subject - what else it needs: the socket, and the arguments before.
 * @param names - those of the positional arguments that the object stands for.
 * @param more - positional arguments behind it, of which there must be none.
 */
export function withOptions<S, O extends WaitOptions, T>(
  run: (subject: S, named: O, wait: CheckedOptions) => Promise<T>,
  subject: S,
  options: O,
  names: readonly (keyof O & string)[],
  more: readonly unknown[],
): Promise<T> {
  try {
    refuseMore(options, more)
    const given = validate.options('options', options, [...names, ...WAIT_OPTIONS]) as O
    return run(subject, given, new CheckedOptions(given))
  } catch (error) {
    return Promise.reject(error)
  }
}

/** What follows an options object would be ignored. A 0 may be the default of the parameter. */
function refuseMore(options: object, more: readonly unknown[]): void {
  if (more.some((argument) => argument !== undefined && argument !== 0))
    throw validate.invalidValue('options', 'must be the last argument', options)
}

/**
 * Returns the options of a call whose timeout may also be an argument of its own.
 * @param timeout - that argument, or the options in its place.
 */
export function timeoutAndOptions(name: string, timeout: unknown, options: unknown): CheckedOptions {
  if (isOptions(timeout)) {
    refuseMore(timeout, [options])
    return waitOptions(timeout)
  }
  const given = waitOptions(options)
  if (timeout === undefined) return given
  if (given.timeout !== undefined) throw validate.invalidValue('options', `has a timeout beside "${name}"`, options)
  return new CheckedOptions({ timeout: wholeBudget(name, timeout), signal: given.signal })
}
