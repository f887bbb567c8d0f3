import { X509Certificate } from 'node:crypto'
import { sys } from '../constants/lookup.js'
import type { Handle, NativeTls } from '../native/tls.js'
import { systemError } from '../support/errors.js'
import * as validate from '../support/validate.js'
import { reasonError } from './errors.js'

/** The suite of a connection. */
export interface Cipher {
  /** OpenSSL's name of it: `'ECDHE-RSA-AES128-GCM-SHA256'`. */
  name: string
  /** The name in the standards: `'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'`. */
  standardName: string
  /** The version that it came with. */
  version: string
}

/** The longest label that the key schedule of TLS 1.3 has room for, in bytes: RFC 8446, section 7.1. */
const LABEL_MAX = 249

/** What can be asked of a connection with TLS. Once it is closed, nothing is known of it. */
export class SessionFacts {
  /** Everything about it is forgotten. */
  protected closed = false
  /** The handshake is done. */
  protected established = false
  /** What can be resumed: it came before the question. */
  protected lastSession: Buffer | undefined

  /** The addon. */
  protected readonly tls: NativeTls
  /** The session in the addon. */
  protected readonly handle: Handle

  protected constructor(tls: NativeTls, handle: Handle) {
    this.tls = tls
    this.handle = handle
  }

  /** The certificate of the peer, and those that it sent along. */
  get certificates(): X509Certificate[] {
    return this.chain.map((der) => new X509Certificate(der))
  }

  /** The first of them. */
  get peerCertificate(): X509Certificate | undefined {
    const [der] = this.chain
    return der && new X509Certificate(der)
  }

  /** The same as DER. */
  protected get chain(): Buffer[] {
    return this.#ask((tls, handle) => tls.sessionCertificates(handle)) ?? []
  }

  /** Our own. */
  get ownCertificate(): X509Certificate | undefined {
    const der = this.#ask((tls, handle) => tls.sessionOwnCertificate(handle))
    return der && new X509Certificate(der)
  }

  /** What encrypts it. */
  get cipher(): Cipher | undefined {
    const triple = this.#ask((tls, handle) => tls.sessionCipher(handle))
    if (triple === undefined) return undefined
    const [name, standardName = name, version] = triple
    return { name, standardName, version }
  }

  /** `'TLSv1.3'`. */
  get protocol(): string | undefined {
    return this.established ? this.#ask((tls, handle) => tls.sessionProtocol(handle)) : undefined
  }

  /** What both chose. */
  get alpnProtocol(): string | undefined {
    return this.#ask((tls, handle) => tls.sessionAlpn(handle))
  }

  /** The name that the client asked for. */
  get servername(): string | undefined {
    return this.#ask((tls, handle) => tls.sessionServername(handle))
  }

  /** Whether the handshake went on from a former session. */
  get isReused(): boolean {
    return this.#ask((tls, handle) => tls.sessionIsReused(handle)) === 1
  }

  /** What a later connection can begin with; of TLS 1.3 it comes with the first data. */
  get resumption(): Buffer | undefined {
    return this.#ask((tls, handle) => tls.sessionResumption(handle)) ?? this.lastSession
  }

  /** The OCSP response that the server sent. */
  get staple(): Buffer | undefined {
    return this.#ask((tls, handle) => tls.sessionStaple(handle))
  }

  /** Key material for another protocol. See RFC 5705, RFC 8446 section 7.5. */
  exportKeyingMaterial(length: number, label: string, context?: Uint8Array): Buffer {
    const into = Buffer.alloc(validate.integer('length', length, 1, 0xffff))
    const text = validate.textWithoutNul('label', label, LABEL_MAX)
    const bytes = context === undefined ? undefined : validate.bytes('context', context)
    if (!this.established) throw systemError(sys.ENOTCONN, 'exportKeyingMaterial', { detail: 'no handshake yet' })
    if (this.tls.sessionExport(this.handle, into, text, bytes) !== 0)
      throw reasonError('exportKeyingMaterial', this.tls.queueReason())
    return into
  }

  #ask<T>(question: (tls: NativeTls, handle: Handle) => T): T | undefined {
    return this.closed ? undefined : question(this.tls, this.handle)
  }
}
