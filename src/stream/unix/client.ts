import { SOCK_STREAM } from '../../constants/exported.js'
import { withDialer } from '../../dialer.js'
import { dialUnix } from '../../unix/address.js'
import { UnixStreamSocket } from './socket.js'

/** A unix stream client. */
export class UnixStreamClient extends withDialer(UnixStreamSocket, dialUnix(SOCK_STREAM)) {}
