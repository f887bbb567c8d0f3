import type { AnyPending } from './pending.js'
import type { Gathered, Sendable } from './poller.js'

/** Takes the answer of a send that was gathered. */
interface Settler {
  settle(pending: AnyPending, answer: number): void
}

/** A call that sends, whose data leaves with that of others at the end of a batch. Then it is over, or waits as it would have without them. */
export class GatheredSend implements Gathered {
  readonly plainBytes: Uint8Array | undefined
  readonly sockaddr: Uint8Array | undefined
  readonly gathersAs: number
  readonly #pending: AnyPending
  readonly #settler: Settler

  constructor({ plainBytes, sockaddr, gathersAs }: Sendable, pending: AnyPending, settler: Settler) {
    this.plainBytes = plainBytes
    this.sockaddr = sockaddr
    this.gathersAs = gathersAs
    this.#pending = pending
    this.#settler = settler
  }

  /** No copies are needed: the caller must not change the data until the call is over. */
  answered(answer: number): void {
    this.#settler.settle(this.#pending, answer)
  }
}
