import { lstatSync, realpathSync, unlinkSync } from 'node:fs'
import { pathBytes, pathText } from '../address/unix-path.js'
import { sys } from '../constants/lookup.js'
import { systemError } from '../support/errors.js'
import { isolate } from '../support/record.js'
import * as validate from '../support/validate.js'
import { kAddHooks, type Socket, type SocketHooks } from './socket.js'

/** A file by its identity: another server may bind the same path later. */
interface FoundFile {
  readonly path: Buffer
  readonly dev: bigint
  readonly ino: bigint
}

const SLASH = Buffer.from('/')

/** A path as bytes that mean the same in every working directory. The name of the directory need not be UTF-8 either. */
function absolute(path: string | Buffer): Buffer {
  const bytes = pathBytes(path)
  if (bytes[0] === SLASH[0]) return bytes
  return Buffer.concat([realpathSync.native('.', { encoding: 'buffer' }), SLASH, bytes])
}

function find(path: Buffer): FoundFile | undefined {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false })
  return stat?.isSocket() ? { path, dev: stat.dev, ino: stat.ino } : undefined
}

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
    this.#file = find(absolute(path))
    return this.isOwned
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

isolate(SocketFile)

/** Whether a name is that of a file: an abstract one begins with a NUL. */
function namesFile(path: string | Buffer): boolean {
  return path.length > 0 && path[0] !== '\0' && path[0] !== 0
}

/** Makes a socket own the file that bind(2) made at that path; an abstract name has none. */
export function addSocketFile(sock: Socket, path: string | Buffer | undefined): void {
  if (path !== undefined && namesFile(path)) SocketFile.of(sock).own(path)
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
