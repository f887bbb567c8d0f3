import { Chunks } from '../chunks.js'
import { SOCK_SEQPACKET } from '../constants.js'
import { pair as lowPair } from '../llsocket/factory.js'
import { Socket } from '../socket.js'
import { withUnix } from '../unix/rights.js'

/**
 * A unix seqpacket socket: connected like a stream, with boundaries like datagrams, in order and without loss. An empty
 * message cannot be told from the end, because the kernel says 0 for both. See unix(7).
 */
export class UnixSeqpacketSocket extends withUnix(Socket) {
  /** What arrives, record by record, until the peer has closed. Leaving the loop leaves the socket open. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Buffer> {
    return new Chunks(this)
  }
}

/** Two seqpacket sockets that are connected with each other. See socketpair(2). */
export async function pair(): Promise<[UnixSeqpacketSocket, UnixSeqpacketSocket]> {
  const [a, b] = lowPair(SOCK_SEQPACKET, true)
  return [new UnixSeqpacketSocket(a), new UnixSeqpacketSocket(b)]
}
