import type { DiagnosticsSubject } from '../support/diagnostics.js'
import type { Gathered, Poller } from './poller.js'

/** Knows the number of a descriptor. */
export interface FdSource {
  /** Returns the number for a system call; throws EBADF once it is closed or given away. What is gathered may wait meanwhile. */
  number(syscall: string): number
  /** Says which object it belongs to, for reports of failures. */
  subject?(): DiagnosticsSubject | undefined
  /** Is given the watch of a poller, which has to end before the descriptor is closed. */
  watched?(watch: { stop(): void }): void
}

/** What the operations of a direction wait for: something to receive, room to send, or what comes beside the data. */
export type Awaited = 'data' | 'room' | 'events'

/** What the directions of one descriptor share: its watch, and the event loop. */
export interface DirectionOwner {
  /** Whether readiness is being watched already. */
  readonly isWatched: boolean
  /** Whether waiting keeps the process alive. */
  readonly isReferenced: boolean
  /** Keeps the event loop alive. */
  readonly poller: Poller
  /** Records the events that came while nothing waited. */
  replayMissed(): void
  /** All there was has been taken: what comes is to be announced. */
  rearm(): void
  /**
   * Makes sure that readiness is watched, and what comes is announced. False as long as the system has no room for a poller.
   * @param receives - whether something to receive is waited for.
   * @param room - whether room to send is waited for.
   * @param vain - see `Watch.rearm`.
   */
  startWatch(syscall: string, receives: boolean, room: boolean, vain: number): boolean
  /** Leaves to the poller what a receive may have left: see `Watch.leaveRest`. */
  leaveRest(): boolean
  /** Leaves the next receive to the poller, as `Watch.receiveAhead` does. */
  receiveAhead(room: number, flags: number): void
  /** Takes that back. */
  cancelReceive(): void
  /** Takes what the poller has received already. */
  deliver(): void
  /** Whether data that a call waits for may leave at the end of a batch. */
  readonly gathersSends: boolean
  /** Takes data to send with all that is sent while a batch of events is handled: see `Watch.gather`. */
  gather(data: Gathered): boolean
  /** Sends what the poller was given to send at the end of a batch. */
  flush(): void
  /** Something waits from now on: events are passed on. */
  attachListener(): void
  /** A wait is over: unless the other direction waits, events are only remembered. */
  detachListener(): void
}
