import { AF_UNIX } from '../constants/exported.generated.js'
import type { Socket as LowSocket } from '../llsocket/socket.js'
import { withListener } from '../socket/listener.js'
import type { TlsConfig } from '../tls/config.js'
import { type Context, contextOf } from '../tls/context.js'
import { TlsSession } from '../tls/session.js'
import { StreamSocket } from './socket.js'

/** A socket that listens for streams. */
export class StreamServer extends withListener(StreamSocket, StreamSocket) {
  #context: Context | undefined

  /**
   * Encrypts every connection that is accepted from now on, by what `tlscfg` of `create()` would say: also to change certificates
   * while the server runs. Connections that stand keep theirs. The handshake runs when a connection is first used.
   * @throws TypeError or {@link TlsError} for what is no configuration of a server; then everything stays as it was.
   */
  secure(tlscfg: TlsConfig | Context): void {
    this.#context = contextOf(tlscfg, true)
  }

  /** The TLS of the next connection. */
  protected override encrypting(): TlsSession | undefined {
    return this.#context && new TlsSession(this.#context, { shortIsAll: this.family() !== AF_UNIX })
  }
}

export interface StreamServer {
  /** Makes the object of an accepted connection. To be overridden for connections of another class. */
  createConnection(sock: LowSocket, tls?: TlsSession): StreamSocket
}
