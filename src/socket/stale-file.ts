import { createHash, randomBytes } from 'node:crypto'
import { linkSync, readFileSync, renameSync, statSync, unlinkSync } from 'node:fs'
import { AddrInfo } from '../address/addrinfo.js'
import { pathBytes } from '../address/unix-path.js'
import { SOCK_STREAM } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { create } from '../llsocket/create.js'
import type { Socket as LowSocket } from '../llsocket/socket.js'
import { SystemError, systemError } from '../support/errors.js'
import { absolute, type FoundFile, findSocketFile, isSameFile } from './found-file.js'

const REFUSED = -sys.ECONNREFUSED
const ABSENT = -sys.ENOENT

/**
 * Binds a path in place of the socket file that is there, if no socket is bound to that, as a process leaves it that was killed.
 * @param bind - makes the system call; one process at a time does.
 * @throws EADDRINUSE when the file is of another kind, or in use; what `bind` throws.
 */
export function bindInPlaceOfStale(ai: AddrInfo, bind: () => void): void {
  const name = ai.path as string | Buffer
  const path = absolute(name)
  const found = findSocketFile(path)
  if (found === undefined) throw inUse(ai, 'the file is not a socket')
  const lock = lockFor(ai, path)
  try {
    if (isAlive(ai) || isBound(pathBytes(name)) || isBound(path)) throw inUse(ai, 'a socket is bound to it')
    remove(found)
    bind()
  } finally {
    lock.close()
  }
}

/**
 * An abstract name that one process has at a time, until it closes it or ends: between looking at a file and binding another one it must not
 * take that of a process that does the same.
 */
function lockFor(ai: AddrInfo, path: Buffer): LowSocket {
  const slash = path.lastIndexOf('/')
  const { dev, ino } = statSync(path.subarray(0, Math.max(1, slash)), { bigint: true })
  const hash = createHash('sha256')
    .update(`${dev}:${ino}:`)
    .update(path.subarray(slash + 1))
  const lock = create(AddrInfo.unix(`\0berkeley-replace-${hash.digest('hex')}`, { socktype: SOCK_STREAM }), true)
  try {
    lock.bind()
    return lock
  } catch (error) {
    lock.close()
    if (error instanceof SystemError && error.errno === -sys.EADDRINUSE)
      throw inUse(ai, 'another process replaces it at the moment')
    throw error
  }
}

/**
 * Removes the file that was found. It is taken aside first, because POSIX has no call that compares and removes: a socket that a program
 * without that lock has bound meanwhile gets its file back.
 */
function remove(found: FoundFile): void {
  const { path } = found
  const aside = Buffer.concat([path, Buffer.from(`.${randomBytes(6).toString('hex')}`)])
  if (!tryRename(path, aside)) return
  if (!isSameFile(findSocketFile(aside), found)) putBack(aside, path)
  unlinkSync(aside)
}

function inUse(ai: AddrInfo, detail: string): SystemError {
  return systemError(sys.EADDRINUSE, 'bind', { ...ai.context(), detail })
}

/** Whether anything but a refusal answers: a server, one whose backlog is full, a socket of another type, one that we may not connect to. */
function isAlive(ai: AddrInfo): boolean {
  const probe = create(ai, true)
  try {
    probe.connect()
    return true
  } catch (error) {
    return !(error instanceof SystemError && (error.errno === REFUSED || error.errno === ABSENT))
  } finally {
    probe.close()
  }
}

/** Whether the kernel knows a socket by that name: a server that does not listen yet refuses connections, too. */
function isBound(path: Buffer): boolean {
  // Num RefCount Protocol Flags Type St Inode Path
  const lines = readFileSync('/proc/net/unix', 'latin1').split('\n')
  const wanted = path.toString('latin1')
  return lines.some((line) => /^\S+ \S+ \S+ \S+ \S+ \S+ +\S+ (.*)$/.exec(line)?.[1] === wanted)
}

/** False where another process was faster. */
function tryRename(from: Buffer, to: Buffer): boolean {
  try {
    renameSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

/** The file of a socket that was bound in between. If yet another one has the path by now, it cannot be put back. */
function putBack(aside: Buffer, path: Buffer): void {
  try {
    linkSync(aside, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}
