import type { ReadyListener } from './poller.js'

/**
 * Sits between the poller and an engine, and refers to the engine only while something waits, so that a socket that is lost can be
 * collected. Events that come in between are remembered.
 */
export class WeakListener implements ReadyListener {
  #target: ReadyListener | undefined
  #readable = false
  #sticky = false

  /** Passes events on to `target` from now on; without one it remembers them. */
  attach(target: ReadyListener | undefined): void {
    this.#target = target
  }

  ready(readable: boolean, writable: boolean, sticky: boolean, hasError?: boolean, answer?: number): number {
    if (this.#target !== undefined) return this.#target.ready(readable, writable, sticky, hasError, answer)
    if (readable) this.#readable = true
    if (sticky) this.#sticky = true
    return 0
  }

  /** Whether events came while nothing was attached. */
  get hasMissed(): boolean {
    return this.#readable || this.#sticky
  }

  /** Returns the events that came while nothing was attached, and forgets them. */
  takeMissed(): { readable: boolean; sticky: boolean } {
    const missed = { readable: this.#readable, sticky: this.#sticky }
    this.#readable = false
    this.#sticky = false
    return missed
  }
}
