import type { ReadyListener } from './reactor.js'

/** Hears for another: it holds on to that one only while something waits, so that a socket that is lost can be collected. */
export class Ear implements ReadyListener {
  readonly #owner: WeakRef<ReadyListener>
  #awake: ReadyListener | undefined

  constructor(owner: ReadyListener) {
    this.#owner = new WeakRef(owner)
  }

  /** Something waits: the owner, until this is called with nothing. */
  listen(owner: ReadyListener | undefined): void {
    this.#awake = owner
  }

  ready(readable: boolean, writable: boolean, lasting: boolean): void {
    const owner = this.#awake ?? this.#owner.deref()
    owner?.ready(readable, writable, lasting)
  }
}
