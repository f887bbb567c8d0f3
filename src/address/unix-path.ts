import { types } from 'node:util'
import * as validate from '../support/validate.js'

const UTF8 = new TextDecoder('utf-8', { fatal: true })

/** A path or abstract name as text, or as the bytes that it is if they are not valid UTF-8. */
export function textOrBytes(name: Buffer): string | Buffer {
  try {
    return UTF8.decode(name)
  } catch {
    return name
  }
}

/** The bytes of a path or abstract name. */
export function pathBytes(path: unknown): Buffer {
  if (typeof path === 'string') return Buffer.from(path)
  if (!types.isUint8Array(path)) throw validate.invalidType('path', 'of type string or an instance of Uint8Array', path)
  return Buffer.from(validate.view('path', path))
}

/** A path or abstract name in the usual notation: `@` for the first NUL of an abstract one, `\x1b` for other control characters. */
export function pathText(path: string | Buffer): string {
  const text = typeof path === 'string' ? path : path.toString('latin1')
  return (text.startsWith('\0') ? `@${text.slice(1)}` : text).replace(
    /\p{Cc}/gu,
    (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
}
