import type { Operation } from '../engine/operation.js'
import { record } from '../support/record.js'
import type { TlsSession } from './session.js'

/** The handshake of a session as an operation that goes on by itself: it fails by nothing but the close of the socket. */
export function backgroundHandshake(session: TlsSession): Operation<void> {
  return record({
    syscall: 'handshake',
    attempt: (fd: number) => session.advance(fd),
    finish: () => undefined,
    wakeOnEither: true,
    isBackground: true,
  })
}

/** The handshake of a session as an operation of the engine. */
export function handshakeOperation(session: TlsSession): Operation<void> {
  return record({
    syscall: 'handshake',
    attempt: (fd: number) => session.handshake(fd),
    finish: () => undefined,
    wakeOnEither: true,
  })
}
