/** Datagrams: messages with boundaries, each on its own. */
export type { Batch, Datagram } from '../message/batch.js'
export type { OutgoingDatagram } from '../message/send-batch.js'
export * as any from './any.js'
export * as inet from './inet.js'
export { getaddrinfoin } from './inet.js'
export { DgramSocket as Socket, type RecvManyOptions } from './socket.js'
export * as unix from './unix.js'
export { getaddrinfoun } from './unix.js'
