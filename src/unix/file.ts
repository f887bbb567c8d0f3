import { lstatSync, unlinkSync } from 'node:fs'

/** The file of a bound socket, by identity: another server may bind the same path later. */
export interface SocketFile {
  /** Where it is. */
  readonly path: string | Buffer
  /** Its device. */
  readonly dev: bigint
  /** Its inode there: both together make it this file. */
  readonly ino: bigint
}

/** The file that a bind(2) made; `undefined` for an abstract name or none. */
export function fileOf(path: string | Buffer | undefined): SocketFile | undefined {
  if (path === undefined || path.length === 0 || path[0] === '\0' || path[0] === 0) return undefined
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false })
  return stat && { path, dev: stat.dev, ino: stat.ino }
}

/** Removes the file if it is still that one. POSIX has no call that compares and removes at once; the gap is a few microseconds. */
export function removeFile({ path, dev, ino }: SocketFile): void {
  const now = fileOf(path)
  if (now?.dev === dev && now.ino === ino) unlinkSync(path)
}
