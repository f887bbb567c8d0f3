/** Unix streams. */
export type { UnixAddress as Address, UnixClientOptions as ClientOptions } from '../../unix/address.js'
export { UnixStreamClient as Client } from './client.js'
export { UnixStreamServer as Server } from './server.js'
export { pair, UnixStreamSocket as Socket } from './socket.js'
