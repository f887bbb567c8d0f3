// Options of a socket that change what a receive gives. The kernel is asked for them when it matters, and not for each message: they are
// known until one of them is set again in this thread. Only another thread or process that shares the socket can set them unnoticed.
import { IPPROTO_UDP, MSG_PEEK, MSG_TRUNC, SO_PEEK_OFF, SOL_SOCKET, UDP_GRO } from '../constants/exported.generated.js'
import { sys } from '../constants/lookup.js'
import { native, registers } from '../native/sockets.js'
import { receiveOptions } from '../options/receive-options.js'
import { check, systemError } from '../support/errors.js'
import type { Handle } from './handle.js'

const oneByte = Buffer.alloc(1)

function ask(fd: number, level: number, option: number, otherwise: number): number {
  return native.getsockopt(fd, level, option, native.kinds.int) < 0 ? otherwise : (registers[0] as number)
}

function learn(handle: Handle, fd: number): void {
  handle.joinsDatagrams = handle.kind.mayJoin && ask(fd, IPPROTO_UDP, UDP_GRO, 0) !== 0
  handle.hasPeekOffset = peekOffset(fd) >= 0
  handle.optionsKnownAt = receiveOptions.changes
}

/** The offset that MSG_PEEK reads at, -1 where there is none. */
function peekOffset(fd: number): number {
  return ask(fd, SOL_SOCKET, SO_PEEK_OFF, -1)
}

/**
 * Refuses a receive that cannot say where one datagram ends and the next one begins, on a socket whose datagrams the kernel joins.
 * @throws EOPNOTSUPP.
 */
export function refuseJoined(handle: Handle, fd: number, syscall: string): void {
  if (!handle.kind.mayJoin) return
  if (handle.optionsKnownAt !== receiveOptions.changes) learn(handle, fd)
  if (handle.joinsDatagrams)
    throw systemError(sys.EOPNOTSUPP, syscall, {
      detail: 'the kernel joins the datagrams of this socket (udpgro): recvmsg() and recvmany() tell them apart',
    })
}

/**
 * The flags of a receive, for right before the call. Where a peek has an offset (SO_PEEK_OFF), MSG_TRUNC is left out of it: the kernel would
 * count the bytes before the offset as received, and move the offset behind bytes that were not.
 */
export function peekFlags(fd: number, flags: number): number {
  if ((flags & MSG_PEEK) === 0 || (flags & MSG_TRUNC) === 0 || peekOffset(fd) < 0) return flags
  return flags & ~MSG_TRUNC
}

/**
 * Looks at what comes next, for the library itself or for its length: the count of recv(2) into one byte, or into the memory that is given, or
 * `-errno`. The offset at which the user peeks has no say in it, and stays as it is.
 */
export function lookAhead(handle: Handle, fd: number, flags: number, into: Uint8Array = oneByte, length = 1): number {
  if (handle.optionsKnownAt !== receiveOptions.changes) learn(handle, fd)
  const offset = handle.hasPeekOffset ? peekOffset(fd) : -1
  if (offset >= 0) setPeekOffset(fd, -1)
  const count = native.recv(fd, into, 0, length, flags | MSG_PEEK)
  if (offset >= 0) setPeekOffset(fd, offset)
  return count
}

function setPeekOffset(fd: number, offset: number): void {
  registers[0] = offset
  check(native.setsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, native.kinds.int as number), 'setsockopt')
}
