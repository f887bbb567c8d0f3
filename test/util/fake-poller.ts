import { AWAITS_ROOM, type Poller, type ReadyListener, type Watch } from '#internal/engine/poller.js'

/** A poller without a kernel: tests say what is ready, and read what the engine asked for. */
export class FakePoller implements Poller {
  /** The listeners, by descriptor. */
  readonly watched = new Map<number, ReadyListener>()
  /** Descriptors whose room to send is announced. */
  readonly rooms = new Set<number>()
  /** How much the next receive that is left to the poller may take, by descriptor. */
  readonly readers = new Map<number, number>()
  /** Holders at the moment: the event loop would stay alive while there are any. */
  holders = 0
  /** How often there is no room for the poller itself. */
  exhausted = 0
  /** Whether it reports what a receive leaves. */
  leavesRest = false
  /** What `watch()` throws, once. */
  refusal: Error | undefined

  tryOpen(): boolean {
    return --this.exhausted < 0
  }

  watch(fd: number, listener: ReadyListener, room = false): Watch {
    const refusal = this.refusal
    this.refusal = undefined
    if (refusal) throw refusal
    this.watched.set(fd, listener)
    if (room) this.rooms.add(fd)
    return {
      rearm: () => undefined,
      leaveRest: () => this.leavesRest,
      awaitRoom: () => this.rooms.add(fd),
      receiveAhead: (bytes) => this.readers.set(fd, bytes),
      cancelReceive: () => this.readers.delete(fd),
      deliver: () => undefined,
      gather: () => false,
      stop: () => this.watched.delete(fd),
    }
  }

  flush(): void {
    // Nothing is ever gathered.
  }

  ref(): void {
    this.holders++
  }

  unref(): void {
    this.holders--
  }

  /** Reports readiness, as an event would. */
  report(fd: number, readable: boolean, writable: boolean, sticky = false): void {
    const announced = writable && this.rooms.has(fd)
    const answers = this.watched.get(fd)?.ready(readable, announced, sticky) ?? AWAITS_ROOM
    if ((answers & AWAITS_ROOM) === 0 && announced) this.rooms.delete(fd)
  }
}
