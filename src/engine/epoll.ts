import { sys } from '../constants/lookup.js'
import { protect } from '../native/memory.js'
import { native } from '../native/sockets.js'
import { Memory } from '../support/copy.js'
import { check, checkAnswer } from '../support/errors.js'
import { receivedInto } from '../support/receive-buffer.js'
import { throwLater } from '../support/throw-later.js'
import { type LoneRegistry, LoneSocket } from './lone-socket.js'
import { Outbox } from './outbox.js'
import {
  AWAITS_ROOM,
  type Gathered,
  HAS_TAKEN,
  NOT_MADE,
  type Poller,
  type ReadyListener,
  type Watch,
} from './poller.js'
import {
  DATA,
  DATA_BYTES,
  EVENTS,
  INTS_PER_EVENT,
  INTS_PER_READER,
  KEEPALIVE_COUNT,
  OUT_BYTES,
  READERS,
  READERS_MAX,
  REFERENCED,
  SHORT_BATCH,
} from './shared-state.js'

/** Registered once: in steady state epoll_ctl(2) is never called. */
const INTEREST = sys.EPOLLIN | sys.EPOLLPRI | sys.EPOLLRDHUP
const CHANGES = sys.EPOLLET
const ROOM = sys.EPOLLOUT
const ERROR = sys.EPOLLERR
const FAILED = ERROR | sys.EPOLLHUP
const STICKY = sys.EPOLLPRI | sys.EPOLLRDHUP | FAILED
// Urgent data alone is nothing to receive: a receive would pass over the urgent byte, and discard it (tcp(7)).
const READABLE = sys.EPOLLIN | sys.EPOLLRDHUP | FAILED
const WRITABLE = ROOM | FAILED

/** In place of a descriptor. */
const NONE = -1

/** With so many events in a batch the calls of epoll_wait(2) cost each of them less than a receive from JavaScript. */
const CROWD = 8
const SMOOTH = 8

/** It begins to pay with the third receive of a connection. */
const FIRST_CREDIT = -3
/** So many reports that were of use pay for one that was not. */
const ENOUGH_USE = 32
/** After so many receives at most what is left is reported again. */
const PRICE_MAX = 4096

/** What keeps an epoll set from being made as long as the process or the system is at its limits. */
const EXHAUSTED: ReadonlySet<number> = new Set([sys.EMFILE, sys.ENFILE, sys.ENOMEM])

const GENERATION_MAX = 0x7fffffff

/** What is registered in the set, and which listener its events are for. */
class EpollWatch implements Watch {
  readonly fd: number
  readonly listener: ReadyListener
  readonly slot: number
  readonly generation: number
  /** Whether room to send is announced. */
  announcesRoom: boolean
  /** Whether what is there is reported as long as it is (level-triggered), and not only what comes (edge-triggered). */
  reportsRest = false
  readonly #poller: EpollPoller
  /** How often it was of use to report the rest; as long as it is negative, after how many receives it will be. */
  #credit = FIRST_CREDIT
  /** How often that was last. */
  #price = 1

  constructor(poller: EpollPoller, { fd, listener, slot, generation, announcesRoom }: Registration) {
    this.#poller = poller
    this.fd = fd
    this.listener = listener
    this.slot = slot
    this.generation = generation
    this.announcesRoom = announcesRoom
  }

  /** Whether changes of what there is to receive are all that is to be reported. */
  get isPlain(): boolean {
    return !this.announcesRoom && !this.reportsRest
  }

  get interest(): number {
    if (this.announcesRoom) return INTEREST | CHANGES | ROOM
    return this.reportsRest ? INTEREST : INTEREST | CHANGES
  }

