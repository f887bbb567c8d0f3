import type { AddrInfo } from '../address/addrinfo.js'
import { nameOf, sys } from '../constants/lookup.js'
import { SocketKind } from '../descriptor/kind.js'
import { create, wrap } from '../llsocket/create.js'
import type { Socket as LowSocket } from '../llsocket/socket.js'
import { SystemError, systemError } from '../support/errors.js'
import * as validate from '../support/validate.js'

/** Options of everything that makes a socket which is bound or connected at once. */
export interface PrepareOptions {
  /**
   * Is called with each new socket and the address that it is meant for, before the socket is bound or connected: to set options that
   * have to be set before, or to bind a client to an address of its own.
   */
  prepare?: ((sock: LowSocket, ai: AddrInfo) => void) | undefined
}

/** Does something with a new socket, and closes it when that fails. */
export function closeOnError(sock: LowSocket, act: (sock: LowSocket) => void): LowSocket {
  try {
    act(sock)
    return sock
  } catch (error) {
    sock.close()
    throw error
  }
}

/** Runs the `prepare` hook of the user. */
export function runPrepareHook(sock: LowSocket, ai: AddrInfo, { prepare }: PrepareOptions): void {
  if (prepare !== undefined) validate.func('options.prepare', prepare)(sock, ai)
}

/**
 * Tries addresses in their order, and returns the first result. What is not a SystemError of one address ends it.
 * @param none - the failure where there is no address.
 * @throws the failure of the last address.
 */
export function firstOf<T>(list: readonly AddrInfo[], attempt: (ai: AddrInfo) => T, none: SystemError): T {
  let failure = none
  for (const ai of list)
    try {
      return attempt(ai)
    } catch (error) {
      if (!(error instanceof SystemError)) throw error
      failure = error
    }
  throw failure
}

/**
 * Makes a socket that is bound to the first address that can be bound.
 * @throws the failure of the last address.
 */
export function bindFirst(list: readonly AddrInfo[], options: PrepareOptions): LowSocket {
  const bound = (ai: AddrInfo): LowSocket =>
    closeOnError(create(ai, true), (sock) => {
      runPrepareHook(sock, ai, options)
      sock.bind()
    })
  return firstOf(list, bound, systemError(sys.EADDRNOTAVAIL, 'bind', { detail: 'no address to bind to' }))
}

/**
 * Adopts an open socket, which has to be of a certain kind: one of another kind is left to its owner.
 * @param mayListen - whether it may be listening.
 * @throws EBADF, ENOTSOCK; EPROTOTYPE when it is of another kind; EBUSY when an object of this library owns it already.
 */
export function adoptAs(fd: unknown, families: readonly number[], socktype: number, mayListen = true): LowSocket {
  const number = validate.descriptor('fd', fd)
  const kind = SocketKind.of(number)
  if (!families.includes(kind.family) || kind.socktype !== socktype) {
    const wanted = `${families.map((family) => nameOf('AF_', family)).join(' or ')} with ${nameOf('SOCK_', socktype)}`
    const detail = `fd ${number} is ${nameOf('AF_', kind.family)} with ${nameOf('SOCK_', kind.socktype)}, and not ${wanted}`
    throw systemError(sys.EPROTOTYPE, 'wrap', { detail })
  }
  const sock = wrap(number)
  try {
    if (!mayListen) refuseListener(sock)
    sock.nonblock(true)
    return sock
  } catch (error) {
    sock.unwrap()
    throw error
  }
}

function refuseListener(sock: LowSocket): void {
  if (!sock.acceptconn()) return
  const detail = `fd ${sock.fd()} listens: it is for the wrap() of a server class`
  throw systemError(sys.EPROTOTYPE, 'wrap', { detail })
}
