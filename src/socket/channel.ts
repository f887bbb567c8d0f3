import { setNonblock, takeHandle } from '../descriptor/descriptor.js'
import { Handle } from '../descriptor/handle.js'
import { type SocketKind, UNSPEC_KIND } from '../descriptor/kind.js'
import { type OwnedFd, UNCONNECTED_FD } from '../descriptor/owned-fd.js'
import { Engine } from '../engine/engine.js'
import type { Socket as LowSocket } from '../llsocket/socket.js'
import type { TlsSession } from '../tls/session.js'
import { TlsTransport } from './tls-transport.js'
import { plainTransport, type Transport } from './transport.js'

/**
 * One open connection, or other non-blocking socket: its descriptor, the engine that waits for it, and the transport that moves its bytes.
 * A socket object has one; connecting anew replaces it, and detaching takes it away.
 */
export class Channel extends Handle {
  readonly engine: Engine
  transport: Transport

  /** The descriptor has to be non-blocking. */
  constructor(fd: OwnedFd, kind: SocketKind) {
    super(fd, kind)
    this.engine = new Engine(fd)
    this.transport = plainTransport(kind)
  }

  /** Takes over the descriptor of a synchronous socket, which is closed for its former user, and makes it non-blocking. */
  static from(sock: LowSocket): Channel {
    const handle = takeHandle(sock)
    if (handle instanceof Channel) return handle
    const { fd, kind } = handle
    try {
      setNonblock(fd.use('fcntl'), true)
    } catch (error) {
      fd.closeQuietly()
      throw error
    }
    return new Channel(fd, kind)
  }

  /** Encrypts it from now on. */
  encrypt(session: TlsSession): void {
    this.transport = new TlsTransport(session, this.engine)
  }

  /** Closes it after something else has failed: that error is the one to report. */
  closeQuietly(): void {
    this.engine.close()
    this.transport.close()
    this.fd.closeQuietly()
  }
}

/** The channel of a socket that is not connected yet: every call on it is EBADF. */
export const UNCONNECTED = new Channel(UNCONNECTED_FD, UNSPEC_KIND)
