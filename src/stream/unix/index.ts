/** Unix streams. */
export type { UnixAddress as Address, UnixClientOptions as ClientOptions } from '../../unix/address.js'
export type { UnixServerOptions as ServerOptions } from '../../unix/server.js'
export { UnixStreamClient as Client } from './client.js'
export { UnixStreamServer as Server } from './server.js'
export { pair, UnixStreamSocket as Socket, wrap } from './socket.js'
