import type { X509Certificate } from 'node:crypto'
import type { Operation } from '../engine/operation.js'
import type { TlsSession } from './session.js'
import { SessionOperation } from './session-operation.js'

/** The request of a server for the certificate of its client, after the handshake, as an operation of the engine. */
export function certificateOperation(session: TlsSession): Operation<X509Certificate | undefined> {
  let isAsked = false
  const attempt = (fd: number): number => {
    const result = isAsked ? 0 : session.requestCertificate(fd)
    if (result < 0) return result
    isAsked = true
    return session.awaitCertificate(fd)
  }
  return new SessionOperation('requestCertificate', session, attempt, false, () => session.peerCertificate)
}
