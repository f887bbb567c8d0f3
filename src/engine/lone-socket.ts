/** After so many batches in a row that are of one socket it counts as alone. */
const BATCHES_FIRST = 64
/** After so many at most, however often that was in vain. */
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
  /** False where that cannot be done at the moment. */
  putBack(watch: W): boolean
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

  /**
   * Notes a batch of one event.
   * @param wasOfUse - whether a call has taken what was there, and nothing stays: the state is reported as long as it lasts.
   */
  noteOne(watch: W, wasOfUse: boolean): void {
    if (watch === this.#current) this.#noteOwn(watch, wasOfUse)
    else {
      this.#charge()
      this.#noteCandidate(watch, wasOfUse)
    }
  }

  #noteOwn(watch: W, wasOfUse: boolean): void {
    this.#batches = 0
    if (wasOfUse) this.#credit = Math.min(this.#credit + 1, CREDIT_MAX)
    else if (this.putBack(watch)) this.#needed = Math.min(this.#needed * 2, BATCHES_MAX)
    if (this.#credit === CREDIT_MAX) this.#needed = BATCHES_FIRST
  }

  #noteCandidate(watch: W, wasOfUse: boolean): void {
    this.#batches = wasOfUse && watch === this.#last ? this.#batches + 1 : 0
    this.#last = watch
    if (this.#batches < this.#needed || !watch.isPlain) return
    this.#batches = 0
    if (this.#current !== undefined && !this.putBack(this.#current)) return
    this.#credit = 0
    if (this.#registry.setApart(watch)) this.#current = watch
    else this.#needed = BATCHES_MAX
  }

  /** Notes a batch of more than one. */
  noteOthers(): void {
    this.#batches = 0
    this.#charge()
  }

  #charge(): void {
    if (this.#current === undefined) return
    this.#credit -= PRICE_OF_OTHERS
    if (this.#credit < 0) this.putBack(this.#current)
  }

  /** Lets it be one among others. False where that cannot be done at the moment. */
  putBack(watch: W): boolean {
    if (!this.#registry.putBack(watch)) return false
    this.#current = undefined
    return true
  }

  /** Forgets a watch that ends. */
  forget(watch: W): void {
    if (this.#last === watch) this.#last = undefined
    if (this.#current === watch) this.#current = undefined
  }
}
