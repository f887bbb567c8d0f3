import type { X509Certificate } from 'node:crypto'
import type { Operation } from '../engine/operation.js'
import { record } from '../support/record.js'
import type { TlsSession } from './session.js'

/** The request of a server for the certificate of its client, after the handshake, as an operation of the engine. */
export function certificateOperation(session: TlsSession): Operation<X509Certificate | undefined> {
  let isAsked = false
  return record({
    syscall: 'requestCertificate',
    attempt(fd: number) {
      const result = isAsked ? 0 : session.requestCertificate(fd)
      if (result < 0) return result
      isAsked = true
      return session.awaitCertificate(fd)
    },
    finish: () => session.peerCertificate,
    wakeOnEither: true,
  })
}
