import { SOCK_SEQPACKET } from '../constants/exported.js'
import { withListener } from '../listener.js'
import type { Socket as LowSocket } from '../llsocket/socket.js'
import { Socket } from '../socket.js'
import { withPath } from '../unix/server.js'
import { UnixSeqpacketSocket } from './socket.js'

/** A unix seqpacket server. */
export class UnixSeqpacketServer extends withPath(withListener(Socket, UnixSeqpacketSocket), SOCK_SEQPACKET) {}

export interface UnixSeqpacketServer {
  /** Makes the object of an accepted connection. To be overridden for connections of another class. */
  createConnection(sock: LowSocket): UnixSeqpacketSocket
}
