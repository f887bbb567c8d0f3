import { SOCK_STREAM } from '../../constants/exported.generated.js'
import { withDialer } from '../../socket/dialer.js'
import { dialUnix } from '../../socket/unix-client.js'
import { UnixStreamSocket } from './socket.js'

/** A unix stream client. */
export class UnixStreamClient extends withDialer(UnixStreamSocket, dialUnix(SOCK_STREAM)) {}
