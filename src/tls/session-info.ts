import { X509Certificate } from 'node:crypto'
import { sys } from '../constants/lookup.js'
import type { NativeTls, TlsHandle } from '../native/tls.js'
import { systemError } from '../support/errors.js'
import * as validate from '../support/validate.js'
import { reasonError } from './errors.js'

/** The cipher suite of a connection. */
export interface Cipher {
  /** OpenSSL's name of it: `'ECDHE-RSA-AES128-GCM-SHA256'`. */
  name: string
  /** The name in the standards: `'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'`. */
  standardName: string
  /** The version of TLS that introduced it. */
  version: string
}

/** The longest label that the key schedule of TLS 1.3 has room for, in bytes: RFC 8446, section 7.1. */
const LABEL_MAX = 249

/** The properties of a TLS connection. Once it is closed, all of them are undefined, empty or false. */
export class SessionInfo {
  /**
   * Whether the session is freed.
   * @internal
   */
  protected closed = false
  /**
   * Whether the handshake is done.
   * @internal
   */
  protected established = false
  /**
   * The last resumable session that the server sent.
   * @internal
   */
  protected lastSession: Buffer | undefined

  /**
   * The addon; of a session within another one with calls of its own for what moves data.
   * @internal
   */
  protected tls: NativeTls
  /**
   * The session in the addon.
   * @internal
   */
  protected readonly handle: TlsHandle

  /** @internal */
  protected constructor(tls: NativeTls, handle: TlsHandle) {
    this.tls = tls
    this.handle = handle
  }

  /** The certificate of the peer, followed by the others that it sent, in its order. */
  get certificates(): X509Certificate[] {
    return this.chain.map((der) => new X509Certificate(der))
  }

  /** The certificate of the peer; undefined if it has shown none. */
  get peerCertificate(): X509Certificate | undefined {
    const [der] = this.chain
    return der && new X509Certificate(der)
  }

  /**
   * The certificates of the peer in DER form.
   * @internal
   */
  protected get chain(): Buffer[] {
    return this.#ask((tls, handle) => tls.sessionCertificates(handle)) ?? []
  }

  /** The certificate that this side has shown. */
  get ownCertificate(): X509Certificate | undefined {
    const der = this.#ask((tls, handle) => tls.sessionOwnCertificate(handle))
    return der && new X509Certificate(der)
  }

  /** The cipher suite. */
  get cipher(): Cipher | undefined {
    const triple = this.#ask((tls, handle) => tls.sessionCipher(handle))
    if (triple === undefined) return undefined
    const [name, standardName = name, version] = triple
    return { name, standardName, version }
  }

  /** The protocol version, such as `'TLSv1.3'`, once the handshake is done. */
  get protocol(): string | undefined {
    return this.established ? this.#ask((tls, handle) => tls.sessionProtocol(handle)) : undefined
  }

  /** The application protocol that was negotiated (ALPN). */
  get alpnProtocol(): string | undefined {
    return this.#ask((tls, handle) => tls.sessionAlpn(handle))
  }

  /** The name that the client asked for (SNI). */
  get servername(): string | undefined {
    return this.#ask((tls, handle) => tls.sessionServername(handle))
  }

  /** The identity of the pre-shared key by which both sides were authenticated. */
  get pskIdentity(): string | undefined {
    return this.established ? this.#ask((tls, handle) => tls.sessionPskIdentity(handle)) : undefined
  }

  /** Whether the handshake resumed a former session. */
  get isReused(): boolean {
    return this.#ask((tls, handle) => tls.sessionIsReused(handle)) === 1
  }

  /** The session that a later connection can resume. With TLS 1.3 it arrives after the handshake, with the first data. */
  get resumableSession(): Buffer | undefined {
    return this.#ask((tls, handle) => tls.sessionResumption(handle)) ?? this.lastSession
  }

  /** The OCSP response that the server has stapled, in DER form. */
  get ocspResponse(): Buffer | undefined {
    return this.#ask((tls, handle) => tls.sessionOcspResponse(handle))
  }

  /**
   * Exports key material for another protocol, bound to this connection. See RFC 5705, and RFC 8446 section 7.5.
   * @param length - bytes to export, 1 to 65535.
   * @param label - the name of the use, registered with IANA; 249 bytes at most.
   * @param context - further input of the derivation; none and an empty one differ with TLS 1.2.
   * @returns the key material.
   * @throws ENOTCONN before the handshake is done.
   */
  exportKeyingMaterial(length: number, label: string, context?: Uint8Array): Buffer {
    const into = Buffer.alloc(validate.integer('length', length, 1, 0xffff))
    const text = validate.textWithoutNul('label', label, LABEL_MAX)
    const bytes = context === undefined ? undefined : validate.bytes('context', context)
    if (!this.established) throw systemError(sys.ENOTCONN, 'exportKeyingMaterial', { detail: 'no handshake yet' })
    if (this.tls.sessionExport(this.handle, into, text, bytes) !== 0)
      throw reasonError('exportKeyingMaterial', this.tls.lastReason())
    return into
  }

  #ask<T>(question: (tls: NativeTls, handle: TlsHandle) => T): T | undefined {
    return this.closed ? undefined : question(this.tls, this.handle)
  }
}
