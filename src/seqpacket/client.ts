import { SOCK_SEQPACKET } from '../constants/exported.generated.js'
import { withDialer } from '../socket/dialer.js'
import { dialUnix } from '../socket/unix-client.js'
import { UnixSeqpacketSocket } from './socket.js'

/** A unix seqpacket client. */
export class UnixSeqpacketClient extends withDialer(UnixSeqpacketSocket, dialUnix(SOCK_SEQPACKET)) {}
