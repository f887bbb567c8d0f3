/** Streams: bytes in order, without boundaries, until the end. */
import { lookupFor } from '../address/inet.js'
import { lookupUnixFor } from '../address/unix.js'
import { AF_INET, AF_INET6, AF_UNIX, IPPROTO_TCP, SOCK_STREAM } from '../constants/exported.generated.js'
import { adoptAs } from '../socket/create.js'
import { Socket as InetStreamSocket } from './inet.js'
import { Socket as UnixStreamSocket } from './unix.js'

export * as any from './any.js'
export * as inet from './inet.js'
export { StreamServer as Server } from './server.js'
export { type SendFileOptions, StreamSocket as Socket } from './socket.js'
export * as unix from './unix.js'

/**
 * The TCP addresses of a host and a port, in the order to try them.
 * @throws SystemError with an `EAI_*` code. See getaddrinfo(3).
 */
export const getaddrinfoin = lookupFor(SOCK_STREAM, IPPROTO_TCP)

/** The address of a unix stream's path or abstract name, as a list of one. */
export const getaddrinfoun = lookupUnixFor(SOCK_STREAM)

/**
 * Adopts an open stream socket, of IPv4, IPv6 or unix: it is closed with the object from now on, and made non-blocking and close-on-exec.
 * `O_NONBLOCK` is shared with every duplicate of the descriptor.
 * @param fd - the descriptor, which the object owns from now on.
 * @returns the socket, of the class for its family.
 * @throws EBADF, ENOTSOCK; EPROTOTYPE when it is a socket of another kind, or listens (see `wrap` of the servers); EBUSY when an object
 *   of this library owns it already.
 */
export async function wrap(fd: number): Promise<InetStreamSocket | UnixStreamSocket> {
  const sock = adoptAs(fd, [AF_INET, AF_INET6, AF_UNIX], SOCK_STREAM, false)
  return sock.family() === AF_UNIX ? new UnixStreamSocket(sock) : new InetStreamSocket(sock)
}
