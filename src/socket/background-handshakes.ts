import { kHandle } from '../descriptor/handle.js'
import { setImmediate } from '../support/globals.js'
import type { AcceptedConnection } from '../tls/config.js'
import { backgroundHandshake } from '../tls/handshake.js'
import type { TlsSession } from '../tls/session.js'
import type { Channel } from './channel.js'

/** The most handshakes that go on by themselves at a time, and hold OpenSSL's buffers: 34 KB each. */
const HANDSHAKES_MAX = 1000

/** An accepted connection, with its channel. */
interface Accepted extends AcceptedConnection {
  readonly [kHandle]: Channel
}

/**
 * The handshakes of a server, which go on although no call on the connection asks for that: a client that waits for its handshake need not
 * wait for the user of the server. No call waits for them, so they do not keep the process alive; a handshake has no time but its
 * `handshakeTimeout`. When there are too many, the next one waits for room, or for the first call on its connection.
 */
export class BackgroundHandshakes {
  #running = 0
  /** Those that wait for room, in their order. */
  readonly #queue = new Map<Channel, TlsSession>()

  /** Begins in a later turn of the event loop: many connections may be accepted in this one, and the user may have calls to make before. */
  begin(conn: Accepted, session: TlsSession): void {
    session.reportFailureOf(conn)
    const channel = conn[kHandle]
    setImmediate(() => this.#start(channel, session))
  }

  #start(channel: Channel, session: TlsSession): void {
    if (!session.isUnfinished) return
    if (this.#running < HANDSHAKES_MAX) return void this.#run(channel, session)
    this.#queue.set(channel, session)
    session.outcome.onSettled = () => this.#queue.delete(channel)
  }

  async #run({ engine }: Channel, session: TlsSession): Promise<void> {
    this.#running++
    try {
      await engine.on('handshake').run(backgroundHandshake(session))
    } catch {
      // The connection was closed; or there is no memory or descriptor to wait with: the first call says so.
    }
    engine.forget('handshake')
    // It may have received what a call waits for, and that is announced by no event any more.
    engine.wake(true, true, false)
    this.#running--
    this.#startNext()
  }

  #startNext(): void {
    const [next] = this.#queue
    if (next === undefined) return
    const [channel, session] = next
    this.#queue.delete(channel)
    void this.#run(channel, session)
  }
}
