import { withListener } from '../listener.js'
import type { Socket as LowSocket } from '../llsocket/socket.js'
import { StreamSocket } from './socket.js'

/** A socket that listens for streams. */
export class StreamServer extends withListener(StreamSocket, StreamSocket) {}

export interface StreamServer {
  /** Makes the object of an accepted connection. To be overridden for connections of another class. */
  createConnection(sock: LowSocket): StreamSocket
}
