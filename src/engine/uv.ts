import { sys } from '../constants/lookup.js'
import { protect } from '../native/memory.js'
import { native } from '../native/sockets.js'
import { check, checkAnswer } from '../support/errors.js'
import { clearTimeout, setTimeout } from '../support/globals.js'
import { throwLater } from '../support/throw-later.js'
import type { Poller, ReadyListener, Watch } from './poller.js'

const DATA = sys.POLLIN
const ROOM = sys.POLLOUT
const URGENT = sys.POLLPRI
/** That the peer has ended: once reported, it has been for good. */
const END = sys.POLLRDHUP
const ERROR = sys.POLLERR
/** What cannot be masked. */
const FAILED = ERROR | sys.POLLHUP
const STICKY = URGENT | END | FAILED
// Urgent data alone is nothing to receive: see the poller that uses epoll(7).
const READABLE = DATA | END | FAILED
const WRITABLE = ROOM | FAILED

/** So many events in a row may be for nothing, as they are where several wait for the same socket. */
const VAIN_MOST = 3
/** The longest time that passes before a state that stays is reported again, in milliseconds. */
const PAUSE_MAX_MS = 64

/** How long a wait goes without being told, in milliseconds, after so many events for nothing. */
function pauseAfter(vain: number): number {
  return vain < VAIN_MOST ? 0 : Math.min(2 ** (vain - VAIN_MOST), PAUSE_MAX_MS)
}

/**
 * One uv_poll_t. libuv reports a state in each turn of the loop, and the listener wants to know of it once: what was reported is not armed
 * any more until the listener asks again. It mostly does so before the next turn. So what is polled for is left as it is at first, which
 * saves two system calls for each wait, and asks for less when a report comes that no call waits for.
 */
class UvWatch implements Watch {
  readonly id: number
  readonly #poller: UvPoller
  readonly #listener: ReadyListener
  /** What is to be reported to the listener. */
  #armed: number
  /** What libuv polls for. */
  #polled: number
  /** What is armed when the pause is over. */
  #late = 0
  #pause: NodeJS.Timeout | undefined
  #hasEnded = false
  #isStopped = false

  constructor(poller: UvPoller, id: number, events: number, listener: ReadyListener) {
    this.#poller = poller
    this.id = id
    this.#armed = events
    this.#polled = events
    this.#listener = listener
  }

  rearm(receives: boolean, vain: number): void {
    const beside = this.#hasEnded ? URGENT : URGENT | END
    this.#arm(receives ? DATA | beside : beside, pauseAfter(vain))
  }

  awaitRoom(vain: number): void {
    this.#arm(ROOM, pauseAfter(vain))
  }

  leaveRest(): boolean {
    return false
  }

  receiveAhead(): void {
    // The listener receives by itself.
  }

  cancelReceive(): void {
    // There is none.
  }

  gather(): boolean {
    return false
  }

  deliver(): void {
    // Nothing has been received.
  }

  stop(): void {
    if (this.#isStopped) return
    this.#isStopped = true
    clearTimeout(this.#pause)
    this.#poller.forget(this)
  }

  #arm(events: number, pauseMs: number): void {
    if (this.#isStopped) return
    if (pauseMs > 0) return this.#armLater(events, pauseMs)
    this.#armed |= events
    if ((this.#armed & ~this.#polled) !== 0) this.#poll(this.#polled | this.#armed)
  }

  #armLater(events: number, milliseconds: number): void {
    this.#late |= events
    if (this.#pause !== undefined) return
    this.#pause = setTimeout(() => {
      const late = this.#late
      this.#late = 0
      this.#pause = undefined
      this.#arm(late, 0)
    }, milliseconds)
    // What waits keeps the loop alive.
    this.#pause.unref()
  }

  #poll(events: number): void {
    this.#polled = events
    // It fails only where other code closed the descriptor: then there is nothing left to announce.
    native.watchSet(this.id, events)
  }

  /** Is called with the state, in each turn of the loop while it lasts. */
  report(events: number): void {
    const asked = this.#armed
    const hasFailed = (events & FAILED) !== 0
    this.#armed = hasFailed ? 0 : asked & ~events
    if ((events & END) !== 0) this.#hasEnded = true
    // It cannot be masked.
    if (hasFailed) this.#poll(0)
    if (hasFailed || (events & asked) !== 0) this.#tell(hasFailed ? events : events & (asked | STICKY))
    const unasked = events & ~asked & ~this.#armed
    if (!hasFailed && !this.#isStopped && (this.#polled & unasked) !== 0) this.#poll(this.#polled & ~unasked)
  }

  #tell(events: number): void {
    this.#listener.ready(
      (events & READABLE) !== 0,
      (events & WRITABLE) !== 0,
      (events & STICKY) !== 0,
      (events & ERROR) !== 0,
    )
  }
}

/** Readiness by libuv, which has it on every system: a handle for each socket. */
export class UvPoller implements Poller {
  #isOpen = false
  /** What libuv has reported in this turn: ids and states. */
  #reports = new Int32Array(0)
  #holders = 0
  /** By id. */
  readonly #watches: (UvWatch | undefined)[] = []
  readonly #free: number[] = []

  constructor() {
    this.tryOpen()
  }

  tryOpen(): boolean {
    if (this.#isOpen) return true
    const memory = native.watchOpen((count) => this.#dispatch(count))
    if (memory === -sys.ENOMEM) return false
    this.#reports = new Int32Array(protect(checkAnswer(memory, 'uv_check_start')))
    this.#isOpen = true
    if (this.#holders > 0) native.watchHold(1)
    return true
  }

  watch(fd: number, listener: ReadyListener, announcesRoom = false): Watch {
    const id = this.#free.pop() ?? this.#watches.length
    const events = announcesRoom ? DATA | URGENT | END | ROOM : DATA | URGENT | END
    const result = native.watchAdd(id, fd, events)
    this.#watches[id] = undefined
    if (result < 0) this.#free.push(id)
    check(result, 'uv_poll_init')
    const watch = new UvWatch(this, id, events, listener)
    this.#watches[id] = watch
    return watch
  }

  /** Ends a watch. */
  forget({ id }: UvWatch): void {
    native.watchRemove(id)
    this.#watches[id] = undefined
    this.#free.push(id)
  }

  #dispatch(count: number): void {
    for (let at = 0; at < 2 * count; at += 2) this.#report(this.#reports[at] as number, this.#reports[at + 1] as number)
  }

  #report(id: number, state: number): void {
    try {
      this.#watches[id]?.report(state)
    } catch (error) {
      throwLater(error)
    }
  }

  flush(): void {
    // Nothing is ever gathered.
  }

  ref(): void {
    if (++this.#holders === 1 && this.#isOpen) native.watchHold(1)
  }

  unref(): void {
    if (--this.#holders === 0 && this.#isOpen) native.watchHold(0)
  }
}
