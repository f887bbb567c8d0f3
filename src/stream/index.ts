/** Streams: bytes in order, without boundaries, until the end. */
export * as inet from './inet/index.js'
export { StreamServer as Server } from './server.js'
export { StreamSocket as Socket } from './socket.js'
export * as unix from './unix/index.js'
