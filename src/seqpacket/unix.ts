/** Unix seqpacket sockets. */
export type { UnixAddress as Address, UnixClientOptions as ClientOptions } from '../unix/address.js'
export type { UnixServerOptions as ServerOptions } from '../unix/server.js'
export { UnixSeqpacketClient as Client } from './client.js'
export { UnixSeqpacketServer as Server } from './server.js'
export { pair, UnixSeqpacketSocket as Socket, wrap } from './socket.js'
