import { AF_UNIX, MSG_DONTWAIT, SOCK_STREAM } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { type Operation, WOULD_BLOCK } from '../engine/operation.js'
import { native } from '../native/sockets.js'
import { systemError } from '../support/errors.js'
import { isolate } from '../support/record.js'
import type { Channel } from './channel.js'
import { beginWait, type DirectionSettings, type WaitOptions } from './settings.js'
import { poll } from './transport.js'

/** Options of a call that waits for readiness alone. */
export type ReadinessOptions = WaitOptions

/** What a call may wait for without taking anything. */
export type Readiness = 'readable' | 'writable' | 'hangup' | 'urgent' | 'disconnected'

/** How a wait asks whether its condition holds: more than 0 if it does, or `-errno`. */
const ASK: Readonly<Record<Readiness, (channel: Channel, fd: number) => number>> = {
  readable: ({ transport }, fd) => transport.peek(fd),
  writable: askWritable,
  hangup: ({ kind }, fd) => {
    // The error queue of a connection may hold notes while it lives, and poll(2) calls them an error, too.
    const error = kind.socktype === SOCK_STREAM || kind.zeroMeansEof ? 0 : sys.POLLERR
    return only(poll(fd, sys.POLLRDHUP), sys.POLLRDHUP | sys.POLLHUP | error)
  },
  // Both directions are over: of a stream of which only the peer has ended this does not hold.
  disconnected: (_, fd) => only(poll(fd, 0), sys.POLLHUP),
  urgent: (_, fd) => {
    const answer = poll(fd, sys.POLLPRI | sys.POLLRDHUP)
    const isOver = answer > 0 && (answer & (sys.POLLRDHUP | sys.POLLHUP)) !== 0
    return isOver && (answer & sys.POLLPRI) === 0 ? -sys.ENODATA : only(answer, sys.POLLPRI)
  },
}

const NOTHING = new Uint8Array(0)

/** poll(2) never says POLLOUT for a full unix stream that is shut down for sending, where every send is EPIPE: one of nothing tells. */
function askWritable({ kind }: Channel, fd: number): number {
  const answer = poll(fd, sys.POLLOUT)
  if (answer !== WOULD_BLOCK || kind.family !== AF_UNIX || kind.socktype !== SOCK_STREAM) return answer
  return native.send(fd, NOTHING, 0, 0, MSG_DONTWAIT) < 0 ? sys.POLLERR : answer
}

/** The answer of poll(2), if it has one of the events. */
function only(answer: number, events: number): number {
  return answer > 0 && (answer & events) === 0 ? WOULD_BLOCK : answer
}

/** A wait for a condition, which poll(2) is asked about as a transfer would be attempted. */
class WaitForReadiness implements Operation<void> {
  readonly #channel: Channel
  readonly #readiness: Readiness

  constructor(channel: Channel, readiness: Readiness) {
    this.#channel = channel
    this.#readiness = readiness
  }

  get syscall(): string {
    return this.#readiness
  }

  get wakeOnEither(): boolean {
    return this.#readiness === 'readable' && this.#channel.transport.wakeOnEither
  }

  get needsRoom(): boolean {
    return this.#readiness === 'writable' || this.#channel.transport.pendingBytes > 0
  }

  check(): void {
    if (this.#readiness !== 'urgent') return
    this.#channel.transport.requirePlain('urgent')
    if (this.#channel.kind.preservesBoundaries)
      throw systemError(sys.EOPNOTSUPP, 'urgent', { detail: 'only streams have urgent data' })
  }

  attempt(fd: number): number {
    return ASK[this.#readiness](this.#channel, fd)
  }

  finish(): undefined {
    return undefined
  }
}

isolate(WaitForReadiness)

/** Waits until a condition holds: see `readable()`, `writable()` and `urgent()` of a socket. */
export function waitFor(
  channel: Channel,
  readiness: Readiness,
  settings: DirectionSettings | undefined,
  options: ReadinessOptions | undefined,
): Promise<void> {
  try {
    const wait = beginWait(settings, options)
    // Afterwards, because options are read by their getters, which may close the socket.
    channel.fd.use(readiness)
    const operation = new WaitForReadiness(channel, readiness)
    operation.check()
    return channel.engine.on(readiness).run(operation, wait)
  } catch (error) {
    return Promise.reject(error)
  }
}
