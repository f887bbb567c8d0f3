import type { AddrInfo } from '../address/addrinfo.js'
import { AF_UNIX, SO_ERROR, SOL_SOCKET } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { type Operation, RETRY_AFTER_PAUSE } from '../engine/operation.js'
import { native, registers } from '../native/sockets.js'
import type { ErrorContext } from '../support/errors.js'
import { isolate } from '../support/record.js'

/**
 * The kernel goes on connecting by itself: also after a signal (connect(2), POSIX), and where the `prepare` hook has begun it, as
 * sendto(2) with MSG_FASTOPEN does.
 */
const UNDER_WAY: ReadonlySet<number> = new Set([sys.EINPROGRESS, sys.EINTR, sys.EALREADY])

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
    const result = native.connect(fd, this.#sockaddr)
    if (result === 0 || result === -sys.EISCONN) return this.#isUnix ? 0 : refuseSelf(fd)
    if (!UNDER_WAY.has(-result)) return result
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

const peerName = Buffer.alloc(native.limits.sockaddr_max)
const localName = Buffer.alloc(native.limits.sockaddr_max)

/** How far a connection under way has come: `-EINPROGRESS`, 0, or `-errno`. SO_ERROR can be read only once, so it comes first. */
function progress(fd: number): number {
  const result = native.getsockopt(fd, SOL_SOCKET, SO_ERROR, native.kinds.int)
  if (result < 0) return result
  const errno = registers[0] ?? 0
  if (errno !== 0) return -errno
  const peer = native.getpeername(fd, peerName)
  if (peer === -sys.ENOTCONN) return -sys.EINPROGRESS
  return peer < 0 ? peer : compareNames(fd, peer)
}

/**
 * Looks at a connection that connect(2) has reported. Without a peer it is one of TCP Fast Open, which sends its SYN with the first data,
 * or one that has ended already; the first call on it says which.
 */
function refuseSelf(fd: number): number {
  const peer = native.getpeername(fd, peerName)
  if (peer === -sys.ENOTCONN) return 0
  return peer < 0 ? peer : compareNames(fd, peer)
}

/** A loopback connection to a free ephemeral port may meet itself: nothing listens there, so it counts as refused. */
function compareNames(fd: number, peerLength: number): number {
  const length = native.getsockname(fd, localName)
  const isSelf = length === peerLength && localName.subarray(0, length).equals(peerName.subarray(0, length))
  return isSelf && native.addressParts(peerName) !== AF_UNIX ? -sys.ECONNREFUSED : 0
}
