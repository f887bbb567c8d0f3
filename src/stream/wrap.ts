import { AF_INET, AF_INET6, AF_UNIX, SOCK_STREAM } from '../constants/exported.generated.js'
import { wrapAs } from '../socket/adopt.js'
import { InetStreamSocket } from './inet/socket.js'
import { UnixStreamSocket } from './unix/socket.js'

/**
 * Adopts an open stream socket, of IPv4, IPv6 or unix: it is closed with the object from now on, and made non-blocking and
 * close-on-exec. `O_NONBLOCK` is shared with every duplicate of the descriptor.
 * @throws EBADF, ENOTSOCK; EPROTOTYPE when it is a socket of another kind, or listens (see `wrap` of the servers); EBUSY when an object of this library owns it already.
 */
export async function wrap(fd: number): Promise<InetStreamSocket | UnixStreamSocket> {
  const sock = wrapAs(fd, [AF_INET, AF_INET6, AF_UNIX], SOCK_STREAM, false)
  return sock.family() === AF_UNIX ? new UnixStreamSocket(sock) : new InetStreamSocket(sock)
}
