/** In place of what a receive answered, where the poller has made none. */
export const NOT_MADE = -0x80000000

/** What {@link ReadyListener.ready} answers: something still waits for room to send. If not, it need not be announced any more: see `Watch.awaitRoom`. */
export const AWAITS_ROOM = 1
/** Something was received, by a call that has waited for it. */
export const HAS_TAKEN = 2

/** Called when a descriptor becomes ready. */
export interface ReadyListener {
  /**
   * A system call may succeed now. It is a hint: the call decides, and may still say EAGAIN. An error or a hang-up makes both
   * directions ready, because the next call in either of them reports it.
   * @param sticky - there is something that stays and that no later event announces again: the end, an error, urgent data.
   * @param hasError - there is an error, or a note in the error queue.
   * @param answer - what the receive that was left to the poller has answered: a count, or `-errno`. What came is in the receive buffer until
   *   the listener returns.
   * @returns {@link AWAITS_ROOM} and {@link HAS_TAKEN}, OR-ed.
   */
  ready(readable: boolean, writable: boolean, sticky: boolean, hasError?: boolean, answer?: number): number
}

/** Data that may leave along with that of others: it is copied then. */
export interface Sendable {
  readonly plainBytes: Uint8Array | undefined
  /** Where to; the peer if it is undefined. */
  readonly sockaddr: Uint8Array | undefined
  /** How it goes with others of its socket: see `SocketKind.gathersAs`. */
  readonly gathersAs: number
}

/** Data to send along with other data, and what is called with what became of it. */
export interface Gathered extends Sendable {
  /**
   * Is called if it has not left whole: with the answer of send(2), `-EAGAIN` also where it was not called, and copies of the data and of the
   * address, which is empty for the peer.
   */
  returned?(answer: number, bytes: Buffer, sockaddr: Buffer): void
  /** Is called in place of that with every answer, where a call waits for it. */
  answered?(answer: number): void
}

/** A descriptor under watch. */
export interface Watch {
  /**
   * What comes from now on is to be announced: a call waits, or has taken all there was. A poller that announces every change has nothing to
   * do; one that goes by the state has to look at it again.
   * @param receives - whether that concerns what there is to receive; what comes beside the data is meant in any case.
   * @param vain - how many events in a row were followed by a call that had nothing to do. A state that stays so would be reported without end,
   *   by a poller that goes by it: so it may let time pass.
   */
  rearm(receives: boolean, vain: number): void
  /**
   * A receive has taken something, and may have left more. True if that is reported, without {@link Watch.rearm}, and best received after it was:
   * where many descriptors receive, that is cheaper than a call that would mostly say EAGAIN.
   */
  leaveRest(): boolean
  /**
   * A call waits for room to send: it is announced as well, until the listener answers that nothing waits for it. Most sockets always have
   * room, and the kernel announces more of it after each datagram that leaves, and each piece that a unix peer takes.
   * @param vain - as that of `rearm()`.
   */
  awaitRoom(vain: number): void
  /**
   * Leaves the next receive to the poller, which may make it when there is something, and reports its answer along with the event. It is
   * made once, or not at all: then the event says that the listener has to make it itself.
   * @param room - bytes to receive at most.
   * @param flags - those of recv(2), MSG_DONTWAIT among them.
   */
  receiveAhead(room: number, flags: number): void
  /** Takes that back. */
  cancelReceive(): void
  /**
   * Takes data that is to be sent with all that is sent while a batch of events is handled, at its end and by send(2). False if there is no
   * batch, or no room: then the caller sends it.
   */
  gather(data: Gathered): boolean
  /** Reports at once what the poller has received already, if there is any: nothing may end the wait for it, or go on without it, before. */
  deliver(): void
  /** Ends the watch. It has to be called before the descriptor is closed or given away; a second call does nothing. */
  stop(): void
}

/** Keeps the event loop alive while something waits: it lives as long as there are more calls of `ref` than of `unref`. */
export interface KeepAlive {
  ref(): void
  unref(): void
}

/**
 * What the engine needs of a readiness mechanism. An implementation has these obligations:
 *
 * 1. After `watch()` and after each `rearm()` the listener is notified, at least once, of readiness that exists already or comes later: of what
 *    there is to receive, and of what comes beside the data. Of room to send it is notified likewise after each `awaitRoom()`. It may be notified more
 *    often, never less: the engine calls these after a call said EAGAIN, or has taken all there was.
 * 2. Nothing is reported from inside `watch()`, `rearm()` and `awaitRoom()`, nor after `stop()`: also not when the event was under way, and not when the number of
 *    the descriptor was reused since.
 *    What was received is reported before the watch ends, though.
 * 3. Listeners are called from the event loop, never from inside JavaScript of the user; promises that they settle continue after all
 *    listeners of a batch were called. A listener that throws does not keep the others from being called.
 * 4. No descriptor starves: however many are ready, each is reported within a bounded number of turns of the event loop.
 * 5. The event loop stays alive exactly while there are more `ref()` than `unref()` calls; a watch alone does not keep it alive.
 * 6. `watch()` throws what the kernel says (EPERM for a file, EBADF for a closed number, ENOSPC, ENOMEM), and `stop()` never
 *    throws, also not when the descriptor was closed by other code.
 * 7. `tryOpen()` makes what all watches share, if there is none. False as long as the system has no descriptor or memory for it, which
 *    passes with time: then there is no watch yet. Any other failure is thrown.
 */
export interface Poller extends KeepAlive {
  tryOpen(): boolean
  /**
   * Gathers from now on, as while a batch of events is handled, until {@link Poller.endGathering}: one event may have brought many datagrams.
   * False if it does so already, or never does: then there is nothing to end.
   */
  beginGathering?(): boolean
  /** Whether data to send is gathered at the moment; absent where it never is. */
  readonly isGathering?: boolean
  /** Whether data that a call waits for may be gathered as well: batches are short, so that it does not wait much longer. */
  readonly gathersSends?: boolean
  /** Sends what was gathered, and gathers no more. */
  endGathering?(): void
  /** Sends what was gathered. To be called before anything else is sent, shut down, or closed. */
  flush(): void
  /** @param room - whether to announce room to send from the beginning; otherwise from `awaitRoom()` on. */
  watch(fd: number, listener: ReadyListener, room?: boolean): Watch
}
