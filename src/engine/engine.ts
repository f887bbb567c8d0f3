import { MSG_DONTWAIT } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import type { FdUser } from '../descriptor/descriptor.js'
import { abortError, type ErrorContext, systemError, timeoutError } from '../support/errors.js'
import { COOP_BUDGET } from '../support/fairness.js'
import { invalidType } from '../support/validate.js'
import { NEVER, remaining } from './deadline.js'
import { Direction } from './direction.js'
import { threadPoller } from './epoll.js'
import { MORE, type Operation, TURN } from './operation.js'
import { type AnyPending, Pending } from './pending.js'
import type { Poller, ReadyListener, Watch } from './poller.js'
import { PATIENT, type Patience, type WaitHook } from './wait.js'
import { Ear } from './weak-listener.js'

const PAUSE_FIRST_MS = 5
const PAUSE_MAX_MS = 1000

/** setTimeout() takes no more; a longer wait looks at the clock in between. */
const TIMER_MAX_MS = 0x7fffffff

const { EINTR } = sys
const NOT_NOW: ReadonlySet<number> = new Set([sys.EAGAIN, sys.EWOULDBLOCK, sys.EINPROGRESS])

/** After so many calls in a row for one operation the others get a turn: a large send to a fast reader, say. */
const CALLS = 16

/** What an operation that is not through needs: readiness, time, another thread, or only that the others had their turn. */
const WAIT: unique symbol = Symbol('wait')
const PAUSE: unique symbol = Symbol('pause')
const OFFLOAD: unique symbol = Symbol('offload')
const YIELD: unique symbol = Symbol('yield')
type Step = typeof WAIT | typeof PAUSE | typeof OFFLOAD | typeof YIELD

/** What one call may need beside that: another one, after an error that is passing. */
const RETRY: unique symbol = Symbol('retry')
type Need = Step | typeof RETRY | typeof MORE

/** Symbols stand beside the values of operations, of which none is one: an object around each value would be an allocation. */
function isNeed(outcome: unknown): outcome is Need {
  return typeof outcome === 'symbol'
}

let resolvePromise: (value: unknown) => void
let rejectPromise: (error: unknown) => void

/** Leaves what settles a promise in the two variables. A function for each wait would cost more than the wait does. */
function settledBy(resolve: (value: never) => void, reject: (error: unknown) => void): void {
  resolvePromise = resolve as (value: unknown) => void
  rejectPromise = reject
}

/**
 * The one loop that every waiting verb goes through: make the system call first; on EINTR again; when it would have to
 * wait, wait for readiness with what is left of the deadline, and again; anything else is the answer.
 *
 * One engine serves one descriptor, with one operation in each direction. It knows the poller only as an interface, and the
 * descriptor only as somebody who gives its number or throws EBADF.
 */
export class Engine implements ReadyListener {
  readonly #user: FdUser
  readonly #reader = new Direction()
  readonly #writer = new Direction()
  #poller: Poller | undefined
  #watch: Watch | undefined
  #ear: Ear | undefined
  #referenced = true

  /** @param poller - that of the thread by default. */
  constructor(user: FdUser, poller?: Poller) {
    this.#user = user
    this.#poller = poller
  }

  /** Runs an operation that waits until there is something to receive. */
  read<T>(operation: Operation<T>, patience: Patience = PATIENT): Promise<T> {
    return this.#run(this.#reader, operation, patience)
  }

  /** Runs an operation that waits until there is room to send. */
  write<T>(operation: Operation<T>, patience: Patience = PATIENT): Promise<T> {
    return this.#run(this.#writer, operation, patience)
  }

