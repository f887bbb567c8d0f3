import type { X509Certificate } from 'node:crypto'
import type { Cipher } from '../tls/session-info.js'
import { duplexOptions } from './duplex-options.js'
import { kConnectEvents } from './net-socket.js'
import {
  type Done,
  type DuplexOptions,
  type HalfClosing,
  kIsEnd,
  kSocket,
  type Queued,
  SocketDuplex,
} from './node-stream.js'

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
  /** @internal */
  declare readonly [kSocket]: Encrypted
  readonly #allowTruncation: boolean

  /** Makes the stream: the same as `socket.duplex(options)`. */
  constructor(socket: Encrypted, options: DuplexOptions = {}) {
    const given = duplexOptions(options)
    super(socket, given)
    this.#allowTruncation = given.allowTruncation ?? false
  }

  /** @internal */
  override get [kConnectEvents](): readonly string[] {
    return [...super[kConnectEvents], 'secureConnect']
  }

  /** @internal */
  override [kIsEnd](error: unknown): boolean {
    return this.#isTruncation(error)
  }

  /** Called by Node at the end of the data: sends close_notify. */
  override _final(done: Done): void {
    // After an end without close_notify nothing can be sent.
    super._final((error) => done(this.#isTruncation(error) ? null : error))
  }

  /** Whether the established connection has ended without a close_notify, and may. */
  #isTruncation(error: unknown): boolean {
    const isTruncated = (error as { code?: unknown } | null | undefined)?.code === 'ERR_TLS_TRUNCATED'
    return isTruncated && this.#allowTruncation && this[kSocket].getProtocol() !== undefined
  }

  /** Same as in `tls.TLSSocket`: the application protocol that was negotiated (ALPN), false for none. */
  get alpnProtocol(): string | false {
    return this[kSocket].alpnProtocol ?? false
  }

  /** Same as in `tls.TLSSocket`: the name that the client asked for (SNI), false for none. */
  get servername(): string | false {
    return this[kSocket].servername ?? false
  }

  /** Same as in `tls.TLSSocket`: whether the peer has shown a certificate that passed every check. */
  get authorized(): boolean {
    return this[kSocket].authorized
  }

  /** Same as in `tls.TLSSocket`: why the peer could not be verified; null if it could. */
  get authorizationError(): Error | null {
    return this[kSocket].authorizationError
  }

  /**
   * Same as in `tls.TLSSocket`: the certificate of the peer.
   * @returns the certificate; undefined before the handshake, or when the peer has shown none.
   */
  getPeerX509Certificate(): X509Certificate | undefined {
    return this[kSocket].getPeerCertificate()
  }

  /**
   * Same as in `tls.TLSSocket`: the cipher suite.
   * @returns its names and protocol version; undefined before the handshake.
   */
  getCipher(): Cipher | undefined {
    return this[kSocket].getCipher()
  }

  /**
   * Same as in `tls.TLSSocket`: the protocol version, such as `'TLSv1.3'`.
   * @returns the version; undefined before the handshake.
   */
  getProtocol(): string | undefined {
    return this[kSocket].getProtocol()
  }

  /**
   * Same as in `tls.TLSSocket`: the session that a later connection can resume.
   * @returns the session; undefined when there is none to resume.
   */
  getSession(): Buffer | undefined {
    return this[kSocket].getSession()
  }

  /**
   * Same as in `tls.TLSSocket`: whether the handshake resumed a session.
   * @returns true when it did.
   */
  isSessionReused(): boolean {
    return this[kSocket].isSessionReused()
  }

  /** Called by Node to send all chunks that wait: joined, because each write makes a record of its own. */
  override _writev(queued: Queued[], done: Done): void {
    this._write(Buffer.concat(queued.map(({ chunk }) => chunk)), 'utf8', done)
  }
}