  leaveRest(): boolean {
    // Of room only the changes are of use, and the interest of a socket is of one kind.
    const pays = !this.announcesRoom && this.#poller.noteReceiver(this)
    if (pays && !this.reportsRest && ++this.#credit >= 0) this.#poller.setReportsRest(this, true)
    return pays && this.reportsRest
  }

  /**
   * What was reported was of use, or was not. As soon as something is there that no call takes, only changes are reported, or the event
   * loop would not rest; and it takes the more receives until the rest is reported again, the less use it was.
   */
  noteReport(wasOfUse: boolean): void {
    if (wasOfUse) {
      this.#credit = Math.min(this.#credit + 1, ENOUGH_USE)
      return
    }
    this.#price = this.#credit < ENOUGH_USE ? Math.min(this.#price * 2, PRICE_MAX) : 1
    this.#credit = -this.#price
    this.#poller.setReportsRest(this, false)
  }

  receiveAhead(room: number, flags: number): void {
    this.#poller.setReader(this, room, flags)
  }

  cancelReceive(): void {
    this.#poller.setReader(this, 0, 0)
  }

  gather(data: Gathered): boolean {
    return this.#poller.gather(this.fd, data)
  }

  deliver(): void {
    this.#poller.deliver(this)
  }

  rearm(): void {
    // The set is edge-triggered: each change is announced anyway.
  }

  awaitRoom(): void {
    if (!this.announcesRoom) this.#poller.setAnnouncesRoom(this, true)
  }

  stop(): void {
    this.#poller.forget(this)
  }
}

type Registration = Pick<EpollWatch, 'fd' | 'listener' | 'slot' | 'generation' | 'announcesRoom'>

/** Larger receives would leave no room for others of their batch. */
const ROOM_MOST = 1 << 16

/** The slot of an event that was reported before its turn. */
const REPORTED = -1

/**
 * Readiness by one epoll(7) set per thread. An event carries a slot and its generation, never a bare number, so that an event that was
 * under way when its descriptor was closed is discarded.
 */
export class EpollPoller implements Poller, LoneRegistry<EpollWatch> {
  /** Until there is an epoll set, memory that only this object knows. */
  #shared = new Int32Array(EVENTS)
  #isOpen = false
  /** By slot. */
  readonly #watches: (EpollWatch | undefined)[] = []
  readonly #generations: number[] = []
  readonly #free: number[] = []
  /** What the addon has received. No user ever gets a part of it. */
  #data = new Memory(new ArrayBuffer(0))
  #outbox = new Outbox(this.#shared, Buffer.alloc(0))
  /** Events of the batch at hand; 0 between batches. */
  #count = 0
  /** How often another one received than the one before, since the last batch, and on an average of the last ones. */
  #receivers = 0
  #load = 0
  #lastReceiver: EpollWatch | undefined
  readonly #lone = new LoneSocket<EpollWatch>(this)
  /** Where in the memory the one begins that is being reported. */
  #at = 0

  readonly #onThread: boolean
  readonly #shortBatch: number

  /**
   * @param onThread - whether a thread of the addon waits, and not the event loop of libuv.
   * @param shortBatch - calls that wait for their data to leave wait that much longer at most, in µs, if batches take as long as the
   *   one before.
   */
  constructor(onThread: boolean, shortBatch: number) {
    this.#onThread = onThread
    this.#shortBatch = shortBatch
    this.tryOpen()
  }

