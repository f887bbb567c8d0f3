import { MSG_DONTWAIT } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { isAborted, listenForAbort, reasonOf } from '../support/abort-signal.js'
import { attributeError } from '../support/diagnostics.js'
import { abortError, type ErrorContext, fdContext, systemError, timeoutError } from '../support/errors.js'
import { COOP_BUDGET } from '../support/fairness.js'
import { setImmediate } from '../support/globals.js'
import { rejectAtAwait } from '../support/stack.js'
import { isThenable } from '../support/thenable.js'
import { invalidType } from '../support/validate.js'
import { type Deadline, NEVER, remaining } from './deadline.js'
import type { Awaited, DirectionOwner, FdSource } from './direction-owner.js'
import { GatheredSend } from './gathered-send.js'
import { isNeed, NEXT_TURN, type Need, OFFLOAD, PAUSE, RETRY, type Step, WAIT } from './need.js'
import { AGAIN_NOW, HOLD, type Operation, YIELD } from './operation.js'
import { type AnyPending, Pending } from './pending.js'
import type { Poller } from './poller.js'
import { Turns } from './turns.js'
import { WAIT_FOREVER, type Wait, type WaitHook } from './wait.js'

const PAUSE_FIRST_MS = 5
const PAUSE_MAX_MS = 1000

/** setTimeout() takes no more; during a longer wait the timer is started again. */
const TIMER_MAX_MS = 0x7fffffff

const { EINTR } = sys
const BLOCKED: ReadonlySet<number> = new Set([sys.EAGAIN, sys.EWOULDBLOCK, sys.EINPROGRESS])

/** After so many calls in a row for one operation other sockets get a turn: a large send to a fast reader, say. */
const CALLS_PER_TURN = 16

/** After larger ones a receive is not left to the poller: what comes next may be as large, and would be copied once more. */
const AHEAD_MOST = 4096

/**
 * Receiving or sending on one descriptor: operations run one at a time, in the order in which they came. Here is the one loop of the library
 * that waits: make the system call first; after EINTR again; when it would block, wait for readiness with what is left of the deadline, and
 * again; anything else is the answer. Then the next operation has its turn.
 */
export class Direction {
  readonly #owner: DirectionOwner
  readonly #user: FdSource
  /** Whether its operations wait for room to send, and not for something to receive. */
  readonly #sends: boolean
  /** Whether they wait for something to receive; operations that wait for something beside the data do not. */
  readonly #receives: boolean
  /** The operation whose turn it is, while it waits. */
  #pending: AnyPending | undefined
  /** Operations that wait for their turn, first come, first served; made when the first one has to. */
  #queue: Turns | undefined
  /** Whether operations of the queue are being started, one after the other. */
  #isAdvancing = false
  /** Completions without a wait since the event loop turned last. */
  #budgetUsed = 0
  /** A completion is held back until the event loop has turned. */
  #isYielding = false
  /** Pauses in a row, without a call between them that succeeded. */
  #pauses = 0
  /** The last operation took all there was, and nothing was announced since. */
  #isDrained = false
  /** It has left to the poller what it may not have taken. */
  #hasLeft = false
  /** Events in a row that were followed by a call that found nothing. */
  #vainEvents = 0
  /** What the last call answered. */
  #lastCount = 0
  /** Something is there that no event announces again: it is never drained again. */
  #isSticky = false

  constructor(owner: DirectionOwner, user: FdSource, awaited: Awaited) {
    this.#owner = owner
    this.#user = user
    this.#sends = awaited === 'room'
    this.#receives = awaited === 'data'
  }

  /** Whether an operation waits, also for its turn. */
  get isWaiting(): boolean {
    return this.#pending !== undefined || this.#hasQueue()
  }

  /** Whether the last event was followed by a call that received something. */
  get hasTaken(): boolean {
    return this.#vainEvents === 0
  }

  /** Whether an operation waits for room to send. */
  get awaitsRoom(): boolean {
    return this.#pending !== undefined && this.#needsRoom(this.#pending.operation)
  }

