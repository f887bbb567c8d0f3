import { lstatSync, unlinkSync } from 'node:fs'
import { resolve } from 'node:path'
import { kAddHooks, type Socket, type SocketHooks } from './socket.js'

/** A file by its identity: another server may bind the same path later. */
interface FoundFile {
  readonly path: string | Buffer
  readonly dev: bigint
  readonly ino: bigint
}

function find(path: string | Buffer): FoundFile | undefined {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false })
  return stat && { path, dev: stat.dev, ino: stat.ino }
}

/** The file that a unix socket made when it was bound: removed when the socket is closed, left alone when it is given away. */
class SocketFile implements SocketHooks {
  #file: FoundFile | undefined

  constructor(file: FoundFile | undefined) {
    this.#file = file
  }

  /** Forgets the file, which belongs to another socket object from now on. */
  release(): void {
    this.#file = undefined
  }

  /** Removes the file, if it is still the same one. POSIX has no call that compares and removes at once; the gap is a few microseconds. */
  close(): void {
    const file = this.#file
    this.#file = undefined
    if (file === undefined) return
    const now = find(file.path)
    if (now?.dev === file.dev && now.ino === file.ino) unlinkSync(file.path)
  }
}

/** Makes a socket own the file that bind(2) made at that path; an abstract name has none. */
export function addSocketFile(sock: Socket, path: string | Buffer | undefined): void {
  if (path === undefined || path.length === 0 || path[0] === '\0' || path[0] === 0) return
  // The working directory may be another one when the socket is closed.
  sock[kAddHooks](new SocketFile(find(typeof path === 'string' ? resolve(path) : path)))
}
