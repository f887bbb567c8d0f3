// Records of one side of a connection, made by an attacker who knows its keys and breaks its rules.
import { createCipheriv, createHmac } from 'node:crypto'

const KEY = 16
const IV = 12
const TAG = 16
const HASH = 32

/** Types of records. */
export const ALERT = 21
export const HANDSHAKE = 22
export const DATA = 23

const u16 = (value: number): Buffer => Buffer.of(value >> 8, value & 0xff)

/** A record as it is on the wire. */
export const record = (type: number, content: Uint8Array, version = 0x0303): Buffer =>
  Buffer.concat([Buffer.of(type), u16(version), u16(content.length), content])

/** A handshake message. */
export const message = (type: number, body: Uint8Array): Buffer =>
  Buffer.concat([Buffer.of(type, 0), u16(body.length), body])

const hmac = (key: Uint8Array, ...parts: readonly Uint8Array[]): Buffer =>
  createHmac('sha256', key).update(Buffer.concat(parts)).digest()

/** HKDF-Expand-Label of RFC 8446, for what fits into one hash. */
function expand(secret: Uint8Array, label: string, length: number): Buffer {
  const name = Buffer.from(`tls13 ${label}`)
  return hmac(secret, u16(length), Buffer.of(name.length), name, Buffer.of(0, 1)).subarray(0, length)
}

/** AES-128-GCM. */
function seal(key: Uint8Array, nonce: Uint8Array, header: Uint8Array, content: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-128-gcm', key, nonce)
  cipher.setAAD(header)
  return Buffer.concat([cipher.update(content), cipher.final(), cipher.getAuthTag()])
}

/** A sender of TLS 1.3 with TLS_AES_128_GCM_SHA256. */
export class Forger {
  #secret: Buffer
  #count = 0n

  /** @param secret - a traffic secret, as the key log has it. */
  constructor(secret: Buffer) {
    this.#secret = secret
  }

  /** A record with this inside, sealed as it should be. */
  seal(type: number, content: Uint8Array, padding = 0): Buffer {
    return this.sealInner(Buffer.concat([content, Buffer.of(type), Buffer.alloc(padding)]))
  }

  /** The same with all that is inside given: content, type, padding. */
  sealInner(inner: Uint8Array): Buffer {
    const nonce = expand(this.#secret, 'iv', IV)
    nonce.writeBigUInt64BE(nonce.readBigUInt64BE(IV - 8) ^ this.#count++, IV - 8)
    const header = Buffer.concat([Buffer.of(DATA), u16(0x0303), u16(inner.length + TAG)])
    return Buffer.concat([header, seal(expand(this.#secret, 'key', KEY), nonce, header, inner)])
  }

  /** KeyUpdate; what follows is under the next keys. */
  updateKeys(asks: boolean): Buffer {
    const bytes = this.seal(HANDSHAKE, message(24, Buffer.of(asks ? 1 : 0)))
    this.#secret = expand(this.#secret, 'traffic upd', HASH)
    this.#count = 0n
    return bytes
  }

  /** Leaves out a number. */
  skip(): void {
    this.#count++
  }
}

/** The pseudorandom function of TLS 1.2 with SHA-256. */
function prf(secret: Uint8Array, seed: Uint8Array, length: number): Buffer {
  const parts: Buffer[] = []
  for (let a = hmac(secret, seed); parts.length * HASH < length; a = hmac(secret, a)) parts.push(hmac(secret, a, seed))
  return Buffer.concat(parts).subarray(0, length)
}

/** A client of TLS 1.2 with an AES-128-GCM suite that has done its handshake. */
export class OldForger {
  readonly #key: Buffer
  readonly #salt: Buffer
  /** The Finished message was the first. */
  #count = 1n

  constructor(master: Buffer, clientRandom: Buffer, serverRandom: Buffer) {
    const seed = Buffer.concat([Buffer.from('key expansion'), serverRandom, clientRandom])
    const block = prf(master, seed, 2 * KEY + 2 * 4)
    this.#key = block.subarray(0, KEY)
    this.#salt = block.subarray(2 * KEY, 2 * KEY + 4)
  }

  seal(type: number, content: Uint8Array): Buffer {
    const number = Buffer.alloc(8)
    number.writeBigUInt64BE(this.#count++)
    const header = Buffer.concat([number, Buffer.of(type), u16(0x0303), u16(content.length)])
    const sealed = seal(this.#key, Buffer.concat([this.#salt, number]), header, content)
    return record(type, Buffer.concat([number, sealed]))
  }
}
