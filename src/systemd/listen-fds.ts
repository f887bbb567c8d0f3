import { sys } from '../constants/lookup.js'
import { setCloexec } from '../descriptor/descriptor.js'
import { adoptByKind, type InheritedSocket } from '../inherited/adopt.js'
import { FD_NAME, isFdName } from '../inherited/names.js'
import { type Inherited, InheritedSockets } from '../inherited/sockets.js'
import { native } from '../native/sockets.js'
import { variable } from '../support/environment.js'
import { check, SystemError, systemError } from '../support/errors.js'
import { bare } from '../support/record.js'
import * as validate from '../support/validate.js'
import { misspelt, namesThisProcess, numberIn, unset } from './environment.js'

/** Options of {@link listenFds}. */
export interface ListenFdsOptions {
  /** Whether the variables are removed from the environment, so that no child takes them for its own; true by default. */
  unsetEnvironment?: boolean | undefined
}

/** The first descriptor that is passed: SD_LISTEN_FDS_START. */
const FIRST = 3
const COUNT_MAX = 0x7fffffff - FIRST
const SYSCALL = 'listenFds'

/** The name of descriptors that were passed without names, as sd_listen_fds_with_names(3) has it. */
const UNNAMED = 'unknown'

/** What this process was passed, once it was asked for. */
let taken: InheritedSockets | undefined

/**
 * Returns the sockets that the service manager has opened for this process (socket activation, or its descriptor store), by name: those
 * of `FileDescriptorName=`, by default the name of the socket unit. Each is an object of the class that fits: a server where it listens,
 * a datagram socket, or a connection (`Accept=yes`). They are non-blocking and close-on-exec. It is empty when nothing was passed, or not
 * to this process (`LISTEN_PID`).
 *
 * The first call takes the descriptors over; every further one returns the same object. They belong to the thread that asked first.
 * @param options - `unsetEnvironment`, whether the variables are removed from the environment, true by default.
 * @throws EINVAL for variables that are wrong or contradict each other, EBADF when a descriptor is not open, EBUSY when another object of
 *   this library, in any thread, owns one. Nothing is taken over then. See sd_listen_fds(3).
 * @example
 * const server = systemd.listenFds().get('web.socket', stream.inet.Server) ?? (await listen({ port: 8080 }))
 */
export function listenFds(options?: ListenFdsOptions): InheritedSockets {
  const { unsetEnvironment = true } = (
    options === undefined ? bare() : validate.options('options', options, ['unsetEnvironment'])
  ) as ListenFdsOptions
  validate.boolean('options.unsetEnvironment', unsetEnvironment)
  taken ??= new InheritedSockets(namesThisProcess(SYSCALL, 'LISTEN_PID') ? adoptAll(passedNames()) : [])
  if (unsetEnvironment) unset('LISTEN_PID', 'LISTEN_PIDFDID', 'LISTEN_FDS', 'LISTEN_FDNAMES')
  return taken
}

/** The names of the descriptors, one each. Each number is looked at before there is an entry for it: the count may be anything. */
function passedNames(): string[] {
  const count = numberIn(SYSCALL, 'LISTEN_FDS', 1, COUNT_MAX) ?? 0
  const text = variable('LISTEN_FDNAMES')
  const given = text === undefined ? undefined : namesIn(text, count)
  const names: string[] = []
  while (names.length < count) {
    requireOpen(FIRST + names.length, count)
    names.push(given?.[names.length] ?? UNNAMED)
  }
  return names
}

function namesIn(text: string, count: number): string[] {
  const names = text.split(':')
  if (names.length !== count) throw misspelt(SYSCALL, 'LISTEN_FDNAMES', text, `${count} names, as $LISTEN_FDS says`)
  if (!names.every(isFdName)) throw misspelt(SYSCALL, 'LISTEN_FDNAMES', text, `names of ${FD_NAME}`)
  return names
}

function requireOpen(fd: number, count: number): void {
  check(native.fcntl(fd, sys.F_GETFD, 0), SYSCALL, { detail: `$LISTEN_FDS is ${count}, and fd ${fd} is not open` })
}

/** Adopts all, or none. */
function adoptAll(names: readonly string[]): Inherited[] {
  const entries: Inherited[] = []
  try {
    for (const [i, name] of names.entries()) entries.push(entryOf(name, FIRST + i))
    return entries
  } catch (error) {
    for (const { socket } of entries) socket?.detach()
    throw error
  }
}

function entryOf(name: string, fd: number): Inherited {
  const socket = socketOf(fd)
  if (socket !== undefined) return { name, socket }
  setCloexec(fd, true)
  return { name, fd }
}

/** A pipe or a file is no mistake: a socket unit may listen on those, and the store takes any descriptor. */
function socketOf(fd: number): InheritedSocket | undefined {
  try {
    return adoptByKind(fd)
  } catch (error) {
    if (!(error instanceof SystemError)) throw error
    if (error.code === 'ENOTSOCK') return undefined
    throw systemError(-error.errno, SYSCALL, { detail: error.message, cause: error })
  }
}
