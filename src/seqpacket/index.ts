/** Seqpackets: messages with boundaries, over a connection. */
export * as unix from './unix.js'
