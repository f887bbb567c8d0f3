import type { X509Certificate } from 'node:crypto'
import { MSG_DONTWAIT, SHUT_WR } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import type { Operation } from '../engine/operation.js'
import type { Socket as LowSocket } from '../llsocket/socket.js'
import { native } from '../native/sockets.js'
import type { Farewell } from '../socket/close.js'
import { Socket, type WaitOptions } from '../socket/socket.js'
import { check, systemError } from '../support/errors.js'
import { boolean, invalidType } from '../support/validate.js'
import type { TlsError } from '../tls/errors.js'
import { SendFile } from '../tls/sendfile.js'
import { handshakeOperation, TlsSession } from '../tls/session.js'
import type { Cipher } from '../tls/session-info.js'

/** What is no session would encrypt nothing; the socket stays its owner's then. */
function checkedFor(tls: unknown, sock: LowSocket | undefined): LowSocket | undefined {
  if (tls === undefined || tls instanceof TlsSession) return sock
  throw invalidType('tls', 'what createConnection() was given', tls)
}

/** In the clear there is nothing to agree on. */
const NO_HANDSHAKE: Operation<void> = { syscall: 'handshake', attempt: () => 0, finish: () => undefined }

/**
 * What a stream is with TLS, and without: then nothing encrypts it, and the questions below have no answer. The verbs are the same:
 * only what makes their system calls is another.
 */
export class TlsCapable extends Socket {
  #tls: TlsSession | undefined

  /** Takes over a synchronous socket; `tls` encrypts it, as a server's `createConnection` is given it. */
  constructor(sock?: LowSocket, tls?: TlsSession) {
    super(checkedFor(tls, sock))
    if (tls) this.attach(tls)
  }

  /** Is encrypted by this from now on, or is not. */
  protected override attach(tls: TlsSession | undefined): void {
    this.#tls = tls
    if (tls) tls.onProgress = () => this.wake()
  }