  tryOpen(): boolean {
    if (this.#isOpen) return true
    const memory = this.#open()
    if (typeof memory === 'number' && EXHAUSTED.has(-memory)) return false
    const holders = this.#shared[KEEPALIVE_COUNT] as number
    const shared = protect(checkAnswer(memory, 'epoll_create1'))
    this.#shared = new Int32Array(shared, 0, DATA / Int32Array.BYTES_PER_ELEMENT)
    this.#data = new Memory(shared, DATA, DATA_BYTES)
    this.#outbox = new Outbox(this.#shared, Buffer.from(shared, DATA + DATA_BYTES, OUT_BYTES))
    // What was written before process.exit() leaves all the same.
    process.once('exit', () => this.flush())
    this.#shared[KEEPALIVE_COUNT] = holders
    this.#shared[SHORT_BATCH] = this.#shortBatch
    this.#isOpen = true
    if (holders > 0) native.reactorHold(1)
    return true
  }

  /** Outside of every asynchronous context: what calls the thread makes would keep the one that it was made in. */
  #open(): ArrayBuffer | number {
    let memory: ArrayBuffer | number = 0
    native.callOutside(() => {
      memory = native.reactorOpen((count) => this.#dispatch(count), Number(this.#onThread))
    })
    return memory
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

  #control(operation: number, { fd, slot, generation, interest }: EpollWatch): number {
    return native.epollCtl(operation, fd, interest, slot, generation)
  }

  /** Ends a watch, if it has not ended yet. */
  forget(watch: EpollWatch): void {
    const { slot, generation } = watch
    if (this.#watches[slot] !== watch) return
    // ENOENT or EBADF means that other code closed the descriptor, which removed it from the set.
    this.#control(sys.EPOLL_CTL_DEL, watch)
    this.#endAlone(watch)
    this.#lone.forget(watch)
    this.setReader(watch, 0, 0)
    if (this.#lastReceiver === watch) this.#lastReceiver = undefined
    this.#watches[slot] = undefined
    this.#generations[slot] = generation === GENERATION_MAX ? 0 : generation + 1
    this.#free.push(slot)
  }

  /** Announces room from now on, or no longer. What is ready at that moment is reported once more. */
  setAnnouncesRoom(watch: EpollWatch, announces: boolean): void {
    watch.announcesRoom = announces
    this.#change(watch)
  }

  /** Reports what a receive leaves from now on, or no longer. What is ready at that moment is reported once more. */
  setReportsRest(watch: EpollWatch, reports: boolean): void {
    watch.reportsRest = reports
    if (!this.#change(watch)) watch.reportsRest = false
  }

  /** False where other code closed the descriptor: then there is nothing left to announce. */
  #change(watch: EpollWatch): boolean {
    this.#endAlone(watch)
    return this.#watches[watch.slot] === watch && this.#control(sys.EPOLL_CTL_MOD, watch) >= 0
  }

  #endAlone(watch: EpollWatch): void {
    if (!this.#lone.is(watch)) return
    native.reactorAlone(NONE, 0, 0)
    this.#lone.forget(watch)
  }

  /** For {@link LoneSocket}. It keeps its place in the set, and only rests there: to come back takes no memory, and cannot fail. */
  setApart(watch: EpollWatch): boolean {
    const { fd, slot, generation } = watch
    if (native.epollCtl(sys.EPOLL_CTL_MOD, fd, CHANGES, slot, generation) < 0) return false
    if (native.reactorAlone(fd, slot, generation) >= 0) return true
    this.#control(sys.EPOLL_CTL_MOD, watch)
    return false
  }

  /** For {@link LoneSocket}. What is ready at that moment is reported once more, unless other code has closed the descriptor. */
  putBack(watch: EpollWatch): void {
    this.#control(sys.EPOLL_CTL_MOD, watch)
    native.reactorAlone(NONE, 0, 0)
  }

  /** Notes whether the reader of a socket takes what the addon receives, and how much. */
  setReader({ slot, generation, fd }: EpollWatch, room: number, flags: number): void {
    if (slot >= READERS_MAX) return
    const shared = this.#shared
    const at = READERS + slot * INTS_PER_READER
    shared[at + 2] = room <= ROOM_MOST ? room : 0
    if (room === 0) return
    shared[at] = generation
    shared[at + 1] = fd
    shared[at + 3] = flags
  }

  ref(): void {
    const shared = this.#shared
    if (++(shared[KEEPALIVE_COUNT] as number) === 1 && shared[REFERENCED] === 0 && this.#isOpen) native.reactorHold(1)
  }

  unref(): void {
    const shared = this.#shared
    const count = --(shared[KEEPALIVE_COUNT] as number)
    // After a batch the addon looks itself, so that a socket that waits again within its batch costs no call.
    if (count === 0 && this.#count === 0 && this.#isOpen) native.reactorHold(0)
  }

  /** Notes that a descriptor receives, and returns whether many do at the moment. */
  noteReceiver(watch: EpollWatch): boolean {
    if (watch !== this.#lastReceiver) this.#receivers++
    this.#lastReceiver = watch
    return this.#load >= CROWD
  }

  get isGathering(): boolean {
    return this.#outbox.isGathering
  }

  get gathersSends(): boolean {
    return this.#outbox.gathersSends
  }

  beginGathering(): boolean {
    return this.#isOpen && this.#outbox.begin()
  }

  endGathering(): void {
    this.#outbox.end()
  }

  gather(fd: number, data: Gathered): boolean {
    return this.#outbox.add(fd, data)
  }

  flush(): void {
    this.#outbox.flush()
  }

  #dispatch(count: number): void {
    if (count < 0) return this.#outbox.giveBack(-count)
    this.#count = count
    this.#load += (this.#receivers - this.#load) / SMOOTH
    this.#receivers = 0
    const first = this.#shared[EVENTS] as number
    const end = EVENTS + count * INTS_PER_EVENT
    for (this.#at = EVENTS; this.#at < end; this.#at += INTS_PER_EVENT) this.#report(this.#at)
    this.#count = 0
    this.#noteBatch(count, first)
  }

  /** @param first - the slot of the first event. */
  #noteBatch(count: number, first: number): void {
    if (count > 1) return this.#lone.noteOthers()
    const watch = this.#watches[first]
    if (watch !== undefined) this.#lone.noteOne(watch)
  }

  /** Reports what has been received for a socket whose turn in the batch has not come. */
  deliver({ slot, generation }: EpollWatch): void {
    if (this.#count === 0) return
    const shared = this.#shared
    const end = EVENTS + this.#count * INTS_PER_EVENT
    for (let at = this.#at + INTS_PER_EVENT; at < end; at += INTS_PER_EVENT)
      if (shared[at] === slot && shared[at + 1] === generation && shared[at + 3] !== NOT_MADE) this.#report(at)
  }

  /** Reports an event of the batch, once. */
  #report(at: number): void {
    const shared = this.#shared
    const watch = this.#watches[shared[at] as number]
    if (watch === undefined || watch.generation !== shared[at + 1]) return
    shared[at] = REPORTED
    const answer = shared[at + 3] as number
    if (answer !== NOT_MADE) receivedInto(this.#data, shared[at + 4] as number)
    try {
      this.#tell(watch, shared[at + 2] as number, answer)
    } catch (error) {
      throwLater(error)
    }
  }

  #tell(watch: EpollWatch, events: number, answer: number): void {
    const answers = watch.listener.ready(
      (events & READABLE) !== 0,
      (events & WRITABLE) !== 0,
      (events & STICKY) !== 0,
      (events & ERROR) !== 0,
      answer,
    )
    if (watch.reportsRest && (events & (READABLE | STICKY)) !== 0)
      watch.noteReport((answers & HAS_TAKEN) !== 0 && (events & STICKY) === 0)
    if ((events & ROOM) !== 0 && (answers & AWAITS_ROOM) === 0 && watch.announcesRoom)
      this.setAnnouncesRoom(watch, false)
  }
}
