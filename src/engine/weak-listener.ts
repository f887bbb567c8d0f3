import type { ReadyListener } from './poller.js'

/**
 * Hears for the engine, which it knows only while something waits, so that a socket that is lost can be collected. What comes in
 * between it remembers.
 */
export class Ear implements ReadyListener {
  #owner: ReadyListener | undefined
  #readable = false
  #lasting = false

  /** Something waits: the owner, until this is called with nothing. */
  listen(owner: ReadyListener | undefined): void {
    this.#owner = owner
  }

  ready(readable: boolean, writable: boolean, lasting: boolean): void {
    if (this.#owner !== undefined) return this.#owner.ready(readable, writable, lasting)
    if (readable) this.#readable = true
    if (lasting) this.#lasting = true
  }

  /** Whether there was something while nobody listened. */
  get missed(): boolean {
    return this.#readable || this.#lasting
  }

  /** What it was. */
  news(): { readable: boolean; lasting: boolean } {
    const news = { readable: this.#readable, lasting: this.#lasting }
    this.#readable = false
    this.#lasting = false
    return news
  }
}
