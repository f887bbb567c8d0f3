/** TCP. */

export type { InetAddress as Address, InetAddrInfo } from '../../address/inet.js'
export { type InetClientOptions as ClientOptions, InetStreamClient as Client } from './client.js'
export { type InetServerOptions as ServerOptions, InetStreamServer as Server } from './server.js'
export { InetStreamSocket as Socket, wrap } from './socket.js'
