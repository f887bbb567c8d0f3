/** Unix streams. */
export type { UnixAddress as Address } from './address.js'
export { type UnixClientOptions as ClientOptions, UnixStreamClient as Client } from './client.js'
export { UnixStreamServer as Server } from './server.js'
export { pair, UnixStreamSocket as Socket } from './socket.js'
