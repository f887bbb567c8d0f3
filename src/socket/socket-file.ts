import { lstatSync, unlinkSync } from 'node:fs'
import { resolve } from 'node:path'

/** A socket file, by identity: another server may bind the same path later. */
interface Found {
  readonly path: string | Buffer
  readonly dev: bigint
  readonly ino: bigint
}

function find(path: string | Buffer): Found | undefined {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false })
  return stat && { path, dev: stat.dev, ino: stat.ino }
}

/** The file that a socket made when it was bound, and that goes with it. */
export class OwnedFile {
  #found: Found | undefined

  /** Notes what a bind(2) made at that path; an abstract name is no file. */
  note(path: string | Buffer | undefined): void {
    if (path === undefined || path.length === 0 || path[0] === '\0' || path[0] === 0) return
    // The current folder may be another one when the socket is closed.
    this.#found = find(typeof path === 'string' ? resolve(path) : path)
  }

  /** It is somebody else's from now on. */
  forget(): void {
    this.#found = undefined
  }

  /**
   * Removes it, if it is still that one. POSIX has no call that compares and removes at once; the gap is a few microseconds.
   */
  remove(): void {
    const found = this.#found
    this.#found = undefined
    if (found === undefined) return
    const now = find(found.path)
    if (now?.dev === found.dev && now.ino === found.ino) unlinkSync(found.path)
  }
}
