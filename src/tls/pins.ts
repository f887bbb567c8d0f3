// Pins: the keys that a peer may have. A pin is the SHA-256 hash, in base64, of a public key as certificates contain it (the
// SubjectPublicKeyInfo of RFC 5280 in DER), as in RFC 7469 and in curl, OkHttp and others.

import { createHash, X509Certificate } from 'node:crypto'
import { nativeTls } from '../native/tls.js'
import * as validate from '../support/validate.js'

/** 32 bytes in base64, after the name of the hash that some write in front. */
const PIN = /^(?:sha256\/\/?)?([A-Za-z0-9+/]{43}=)$/

/** Checks a list of pins, and returns them without a name in front. */
export function pinList(name: string, value: unknown): string[] {
  if (!Array.isArray(value)) throw validate.invalidType(name, 'a list of pins', value)
  if (value.length === 0) throw validate.invalidValue(name, 'must not be an empty list', value)
  return value.map((pin, i) => {
    const [, hash] = PIN.exec(validate.string(`${name}[${i}]`, pin)) ?? []
    if (hash !== undefined) return hash
    throw validate.invalidValue(`${name}[${i}]`, 'must be the SHA-256 hash of a public key, in base64', pin)
  })
}

/** The pin of a certificate in DER form. */
export function pinOfDer(der: Uint8Array): string {
  const key = nativeTls().certificateKey(der)
  return createHash('sha256')
    .update(key ?? Buffer.alloc(0))
    .digest('base64')
}

/**
 * Returns the pin of a certificate: the SHA-256 hash of its public key in base64, as `pins` of a `tlscfg` has it. It stays the same when
 * a certificate is renewed for the same key.
 * @param cert - the certificate.
 */
export function pinOf(cert: X509Certificate): string {
  if (!(cert instanceof X509Certificate))
    throw validate.invalidType('cert', 'an instance of X509Certificate of node:crypto', cert)
  return pinOfDer(cert.raw)
}
