import type { Operation } from '../engine/operation.js'
import type { TlsSession } from './session.js'
import { SessionOperation } from './session-operation.js'

/** The handshake of a session as an operation that goes on by itself: it fails by nothing but the close of the socket. */
export function backgroundHandshake(session: TlsSession): Operation<void> {
  return new SessionOperation<void>('handshake', session, (fd) => session.advance(fd), true)
}

/** The handshake of a session as an operation of the engine. */
export function handshakeOperation(session: TlsSession): Operation<void> {
  return new SessionOperation<void>('handshake', session, (fd) => session.handshake(fd))
}
