import type { AddrInfo } from '../address/addrinfo.js'
import { AF_UNIX, IPPROTO_TCP, TCP_FASTOPEN_CONNECT } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { type Operation, RETRY_AFTER_PAUSE } from '../engine/operation.js'
import { native, registers } from '../native/sockets.js'
import type { ErrorContext } from '../support/errors.js'
import { isolate } from '../support/record.js'

/** The kernel goes on connecting by itself, also after a signal (connect(2), POSIX). */
const UNDER_WAY: ReadonlySet<number> = new Set([sys.EINPROGRESS, sys.EINTR])

/** The `prepare` hook has begun to connect, as sendto(2) with MSG_FASTOPEN does. */
const BEGUN: ReadonlySet<number> = new Set([sys.EALREADY, sys.EISCONN])

/** connect(2), and how it ends. */
export class Connect implements Operation<void> {
  readonly pauseOn: ReadonlySet<number> | undefined
  readonly #ai: AddrInfo
  readonly #sockaddr: Buffer
  readonly #isUnix: boolean
  #isUnderWay = false

  constructor(ai: AddrInfo) {
    this.#ai = ai
    this.#sockaddr = ai.sockaddr
    this.#isUnix = ai.family === AF_UNIX
    this.pauseOn = this.#isUnix ? RETRY_AFTER_PAUSE : undefined
  }

  get syscall(): string {
    return 'connect'
  }

  attempt(fd: number): number {
    if (this.#isUnderWay) return progress(fd)
    const result = native.connectNonblocking(fd, this.#sockaddr)
    if (result === 0) return this.#isUnix ? 0 : refuseSelf(fd)
    const answer = BEGUN.has(-result) ? begun(fd, result) : result
    if (!UNDER_WAY.has(-answer)) return answer
    this.#isUnderWay = true
    return -sys.EINPROGRESS
  }

  finish(): undefined {
    return undefined
  }

  context(): ErrorContext {
    return this.#ai.context()
  }
}

isolate(Connect)

/** How far a connection has come that connect(2) did not begin: 0, `-EINPROGRESS`, or an error; the answer, if there is no connection. */
function begun(fd: number, answer: number): number {
  const state = progress(fd)
  if (state !== -sys.EINPROGRESS) return state
  if (answer === -sys.EISCONN) return waitsForData(fd) ? 0 : answer
  // A socket that is not being connected is writable: the next call says why it is of no use.
  return native.poll(fd, sys.POLLOUT, 0) === 0 ? state : answer
}

/** Whether a connection has no peer before the first send. */
function waitsForData(fd: number): boolean {
  return native.getsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, native.kinds.int) >= 0 && registers[0] === 1
}

/** How far a connection under way has come: `-EINPROGRESS`, 0, or `-errno`. */
function progress(fd: number): number {
  const error = native.connectError(fd)
  if (error !== 0) return error
  const peer = native.connectPeer(fd)
  return peer === -sys.ENOTCONN ? -sys.EINPROGRESS : peer
}

/**
 * Looks at a connection that connect(2) has reported. Without a peer it is one of TCP Fast Open, which sends its SYN with the first data,
 * or one that has ended already; the first call on it says which.
 */
function refuseSelf(fd: number): number {
  const peer = native.connectPeer(fd)
  return peer === -sys.ENOTCONN ? 0 : peer
}
