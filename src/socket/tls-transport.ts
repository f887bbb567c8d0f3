import type { X509Certificate } from 'node:crypto'
import { MSG_DONTWAIT } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import type { OpenFile } from '../descriptor/open-file.js'
import type { Engine } from '../engine/engine.js'
import type { Operation } from '../engine/operation.js'
import { systemError } from '../support/errors.js'
import { handshakeOperation } from '../tls/handshake.js'
import { certificateOperation } from '../tls/requested-certificate.js'
import { SendFileRecords } from '../tls/sendfile.js'
import type { TlsSession } from '../tls/session.js'
import { SessionOperation } from '../tls/session-operation.js'
import { LEAVES_MORE, LEAVES_NOTHING, type Rest, type Transport } from './transport.js'

/** TLS records in place of the system calls. */
export class TlsTransport implements Transport {
  readonly session: TlsSession

  /** @param engine - goes on with calls that wait when the session can proceed for other reasons than readiness. */
  constructor(session: TlsSession, engine: Engine) {
    this.session = session
    session.onProgress = () => engine.wake(true, true, false)
  }

  recv(fd: number, into: Uint8Array, offset: number, length: number, flags: number): number {
    refuseFlags('recv', flags)
    return this.session.read(fd, into, offset, length)
  }

  send(fd: number, from: Uint8Array, offset: number, length: number, flags: number): number {
    refuseFlags('send', flags)
    return this.session.write(fd, from, offset, length)
  }

  peek(fd: number): number {
    try {
      // The end, too, is something to receive.
      return this.session.peek(fd) || 1
    } catch {
      // The next receive throws it again.
      return 1
    }
  }

  leaves(): Rest {
    return this.session.isDrained ? LEAVES_NOTHING : LEAVES_MORE
  }

  nextMessage(): undefined {
    return undefined
  }

  get pendingBytes(): number {
    return this.session.pendingBytes
  }

  get wakeOnEither(): boolean {
    return true
  }

  sendfile(file: OpenFile, from: number, total: number | undefined): Operation<number> {
    return new SendFileRecords(this.session, file, from, total)
  }

  handshake(): Operation<void> {
    return handshakeOperation(this.session)
  }

  requestCertificate(): Operation<X509Certificate | undefined> {
    return certificateOperation(this.session)
  }

  end(): Operation<void> {
    const { session } = this
    return new SessionOperation<void>('close', session, (fd) => session.shutdown(fd))
  }

  closeNotify(): Operation<void> {
    const { session } = this
    return new SessionOperation<void>('close', session, (fd) => session.shutdownAll(fd))
  }

  requirePlain(syscall: string): never {
    throw systemError(sys.EOPNOTSUPP, syscall, { detail: 'TLS encrypts the connection' })
  }

  close(): void {
    this.session.close()
  }
}

/** Records have no flags: those of the system call could not take effect. */
function refuseFlags(syscall: string, flags: number): void {
  if ((flags & ~MSG_DONTWAIT) !== 0) throw systemError(sys.EOPNOTSUPP, syscall, { detail: 'flags, over TLS' })
}
