/** Servers go from one process to another without a refused connection: one offers them, the other takes them. */
export type { InheritedSocket, ServiceSocket } from '../inherited/adopt.js'
export type { ClassOf, Inherited, InheritedSockets } from '../inherited/sockets.js'
export type { HandoverConnection, HandoverOptions } from './line.js'
export { offer } from './offer.js'
export { type HandedOver, take } from './take.js'
