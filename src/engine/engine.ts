import { flushGatheredData } from '../support/gathered-data.js'
import { setImmediate } from '../support/globals.js'
import { threadPoller } from './choose-poller.js'
import { Direction } from './direction.js'
import type { Awaited, DirectionOwner, FdSource } from './direction-owner.js'
import {
  AWAITS_ROOM,
  type Gathered,
  HAS_TAKEN,
  NOT_MADE,
  type Poller,
  type ReadyListener,
  type Watch,
} from './poller.js'
import { WeakListener } from './weak-listener.js'

export type { FdSource }

/**
 * What operations wait for beside the data: the error queue, by calls of the user and for memory that was sent, the urgent byte, readiness
 * alone, which moves nothing, or a handshake that goes on by itself. A wait for one must not keep from the others.
 */
export type Occasion =
  | 'errors'
  | 'zerocopy'
  | 'oob'
  | 'readable'
  | 'writable'
  | 'hangup'
  | 'urgent'
  | 'handshake'
  | 'disconnected'

/** What occasions wait for that comes not beside the data. */
const AWAITED = new Map<Occasion, Awaited>([
  ['readable', 'data'],
  ['handshake', 'data'],
  ['writable', 'room'],
])

/**
 * Runs the operations of one descriptor: those that receive, those that send, and those that wait for something beside the data, each kind
 * in a {@link Direction} of its own. What all share is here: the watch of the poller, and whether waiting keeps the process alive. The
 * poller and the descriptor are known only as interfaces.
 */
export class Engine implements ReadyListener, DirectionOwner {
  /** Runs operations that wait until there is something to receive. */
  readonly reader: Direction
  /** Runs operations that wait until there is room to send. */
  readonly writer: Direction
  readonly #user: FdSource
  /** Most sockets have none. */
  #occasions: Map<Occasion, Direction> | undefined
  #poller: Poller | undefined
  #watch: Watch | undefined
  #listener: WeakListener | undefined
  #referenced = true

  /** @param poller - that of the thread by default. */
  constructor(user: FdSource, poller?: Poller) {
    this.#user = user
    this.#poller = poller
    this.reader = new Direction(this, user, 'data')
    this.writer = new Direction(this, user, 'room')
  }

