import { SOCK_SEQPACKET } from '../constants/exported.generated.js'
import type { Socket as LowSocket } from '../llsocket/socket.js'
import { withListener } from '../socket/listener.js'
import { Socket } from '../socket/socket.js'
import { withPath } from '../socket/unix-server.js'
import { UnixSeqpacketSocket } from './socket.js'

/** A unix seqpacket server. */
export class UnixSeqpacketServer extends withPath(withListener(Socket, UnixSeqpacketSocket), SOCK_SEQPACKET) {}

export interface UnixSeqpacketServer {
  /** Makes the object of an accepted connection. To be overridden for connections of another class. */
  createConnection(sock: LowSocket): UnixSeqpacketSocket
}
