import type { AddrInfo } from '../address.js'
import { AF_UNIX, SO_ERROR, SOCK_NONBLOCK, SOL_SOCKET, sys } from '../constants.js'
import { after, type Deadline, remaining } from '../deadline.js'
import type { SocketFacts } from '../descriptor.js'
import { Engine, type Operation } from '../engine.js'
import { abortError, check, SystemError, systemError, TimeoutError, timeoutError } from '../errors.js'
import { OwnedFd } from '../fd.js'
import { native, registers } from '../native.js'
import type { WaitOptions } from '../socket.js'

/** A connection that stands and has no object yet. */
export interface Connected {
  readonly fd: number
  readonly facts: SocketFacts
}

/** On unix sockets EAGAIN says that the backlog is full, and readiness never says that it no longer is. */
const BACKLOG_FULL: ReadonlySet<number> = new Set([sys.EAGAIN])

const nameRoom = Buffer.alloc(native.limits.sockaddr_max)
const otherRoom = Buffer.alloc(native.limits.sockaddr_max)

/** How far a connection under way has come: `-EINPROGRESS`, 0, or `-errno`. SO_ERROR can be read only once, so it comes first. */
function progress(fd: number): number {
  const result = native.getsockopt(fd, SOL_SOCKET, SO_ERROR, native.kinds.int)
  if (result < 0) return result
  const errno = registers[0] ?? 0
  if (errno !== 0) return -errno
  const peer = native.getpeername(fd, nameRoom)
  if (peer === -sys.ENOTCONN) return -sys.EINPROGRESS
  return peer < 0 ? peer : refusedBySelf(fd, peer)
}

/** A loopback connection to a free ephemeral port may meet itself: nobody listens there, so it counts as refused. */
function refusedBySelf(fd: number, peerLength: number): number {
  const length = native.getsockname(fd, otherRoom)
  const same =
    length === peerLength && otherRoom.subarray(0, length).equals(nameRoom.subarray(0, length)) && isInet(nameRoom)
  return same ? -sys.ECONNREFUSED : 0
}

function isInet(name: Buffer): boolean {
  return native.addressParts(name) !== AF_UNIX
}

function connecting(ai: AddrInfo): Operation<void> {
  let started = false
  return {
    syscall: 'connect',
    attempt(fd) {
      if (started) return progress(fd)
      const result = native.connect(fd, ai.sockaddr)
      // An interrupted connect goes on by itself (connect(2), POSIX).
      if (result === -sys.EINPROGRESS || result === -sys.EINTR || result === 0) started = true
      return result === -sys.EINTR ? -sys.EINPROGRESS : result === 0 ? progress(fd) : result
    },
    finish: () => undefined,
    context: () => ai.context(),
    ...(ai.family === AF_UNIX ? { paused: BACKLOG_FULL } : {}),
  }
}

/** One address, one new socket: connected, or closed again. */
async function candidate(ai: AddrInfo, deadline: Deadline, options: WaitOptions | undefined): Promise<Connected> {
  const { family, socktype, protocol } = ai
  const fd = check(native.socket(family, socktype | SOCK_NONBLOCK, protocol), 'socket', () => ai.context())
  const owned = new OwnedFd(fd, 'a connecting socket')
  const engine = new Engine((syscall) => owned.use(syscall))
  try {
    await engine.write(connecting(ai), { deadline, signal: options?.signal })
    engine.close()
    return { fd: owned.release(), facts: { family, socktype, protocol } }
  } catch (error) {
    engine.close()
    owned.close()
    throw error
  }
}

/** Whether the next address is worth a try: not when the caller's time or patience is over. */
function isFinal(error: unknown): boolean {
  return error instanceof TimeoutError || !(error instanceof SystemError)
}

/**
 * Connects to the first address that answers, in their order, within one deadline. Sockets of failed tries are closed.
 * @throws the failure; of several ones the last, with all of them as `errors`.
 */
async function firstOf(list: readonly AddrInfo[], deadline: Deadline, options?: WaitOptions): Promise<Connected> {
  const errors: SystemError[] = []
  for (const ai of list) {
    try {
      return await candidate(ai, deadline, options)
    } catch (error) {
      if (isFinal(error)) throw error
      errors.push(error as SystemError)
    }
  }
  throw summary(errors)
}

function summary(errors: readonly SystemError[]): SystemError {
  const last = errors.at(-1)
  if (last === undefined) return systemError(sys.EADDRNOTAVAIL, 'connect', { detail: 'no address to connect to' })
  if (errors.length === 1) return last
  const { address, port, path, errno } = last
  const detail = `none of ${errors.length} addresses answered (${errors.map((error) => error.message).join('; ')})`
  return systemError(-errno, 'connect', { address, port, path, detail, errors })
}

/** Waits for the resolver no longer than the caller would. */
async function within<T>(work: Promise<T>, deadline: Deadline, options: WaitOptions | undefined): Promise<T> {
  const signal = options?.signal
  const left = remaining(deadline)
  if (signal === undefined && left === Number.POSITIVE_INFINITY) return work
  if (signal?.aborted) throw abortError(signal.reason)
  return new Promise<T>((resolve, reject) => {
    const timer = Number.isFinite(left) ? setTimeout(() => end(timeoutError('getaddrinfo')), left) : undefined
    const onAbort = (): void => end(abortError(signal?.reason))
    const settle = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    }
    const end = (error: Error): void => {
      settle()
      reject(error)
    }
    signal?.addEventListener('abort', onAbort)
    work.finally(settle).then(resolve, reject)
  })
}

/** Resolves and connects within one budget of milliseconds, 0 for none. */
export async function connectWithin(
  milliseconds: number,
  lookup: () => Promise<AddrInfo[]>,
  options?: WaitOptions,
): Promise<Connected> {
  const deadline = after(milliseconds)
  return firstOf(await within(lookup(), deadline, options), deadline, options)
}
