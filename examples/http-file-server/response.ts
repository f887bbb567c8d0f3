// What is answered: which status, which part of the file, which headers. By RFC 9110; nothing here reads or sends.
import type { Found } from './files.js'
import type { Request } from './request.js'

/** A part of a file. */
export interface Part {
  readonly offset: number
  readonly bytes: number
}

/** An answer: its head is to be sent, and then a part of the file or some text. */
export interface Response {
  readonly status: number
  readonly reason: string
  readonly headers: Readonly<Record<string, string | number>>
  /** The part of the file, if any of it. */
  readonly part?: Part
  /** Words instead of a file. */
  readonly text?: string
}

const MS = 1000

/** A date of HTTP, in seconds; NaN for anything else. */
function seconds(date: string | undefined): number {
  return Math.floor(Date.parse(date ?? '') / MS)
}

/** Whether the client has this version of the file already. The date counts only where it says nothing of tags. */
function isKnown({ headers }: Request, { etag, modified }: Found): boolean {
  const tags = headers.get('if-none-match')
  if (tags === undefined) return modified <= seconds(headers.get('if-modified-since'))
  return tags === '*' || tags.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag)
}

/** Whether the client goes on with the version that this is. A date will do only if it is exactly that of the file. */
function isSame(condition: string | undefined, { etag, modified }: Found): boolean {
  if (condition === undefined) return true
  return condition.startsWith('"') ? condition === etag : seconds(condition) === modified
}

/**
 * The one range that was asked for; `null` for one that the file does not have. Without a range, with several, or with
 * anything else in its place it is `undefined`, and the answer is the whole file: RFC 9110 leaves that to the server.
 */
function rangeOf({ method, headers }: Request, found: Found): Part | null | undefined {
  const match = /^bytes=[ \t]*([0-9]*)-([0-9]*)[ \t]*$/i.exec(headers.get('range') ?? '')
  if (match === null || method !== 'GET' || !isSame(headers.get('if-range'), found)) return undefined
  const [, first = '', last = ''] = match
  if (first === '') return last === '' ? undefined : suffix(Number(last), found.size)
  const offset = Number(first)
  if (last !== '' && Number(last) < offset) return undefined
  if (offset >= found.size) return null
  const end = last === '' ? found.size : Math.min(Number(last) + 1, found.size)
  return { offset, bytes: end - offset }
}

function suffix(wanted: number, size: number): Part | null {
  const bytes = Math.min(wanted, size)
  return bytes === 0 ? null : { offset: size - bytes, bytes }
}

/** The answer to a request for a file that is there. */
export function answer(request: Request, found: Found): Response {
  const { etag, modified, size, type } = found
  const validators = { ETag: etag, 'Last-Modified': new Date(modified * MS).toUTCString() }
  if (isKnown(request, found)) return { status: 304, reason: 'Not Modified', headers: validators }
  const range = rangeOf(request, found)
  if (range === null)
    return { ...refusal(416, 'Range Not Satisfiable'), headers: { 'Content-Range': `bytes */${size}` } }
  const headers = { 'Content-Type': type, ...validators, 'Accept-Ranges': 'bytes' }
  if (range === undefined) return { status: 200, reason: 'OK', headers, part: { offset: 0, bytes: size } }
  const { offset, bytes } = range
  const content = `bytes ${offset}-${offset + bytes - 1}/${size}`
  return { status: 206, reason: 'Partial Content', headers: { ...headers, 'Content-Range': content }, part: range }
}

/** An answer without a file. */
export function refusal(status: number, reason: string, headers: Record<string, string> = {}): Response {
  return { status, reason, headers, text: `${status} ${reason}\n` }
}

/** The head of an answer as it is sent. */
export function headOf(response: Response, keepAlive: boolean): string {
  const { status, reason, headers, part, text } = response
  const length = part?.bytes ?? (text === undefined ? undefined : Buffer.byteLength(text))
  const all = {
    Date: new Date().toUTCString(),
    ...headers,
    ...(text === undefined ? {} : { 'Content-Type': 'text/plain; charset=utf-8' }),
    ...(length === undefined ? {} : { 'Content-Length': length }),
    'X-Content-Type-Options': 'nosniff',
    Connection: keepAlive ? 'keep-alive' : 'close',
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} ${reason}\r\n${lines.join('')}\r\n`
}
