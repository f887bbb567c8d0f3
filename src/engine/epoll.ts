import { sys } from '../constants/lookup.js'
import { assertEventLoop } from '../native/load.js'
import { native } from '../native/sockets.js'
import { check, checkAnswer } from '../support/errors.js'
import type { Poller, ReadyListener, Watch } from './poller.js'

/** Edge-triggered, both directions, registered once: in steady state no epoll_ctl(2) is called. */
const INTEREST = sys.EPOLLIN | sys.EPOLLOUT | sys.EPOLLPRI | sys.EPOLLRDHUP | sys.EPOLLET
const TROUBLE = sys.EPOLLERR | sys.EPOLLHUP
const LASTING = sys.EPOLLPRI | sys.EPOLLRDHUP | TROUBLE
const READABLE = sys.EPOLLIN | LASTING
const WRITABLE = sys.EPOLLOUT | TROUBLE

const GENERATION_MAX = 0x7fffffff

class EpollWatch implements Watch {
  readonly #poller: EpollPoller
  readonly #fd: number
  readonly #slot: number
  readonly #generation: number

  constructor(poller: EpollPoller, fd: number, slot: number, generation: number) {
    this.#poller = poller
    this.#fd = fd
    this.#slot = slot
    this.#generation = generation
  }

  stop(): void {
    this.#poller.forget(this.#fd, this.#slot, this.#generation)
  }
}

/** The board that the addon shares: see `board_t` in native/reactor.c. */
const HOLDERS = 0
const REFERENCED = 1
const EVENTS = 2
const INTS_PER_EVENT = 3

/**
 * Readiness by one epoll(7) set per environment. An event names a slot and the generation of its tenant, so that one which
 * was under way when its descriptor was closed finds nobody.
 */
export class EpollPoller implements Poller {
  readonly #board: Int32Array
  readonly #listeners: (ReadyListener | undefined)[] = []
  readonly #generations: number[] = []
  readonly #free: number[] = []
  #dispatching = false

  constructor() {
    assertEventLoop()
    const board = native.reactorOpen((count) => this.#dispatch(count))
    this.#board = new Int32Array(checkAnswer(board, 'epoll_create1'))
  }

  watch(fd: number, listener: ReadyListener): Watch {
    const slot = this.#free.pop() ?? this.#listeners.length
    const generation = this.#generations[slot] ?? 0
    const result = native.epollCtl(sys.EPOLL_CTL_ADD, fd, INTEREST, slot, generation)
    this.#listeners[slot] = result < 0 ? undefined : listener
    this.#generations[slot] = generation
    if (result < 0) this.#free.push(slot)
    check(result, 'epoll_ctl')
    return new EpollWatch(this, fd, slot, generation)
  }

  /** What the watch of a slot comes to when it stops. */
  forget(fd: number, slot: number, generation: number): void {
    if (this.#generations[slot] !== generation || this.#listeners[slot] === undefined) return
    // ENOENT and EBADF: somebody else closed the descriptor, and the kernel has forgotten it with that.
    native.epollCtl(sys.EPOLL_CTL_DEL, fd, 0, slot, generation)
    this.#listeners[slot] = undefined
    this.#generations[slot] = generation === GENERATION_MAX ? 0 : generation + 1
    this.#free.push(slot)
  }

  hold(): void {
    const board = this.#board
    if (++(board[HOLDERS] as number) === 1 && board[REFERENCED] === 0) native.reactorHold(1)
  }

  release(): void {
    const board = this.#board
    const holders = --(board[HOLDERS] as number)
    // After a batch the addon looks itself: a conversation that waits again within it costs no call.
    if (holders === 0 && !this.#dispatching) native.reactorHold(0)
  }

  #dispatch(count: number): void {
    this.#dispatching = true
    const board = this.#board
    for (let i = 0, at = EVENTS; i < count; i++, at += INTS_PER_EVENT) {
      const slot = board[at] as number
      const events = board[at + 2] as number
      const listener = this.#listeners[slot]
      if (listener === undefined || this.#generations[slot] !== board[at + 1]) continue
      try {
        listener.ready((events & READABLE) !== 0, (events & WRITABLE) !== 0, (events & LASTING) !== 0)
      } catch (error) {
        process.nextTick(() => {
          throw error
        })
      }
    }
    this.#dispatching = false
  }
}

let shared: Poller | undefined

/** The poller of this thread, made when the first socket waits. */
export function threadPoller(): Poller {
  shared ??= new EpollPoller()
  return shared
}
