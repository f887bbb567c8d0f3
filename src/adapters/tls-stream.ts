import type { X509Certificate } from 'node:crypto'
import type { DuplexOptions } from 'node:stream'
import type { Cipher } from '../tls/session-info.js'
import { type Done, type HalfClosing, type Queued, SocketDuplex } from './node-stream.js'

/** A stream over TLS. */
interface Encrypted extends HalfClosing {
  /** The protocol that both chose. */
  readonly alpnProtocol: string | undefined
  /** The name that the client asked for. */
  readonly servername: string | undefined
  /** Whether the peer was verified. */
  readonly authorized: boolean
  /** Why it was not. */
  readonly authorizationError: Error | null
  /** Its certificate. */
  getPeerCertificate(): X509Certificate | undefined
  /** The cipher suite. */
  getCipher(): Cipher | undefined
  /** The protocol's version. */
  getProtocol(): string | undefined
  /** What a later connection can begin with. */
  getSession(): Buffer | undefined
  /** Whether it began with such. */
  isSessionReused(): boolean
}

/** A socket with TLS as a Node stream, with what libraries look for on a `tls.TLSSocket`. */
export class TlsDuplex extends SocketDuplex {
  /** As of `tls.TLSSocket`. */
  readonly encrypted = true
  /** What is below; it belongs to this stream. */
  declare protected readonly socket: Encrypted

  /** The same as `socket.duplex(options)`. */
  constructor(socket: Encrypted, options: DuplexOptions = {}) {
    super(socket, options)
  }

  /** As of `tls.TLSSocket`: the protocol that both chose, false for none. */
  get alpnProtocol(): string | false {
    return this.socket.alpnProtocol ?? false
  }

  /** As of `tls.TLSSocket`: the name that the client asked for, false for none. */
  get servername(): string | false {
    return this.socket.servername ?? false
  }

  /** As of `tls.TLSSocket`: whether the peer was verified. */
  get authorized(): boolean {
    return this.socket.authorized
  }

  /** As of `tls.TLSSocket`: why it was not. */
  get authorizationError(): Error | null {
    return this.socket.authorizationError
  }

  /** As `getPeerX509Certificate()` of `tls.TLSSocket`. */
  getPeerX509Certificate(): X509Certificate | undefined {
    return this.socket.getPeerCertificate()
  }

  /** As of `tls.TLSSocket`. */
  getCipher(): Cipher | undefined {
    return this.socket.getCipher()
  }

  /** As of `tls.TLSSocket`. */
  getProtocol(): string | undefined {
    return this.socket.getProtocol()
  }

  /** As of `tls.TLSSocket`. */
  getSession(): Buffer | undefined {
    return this.socket.getSession()
  }

  /** As of `tls.TLSSocket`. */
  isSessionReused(): boolean {
    return this.socket.isSessionReused()
  }

  /** Records of their own for each piece would be many small ones. */
  override _writev(queued: Queued[], done: Done): void {
    this._write(Buffer.concat(queued.map(({ chunk }) => chunk)), 'utf8', done)
  }
}
