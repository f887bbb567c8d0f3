import { AF_UNIX, SOCK_SEQPACKET } from '../constants/exported.generated.js'
import { pair as lowPair } from '../llsocket/create.js'
import { wrapAs } from '../socket/adopt.js'
import { Chunks } from '../socket/iterator.js'
import { withUnix } from '../socket/pass-fd.js'
import { Socket } from '../socket/socket.js'

/**
 * A unix seqpacket socket: connected like a stream, with boundaries like datagrams, in order and without loss. An empty
 * message right before the end cannot be told from it, because the kernel says 0 for both. See unix(7).
 */
export class UnixSeqpacketSocket extends withUnix(Socket) {
  /** What arrives, record by record, until the peer has closed. Leaving the loop leaves the socket open. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Buffer> {
    return new Chunks(this)
  }
}

/**
 * Adopts an open seqpacket socket: it is closed with the object from now on, and made non-blocking and close-on-exec.
 * @throws EBADF, ENOTSOCK; EPROTOTYPE when it is a socket of another kind, or listens; EBUSY when it has an owner already.
 */
export async function wrap(fd: number): Promise<UnixSeqpacketSocket> {
  return new UnixSeqpacketSocket(wrapAs(fd, [AF_UNIX], SOCK_SEQPACKET, false))
}

/** Two seqpacket sockets that are connected with each other. See socketpair(2). */
export async function pair(): Promise<[UnixSeqpacketSocket, UnixSeqpacketSocket]> {
  const [a, b] = lowPair(SOCK_SEQPACKET, true)
  return [new UnixSeqpacketSocket(a), new UnixSeqpacketSocket(b)]
}
