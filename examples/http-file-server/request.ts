// What clients say: the head of a request, by RFC 9112. What is not exactly that is refused, because two readers that
// forgive differently can be played off against each other.

/** A request that gets no file. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message)
  }
}

/** The head of a request. */
export interface Request {
  readonly method: string
  /** What was asked for, still percent-encoded, without a query. */
  readonly path: string
  /** By name in lower case; several of one name are joined by commas. */
  readonly headers: ReadonlyMap<string, string>
  /** Whether the connection may be used for another request. */
  readonly keepAlive: boolean
  /** Whether something follows the head that belongs to this request. */
  readonly hasContent: boolean
}

const HEAD_MAX = 16384
const LINE_MAX = 8192

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([\x21-\x7e]+) HTTP\/([0-9])\.([0-9])$/
/** Visible characters, spaces and tabs; bytes from 0x80 on have no meaning, and are let through. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/
/** The path of an absolute URI, such as a proxy sends. */
const ABSOLUTE = /^https?:\/\/[^/?#]+([^#]*)$/i

/** A line end that is not CR and LF. */
const LONE = /\r(?!\n)|(?<!\r)\n/

/** Where the head in `bytes` ends, behind its empty line; -1 while that is not there. */
export function endOfHead(bytes: Buffer): number {
  const end = bytes.indexOf('\r\n\r\n')
  if (end >= 0 && end + 4 <= HEAD_MAX) return end + 4
  const begin = bytes.toString('latin1', 0, HEAD_MAX)
  const line = begin.indexOf('\r\n')
  if ((line < 0 ? begin.length : line) > LINE_MAX) throw new Refusal(414, 'URI Too Long')
  if (end >= 0 || bytes.length >= HEAD_MAX) throw new Refusal(431, 'Request Header Fields Too Large')
  // It may be the first half of a line end that is the last byte so far.
  if (LONE.test(begin.replace(/\r$/, ''))) throw new Refusal(400, 'Bad Request')
  return -1
}

/** How many bytes of empty lines stand before a request. Old clients sent one after the content of a POST. */
export function emptyLines(bytes: Buffer): number {
  let at = 0
  while (bytes[at] === 0x0d && bytes[at + 1] === 0x0a) at += 2
  return at
}

/** Reads a head, with its empty line. */
export function parse(head: Buffer): Request {
  const text = head.toString('latin1').slice(0, -4)
  if (LONE.test(text)) throw new Refusal(400, 'Bad Request')
  const [first = '', ...lines] = text.split('\r\n')
  if (first.length > LINE_MAX) throw new Refusal(414, 'URI Too Long')
  const { method, target, major, minor } = requestLine(first)
  if (major !== 1) throw new Refusal(505, 'HTTP Version Not Supported')
  const headers = fields(lines)
  checkHost(headers, minor)
  return {
    method,
    path: pathOf(target, method),
    headers,
    keepAlive: staysOpen(headers, minor),
    hasContent: hasContent(headers),
  }
}

function requestLine(line: string) {
  const match = REQUEST_LINE.exec(line)
  if (match === null) throw new Refusal(400, 'Bad Request')
  const [, method = '', target = '', major, minor] = match
  return { method, target, major: Number(major), minor: Number(minor) }
}

function fields(lines: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon)
    const value = line.slice(colon + 1)
    // This also refuses a line that goes on with the one before it, as HTTP/1.0 had them.
    if (colon < 1 || !TOKEN.test(name) || !VALUE.test(value)) throw new Refusal(400, 'Bad Request')
    const key = name.toLowerCase()
    const former = headers.get(key)
    headers.set(key, former === undefined ? value.trim() : `${former}, ${value.trim()}`)
  }
  return headers
}

/** HTTP/1.1 wants exactly one. */
function checkHost(headers: ReadonlyMap<string, string>, minor: number): void {
  const host = headers.get('host')
  if (host === undefined ? minor > 0 : /[\s,/\\@]/.test(host)) throw new Refusal(400, 'Bad Request')
}

function pathOf(target: string, method: string): string {
  if (target === '*' && method === 'OPTIONS') return '/'
  const local = ABSOLUTE.exec(target)?.[1] ?? target
  const [path = ''] = local.split('?', 1)
  if (path === '' && local !== target) return '/' // http://host, or http://host?query
  if (!path.startsWith('/') || target.includes('#')) throw new Refusal(400, 'Bad Request')
  return path
}

/** The items of a list, in lower case. */
function listOf(value: string | undefined): string[] {
  return (value ?? '')
    .toLowerCase()
    .split(',')
    .map((item) => item.trim())
}

function staysOpen(headers: ReadonlyMap<string, string>, minor: number): boolean {
  const connection = listOf(headers.get('connection'))
  if (connection.includes('close')) return false
  return minor > 0 || connection.includes('keep-alive')
}

function hasContent(headers: ReadonlyMap<string, string>): boolean {
  const length = headers.get('content-length')
  if (length !== undefined && !/^[0-9]+$/.test(length)) throw new Refusal(400, 'Bad Request')
  return headers.has('transfer-encoding') || Number(length ?? 0) > 0
}
