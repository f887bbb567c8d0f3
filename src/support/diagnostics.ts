// What is reported to observers, by channels of node:diagnostics_channel and by NODE_DEBUG=berkeley. A channel without subscribers costs nothing: one
// property is asked where something is opened or closed, and none where data moves.
import { type Channel, channel } from 'node:diagnostics_channel'
import { debuglog, inspect } from 'node:util'
import { nextTick } from './globals.js'
import { record } from './record.js'

/** An address, as AddrInfo has it. */
export interface DiagnosticsAddress {
  /** `AF_*`. */
  readonly family: number
  /** The address of an IP socket. */
  readonly addr: string | undefined
  /** Its port. */
  readonly port: number | undefined
  /** The path of a unix socket. */
  readonly path: string | Buffer | undefined
}

/** What a failure is about. */
export interface DiagnosticsSubject {
  /** The socket, as the program has it. */
  socket: object
  /** The address that it was bound to when the call failed; absent when it was closed. */
  local?: DiagnosticsAddress
  /** The address of its peer; absent when it had none, as after a reset. */
  peer?: DiagnosticsAddress
}

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
    /** The system call or method that failed: `'recv'`. */
    operation: string
  } & Partial<DiagnosticsSubject>
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

/** Knows whose a descriptor is. */
interface Source {
  /** Says what a failure of it is about. */
  subject?(): DiagnosticsSubject | undefined
}

/** An error of a call. */
interface Failure extends Error {
  /** The call. */
  readonly syscall: string
}

/** What errors are about that have yet to be published. */
const subjects = new WeakMap<Error, DiagnosticsSubject>()

/** Notes what an error is about, if the channel has subscribers. */
export function attributeError(error: unknown, source: Source): void {
  if (!errors.hasSubscribers || !(error instanceof Error) || subjects.has(error)) return
  const subject = source.subject?.()
  if (subject !== undefined) subjects.set(error, subject)
}

/** Tells of an error, when nothing is in the middle of it any longer: a subscriber may do anything. */
export function announceError(error: Failure): void {
  if (!errors.hasSubscribers) return
  const { syscall: operation } = error
  nextTick(() => publish<'berkeley.error'>(errors, { error, operation, ...subjects.get(error) }))
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
  log(errors, ({ error, socket }: DiagnosticsMessages['berkeley.error']) =>
    socket === undefined ? `error ${String(error)}` : `error ${String(error)} of ${inspect(socket)}`,
  )
}
