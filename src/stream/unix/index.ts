/** Unix streams. */
export type { UnixAddress as Address } from '../../address/unix.js'
export type { UnixClientOptions as ClientOptions } from '../../socket/unix-client.js'
export type { UnixServerOptions as ServerOptions } from '../../socket/unix-server.js'
export { UnixStreamClient as Client } from './client.js'
export { UnixStreamServer as Server } from './server.js'
export { pair, UnixStreamSocket as Socket, wrap } from './socket.js'