  /** Ends the watch and every wait, with ECANCELED. The descriptor may be closed or given away after that. */
  close(): void {
    this.#watch?.stop()
    this.#watch = undefined
    for (const direction of [this.#reader, this.#writer]) {
      const pending = direction.pending
      if (pending) this.#end(direction, pending, () => this.#error(pending.operation, sys.ECANCELED))
    }
  }

  /** Whether waiting operations keep the process alive, as they do by default. */
  refer(referenced: boolean): void {
    this.#referenced = referenced
    for (const { pending } of [this.#reader, this.#writer]) pending?.hold(referenced, this.#poller)
  }

  #run<T>(direction: Direction, operation: Operation<T>, patience: Patience): Promise<T> {
    try {
      this.#admit(direction, operation, patience)
      const outcome = this.#first(direction, operation)
      return isNeed(outcome)
        ? this.#pend(direction, operation, patience, outcome as Step)
        : this.#complete(direction, outcome)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  #admit(direction: Direction, operation: Operation<unknown>, { signal }: Patience): void {
    this.#user.use(operation.syscall)
    if (direction.pending || direction.yielding)
      throw this.#error(operation, sys.EALREADY, { detail: 'another call waits in this direction' })
    if (signal?.aborted) throw abortError(signal.reason, operation.context?.())
  }

  #pend<T>(direction: Direction, operation: Operation<T>, patience: Patience, step: Step): Promise<T> {
    if (operation.flags && (operation.flags & MSG_DONTWAIT) !== 0) throw this.#error(operation, sys.EAGAIN)
    this.#poller ??= threadPoller()
    const promise = new Promise<T>(settledBy)
    const pending = new Pending(operation, patience, resolvePromise, rejectPromise)
    direction.pending = pending
    this.#begin(direction, pending, step)
    return promise
  }

  /** The first step: the system call, unless it is known to be in vain. */
  #first<T>(direction: Direction, operation: Operation<T>): T | Step {
    if (this.#ear?.missed) this.#catchUp(this.#ear)
    if (operation.offload) return OFFLOAD
    if (direction.dry && operation.drained && this.#watch) return WAIT
    return this.#attempt(direction, operation)
  }

  /** An operation that was through at once. Too many of them in a row would keep everybody else from being served. */
  #complete<T>(direction: Direction, value: T): Promise<T> {
    if (++direction.lucky < COOP_BUDGET) return Promise.resolve(value)
    direction.lucky = 0
    direction.yielding = true
    return new Promise((resolve) => {
      setImmediate(() => {
        direction.yielding = false
        resolve(value)
      })
    })
  }

  /** The system call, until it is through or has to wait; but only so many times before others get a turn. */
  #attempt<T>(direction: Direction, operation: Operation<T>): T | Step {
    let step: Step = YIELD
    for (let calls = 0; calls < CALLS; calls++) {
      const result = operation.attempt(this.#user.use(operation.syscall))
      const outcome = this.#judge(direction, operation, result)
      if (!isNeed(outcome) || (outcome !== MORE && outcome !== RETRY)) return outcome
      step = outcome === MORE ? YIELD : PAUSE
    }
    return step
  }

  /** What the answer of one call comes to. */
  #judge<T>(direction: Direction, operation: Operation<T>, result: number): T | Need {
    if (result < 0) return this.#need(operation, -result)
    direction.pauses = 0
    direction.dry = !direction.lasting && operation.drained?.(result) === true
    return operation.finish(result)
  }

  /** What an error asks for, where it does not end the operation. */
  #need(operation: Operation<unknown>, errno: number): Need {
    if (errno === EINTR) return MORE
    if (errno === -TURN) return YIELD
    if (operation.retried?.has(errno)) return RETRY
    if (operation.paused?.has(errno)) return PAUSE
    if (NOT_NOW.has(errno)) return WAIT
    throw this.#error(operation, errno)
  }

  #begin(direction: Direction, pending: AnyPending, step: Step): void {
    direction.lucky = 0
    direction.pauses = 0
    // Also while another thread is at work: what is announced meanwhile, nobody will announce again.
    this.#ear?.listen(this)
    const { signal } = pending.patience
    if (signal) {
      pending.onAbort = () =>
        this.#end(direction, pending, () => abortError(signal.reason, pending.operation.context?.()))
      signal.addEventListener('abort', pending.onAbort)
    }
    if (this.#referenced) pending.hold(true, this.#poller)
    this.#wait(direction, pending, step)
  }

  /** Everything that has to be in place before nothing happens for a while. */
  #wait(direction: Direction, pending: AnyPending, step: Step): void {
    try {
      if (step === YIELD) this.#yield(direction, pending)
      else if (step === OFFLOAD) this.#offload(direction, pending)
      else if (this.#mayWait(direction, pending)) this.#arrange(direction, pending, step)
    } catch (error) {
      this.#fail(direction, pending, error)
    }
  }

  #mayWait(direction: Direction, pending: AnyPending): boolean {
    const { deadline, hook } = pending.patience
    const left = remaining(deadline)
    if (left === 0) this.#expire(direction, pending)
    return left > 0 && (hook === undefined || this.#hookAllows(direction, pending, hook, left))
  }

