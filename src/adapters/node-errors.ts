import { getSystemErrorMap } from 'node:util'
import { SystemError } from '../support/errors.js'

/** An Error with a code of Node's. */
export function coded<E extends Error>(error: E, code: string): E & NodeJS.ErrnoException {
  return Object.assign(error, { code })
}

/** The error of what waited for a connection that never came. */
export function closedBefore(): Error {
  return coded(new Error('Socket closed before the connection was established'), 'ERR_SOCKET_CLOSED_BEFORE_CONNECTION')
}

/** The error of a write that the end of its stream has overtaken. */
export function destroyed(): Error {
  return coded(new Error('Cannot call write after a stream was destroyed'), 'ERR_STREAM_DESTROYED')
}

/** The error of a write after the peer has ended. */
export function endedByPeer(): Error {
  return coded(new Error('This socket has been ended by the other party'), 'EPIPE')
}

/** What Node calls a name that does not exist, or has no address. */
const UNKNOWN_HOST: ReadonlySet<string> = new Set(['EAI_NONAME', 'EAI_NODATA'])

/**
 * The error of a connection attempt, as a `net.Socket` has it: a lookup that failed has a code, a number and a `hostname` of Node's, by which
 * libraries decide whether to try again. The error that it was is its `cause`.
 */
export function connectError(cause: Error): Error {
  if (!(cause instanceof SystemError && cause.code.startsWith('EAI_'))) return cause
  const { code: name, address: hostname, syscall } = cause
  const errno = [...getSystemErrorMap()].find(([, [known]]) => known === name)?.[0]
  const code = UNKNOWN_HOST.has(name) ? 'ENOTFOUND' : name
  const error = coded(new Error(`${syscall} ${code} ${hostname}`, { cause }), code)
  return Object.assign(error, { errno, syscall, hostname })
}
