import { SOCK_STREAM } from '../../constants.js'
import { pair as lowPair } from '../../llsocket/factory.js'
import { withUnix } from '../../unix/rights.js'
import { StreamSocket } from '../socket.js'

/** A unix stream. See unix(7). */
export class UnixStreamSocket extends withUnix(StreamSocket) {}

/** Two unix streams that are connected with each other. See socketpair(2). */
export async function pair(): Promise<[UnixStreamSocket, UnixStreamSocket]> {
  const [a, b] = lowPair(SOCK_STREAM, true)
  return [new UnixStreamSocket(a), new UnixStreamSocket(b)]
}
