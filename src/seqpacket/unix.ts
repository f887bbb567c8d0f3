/** Unix seqpacket sockets. */
export { UnixSeqpacketClient as Client } from './client.js'
export { UnixSeqpacketServer as Server } from './server.js'
export { pair, UnixSeqpacketSocket as Socket } from './socket.js'
