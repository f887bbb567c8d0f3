/** Who wants to hear of readiness. */
export interface ReadyListener {
  /**
   * Something may be possible now. It is a hint: the system call decides, and may still say EAGAIN. An error or a hang-up
   * makes both directions ready, because the next call in either reports it.
   * @param lasting - there is something that stays: the end, an error, urgent data. No later change will announce it again.
   */
  ready(readable: boolean, writable: boolean, lasting: boolean): void
}

/** A descriptor under watch. */
export interface Watch {
  /** Ends the watch. To be called before the descriptor is closed or given away; a second call does nothing. */
  stop(): void
}

/**
 * What the engine needs of a readiness mechanism. An implementation has these obligations:
 *
 * 1. After `watch()` the listener hears of readiness that holds already, and of each later change from "not ready" to
 *    "ready" in either direction. It may hear more often, never less: the engine waits only after a call said EAGAIN.
 * 2. Nothing is reported from inside `watch()`, nor after `stop()`, also not when the event was under way, and not when the
 *    number of the descriptor belongs to another one by then.
 * 3. Listeners are called from the event loop, outside of any JavaScript of the user; promises that they settle go on when
 *    all listeners of a batch were called. One that throws does not keep the others from being called.
 * 4. No descriptor starves: however many are ready, each is reported within a bounded number of turns.
 * 5. The event loop stays alive exactly while there are more `hold()` than `release()` calls; a watch alone does not keep it.
 * 6. `watch()` throws what the kernel says (EPERM for a file, EBADF for a closed number, ENOSPC, ENOMEM), and `stop()` never
 *    throws, also not when the descriptor was closed behind our back.
 */
export interface Poller {
  watch(fd: number, listener: ReadyListener): Watch
  hold(): void
  release(): void
}
