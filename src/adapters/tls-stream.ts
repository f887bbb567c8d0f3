import type { X509Certificate } from 'node:crypto'
import type { DuplexOptions } from 'node:stream'
import type { Cipher } from '../tls/session-info.js'
import { type Done, type HalfClosing, type Queued, SocketDuplex } from './node-stream.js'

/** An encrypted stream socket: the properties that the adapter passes on. */
interface Encrypted extends HalfClosing {
  /** The application protocol that was negotiated (ALPN). */
  readonly alpnProtocol: string | undefined
  /** The name that the client asked for (SNI). */
  readonly servername: string | undefined
  /** Whether the peer has shown a certificate that passed every check. */
  readonly authorized: boolean
  /** Why the peer could not be verified. */
  readonly authorizationError: Error | null
  /** The certificate of the peer. */
  getPeerCertificate(): X509Certificate | undefined
  /** The cipher suite. */
  getCipher(): Cipher | undefined
  /** The protocol version. */
  getProtocol(): string | undefined
  /** The session that a later connection can resume. */
  getSession(): Buffer | undefined
  /** Whether the handshake resumed a session. */
  isSessionReused(): boolean
}

/** An encrypted socket as a Node stream, with the properties of `tls.TLSSocket` that libraries use. */
export class TlsDuplex extends SocketDuplex {
  /** Same as in `tls.TLSSocket`: always true. */
  readonly encrypted = true
  /** The socket, which this stream owns. */
  declare protected readonly socket: Encrypted

  /** Makes the stream: the same as `socket.duplex(options)`. */
  constructor(socket: Encrypted, options: DuplexOptions = {}) {
    super(socket, options)
  }

  /** Same as in `tls.TLSSocket`: the application protocol that was negotiated (ALPN), false for none. */
  get alpnProtocol(): string | false {
    return this.socket.alpnProtocol ?? false
  }

  /** Same as in `tls.TLSSocket`: the name that the client asked for (SNI), false for none. */
  get servername(): string | false {
    return this.socket.servername ?? false
  }

  /** Same as in `tls.TLSSocket`: whether the peer has shown a certificate that passed every check. */
  get authorized(): boolean {
    return this.socket.authorized
  }

  /** Same as in `tls.TLSSocket`: why the peer could not be verified; null if it could. */
  get authorizationError(): Error | null {
    return this.socket.authorizationError
  }

  /** Same as in `tls.TLSSocket`: the certificate of the peer. */
  getPeerX509Certificate(): X509Certificate | undefined {
    return this.socket.getPeerCertificate()
  }

  /** Same as in `tls.TLSSocket`: the cipher suite. */
  getCipher(): Cipher | undefined {
    return this.socket.getCipher()
  }

  /** Same as in `tls.TLSSocket`: the protocol version, such as `'TLSv1.3'`. */
  getProtocol(): string | undefined {
    return this.socket.getProtocol()
  }

  /** Same as in `tls.TLSSocket`: the session that a later connection can resume. */
  getSession(): Buffer | undefined {
    return this.socket.getSession()
  }

  /** Same as in `tls.TLSSocket`: whether the handshake resumed a session. */
  isSessionReused(): boolean {
    return this.socket.isSessionReused()
  }

  /** Called by Node to send all chunks that wait: joined, because each write makes a record of its own. */
  override _writev(queued: Queued[], done: Done): void {
    this._write(Buffer.concat(queued.map(({ chunk }) => chunk)), 'utf8', done)
  }
}
