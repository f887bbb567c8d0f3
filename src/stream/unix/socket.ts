import type { DuplexOptions } from 'node:stream'
import { UnixDuplex } from '../../adapters/node-stream.js'
import { AF_UNIX, SOCK_STREAM } from '../../constants/exported.generated.js'
import { pair as lowPair } from '../../llsocket/create.js'
import { wrapAs } from '../../socket/adopt.js'
import { Chunks } from '../../socket/iterator.js'
import { withUnix } from '../../socket/pass-fd.js'
import { StreamSocket } from '../socket.js'

/** A unix stream. See unix(7). */
export class UnixStreamSocket extends withUnix(StreamSocket) {
  /**
   * This socket as a Node stream that can also pass descriptors: `writeWithFds(bytes, fds)` and the event `'fds'`. It belongs to
   * the stream from now on.
   */
  override duplex(options?: DuplexOptions): UnixDuplex {
    // Over TLS no descriptor can go along: that stream has no method for it.
    return (this.encrypted ? super.duplex(options) : new UnixDuplex(this, options)) as UnixDuplex
  }

  /** What arrives, piece by piece, until the peer has closed. Leaving the loop leaves the socket open. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Buffer> {
    return new Chunks(this)
  }
}

/**
 * Adopts an open unix stream: it is closed with the object from now on, and made non-blocking and close-on-exec.
 * @throws EBADF, ENOTSOCK; EPROTOTYPE when it is a socket of another kind, or listens; EBUSY when it has an owner already.
 */
export async function wrap(fd: number): Promise<UnixStreamSocket> {
  return new UnixStreamSocket(wrapAs(fd, [AF_UNIX], SOCK_STREAM, false))
}

/** Two unix streams that are connected with each other. See socketpair(2). */
export async function pair(): Promise<[UnixStreamSocket, UnixStreamSocket]> {
  const [a, b] = lowPair(SOCK_STREAM, true)
  return [new UnixStreamSocket(a), new UnixStreamSocket(b)]
}
