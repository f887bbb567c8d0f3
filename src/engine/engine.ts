import { Direction, type DirectionOwner, type FdSource } from './direction.js'
import { threadPoller } from './epoll.js'
import type { Poller, ReadyListener, Watch } from './poller.js'
import { WeakListener } from './weak-listener.js'

export type { FdSource }

/**
 * Runs the operations of one descriptor: those that receive, those that send, and those that read the error queue, each kind in a
 * {@link Direction} of its own. What both
 * share is here: the watch of the poller, and whether waiting keeps the process alive. The poller and the descriptor are known only as
 * interfaces.
 */
export class Engine implements ReadyListener, DirectionOwner {
  /** Runs operations that wait until there is something to receive. */
  readonly reader: Direction
  /** Runs operations that wait until there is room to send. */
  readonly writer: Direction
  readonly #user: FdSource
  #errors: Direction | undefined
  #poller: Poller | undefined
  #watch: Watch | undefined
  #listener: WeakListener | undefined
  #referenced = true

  /** @param poller - that of the thread by default. */
  constructor(user: FdSource, poller?: Poller) {
    this.#user = user
    this.#poller = poller
    this.reader = new Direction(this, user)
    this.writer = new Direction(this, user)
  }

  /** Runs operations that wait until there is something in the error queue (`MSG_ERRQUEUE`); made when it is needed. */
  get errors(): Direction {
    this.#errors ??= new Direction(this, this.#user)
    return this.#errors
  }

  /** Whether another thread makes a call on the descriptor. */
  get isOffloading(): boolean {
    return this.reader.isOffloading || this.writer.isOffloading
  }

  /** Ends the watch, and every wait with ECANCELED. After that the descriptor may be closed or given away. */
  close(): void {
    this.#watch?.stop()
    this.#watch = undefined
    this.reader.cancel()
    this.writer.cancel()
    this.#errors?.cancel()
  }

  /** Sets whether waiting operations keep the process alive, as they do by default. */
  setReferenced(referenced: boolean): void {
    this.#referenced = referenced
    this.reader.setReferenced()
    this.writer.setReferenced()
    this.#errors?.setReferenced()
  }

  /** Is told by the poller; also to be called after a shutdown, which may cause no event, and when TLS can go on. */
  ready(readable: boolean, writable: boolean, sticky: boolean, hasError = false): void {
    this.reader.recordEvents(readable, sticky)
    this.reader.dispatch(readable, writable)
    this.writer.dispatch(writable, readable)
    this.#errors?.dispatch(hasError, false)
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

  replayMissed(): void {
    if (!this.#listener?.hasMissed) return
    const { readable, sticky } = this.#listener.takeMissed()
    this.reader.recordEvents(readable, sticky)
  }

  attachListener(): void {
    this.#listener?.attach(this)
  }

  detachListener(): void {
    const isWaiting = this.reader.isWaiting || this.writer.isWaiting || this.#errors?.isWaiting
    if (!isWaiting) this.#listener?.attach(undefined)
  }

  startWatch(syscall: string): boolean {
    if (this.#watch !== undefined) return true
    if (!this.poller.tryOpen()) return false
    this.#listener = new WeakListener()
    this.#watch = this.poller.watch(this.#user.use(syscall), this.#listener)
    this.#user.watched?.(this.#watch)
    this.#listener.attach(this)
    return true
  }
}
