/** After so many batches in a row that are of one socket it counts as alone. */
const BATCHES_FIRST = 64
/** After so many at most, however often it could not be set apart. */
const BATCHES_MAX = 4096

/** So many of its own events make up for one batch of others. */
const PRICE_OF_OTHERS = 8
const CREDIT_MAX = 64

/** What decides of a watch whether it may be alone. */
export interface LoneWatch {
  /** Whether it waits for nothing but what comes, as it comes. */
  readonly isPlain: boolean
}

/** Registers a socket for itself, and as one among others. */
export interface LoneRegistry<W> {
  /** False where that cannot be done. */
  setApart(watch: W): boolean
  putBack(watch: W): void
}

/**
 * Decides which socket is watched for itself, if one alone is active: by the event loop, which spares a call of epoll_wait(2) for each event.
 * As soon as others are active too, it is one of them again: what comes together is cheaper to handle together.
 */
export class LoneSocket<W extends LoneWatch> {
  readonly #registry: LoneRegistry<W>
  #current: W | undefined
  /** What the last batch was of, if of one only. */
  #last: W | undefined
  /** How many in a row that were. */
  #batches = 0
  #needed = BATCHES_FIRST
  #credit = 0

  constructor(registry: LoneRegistry<W>) {
    this.#registry = registry
  }

  /** Whether it is this one. */
  is(watch: W): boolean {
    return this.#current === watch
  }

  /** Notes a batch of one event. */
  noteOne(watch: W): void {
    if (watch === this.#current) this.#noteOwn()
    else {
      this.#charge()
      this.#noteCandidate(watch)
    }
  }

  #noteOwn(): void {
    this.#batches = 0
    if (this.#credit < CREDIT_MAX) this.#credit++
  }

  #noteCandidate(watch: W): void {
    this.#batches = watch === this.#last ? this.#batches + 1 : 0
    this.#last = watch
    if (this.#batches < this.#needed || !watch.isPlain) return
    this.#batches = 0
    if (this.#current !== undefined) this.#putBack(this.#current)
    this.#setApart(watch)
  }

  #setApart(watch: W): void {
    if (this.#registry.setApart(watch)) {
      this.#current = watch
      this.#credit = 0
      this.#needed = BATCHES_FIRST
    } else this.#needed = Math.min(this.#needed * 2, BATCHES_MAX)
  }

  /** Notes a batch of more than one. */
  noteOthers(): void {
    this.#batches = 0
    this.#charge()
  }

  #charge(): void {
    if (this.#current === undefined) return
    this.#credit -= PRICE_OF_OTHERS
    if (this.#credit < 0) this.#putBack(this.#current)
  }

  /** Lets it be one among others. */
  #putBack(watch: W): void {
    this.#current = undefined
    this.#registry.putBack(watch)
  }

  /** Forgets a watch that ends, or is no longer apart. */
  forget(watch: W): void {
    if (this.#last === watch) this.#last = undefined
    if (this.#current === watch) this.#current = undefined
  }
}
