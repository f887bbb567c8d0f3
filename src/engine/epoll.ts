import { sys } from '../constants/lookup.js'
import { assertEventLoop } from '../native/load.js'
import { protect } from '../native/memory.js'
import { native } from '../native/sockets.js'
import { check, checkAnswer } from '../support/errors.js'
import { nextTick } from '../support/globals.js'
import type { Poller, ReadyListener, Watch } from './poller.js'

/** Edge-triggered, and registered once: in steady state epoll_ctl(2) is never called. */
const INTEREST = sys.EPOLLIN | sys.EPOLLPRI | sys.EPOLLRDHUP | sys.EPOLLET
const ROOM = sys.EPOLLOUT
const ERROR = sys.EPOLLERR
const FAILED = ERROR | sys.EPOLLHUP
const STICKY = sys.EPOLLPRI | sys.EPOLLRDHUP | FAILED
// Urgent data alone is nothing to receive: a receive would pass over the urgent byte, and discard it (tcp(7)).
const READABLE = sys.EPOLLIN | sys.EPOLLRDHUP | FAILED
const WRITABLE = ROOM | FAILED

/** What keeps an epoll set from being made as long as the process or the system is at its limits. */
const EXHAUSTED: ReadonlySet<number> = new Set([sys.EMFILE, sys.ENFILE, sys.ENOMEM])

const GENERATION_MAX = 0x7fffffff

/** What is registered in the set, and whom events of it are for. */
class EpollWatch implements Watch {
  readonly fd: number
  readonly listener: ReadyListener
  readonly slot: number
  readonly generation: number
  /** Whether room to send is announced. */
  announcesRoom: boolean
  readonly #poller: EpollPoller

  constructor(poller: EpollPoller, { fd, listener, slot, generation, announcesRoom }: Registration) {
    this.#poller = poller
    this.fd = fd
    this.listener = listener
    this.slot = slot
    this.generation = generation
    this.announcesRoom = announcesRoom
  }

  awaitRoom(): void {
    if (!this.announcesRoom) this.#poller.setAnnouncesRoom(this, true)
  }

  stop(): void {
    this.#poller.forget(this)
  }
}

type Registration = Pick<EpollWatch, 'fd' | 'listener' | 'slot' | 'generation' | 'announcesRoom'>

/** Layout of the memory that the addon shares, as 32-bit integers: see `shared_state_t` in native/sys/reactor.c. */
const KEEPALIVE_COUNT = 0
const REFERENCED = 1
const EVENTS = 2
const INTS_PER_EVENT = 3

/**
 * Readiness by one epoll(7) set per thread. An event carries a slot and its generation, never a bare number, so that an event that was
 * under way when its descriptor was closed is discarded.
 */
export class EpollPoller implements Poller {
  /** Until there is an epoll set, memory that only this object knows. */
  #shared = new Int32Array(EVENTS)
  #isOpen = false
  /** By slot. */
  readonly #watches: (EpollWatch | undefined)[] = []
  readonly #generations: number[] = []
  readonly #free: number[] = []
  #dispatching = false

  constructor() {
    assertEventLoop()
    this.tryOpen()
  }

  tryOpen(): boolean {
    if (this.#isOpen) return true
    const memory = native.reactorOpen((count) => this.#dispatch(count))
    if (typeof memory === 'number' && EXHAUSTED.has(-memory)) return false
    const holders = this.#shared[KEEPALIVE_COUNT] as number
    this.#shared = new Int32Array(protect(checkAnswer(memory, 'epoll_create1')))
    this.#shared[KEEPALIVE_COUNT] = holders
    this.#isOpen = true
    if (holders > 0) native.reactorHold(1)
    return true
  }

  watch(fd: number, listener: ReadyListener, announcesRoom = false): Watch {
    const slot = this.#free.pop() ?? this.#watches.length
    const generation = this.#generations[slot] ?? 0
    const watch = new EpollWatch(this, { fd, listener, slot, generation, announcesRoom })
    const result = this.#control(sys.EPOLL_CTL_ADD, watch)
    this.#watches[slot] = result < 0 ? undefined : watch
    this.#generations[slot] = generation
    if (result < 0) this.#free.push(slot)
    check(result, 'epoll_ctl')
    return watch
  }

  #control(operation: number, { fd, slot, generation, announcesRoom }: EpollWatch): number {
    return native.epollCtl(operation, fd, announcesRoom ? INTEREST | ROOM : INTEREST, slot, generation)
  }

  /** Ends a watch, if it has not ended yet. */
  forget(watch: EpollWatch): void {
    const { slot, generation } = watch
    if (this.#watches[slot] !== watch) return
    // ENOENT or EBADF means that other code closed the descriptor, which removed it from the set.
    this.#control(sys.EPOLL_CTL_DEL, watch)
    this.#watches[slot] = undefined
    this.#generations[slot] = generation === GENERATION_MAX ? 0 : generation + 1
    this.#free.push(slot)
  }

  /** Announces room from now on, or no longer. What is ready at that moment is reported once more. */
  setAnnouncesRoom(watch: EpollWatch, announces: boolean): void {
    if (this.#watches[watch.slot] !== watch) return
    watch.announcesRoom = announces
    // It fails only where other code closed the descriptor: then there is nothing left to announce.
    this.#control(sys.EPOLL_CTL_MOD, watch)
  }

  ref(): void {
    const shared = this.#shared
    if (++(shared[KEEPALIVE_COUNT] as number) === 1 && shared[REFERENCED] === 0 && this.#isOpen) native.reactorHold(1)
  }

  unref(): void {
    const shared = this.#shared
    const count = --(shared[KEEPALIVE_COUNT] as number)
    // After a batch the addon looks itself, so that a socket that waits again within its batch costs no call.
    if (count === 0 && !this.#dispatching && this.#isOpen) native.reactorHold(0)
  }

  #dispatch(count: number): void {
    this.#dispatching = true
    const shared = this.#shared
    for (let i = 0, at = EVENTS; i < count; i++, at += INTS_PER_EVENT) {
      const watch = this.#watches[shared[at] as number]
      if (watch === undefined || watch.generation !== shared[at + 1]) continue
      try {
        this.#report(watch, shared[at + 2] as number)
      } catch (error) {
        nextTick(() => {
          throw error
        })
      }
    }
    this.#dispatching = false
  }

  #report(watch: EpollWatch, events: number): void {
    const awaitsRoom = watch.listener.ready(
      (events & READABLE) !== 0,
      (events & WRITABLE) !== 0,
      (events & STICKY) !== 0,
      (events & ERROR) !== 0,
    )
    if ((events & ROOM) !== 0 && !awaitsRoom && watch.announcesRoom) this.setAnnouncesRoom(watch, false)
  }
}

let shared: Poller | undefined

/** Returns the poller of this thread, which is made when the first socket waits: synchronous users never have its descriptor. */
export function threadPoller(): Poller {
  shared ??= new EpollPoller()
  return shared
}
