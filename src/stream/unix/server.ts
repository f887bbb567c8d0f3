import { SOCK_STREAM } from '../../constants/exported.generated.js'
import type { Socket as LowSocket } from '../../llsocket/socket.js'
import { withPath } from '../../socket/unix-server.js'
import type { TlsSession } from '../../tls/session.js'
import { StreamServer } from '../server.js'
import { UnixStreamSocket } from './socket.js'

/**
 * A unix stream server.
 *
 * @example
 * const server = await stream.unix.Server.create({ path: '/run/app.sock' })
 * server.listen()
 * for await (const conn of server) serve(conn)
 */
export class UnixStreamServer extends withPath(StreamServer, SOCK_STREAM) {
  /** Makes the object of an accepted connection. To be overridden for connections of another class. */
  override createConnection(sock: LowSocket, tls?: TlsSession): UnixStreamSocket {
    return new UnixStreamSocket(sock, tls)
  }
}
