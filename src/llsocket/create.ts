import { type AddrInfo, addressArgument } from '../address/addrinfo.js'
import { AF_UNIX, SHUT_RDWR, SOCK_NONBLOCK } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { adopt } from '../descriptor/descriptor.js'
import { Handle } from '../descriptor/handle.js'
import { SocketKind } from '../descriptor/kind.js'
import { isOwned, OwnedFd } from '../descriptor/owned-fd.js'
import { native, registers } from '../native/sockets.js'
import { check, fdContext, systemError } from '../support/errors.js'
import * as validate from '../support/validate.js'
import { type NetworkNamespace, openSocket } from './open.js'
import { closeAfterShutdown, Socket, shutdownHow } from './socket.js'

/**
 * Makes a socket of the family, type and protocol of an address, which it remembers for `bind()` and `connect()`. It is blocking unless
 * `nonblock` is true. See socket(2).
 * @param ai - the address: of `AddrInfo.inet()` and its like, or `getaddrinfo()`.
 * @param nonblock - whether to set `O_NONBLOCK`, false by default.
 * @param netns - the network namespace that it belongs to, by path or descriptor; that of the process by default. The thread that calls
 *   stays in its own. Needs CAP_SYS_ADMIN. See setns(2).
 */
export function create(ai: AddrInfo, nonblock = false, netns?: NetworkNamespace): Socket {
  addressArgument('ai', ai)
  const { family, socktype, protocol } = ai
  return openSocket({ family, socktype, protocol }, validate.boolean('nonblock', nonblock), ai, netns)
}

/**
 * Makes two unix sockets that are connected with each other. See socketpair(2).
 * @param socktype - `SOCK_STREAM`, `SOCK_DGRAM` or `SOCK_SEQPACKET`.
 * @param nonblock - whether to set `O_NONBLOCK`, false by default.
 * @param protocol - 0, the only one of unix sockets.
 */
export function pair(socktype: number, nonblock = false, protocol = 0): [Socket, Socket] {
  const type = validate.integer('socktype', socktype)
  const flags = validate.boolean('nonblock', nonblock) ? SOCK_NONBLOCK : 0
  validate.integer('protocol', protocol)
  check(native.socketpair(AF_UNIX, type | flags, protocol), 'socketpair')
  const [first = -1, second = -1] = registers
  const kind = SocketKind.from({ family: AF_UNIX, socktype: type, protocol })
  const socketOf = (fd: number): Socket => new Socket(new Handle(new OwnedFd(fd, 'Socket'), kind))
  return [socketOf(first), socketOf(second)]
}

/**
 * Adopts an open socket: it is closed with the object from now on, and made close-on-exec.
 * @param fd - the descriptor, which the object owns from now on.
 * @param nonblock - sets or clears `O_NONBLOCK`; left as it is when absent.
 * @returns the socket.
 * @throws EBADF or ENOTSOCK when it is not a socket; EBUSY when an object of this library owns it already.
 */
export function wrap(fd: number, nonblock?: boolean): Socket {
  const socket = new Socket(adopt(fd))
  if (nonblock === undefined) return socket
  try {
    socket.nonblock(nonblock)
  } catch (error) {
    socket.unwrap()
    throw error
  }
  return socket
}

/**
 * Shuts down one direction or both, as by default, of a descriptor that belongs to the caller. See shutdown(2).
 * @param fd - the descriptor.
 * @param how - `SHUT_RD`, `SHUT_WR` or `SHUT_RDWR`, the default.
 */
export function shutdown(fd: number, how: number = SHUT_RDWR): void {
  const number = validate.descriptor('fd', fd)
  check(native.shutdown(number, shutdownHow('how', how)), 'shutdown', () => fdContext(number))
}

/**
 * Closes a descriptor that belongs to the caller, after shutting down what `how` says. If it is a socket with `SO_LINGER` set, it waits,
 * as close(2) does.
 * @param fd - the descriptor.
 * @param how - what to shut down before, `SHUT_*`; nothing by default.
 * @throws EBUSY when a socket object owns it; what shutdown(2) or close(2) reported; the descriptor is closed in any case. A wrong
 *   argument closes nothing.
 */
export function close(fd: number, how?: number): void {
  const number = validate.descriptor('fd', fd)
  if (isOwned(number))
    throw systemError(sys.EBUSY, 'close', {
      detail: `fd ${number} belongs to a socket object, which has a close() of its own`,
    })
  const shut = how === undefined ? undefined : shutdownHow('how', how)
  closeAfterShutdown(number, shut)
}
