import { SOCK_SEQPACKET } from '../constants/exported.js'
import { withDialer } from '../dialer.js'
import { dialUnix } from '../unix/address.js'
import { UnixSeqpacketSocket } from './socket.js'

/** A unix seqpacket client. */
export class UnixSeqpacketClient extends withDialer(UnixSeqpacketSocket, dialUnix(SOCK_SEQPACKET)) {}
