import { sys } from '../constants/lookup.js'

/**
 * What the network, or the peer of a unix socket, reports of a datagram that was sent earlier: the socket goes on as if nothing had happened.
 * See ip(7), "Error handling", and udp(7).
 */
const REPORTED: ReadonlySet<number> = new Set([
  sys.ECONNREFUSED,
  sys.ECONNRESET,
  sys.EHOSTUNREACH,
  sys.ENETUNREACH,
  sys.EHOSTDOWN,
  sys.ENONET,
  sys.ENETDOWN,
  sys.ENOPROTOOPT,
  sys.EPROTO,
  sys.EACCES,
  sys.EMSGSIZE,
])

const NONE: ReadonlySet<number> = new Set()

/** So many reports in a row, with pauses in between, and no datagram or wait: then it is not a report. */
const REPORTS_MAX = 100

/**
 * For loops, which one lost datagram must not end. After 16 reports in a row the engine pauses, and in the end the error is the answer, so
 * that a socket that does nothing else neither takes the processor nor goes unnoticed.
 */
export class Reports {
  #inARow = 0

  /** The errors after which the next datagram is to be received. */
  get retryOn(): ReadonlySet<number> {
    return this.#inARow <= REPORTS_MAX ? REPORTED : NONE
  }

  /** Looks at the answer of a receive, and returns it. */
  count(answer: number): number {
    this.#inARow = answer < 0 && REPORTED.has(-answer) ? this.#inARow + 1 : 0
    return answer
  }
}
