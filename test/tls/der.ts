/**
 * ASN.1 in DER, as far as certificates need it: enough to write them, odd ones included, byte by byte. A value is a Buffer with its
 * tag and length; what contains others takes them as arguments. See X.690.
 */

const SHORT_LENGTH = 0x80
const CONSTRUCTED = 0x20
const CONTEXT = 0x80

function lengthOf(content: Buffer): Buffer {
  if (content.length < SHORT_LENGTH) return Buffer.of(content.length)
  const hex = content.length.toString(16)
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex')
  return Buffer.concat([Buffer.of(SHORT_LENGTH | bytes.length), bytes])
}

/** Any value: a tag, and what it contains. */
export function tagged(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.of(tag), lengthOf(content), content])
}

export const sequence = (...parts: readonly Uint8Array[]): Buffer => tagged(0x30, ...parts)
export const set = (...parts: readonly Uint8Array[]): Buffer => tagged(0x31, ...parts)
export const octets = (bytes: Uint8Array): Buffer => tagged(0x04, bytes)
export const boolean = (value: boolean): Buffer => tagged(0x01, Buffer.of(value ? 0xff : 0))
export const enumerated = (value: number): Buffer => tagged(0x0a, Buffer.of(value))
export const nothing = (): Buffer => tagged(0x05)
export const utf8 = (text: string): Buffer => tagged(0x0c, Buffer.from(text))

/** `[n]` around values: explicit, or implicit for what is constructed. */
export const context = (n: number, ...parts: readonly Uint8Array[]): Buffer =>
  tagged(CONTEXT | CONSTRUCTED | n, ...parts)

/** `[n]` in place of a primitive's own tag. */
export const implicit = (n: number, bytes: Uint8Array): Buffer => tagged(CONTEXT | n, bytes)

/** A number that is not negative. */
export function integer(value: number | bigint): Buffer {
  const hex = value.toString(16)
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex')
  return tagged(0x02, (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes)
}

/** Bits, the first at the top; `unused` of the last byte do not count. */
export const bits = (bytes: Uint8Array, unused = 0): Buffer => tagged(0x03, Buffer.of(unused), bytes)

/** Bits by their numbers, as short as DER wants it. */
export function namedBits(...numbers: readonly number[]): Buffer {
  const last = Math.max(...numbers)
  const bytes = Buffer.alloc((last >> 3) + 1)
  for (const n of numbers) bytes[n >> 3] = (bytes[n >> 3] ?? 0) | (0x80 >> (n & 7))
  return bits(bytes, 7 - (last & 7))
}

/** An object identifier from its dotted form. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return tagged(0x06, Buffer.from([first * 40 + second, ...rest].flatMap(base128)))
}

function base128(value: number): number[] {
  const digits = [value & 0x7f]
  for (let left = Math.floor(value / 128); left > 0; left = Math.floor(left / 128)) digits.unshift((left & 0x7f) | 0x80)
  return digits
}

const digitsOf = (date: Date): string => date.toISOString().replace(/\.\d+|[-:T]/g, '')

/** GeneralizedTime: four digits of the year. */
export const generalTime = (date: Date): Buffer => tagged(0x18, Buffer.from(digitsOf(date)))

/** A time as X.509 has it: two digits of the year up to 2049. */
export function time(date: Date): Buffer {
  const year = date.getUTCFullYear()
  return year < 1950 || year > 2049 ? generalTime(date) : tagged(0x17, Buffer.from(digitsOf(date).slice(2)))
}

/** What a value contains. */
export function contentOf(value: Buffer): Buffer {
  const [start, end] = boundsOf(value, 0)
  return value.subarray(start, end)
}

/** The values directly inside of one. */
export function children(value: Buffer): Buffer[] {
  const found: Buffer[] = []
  const [start, end] = boundsOf(value, 0)
  for (let at = start; at < end; at = boundsOf(value, at)[1]) found.push(value.subarray(at, boundsOf(value, at)[1]))
  return found
}

/** Where the content of the value at `at` begins, and where it ends. */
function boundsOf(bytes: Buffer, at: number): [start: number, end: number] {
  const first = bytes[at + 1] ?? 0
  if (first < SHORT_LENGTH) return [at + 2, at + 2 + first]
  const start = at + 2 + (first & 0x7f)
  return [start, start + bytes.readUIntBE(at + 2, start - at - 2)]
}

/** PEM with that label. */
export function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
