/** Unix seqpacket sockets. */
export type { UnixAddress as Address } from '../address/unix.js'
export type { UnixClientOptions as ClientOptions } from '../socket/unix-client.js'
export type { UnixServerOptions as ServerOptions } from '../socket/unix-server.js'
export { UnixSeqpacketClient as Client } from './client.js'
export { UnixSeqpacketServer as Server } from './server.js'
export { pair, UnixSeqpacketSocket as Socket, wrap } from './socket.js'
