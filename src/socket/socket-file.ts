import { unlinkSync } from 'node:fs'
import { pathText } from '../address/unix-path.js'
import { sys } from '../constants/lookup.js'
import { systemError } from '../support/errors.js'
import { isolate } from '../support/record.js'
import * as validate from '../support/validate.js'
import { absolute, type FoundFile, findSocketFile, isSameFile, namesFile } from './found-file.js'
import { kAddHooks, type Socket, type SocketHooks } from './socket.js'

const filesOf = new WeakMap<Socket, SocketFile>()

/** The file that a unix socket made when it was bound: removed when the socket is closed, left alone when it is given away. */
class SocketFile implements SocketHooks {
  #file: FoundFile | undefined

  /** The one of a socket. */
  static of(sock: Socket): SocketFile {
    const known = filesOf.get(sock)
    if (known) return known
    const made = sock[kAddHooks](new SocketFile())
    filesOf.set(sock, made)
    return made
  }

  /** Whether closing removes a file. */
  get isOwned(): boolean {
    return this.#file !== undefined
  }

  /** Owns the file that is at that path now; returns whether there is one. */
  own(path: string | Buffer): boolean {
    this.#file = findSocketFile(absolute(path))
    return this.isOwned
  }

  /** Forgets the file, which belongs to another socket object from now on. */
  release(): void {
    this.#file = undefined
  }

  /** Lets the caller remove the file; undefined where there is none. */
  move(): (() => void) | undefined {
    if (this.#file === undefined) return undefined
    const heir = new SocketFile()
    heir.#file = this.#file
    this.release()
    return () => heir.close()
  }

  /** Removes the file, if it is still the same one. POSIX has no call that compares and removes at once; the gap is a few microseconds. */
  close(): void {
    const file = this.#file
    this.#file = undefined
    if (file === undefined) return
    if (isSameFile(findSocketFile(file.path), file)) unlinkSync(file.path)
  }
}

isolate(SocketFile)

/** Makes a socket own the file that bind(2) made at that path; an abstract name has none. */
export function addSocketFile(sock: Socket, path: string | Buffer | undefined): void {
  if (path !== undefined && namesFile(path)) SocketFile.of(sock).own(path)
}

/** Takes the file from a socket whose descriptor is about to be given away: returns what removes it, if there is one. */
export function moveSocketFile(sock: Socket): (() => void) | undefined {
  return filesOf.get(sock)?.move()
}

/**
 * Whether closing a socket removes the file of its path, or sets that.
 * @throws EINVAL when the socket is not bound to a path, ENOENT when its file is no longer there.
 */
export function unlinkAtClose(sock: Socket, enable?: boolean): boolean {
  const { path = '' } = sock.getsockname()
  if (enable !== undefined) setUnlink(SocketFile.of(sock), path, validate.boolean('enable', enable))
  return SocketFile.of(sock).isOwned
}

function setUnlink(file: SocketFile, path: string | Buffer, enable: boolean): void {
  if (!namesFile(path)) throw systemError(sys.EINVAL, 'unlink', { detail: 'the socket is not bound to a path' })
  if (!enable) file.release()
  else if (!file.isOwned && !file.own(path)) throw systemError(sys.ENOENT, 'unlink', { path: pathText(path) })
}