  /** Runs operations that wait for something beside the data; made when it is needed. */
  on(occasion: Occasion): Direction {
    this.#occasions ??= new Map()
    const known = this.#occasions.get(occasion)
    if (known !== undefined) return known
    // Calls that wait for one have to see what there is before it is received.
    this.#watch?.deliver()
    this.#watch?.cancelReceive()
    const direction = new Direction(this, this.#user, AWAITED.get(occasion) ?? 'events')
    this.#occasions.set(occasion, direction)
    return direction
  }

  /** Forgets what was made for an occasion that does not come again: events need not look at it any more. */
  forget(occasion: Occasion): void {
    this.#occasions?.delete(occasion)
    if (this.#occasions?.size === 0) this.#occasions = undefined
  }

  #others(): Iterable<Direction> {
    return this.#occasions?.values() ?? []
  }

  /** Whether another thread makes a call on the descriptor. */
  get isOffloading(): boolean {
    return this.reader.isOffloading || this.writer.isOffloading
  }

  /** Resolves when the other thread has returned; undefined if none makes a call. Only sending is ever done on another thread. */
  get offloaded(): Promise<void> | undefined {
    return this.writer.offloaded
  }

  /** Ends the watch, and every wait with ECANCELED. After that the descriptor may be closed or given away. */
  close(): void {
    this.flush()
    this.#watch?.deliver()
    this.#watch?.stop()
    this.#watch = undefined
    this.reader.cancel()
    this.writer.cancel()
    for (const direction of this.#others()) direction.cancel()
  }

  /** Sets whether waiting operations keep the process alive, as they do by default. */
  setReferenced(referenced: boolean): void {
    this.#referenced = referenced
    this.reader.setReferenced()
    this.writer.setReferenced()
    for (const direction of this.#others()) direction.setReferenced()
  }

  /** Goes on with what waits; to be called after a shutdown, which may cause no event, and when TLS can go on. */
  wake(readable: boolean, writable: boolean, sticky: boolean): void {
    this.#watch?.deliver()
    this.ready(readable, writable, sticky)
  }

  /** Called by the poller. */
  ready(readable: boolean, writable: boolean, sticky: boolean, hasError = false, answer = NOT_MADE): number {
    this.reader.recordEvents(readable, sticky)
    // First, so that no call takes what was announced before they have seen it.
    const isUrgent = this.#occasions !== undefined && this.#dispatchOccasions(readable, writable, sticky, hasError)
    // A receive that passes the urgent byte discards it: a call that waited for that byte is to take it first.
    if (answer !== NOT_MADE) this.reader.received(answer)
    else if (isUrgent) setImmediate(() => this.reader.dispatch(readable, writable))
    else this.reader.dispatch(readable, writable)
    this.writer.dispatch(writable, readable)
    const awaitsRoom = this.writer.awaitsRoom || this.reader.awaitsRoom || this.#occasionsAwaitRoom()
    return (awaitsRoom ? AWAITS_ROOM : 0) | (this.reader.hasTaken ? HAS_TAKEN : 0)
  }

  /** Returns whether a wait for urgent data is over. */
  #dispatchOccasions(readable: boolean, writable: boolean, sticky: boolean, hasError: boolean): boolean {
    const isNow = {
      errors: hasError,
      zerocopy: hasError,
      oob: sticky,
      readable,
      writable,
      hangup: sticky,
      urgent: sticky,
      handshake: readable || writable,
      disconnected: sticky,
    }
    const urgent = this.#occasions?.get('urgent')
    const waitedForUrgent = urgent?.isWaiting === true
    for (const [occasion, direction] of this.#occasions ?? []) direction.dispatch(isNow[occasion], readable || writable)
    return waitedForUrgent && !urgent.isWaiting
  }

  #occasionsAwaitRoom(): boolean {
    return this.#occasions !== undefined && [...this.#occasions.values()].some((direction) => direction.awaitsRoom)
  }

  get isWatched(): boolean {
    return this.#watch !== undefined
  }

  get isReferenced(): boolean {
    return this.#referenced
  }

  get poller(): Poller {
    this.#poller ??= threadPoller()
    return this.#poller
  }

  leaveRest(): boolean {
    // What is beside the data stays, and would be reported without end.
    return this.#occasions === undefined && this.#watch?.leaveRest() === true
  }

  receiveAhead(room: number, flags: number): void {
    if (this.#occasions === undefined) this.#watch?.receiveAhead(room, flags)
  }

  cancelReceive(): void {
    this.#watch?.cancelReceive()
  }

  /** Takes data to send with all that is sent while a batch of events is handled: see `Watch.gather`. */
  gather(data: Gathered): boolean {
    return this.#watch?.gather(data) === true
  }

  /** Whether data to send is gathered at the moment. */
  get isGathering(): boolean {
    return this.#poller?.isGathering === true
  }

  get gathersSends(): boolean {
    return this.#poller?.gathersSends === true
  }

  /** Gathers what is sent from now on, until {@link endGathering}; false if there is nothing to end. */
  beginGathering(): boolean {
    return this.poller.beginGathering?.() === true
  }

  endGathering(): void {
    this.poller.endGathering?.()
  }

  /** Also where it has never waited itself: what others have gathered may be of the same open socket. */
  flush(): void {
    if (this.#poller === undefined) flushGatheredData()
    else this.#poller.flush()
  }

  deliver(): void {
    this.#watch?.deliver()
  }

  replayMissed(): void {
    if (!this.#listener?.hasMissed) return
    const { readable, sticky } = this.#listener.takeMissed()
    this.reader.recordEvents(readable, sticky)
  }

  attachListener(): void {
    this.#listener?.attach(this)
  }

  detachListener(): void {
    if (!this.#isWaiting()) this.#listener?.attach(undefined)
  }

  #isWaiting(): boolean {
    if (this.reader.isWaiting || this.writer.isWaiting) return true
    return this.#occasions !== undefined && [...this.#occasions.values()].some((direction) => direction.isWaiting)
  }

  rearm(): void {
    this.#watch?.rearm(true, 0)
  }

  startWatch(syscall: string, receives: boolean, room: boolean, vain: number): boolean {
    if (this.#watch !== undefined) {
      this.#watch.rearm(receives, vain)
      if (room) this.#watch.awaitRoom(vain)
      return true
    }
    if (!this.poller.tryOpen()) return false
    this.#listener = new WeakListener()
    this.#watch = this.poller.watch(this.#user.number(syscall), this.#listener, room)
    this.#user.watched?.(this.#watch)
    this.#listener.attach(this)
    return true
  }
}