  #arrange(direction: Direction, pending: AnyPending, step: typeof WAIT | typeof PAUSE): void {
    if (step === PAUSE) this.#pause(direction, pending)
    else this.#listen(pending.operation.syscall)
    if (pending.patience.deadline !== NEVER) this.#arm(direction, pending)
  }

  #listen(syscall: string): void {
    if (this.#ear === undefined || this.#watch === undefined) {
      this.#ear = new Ear()
      this.#watch = (this.#poller as Poller).watch(this.#user.use(syscall), this.#ear)
      this.#user.watched?.(this.#watch)
      this.#ear.listen(this)
    }
  }

  /** Runs a hook of the user. It may do anything, also close this socket: the wait goes on only if it is still ours. */
  #hookAllows(direction: Direction, pending: AnyPending, hook: WaitHook, left: number): boolean {
    const allowed = hook(left)
    if (direction.pending !== pending) return false
    if (isThenable(allowed)) throw invalidType('hook', 'a function that answers at once, and no async one', hook)
    if (allowed !== false) return true
    this.#fail(direction, pending, this.#error(pending.operation, sys.ECANCELED, { detail: 'the wait hook said no' }))
    return false
  }

  #arm(direction: Direction, pending: AnyPending): void {
    if (pending.isTimed) return
    pending.startTimer(Math.min(remaining(pending.patience.deadline), TIMER_MAX_MS), () => {
      // Timers round down: the clock decides.
      if (remaining(pending.patience.deadline) > 0) this.#arm(direction, pending)
      else this.#expire(direction, pending)
    })
  }

  #pause(direction: Direction, pending: AnyPending): void {
    const wait = Math.min(PAUSE_FIRST_MS * 2 ** direction.pauses++, PAUSE_MAX_MS)
    pending.pauseFor(wait, () => this.#resume(direction))
  }

  #yield(direction: Direction, pending: AnyPending): void {
    if (pending.patience.deadline !== NEVER) this.#arm(direction, pending)
    pending.pauseForTurn(() => this.#resume(direction))
  }

  /** The poller's news; also to be told after a shutdown, whose effect an edge may not announce. */
  ready(readable: boolean, writable: boolean, lasting: boolean): void {
    this.#note(readable, lasting)
    this.#announce(this.#reader, readable, writable)
    this.#announce(this.#writer, writable, readable)
  }

  /** What was announced while nothing waited. */
  #catchUp(ear: Ear): void {
    const { readable, lasting } = ear.news()
    this.#note(readable, lasting)
  }

  #note(readable: boolean, lasting: boolean): void {
    if (lasting) this.#reader.lasting = true
    if (readable) this.#reader.dry = false
  }

  #announce(direction: Direction, own: boolean, other: boolean): void {
    if (own || (other && direction.pending?.operation.either)) this.#resume(direction)
  }

  #resume(direction: Direction): void {
    const pending = direction.pending
    if (pending === undefined || pending.isPausing) return
    if (pending.offloaded) pending.announced = true
    else if (pending.operation.offload) this.#wait(direction, pending, OFFLOAD)
    else this.#goOn(direction, pending)
  }

  #goOn(direction: Direction, pending: AnyPending): void {
    let outcome: unknown
    try {
      outcome = this.#attempt(direction, pending.operation)
    } catch (error) {
      this.#fail(direction, pending, error)
      return
    }
    if (isNeed(outcome)) this.#wait(direction, pending, outcome as Step)
    else this.#succeed(direction, pending, outcome)
  }

  /** Lets another thread make the call. Meanwhile the deadline runs, but nothing ends before it is known what was done. */
  #offload(direction: Direction, pending: AnyPending): void {
    const { operation, patience } = pending
    const work = operation.offload?.(this.#user.use(operation.syscall)) as Promise<number>
    pending.offloaded = true
    pending.announced = false
    if (patience.deadline !== NEVER) this.#arm(direction, pending)
    work.then(
      (result) => this.#returned(direction, pending, result),
      (error: unknown) => {
        pending.offloaded = false
        this.#fail(direction, pending, error)
      },
    )
  }

  #returned(direction: Direction, pending: AnyPending, result: number): void {
    pending.offloaded = false
    let outcome: unknown
    try {
      outcome = this.#judge(direction, pending.operation, result)
    } catch (error) {
      this.#fail(direction, pending, error)
      return
    }
    if (!isNeed(outcome)) this.#succeed(direction, pending, outcome)
    else if (pending.ending) this.#fail(direction, pending, pending.ending())
    else this.#wait(direction, pending, this.#afterwards(pending, outcome))
  }

  /** What an operation of another thread needs next. */
  #afterwards({ announced }: AnyPending, need: Need): Step {
    if (need === RETRY) return PAUSE
    return need === MORE || (need === WAIT && announced) ? OFFLOAD : need
  }

  #succeed(direction: Direction, pending: AnyPending, value: unknown): void {
    this.#clear(direction, pending)
    pending.resolve(value)
  }

  #fail(direction: Direction, pending: AnyPending, error: unknown): void {
    if (direction.pending !== pending) return
    this.#clear(direction, pending)
    pending.reject(error)
  }

  /** Ends an operation from outside: at once, or when the other thread has said what it did. */
  #end(direction: Direction, pending: AnyPending, ending: () => unknown): void {
    if (pending.offloaded) pending.ending ??= ending
    else this.#fail(direction, pending, ending())
  }

  #expire(direction: Direction, pending: AnyPending): void {
    const { operation } = pending
    this.#end(direction, pending, () => timeoutError(operation.syscall, operation.context?.()))
  }

  #clear(direction: Direction, pending: AnyPending): void {
    direction.pending = undefined
    pending.clear()
    pending.hold(false, this.#poller)
    if (this.#reader.pending === undefined && this.#writer.pending === undefined) this.#ear?.listen(undefined)
  }

  #error(operation: Operation<unknown>, errno: number, context?: ErrorContext): Error {
    return systemError(errno, operation.syscall, { ...operation.context?.(), ...context })
  }
}

function isThenable(value: unknown): boolean {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
}
