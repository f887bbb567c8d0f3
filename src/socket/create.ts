import type { AddrInfo } from '../address/addrinfo.js'
import { nameOf, sys } from '../constants/lookup.js'
import { kHandle } from '../descriptor/handle.js'
import { SocketKind } from '../descriptor/kind.js'
import { create, wrap } from '../llsocket/create.js'
import { checkNamespace, type NetworkNamespace } from '../llsocket/open.js'
import type { Socket as LowSocket } from '../llsocket/socket.js'
import { SystemError, systemError } from '../support/errors.js'
import * as validate from '../support/validate.js'

/** Where a new socket belongs. */
export interface NamespaceOptions {
  /**
   * The network namespace of the sockets, by path or descriptor; that of the process by default. Host names and names of interfaces are
   * looked up in that of the process. Needs CAP_SYS_ADMIN. See setns(2).
   */
  netns?: NetworkNamespace | undefined
}

/** A class whose objects begin without a socket: a client, or a subclass of one. */
export type ClientClass<C> = new () => C

/** A class whose objects take a socket over: a server or a datagram socket, or a subclass of one. */
export type SocketClass<S> = new (sock: LowSocket) => S

/** Options of everything that makes a socket which is bound or connected at once. */
export interface PrepareOptions extends NamespaceOptions {
  /**
   * Is called with each new socket and the address that it is meant for, before the socket is bound or connected: to set options that
   * have to be set before, or to bind a client to an address of its own.
   */
  prepare?: ((sock: LowSocket, ai: AddrInfo) => void) | undefined
}

/** The names of the properties of {@link PrepareOptions}. */
export const PREPARE_OPTIONS = ['prepare', 'netns']

/** Makes a non-blocking socket for an address, in the network namespace that options name. */
export function createIn(ai: AddrInfo, { netns }: NamespaceOptions): LowSocket {
  return create(ai, true, netns)
}

/** Checks before anything is made or looked up what can be checked without the namespace. */
export function checkPrepare({ prepare, netns }: PrepareOptions): void {
  if (prepare !== undefined) validate.func('options.prepare', prepare)
  checkNetns({ netns })
}

/** The same for a socket that nothing is prepared for. */
export function checkNetns({ netns }: NamespaceOptions): void {
  if (netns !== undefined) checkNamespace('options.netns', netns)
}

/** Does something with a new socket, and closes it when that fails. */
export function closeOnError(sock: LowSocket, act: (sock: LowSocket) => void): LowSocket {
  try {
    act(sock)
    return sock
  } catch (error) {
    sock[kHandle].fd.closeQuietly()
    throw error
  }
}

/** Runs the `prepare` hook of the user, if there is one: {@link checkPrepare} has seen that it is a function. */
export function runPrepareHook(sock: LowSocket, ai: AddrInfo, { prepare }: PrepareOptions): void {
  prepare?.(sock, ai)
}

/**
 * Errors that say that this machine does not have an address or its family, so that the next one may be bound instead. Any other one, such
 * as EADDRINUSE, is the answer: clients of the first address would reach the socket that has it, without any error.
 */
const ABSENT: ReadonlySet<number> = new Set([-sys.EAFNOSUPPORT, -sys.EADDRNOTAVAIL])

/**
 * Tries addresses in their order, and returns the first result. What is not a SystemError of one address ends it.
 * @param none - makes the failure where there is no address.
 * @param passOver - the errors, as Node numbers them, after which the next address is tried; by default any.
 * @throws the failure of the last address that was tried.
 */
export function firstOf<T>(
  list: readonly AddrInfo[],
  attempt: (ai: AddrInfo) => T,
  none: () => SystemError,
  passOver?: ReadonlySet<number>,
): T {
  let failure: SystemError | undefined
  for (const ai of list)
    try {
      return attempt(ai)
    } catch (error) {
      if (!(error instanceof SystemError) || passOver?.has(error.errno) === false) throw error
      failure = error
    }
  throw failure ?? none()
}

/**
 * Binds the first address of those that this machine has.
 * @param bind - binds one address, and throws when it cannot.
 * @throws what was wrong with the first one that it has; the failure of the last one where it has none.
 */
export function firstBound<T>(list: readonly AddrInfo[], bind: (ai: AddrInfo) => T): T {
  return firstOf(list, bind, () => systemError(sys.EADDRNOTAVAIL, 'bind', { detail: 'no address to bind to' }), ABSENT)
}

/**
 * Makes a socket that is bound to the first address that this machine has.
 * @throws as {@link firstBound}.
 */
export function bindFirst(list: readonly AddrInfo[], options: PrepareOptions): LowSocket {
  return firstBound(list, (ai) =>
    closeOnError(createIn(ai, options), (sock) => {
      runPrepareHook(sock, ai, options)
      sock.bind()
    }),
  )
}

/**
 * Adopts an open socket, which has to be of a certain kind: one of another kind is left to its owner.
 * @param mayListen - whether it may be listening.
 * @throws EBADF, ENOTSOCK; EPROTOTYPE when it is of another kind; EBUSY when an object of this library owns it already.
 */
export function adoptAs(
  fd: unknown,
  families: readonly number[],
  socktype: number | readonly number[],
  mayListen = true,
): LowSocket {
  const types = typeof socktype === 'number' ? [socktype] : socktype
  const number = validate.descriptor('fd', fd)
  const kind = SocketKind.of(number)
  if (!families.includes(kind.family) || !types.includes(kind.socktype)) {
    const wanted = `${families.map((family) => nameOf('AF_', family)).join(' or ')} with ${types.map((type) => nameOf('SOCK_', type)).join(' or ')}`
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
