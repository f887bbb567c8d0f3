import { KeyObject, X509Certificate } from 'node:crypto'
import type { Data } from '../support/validate.js'
import * as validate from '../support/validate.js'

/** A certificate, key or revocation list: PEM as text or bytes, DER as bytes, or an object of `node:crypto`. */
export type PemOrDer = Data | KeyObject | X509Certificate

/** A certificate or key, or several: see {@link PemOrDer}. */
export type Pem = PemOrDer | readonly PemOrDer[]

/** The first byte of every DER file: the tag of an ASN.1 SEQUENCE. */
const DER_SEQUENCE = 0x30

/** Returns the bytes of a PEM or DER value. A value that is neither is usually the name of a file, and is refused. */
export function pemOrDer(name: string, value: unknown): Uint8Array {
  if (value instanceof X509Certificate) return value.raw
  if (value instanceof KeyObject) return exported(name, value)
  const bytes = filled(name, value)
  if (bytes[0] === DER_SEQUENCE || Buffer.from(bytes).includes('-----BEGIN ')) return bytes
  throw validate.invalidValue(name, 'is neither PEM nor DER (the name of a file is not read)', value)
}

function exported(name: string, key: KeyObject): Uint8Array {
  if (key.type !== 'private') throw validate.invalidValue(name, 'must be a private key', key)
  return key.export({ type: 'pkcs8', format: 'der' })
}

function filled(name: string, value: unknown): Uint8Array {
  const bytes = validate.bytes(name, value)
  if (bytes.length === 0) throw validate.invalidValue(name, 'must not be empty', value)
  return bytes
}

/**
 * Returns the bytes of one value or of each value of a list. An empty list is refused: it is more likely a filter that matched nothing than
 * a wish for no certificate.
 */
export function pemList(name: string, value: Pem | undefined): Uint8Array[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) return [pemOrDer(name, value)]
  if (value.length === 0) throw validate.invalidValue(name, 'must not be an empty list', value)
  return value.map((one, i) => pemOrDer(`${name}[${i}]`, one))
}
