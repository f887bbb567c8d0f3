// Where the files are: from the path of a URL to an open file below the root, and to nothing else.
import { constants } from 'node:fs'
import { type FileHandle, open, realpath } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'
import { Refusal } from './request.js'

/** An open file, and what is said of it. */
export interface Found {
  readonly file: FileHandle
  readonly size: number
  readonly type: string
  readonly etag: string
  /** When it was changed, in whole seconds since 1970: HTTP knows no finer ones. */
  readonly modified: number
}

/** A folder that was asked for without a slash at the end, so that links in its index would lead to its parent. */
export class Moved extends Error {
  constructor(readonly location: string) {
    super('Moved Permanently')
  }
}

const INDEX = 'index.html'

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.csv': 'text/csv; charset=utf-8',
  '.gif': 'image/gif',
  '.htm': 'text/html; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.md': 'text/markdown; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.mp4': 'video/mp4',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.xml': 'application/xml',
}

/** Errors of open(2) and realpath(3) that mean: there is no such file for you. */
const NOT_FOUND = new Set([
  'EACCES',
  'EISDIR',
  'ELOOP',
  'ENAMETOOLONG',
  'ENODEV',
  'ENOENT',
  'ENOTDIR',
  'ENXIO',
  'EPERM',
])

const notFound = (): Refusal => new Refusal(404, 'Not Found')

/** The names in a path. They are split first and decoded then: an encoded slash separates nothing. */
function namesIn(path: string): string[] {
  const names = path
    .split('/')
    .filter((name) => name !== '')
    .map(decoded)
  if (names.some((name) => name === '.' || name === '..' || name.includes('/'))) throw notFound()
  return names
}

function decoded(name: string): string {
  let text: string
  try {
    text = decodeURIComponent(name)
  } catch {
    throw new Refusal(400, 'Bad Request')
  }
  if (text.includes('\0')) throw new Refusal(400, 'Bad Request')
  return text
}

/**
 * Opens what a path names.
 * @throws Refusal, or Moved.
 */
export async function find(root: string, path: string): Promise<Found> {
  const names = namesIn(path)
  const wantsFolder = path.endsWith('/')
  const plain = join(root, ...names)
  try {
    return await opened(root, wantsFolder ? join(plain, INDEX) : plain)
  } catch (error) {
    if (error instanceof IsFolder)
      throw wantsFolder ? notFound() : new Moved(`/${names.map(encodeURIComponent).join('/')}/`)
    throw NOT_FOUND.has((error as { code?: string }).code ?? '') ? notFound() : error
  }
}

class IsFolder extends Error {}

function isBelow(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep)
}

/**
 * Links are followed, but not out of the root. Where the file lies is asked of the open file as well, because another process
 * may put a link into its path between the first look and the opening.
 */
async function opened(root: string, name: string): Promise<Found> {
  const real = await realpath(name)
  if (!isBelow(root, real)) throw notFound()
  // Without O_NONBLOCK the opening of a named pipe would wait for a writer.
  const file = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    if (!isBelow(root, await realpath(`/proc/self/fd/${file.fd}`))) throw notFound()
    return await described(file, name)
  } catch (error) {
    await file.close()
    throw error
  }
}

async function described(file: FileHandle, name: string): Promise<Found> {
  const stat = await file.stat({ bigint: true })
  if (stat.isDirectory()) throw new IsFolder()
  if (!stat.isFile()) throw notFound()
  return {
    file,
    size: Number(stat.size),
    type: TYPES[extname(name).toLowerCase()] ?? 'application/octet-stream',
    etag: `"${[stat.ino, stat.size, stat.mtimeNs].map((part) => part.toString(16)).join('-')}"`,
    modified: Number(stat.mtimeMs / 1000n),
  }
}
