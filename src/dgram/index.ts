/** Datagrams: messages with boundaries, each on its own. */
export * as inet from './inet.js'
export { getaddrinfoin } from './inet.js'
export { DgramSocket as Socket } from './socket.js'
export * as unix from './unix.js'
export { getaddrinfoun } from './unix.js'
