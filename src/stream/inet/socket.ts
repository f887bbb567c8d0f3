import type { InetAddrInfo } from '../../address/inet.js'
import { AF_INET, AF_INET6, SOCK_STREAM } from '../../constants/exported.generated.js'
import { ipOptions, ipv6Options } from '../../options/index.js'
import { defineOptions, type OptionMethods } from '../../options/option.js'
import { wrapAs } from '../../socket/adopt.js'
import { Chunks } from '../../socket/iterator.js'
import { StreamSocket } from '../socket.js'

/**
 * Adopts an open TCP connection: it is closed with the object from now on, and made non-blocking and close-on-exec.
 * @throws EBADF, ENOTSOCK; EPROTOTYPE when it is a socket of another kind, or listens; EBUSY when it has an owner already.
 */
export async function wrap(fd: number): Promise<InetStreamSocket> {
  return new InetStreamSocket(wrapAs(fd, [AF_INET, AF_INET6], SOCK_STREAM, false))
}

/** A TCP connection over IPv4 or IPv6. See tcp(7). */
export class InetStreamSocket extends StreamSocket {
  /** What arrives, piece by piece, until the peer has closed. Leaving the loop leaves the socket open. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Buffer> {
    return new Chunks(this)
  }
}

export interface InetStreamSocket extends OptionMethods<typeof ipOptions>, OptionMethods<typeof ipv6Options> {
  /** The address that the socket is bound to. See getsockname(2). */
  getsockname(): InetAddrInfo
  /** The address of the peer. See getpeername(2). */
  getpeername(): InetAddrInfo
}
defineOptions(InetStreamSocket, ipOptions, ipv6Options)