  #needsRoom(operation: Operation<unknown>): boolean {
    return operation.needsRoom ?? (this.#sends || operation.wakeOnEither === true)
  }

  #hasQueue(): boolean {
    return this.#queue !== undefined && this.#queue.size > 0
  }

  /** Bytes that operations have yet to send, those that wait for their turn included. */
  get unsentBytes(): number {
    return this.#waiting().reduce((bytes, { operation }) => bytes + (operation.unsentBytes ?? 0), 0)
  }

  /** Whether another thread makes a call at the moment. */
  get isOffloading(): boolean {
    return this.#pending?.isOffloaded === true
  }

  /** Resolves when the other thread has returned; undefined if none makes a call. */
  get offloaded(): Promise<void> | undefined {
    return this.isOffloading ? this.#pending?.offloaded : undefined
  }

  /**
   * Runs an operation when its turn comes: at once if none is before it. It tries first and waits second, so that an error or data that is
   * there never has to wait.
   */
  run<T>(operation: Operation<T>, wait: Wait = WAIT_FOREVER): Promise<T> {
    try {
      this.#checkUsable(operation, wait)
      const gathered = this.#sends && this.#owner.gathersSends ? this.#gather(operation, wait) : undefined
      if (gathered !== undefined) return gathered
      if (this.#sends) this.#owner.flush()
      if (this.#pending !== undefined || this.#isYielding || this.#hasQueue()) return this.#enqueue(operation, wait)
      const outcome = operation.defers ? NEXT_TURN : this.#tryOnce(operation, wait)
      return isNeed(outcome) ? this.#startWaiting(operation, wait, outcome as Step) : this.#complete(outcome)
    } catch (error) {
      attributeError(error, this.#user)
      return Promise.reject(error)
    }
  }

  /** Carries out an operation if it has to wait neither for its turn nor for anything else, and returns whether it did. */
  tryNow(operation: Operation<unknown>): boolean {
    this.#user.number(operation.syscall)
    this.#owner.flush()
    if (this.isWaiting || this.#isYielding) return false
    try {
      return !isNeed(this.#tryOnce(operation, WAIT_FOREVER))
    } catch (error) {
      attributeError(error, this.#user)
      throw error
    }
  }

  /** Ends an operation with an error that arose elsewhere; false if it does not wait. */
  fail(operation: Operation<unknown>, error: unknown): boolean {
    const pending = this.#waiting().find((one) => one.operation === operation)
    if (pending !== undefined) this.#end(pending, () => error)
    return pending !== undefined
  }

  /** Whether it is the turn of an operation that has waited, and it has not ended. */
  isRunning(operation: Operation<unknown>): boolean {
    return this.#pending?.operation === operation
  }

  /** Whether an operation waits that no other one was put behind. */
  isLast(operation: Operation<unknown>): boolean {
    return this.#waiting().at(-1)?.operation === operation
  }

  /** Ends every operation that waits with ECANCELED, in their order. */
  cancel(): void {
    const waiting = this.#waiting()
    this.#queue = undefined
    for (const pending of waiting) this.#end(pending, () => this.#error(pending.operation, sys.ECANCELED))
  }

  /** Ends the operations that wait for the sake of one owner with an AbortError: nothing was received for them. */
  abandon(owner: object): void {
    for (const pending of this.#waiting())
      if (pending.wait.owner === owner) this.#end(pending, () => abortError(undefined, pending.operation.context?.()))
  }

  /** Follows a change of `isReferenced`. */
  setReferenced(): void {
    const { isReferenced, poller } = this.#owner
    for (const pending of this.#waiting()) pending.keepAlive(isReferenced && !pending.operation.isBackground, poller)
  }

  /** The operations that wait, in their order. */
  #waiting(): AnyPending[] {
    const queued = this.#queue?.list() ?? []
    return this.#pending === undefined ? queued : [this.#pending, ...queued]
  }

  /** Records what events say beside readiness. */
  recordEvents(readable: boolean, sticky: boolean): void {
    if (sticky) this.#isSticky = true
    if (readable) this.#isDrained = false
  }

  /** Goes on after an event of this direction, or after one of the other direction if the operation may need that. */
  dispatch(own: boolean, other: boolean): void {
    if (!own && !(other && this.#pending?.operation.wakeOnEither)) return
    this.#vainEvents++
    this.#resume()
  }

  /** Goes on with the answer of a receive that was left to the poller. */
  received(answer: number): void {
    const pending = this.#pending
    if (pending === undefined) throw new Error('the poller has received what nothing waits for')
    this.#vainEvents++
    this.#retry(pending, false, answer)
  }

  #checkUsable(operation: Operation<unknown>, { signal }: Wait): void {
    this.#user.number(operation.syscall)
    if (isAborted(signal)) throw abortError(reasonOf(signal), operation.context?.())
  }

  /** Makes the first attempt, unless it is known to find nothing. */
  #tryOnce<T>(operation: Operation<T>, wait: Wait, pending?: AnyPending): T | Step {
    this.#owner.replayMissed()
    if (operation.offload) return OFFLOAD
    if (this.#expectsNothing(operation, wait)) return WAIT
    return this.#attempt(operation, pending)
  }

  #expectsNothing(operation: Operation<unknown>, wait: Wait): boolean {
    if (!this.#isDrained || operation.drained === undefined || !this.#owner.isWatched) return false
    // A call that must not wait, or tells a hook that it does, has to look.
    return !this.#hasLeft || (wait.onWait === undefined && !isImpatient(operation))
  }

  /** Settles an operation that did not have to wait. After too many of them in a row the event loop turns first: see {@link COOP_BUDGET}. */
  #complete<T>(value: T): Promise<T> {
    if (++this.#budgetUsed < COOP_BUDGET) return Promise.resolve(value)
    this.#budgetUsed = 0
    this.#isYielding = true
    return new Promise((resolve) => {
      setImmediate(() => {
        this.#isYielding = false
        resolve(value)
        this.#advance()
      })
    })
  }

  /**
   * Makes the system call until it succeeds or has to wait, but only so many times before others get a turn.
   * @param answer - of the first call, where the poller has made it.
   */
  #attempt<T>(operation: Operation<T>, pending?: AnyPending, answer?: number): T | Step {
    let step: Step = NEXT_TURN
    for (let calls = 0; calls < CALLS_PER_TURN; calls++) {
      const outcome = this.#interpret(operation, (calls === 0 ? answer : undefined) ?? this.#call(operation))
      // What a function of the user has ended takes nothing more.
      if (pending?.isOver) return NEXT_TURN
      if (!isNeed(outcome) || (outcome !== AGAIN_NOW && outcome !== RETRY)) return outcome
      step = outcome === AGAIN_NOW ? NEXT_TURN : PAUSE
    }
    return step
  }

  #call(operation: Operation<unknown>): number {
    operation.prepare?.()
    return operation.attempt(this.#user.number(operation.syscall))
  }

  /** Turns the answer of one call into a result, or into what the operation needs next. */
  #interpret<T>(operation: Operation<T>, result: number): T | Need {
    if (result < 0) return this.#classify(operation, -result)
    this.#pauses = 0
    this.#vainEvents = 0
    this.#lastCount = result
    this.#hasLeft = false
    this.#isDrained = this.#hasTakenAll(operation, result)
    if (this.#isDrained) this.#owner.rearm()
    const outcome = operation.finish(result)
    return outcome === AGAIN_NOW && this.#isDrained ? WAIT : outcome
  }

  #hasTakenAll(operation: Operation<unknown>, count: number): boolean {
    if (this.#isSticky || operation.drained === undefined) return false
    if (operation.drained(count)) return true
    this.#hasLeft = count <= AHEAD_MOST && operation.leavesToKernel?.(count) === true && this.#owner.leaveRest()
    return this.#hasLeft
  }

  /** Says what an error asks for, or throws it when it ends the operation. */
  #classify(operation: Operation<unknown>, errno: number): Need {
    if (errno === EINTR) return AGAIN_NOW
    if (errno === -YIELD) return NEXT_TURN
    if (operation.retryOn?.has(errno)) return RETRY
    if (operation.pauseOn?.has(errno)) return PAUSE
    if (BLOCKED.has(errno)) return WAIT
    throw this.#error(operation, errno)
  }

  #startWaiting<T>(operation: Operation<T>, wait: Wait, step: Step): Promise<T> {
    const poller = this.#pollerFor(operation)
    const pending = Pending.of(operation, wait)
    this.#pending = pending
    this.#pauses = 0
    this.#vainEvents = 0
    this.#hold(pending, poller)
    this.#proceed(pending, step)
    return pending.promise
  }

  /** Lets an operation wait for its turn. Its deadline runs, and its signal counts; its hook is for waits of its own. */
  #enqueue<T>(operation: Operation<T>, wait: Wait): Promise<T> {
    const poller = this.#pollerFor(operation)
    const pending = Pending.of(operation, wait)
    this.#addTurn(pending, poller)
    return pending.promise
  }

  #addTurn(pending: AnyPending, poller: Poller): void {
    this.#queue ??= new Turns()
    this.#queue.add(pending)
    this.#hold(pending, poller)
    this.#startTimer(pending)
  }

  /** Lets data leave at the end of a batch, if nothing is before it. Undefined where it has to be sent by itself. */
  #gather<T>(operation: Operation<T>, wait: Wait): Promise<T> | undefined {
    const { sendable } = operation
    if (sendable === undefined || wait.signal || wait.onWait || this.isWaiting || this.#isYielding) return undefined
    const pending = Pending.of(operation, wait)
    return this.#owner.gather(new GatheredSend(sendable, pending, this)) ? pending.promise : undefined
  }

  /** Goes on with the answer of a send that was gathered. */
  settle(pending: AnyPending, answer: number): void {
    let outcome: unknown
    try {
      outcome = this.#interpret(pending.operation, answer)
    } catch (error) {
      this.#fail(pending, error)
      return
    }
    if (isNeed(outcome)) {
      this.#addTurn(pending, this.#owner.poller)
      this.#advance()
    } else pending.resolve(outcome)
  }

  /** What an operation waits by. It may not have to: then it fails. */
  #pollerFor(operation: Operation<unknown>): Poller {
    if (isImpatient(operation)) throw this.#error(operation, sys.EAGAIN)
    return this.#owner.poller
  }

  /** From now on the signal may end it, and it keeps the event loop alive. */
  #hold(pending: AnyPending, poller: Poller): void {
    const { signal } = pending.wait
    if (this.#owner.isReferenced && !pending.operation.isBackground) pending.keepAlive(true, poller)
    // Last: a signal of a user's class may run their code, which may end what is to wait.
    if (signal) this.#listenForAbort(pending, signal)
  }

  /**
   * Gives the operations of the queue their turn, until one has to wait. After as many of them as the budget allows the event loop turns
   * before the next one.
   */
  #advance(): void {
    if (this.#isAdvancing) return
    this.#isAdvancing = true
    while (this.#pending === undefined && !this.#isYielding && this.#hasQueue()) this.#startNext()
    this.#isAdvancing = false
    this.#owner.detachListener()
  }

  #startNext(): void {
    const next = this.#queue?.take() as AnyPending
    this.#pending = next
    this.#pauses = 0
    // One signal may end several calls, one after the other: the end of the first must not begin the second.
    if (isAborted(next.wait.signal)) this.#abort(next, next.wait.signal)
    else if (next.operation.defers) this.#proceed(next, NEXT_TURN)
    else if (++this.#budgetUsed < COOP_BUDGET) this.#retry(next, true)
    else this.#proceed(next, NEXT_TURN)
  }

  #listenForAbort(pending: AnyPending, signal: AbortSignal): void {
    pending.onAbort = () => this.#abort(pending, signal)
    try {
      listenForAbort(signal, pending.onAbort)
    } catch (error) {
      this.#fail(pending, error)
    }
  }

  #abort(pending: AnyPending, signal: AbortSignal): void {
    this.#end(pending, () => abortError(reasonOf(signal), pending.operation.context?.()))
  }

  /** Puts everything in place for the next step of an operation that waits. */
  #proceed(pending: AnyPending, step: Step): void {
    if (this.#pending !== pending) return
    this.#budgetUsed = 0
    // Also while another thread makes the call: an event that comes meanwhile is not announced again.
    this.#owner.attachListener()
    try {
      if (step === NEXT_TURN) this.#yield(pending)
      else if (step === OFFLOAD) this.#offload(pending)
      else if (step === HOLD) this.#waitForPromise(pending)
      else if (this.#checkDeadlineAndHook(pending)) this.#armWait(pending, step)
    } catch (error) {
      this.#fail(pending, error)
    }
  }

  #checkDeadlineAndHook(pending: AnyPending): boolean {
    const { onWait } = pending.wait
    const left = remaining(deadlineOf(pending))
    if (left === 0) this.#expire(pending)
    return left > 0 && (onWait === undefined || this.#hookAllows(pending, onWait, left))
  }

  /** Runs a hook of the user. It may do anything, also close the socket: then this wait is over when it returns. */
  #hookAllows(pending: AnyPending, onWait: WaitHook, left: number): boolean {
    const allowed = onWait(left)
    if (this.#pending !== pending) return false
    if (isThenable(allowed)) throw invalidType('hook', 'a function that answers at once, and no async one', onWait)
    if (allowed !== false) return true
    this.#fail(pending, this.#error(pending.operation, sys.ECANCELED, { detail: 'the wait hook returned false' }))
    return false
  }

  #armWait(pending: AnyPending, step: typeof WAIT | typeof PAUSE): void {
    // Without a poller a call is made again after a pause, as after any other error that passes with time.
    const { operation } = pending
    if (step === PAUSE || !this.#startWatch(operation)) this.#pause(pending)
    else if (!this.#sends) this.#leaveToPoller(operation)
    this.#startTimer(pending)
  }

  #startWatch(operation: Operation<unknown>): boolean {
    const receives = this.#receives || operation.wakeOnEither === true
    return this.#owner.startWatch(operation.syscall, receives, this.#needsRoom(operation), this.#vainEvents)
  }

  #leaveToPoller({ aheadRoom = 0, aheadFlags = 0 }: Operation<unknown>): void {
    if (aheadRoom > 0 && this.#lastCount <= AHEAD_MOST) this.#owner.receiveAhead(aheadRoom, aheadFlags)
  }

  #startTimer(pending: AnyPending): void {
    const deadline = deadlineOf(pending)
    if (deadline === NEVER || pending.isTimedUntil(deadline) || pending.isOver) return
    pending.startTimer(deadline, Math.min(remaining(deadline), TIMER_MAX_MS), () => {
      // While a promise is waited for the time does not count.
      if (pending.isHeld) return
      // Timers round down, and the deadline may be another one by now.
      if (remaining(deadlineOf(pending)) > 0) this.#startTimer(pending)
      else this.#expire(pending)
    })
  }

  /** Lets a promise of the user settle before the operation goes on. Events are only recorded meanwhile. */
  #waitForPromise(pending: AnyPending): void {
    pending.isHeld = true
    const { held } = pending.operation
    Promise.resolve(held).then(
      () => this.#release(pending),
      (error: unknown) => this.#fail(pending, error),
    )
  }

  #release(pending: AnyPending): void {
    if (pending.isOver) return
    pending.isHeld = false
    this.#retry(pending, true)
  }

  #pause(pending: AnyPending): void {
    const milliseconds = Math.min(PAUSE_FIRST_MS * 2 ** this.#pauses++, PAUSE_MAX_MS)
    pending.pauseFor(milliseconds, () => this.#resume())
  }

  #yield(pending: AnyPending): void {
    this.#startTimer(pending)
    pending.pauseForTurn(() => this.#resume())
  }

  #resume(): void {
    const pending = this.#pending
    if (pending === undefined || pending.isPausing || pending.isHeld) return
    if (pending.isOffloaded) pending.wasAnnounced = true
    else if (pending.operation.offload) this.#proceed(pending, OFFLOAD)
    else this.#retry(pending)
  }

  #retry(pending: AnyPending, isFirst = false, answer?: number): void {
    let outcome: unknown
    try {
      outcome = isFirst
        ? this.#tryOnce(pending.operation, pending.wait, pending)
        : this.#attempt(pending.operation, pending, answer)
    } catch (error) {
      this.#fail(pending, error)
      return
    }
    if (isNeed(outcome)) this.#proceed(pending, outcome as Step)
    else this.#succeed(pending, outcome)
  }

  /** Lets another thread make the call. The deadline runs on, but nothing ends before it is known what that thread did. */
  #offload(pending: AnyPending): void {
    const { operation } = pending
    operation.prepare?.()
    const work = operation.offload?.(this.#user.number(operation.syscall)) as Promise<number>
    pending.isOffloaded = true
    pending.wasAnnounced = false
    this.#startTimer(pending)
    pending.offloaded = work.then(
      (result) => this.#onOffloadDone(pending, result),
      (error: unknown) => {
        pending.isOffloaded = false
        this.#fail(pending, error)
      },
    )
  }

  #onOffloadDone(pending: AnyPending, result: number): void {
    pending.isOffloaded = false
    let outcome: unknown
    try {
      outcome = this.#interpret(pending.operation, result)
    } catch (error) {
      this.#fail(pending, error)
      return
    }
    if (!isNeed(outcome)) this.#succeed(pending, outcome)
    else if (pending.endWith) this.#fail(pending, pending.endWith())
    else this.#proceed(pending, nextAfterOffload(pending, outcome))
  }

  #succeed(pending: AnyPending, value: unknown): void {
    if (!this.#clear(pending)) return
    pending.resolve(value)
    this.#advance()
  }

  #fail(pending: AnyPending, error: unknown): void {
    if (!this.#clear(pending)) return
    attributeError(error, this.#user)
    rejectAtAwait(pending, error)
    this.#advance()
  }

  /** Ends an operation from outside: at once, or when the other thread has said what it did. What has been received for it is its own. */
  #end(pending: AnyPending, makeError: () => unknown): void {
    this.#owner.deliver()
    if (pending.isOffloaded) pending.endWith ??= makeError
    else this.#fail(pending, makeError())
  }

  #expire(pending: AnyPending): void {
    const { operation } = pending
    // What is there and was not reported yet is not late.
    if (this.#hasLeft && this.#pending === pending) {
      this.#hasLeft = false
      this.#retry(pending)
      if (pending.isOver || remaining(deadlineOf(pending)) > 0) return
    }
    this.#end(pending, () => timeoutError(operation.syscall, operation.context?.()))
  }

  /** Forgets an operation; false if it has ended already. */
  #clear(pending: AnyPending): boolean {
    if (!pending.clear()) return false
    if (!this.#sends) this.#owner.cancelReceive()
    if (this.#pending === pending) this.#pending = undefined
    else this.#queue?.delete(pending)
    pending.keepAlive(false, this.#owner.poller)
    return true
  }

  #error(operation: Operation<unknown>, errno: number, context?: ErrorContext): Error {
    // The kernel says so of a number that other code has closed.
    const number = errno === sys.EBADF ? fdContext(this.#user.number(operation.syscall)) : undefined
    return systemError(errno, operation.syscall, { ...number, ...operation.context?.(errno), ...context })
  }
}

/** Whether it must not wait. */
function isImpatient({ flags }: Operation<unknown>): boolean {
  return flags !== undefined && (flags & MSG_DONTWAIT) !== 0
}

function deadlineOf({ operation, wait }: AnyPending): Deadline {
  return operation.deadline ?? wait.deadline
}

/** Says what an operation needs after another thread made its call. */
function nextAfterOffload({ wasAnnounced }: AnyPending, need: Need): Step {
  if (need === RETRY) return PAUSE
  return need === AGAIN_NOW || (need === WAIT && wasAnnounced) ? OFFLOAD : need
}
