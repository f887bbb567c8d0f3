/** Seqpackets: messages with boundaries, over a connection. */

export * as any from './any.js'
export * as unix from './unix.js'
