import { lstatSync, realpathSync } from 'node:fs'
import { pathBytes } from '../address/unix-path.js'

/** The file of a unix socket by its identity: another server may bind the same path later. */
export interface FoundFile {
  /** Where it was found. */
  readonly path: Buffer
  /** Its device. */
  readonly dev: bigint
  /** Its inode. */
  readonly ino: bigint
}

const SLASH = Buffer.from('/')

/** A path as bytes that mean the same in every working directory. The name of the directory need not be UTF-8 either. */
export function absolute(path: string | Buffer): Buffer {
  const bytes = pathBytes(path)
  if (bytes[0] === SLASH[0]) return bytes
  return Buffer.concat([realpathSync.native('.', { encoding: 'buffer' }), SLASH, bytes])
}

/** Finds the socket file at a path; undefined where there is none, or a file of another kind. */
export function findSocketFile(path: Buffer): FoundFile | undefined {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false })
  return stat?.isSocket() ? { path, dev: stat.dev, ino: stat.ino } : undefined
}

/** Whether what was found at two times is the same file. */
export function isSameFile(one: FoundFile | undefined, other: FoundFile | undefined): boolean {
  return one !== undefined && one.dev === other?.dev && one.ino === other.ino
}

/** Whether a name is that of a file: an abstract one begins with a NUL. */
export function namesFile(path: string | Buffer): boolean {
  return path.length > 0 && path[0] !== '\0' && path[0] !== 0
}