  /** Records take the place of recv(2). */
  protected override receiveInto(fd: number, into: Uint8Array, offset: number, length: number, flags: number): number {
    if (this.#tls === undefined) return super.receiveInto(fd, into, offset, length, flags)
    refuseFlags('recv', flags)
    return this.#tls.read(fd, into, offset, length)
  }

  /** Records take the place of send(2). */
  protected override transmit(fd: number, from: Uint8Array, offset: number, length: number, flags: number): number {
    if (this.#tls === undefined) return super.transmit(fd, from, offset, length, flags)
    refuseFlags('send', flags)
    return this.#tls.write(fd, from, offset, length)
  }

  /** Whether records wait for room. */
  protected override get holdsBack(): boolean {
    return this.#tls !== undefined && this.#tls.pendingBytes > 0
  }

  /** TLS reads in order to write, and the other way round. */
  protected override get eitherWay(): boolean {
    return this.#tls !== undefined
  }

  /** Whether neither the socket nor the session has more. */
  protected override tookAll(count: number, room: number): boolean {
    return this.#tls ? this.#tls.isDrained : super.tookAll(count, room)
  }

  /** Refuses what would go past TLS. */
  protected override plain(syscall: string): void {
    if (this.#tls) throw systemError(sys.EOPNOTSUPP, syscall, { detail: 'TLS encrypts the connection' })
  }

  /** The close_notify. */
  protected override farewell(): Farewell | undefined {
    const tls = this.#tls
    return tls && { operation: ending(tls), done: () => tls.close() }
  }

  /** A file that is to be sent as records; nothing without TLS. */
  protected encryptedFile(file: number, from: number, total: number): Operation<number> | undefined {
    return this.#tls && new SendFile(this.#tls, file, from, total)
  }

  /**
   * Does the TLS handshake, within the send deadline. The first verb would do it too. When it is done already, and without TLS,
   * there is nothing to do. A client has done it when it is connected.
   * @throws {@link TlsError}: the peer cannot be verified, speaks no TLS, or nothing that both accept.
   */
  handshake(options?: WaitOptions): Promise<void> {
    return this.write(() => (this.#tls ? handshakeOperation(this.#tls) : NO_HANDSHAKE), options)
  }

  /**
   * Ends sending, once everything before has left: the peer sees the end of the stream, and may still send. With TLS, where
   * `closew()` is refused, by close_notify; without it as `closew()`.
   */
  end(options?: WaitOptions): Promise<void> {
    return this.write(() => {
      if (this.#tls) return ending(this.#tls)
      return {
        syscall: 'shutdown',
        attempt: (fd) => check(native.shutdown(fd, SHUT_WR), 'shutdown'),
        finish: () => undefined,
      }
    }, options)
  }

  /** Uses fresh keys for what is sent from now on, and asks the peer to do so too if `askPeer` is true. TLS 1.3 only. */
  updateKeys(askPeer = false): void {
    boolean('askPeer', askPeer)
    this.use('updateKeys')
    if (this.#tls === undefined)
      throw systemError(sys.EOPNOTSUPP, 'updateKeys', { detail: 'nothing encrypts the connection' })
    this.#tls.updateKeys(askPeer)
  }

  /** Whether TLS encrypts what is sent and received. */
  get encrypted(): boolean {
    return this.#tls !== undefined
  }

  /** Whether the peer has shown a certificate that passed every check, with none left out. */
  get authorized(): boolean {
    return this.#tls?.isAuthorized ?? false
  }

  /** Why the peer cannot be verified, where the configuration tolerates that (`rejectUnauthorized: false`). */
  get authorizationError(): TlsError | null {
    return this.#tls?.authorizationError ?? null
  }

  /** The application protocol that both chose (ALPN). */
  get alpnProtocol(): string | undefined {
    return this.#tls?.alpnProtocol
  }

  /** The name that the client asked for (SNI). */
  get servername(): string | undefined {
    return this.#tls?.servername
  }

  /** The certificate of the peer. */
  getPeerCertificate(): X509Certificate | undefined {
    return this.#tls?.peerCertificate
  }

  /** The certificate of the peer and those that it sent along, in its order. */
  getPeerCertificates(): X509Certificate[] {
    return this.#tls?.certificates ?? []
  }

  /** The certificate that this side has shown. */
  getCertificate(): X509Certificate | undefined {
    return this.#tls?.ownCertificate
  }

  /** The cipher suite. */
  getCipher(): Cipher | undefined {
    return this.#tls?.cipher
  }

  /** `'TLSv1.3'`, once the handshake is done. */
  getProtocol(): string | undefined {
    return this.#tls?.protocol
  }

  /** Whether the handshake went on from a former session. */
  isSessionReused(): boolean {
    return this.#tls?.isReused ?? false
  }

  /**
   * Clients: what a later connection to the same server can begin with (`session` of its `tlscfg`). With TLS 1.3 it comes after the
   * handshake, along with the first data. It holds keys: keep it as one.
   */
  getSession(): Buffer | undefined {
    return this.#tls?.resumableSession
  }

  /** Clients: the OCSP response that the server has sent (DER). */
  getOCSPResponse(): Buffer | undefined {
    return this.#tls?.ocspResponse
  }

  /**
   * Keys for another protocol, bound to this connection. See RFC 5705, and RFC 8446 section 7.5.
   * @throws ENOTCONN before the handshake, EOPNOTSUPP without TLS.
   */
  exportKeyingMaterial(length: number, label: string, context?: Uint8Array): Buffer {
    this.use('exportKeyingMaterial')
    if (this.#tls) return this.#tls.exportKeyingMaterial(length, label, context)
    throw systemError(sys.EOPNOTSUPP, 'exportKeyingMaterial', { detail: 'nothing encrypts the connection' })
  }
}

function ending(tls: TlsSession): Operation<void> {
  return { syscall: 'close', attempt: (fd) => tls.shutdown(fd), finish: () => undefined, either: true }
}

/** TLS has records, and nothing that flags of the system call could be about. */
function refuseFlags(syscall: string, flags: number): void {
  if ((flags & ~MSG_DONTWAIT) !== 0) throw systemError(sys.EOPNOTSUPP, syscall, { detail: 'flags, over TLS' })
}
