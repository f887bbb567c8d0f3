import { invalidState } from '../support/validate.js'
import type { UnixMethods } from './pass-fd.js'
import { Socket } from './socket.js'
import { isUnixSocket } from './unix-classes.js'

/**
 * What unix sockets of every type have in common: they pass descriptors, and know who the peer is. Streams, seqpackets and datagrams have
 * bases of their own, so this class makes no objects: it is for `instanceof`, and for types.
 *
 * @example
 * if (sock instanceof unix.Socket) await sock.sendfd(fd)
 */
abstract class UnixSocket extends Socket {
  private constructor() {
    super()
    throw invalidState('unix.Socket makes no objects: stream.unix, seqpacket.unix and dgram.unix do')
  }

  /** Whether a value is a unix socket of any type. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isUnixSocket(value)
  }
}

interface UnixSocket extends UnixMethods {}

export { UnixSocket as Socket }
