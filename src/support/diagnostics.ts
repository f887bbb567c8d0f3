// What is reported to observers, by channels of node:diagnostics_channel and by NODE_DEBUG=berkeley. A channel without subscribers costs nothing: one
// property is asked where something is opened or closed, and none where data moves.
import { type Channel, channel } from 'node:diagnostics_channel'
import { debuglog, inspect } from 'node:util'
import { nextTick } from './globals.js'
import { record } from './record.js'

/** The messages of the channels, by name. */
export interface DiagnosticsMessages {
  /** An attempt of a client to connect is over; with TLS, after the handshake. */
  'berkeley.connect': {
    /** The client; connected if there is no error. */
    socket: object
    /** Why it failed. */
    error?: unknown
  }
  /** A server has accepted a connection; with TLS, before the handshake. */
  'berkeley.accept': {
    /** The connection. */
    socket: object
    /** The server. */
    server: object
  }
  /** A socket is about to be closed. It is still open, and can be asked for its names and options. */
  'berkeley.close': {
    /** The socket. */
    socket: object
  }
  /** A call has failed, also one whose failure the library copes with; published in a later tick. */
  'berkeley.error': {
    /** A SystemError, TimeoutError or TlsError. */
    error: Error
  }
}

type Name = keyof DiagnosticsMessages

const connects = channel('berkeley.connect')
const accepts = channel('berkeley.accept')
const closes = channel('berkeley.close')
const errors = channel('berkeley.error')

/** Messages are records: what anybody has put on Object.prototype is no property of theirs. */
function publish<N extends Name>(to: Channel, message: DiagnosticsMessages[N]): void {
  to.publish(record(message))
}

/** Tells that an attempt to connect has succeeded. */
export function announceConnected(socket: object): void {
  if (connects.hasSubscribers) publish<'berkeley.connect'>(connects, { socket })
}

/** Tells that an attempt to connect has failed. */
export function announceNotConnected(socket: object, error: unknown): void {
  if (connects.hasSubscribers) publish<'berkeley.connect'>(connects, { socket, error })
}

/** Tells of an accepted connection. */
export function announceAccepted(socket: object, server: object): void {
  if (accepts.hasSubscribers) publish<'berkeley.accept'>(accepts, { socket, server })
}

/** What was announced already: a subscriber may close the socket of the event. */
const closing = new WeakSet<object>()

/**
 * Tells that a socket is about to be closed, once.
 * @param connection - what is closed; a client can have several, one after the other.
 */
export function announceClose(socket: object, connection: object): void {
  if (!closes.hasSubscribers || closing.has(connection)) return
  closing.add(connection)
  publish<'berkeley.close'>(closes, { socket })
}

/** Tells of an error, when nothing is in the middle of it any longer: a subscriber may do anything. */
export function announceError(error: Error): void {
  if (errors.hasSubscribers) nextTick(() => publish<'berkeley.error'>(errors, { error }))
}

const debug = debuglog('berkeley')

if (debug.enabled) {
  const log = (to: Channel, line: (message: never) => string): void =>
    to.subscribe((message) => debug('%s', line(message as never)))
  log(connects, ({ socket, error }: DiagnosticsMessages['berkeley.connect']) =>
    error === undefined ? `connect ${inspect(socket)}` : `connect failed: ${String(error)}`,
  )
  log(accepts, ({ socket }: DiagnosticsMessages['berkeley.accept']) => `accept ${inspect(socket)}`)
  log(closes, ({ socket }: DiagnosticsMessages['berkeley.close']) => `close ${inspect(socket)}`)
  log(errors, ({ error }: DiagnosticsMessages['berkeley.error']) => `error ${String(error)}`)
}
