import { setNonblock } from '../descriptor/descriptor.js'
import { Handle, kHandle } from '../descriptor/handle.js'
import { type SocketKind, UNSPEC_KIND } from '../descriptor/kind.js'
import { CLOSED_FD, type OwnedFd, UNCONNECTED_FD } from '../descriptor/owned-fd.js'
import { Engine } from '../engine/engine.js'
import type { Socket as LowSocket } from '../llsocket/socket.js'
import type { TlsSession } from '../tls/session.js'
import { closeChannel, Steps } from './close.js'
import { Output } from './output.js'
import { TlsTransport } from './tls-transport.js'
import { CONNECTION_TRANSPORT, MESSAGE_TRANSPORT, TCP_TRANSPORT, type Transport } from './transport.js'

function transportOf(kind: SocketKind): Transport {
  if (kind.shortReadDrains) return TCP_TRANSPORT
  return kind.zeroMeansEof ? CONNECTION_TRANSPORT : MESSAGE_TRANSPORT
}

/**
 * One open connection, or other non-blocking socket: its descriptor, the engine that waits for it, and the transport that moves its bytes.
 * A socket object has one; connecting anew replaces it, and detaching takes it away.
 */
export class Channel extends Handle {
  readonly engine: Engine
  transport: Transport
  /** Most channels have none. */
  #output: Output | undefined

  /** The descriptor has to be non-blocking, as far as that depends on this thread: see docs/design.md. */
  constructor(fd: OwnedFd, kind: SocketKind) {
    super(fd, kind)
    this.engine = new Engine(fd)
    this.transport = transportOf(kind)
  }

  /** Gives a synchronous socket that was created non-blocking its channel, for {@link Channel.from} to take over as it is. */
  static prepare(sock: LowSocket): void {
    const { fd, kind } = sock[kHandle]
    sock[kHandle] = new Channel(fd, kind)
  }

  /** Takes over the descriptor of a synchronous socket, which is closed for its former user, and makes it non-blocking if it is not. */
  static from(sock: LowSocket): Channel {
    const handle = takeHandle(sock)
    if (handle instanceof Channel) return handle
    try {
      setNonblock(handle.fd.use('fcntl'), true)
    } catch (error) {
      handle.fd.closeQuietly()
      throw error
    }
    return new Channel(handle.fd, handle.kind)
  }

  /** What is written without a promise for each piece. */
  get output(): Output {
    this.#output ??= new Output(this)
    return this.#output
  }

  /** What closing it now would lose without a word to anybody. */
  get loss(): Error | undefined {
    return this.#output?.loss
  }

  /** Encrypts it from now on. */
  encrypt(session: TlsSession): void {
    // There is one channel for all sockets that are not connected: it must not change.
    this.fd.use('handshake')
    this.transport = new TlsTransport(session, this.engine)
  }

  /** Closes it after something else has failed: that error is the one to report. The peer still gets the alert that says why. */
  closeQuietly(): void {
    const steps = new Steps()
    closeChannel(steps, this, { how: undefined, timeout: 0 })
    steps.done().catch(() => undefined)
  }
}

/**
 * Takes the handle out of a synchronous socket, which is closed from then on; there is no moment in which the descriptor has no owner.
 * @throws EBADF when it is closed.
 */
function takeHandle(sock: LowSocket): Handle {
  const handle = sock[kHandle]
  handle.fd.use('unwrap')
  sock[kHandle] = new Handle(CLOSED_FD, handle.kind)
  return handle
}

/** The channel of a socket that is not connected yet: every call on it is EBADF. */
export const UNCONNECTED = new Channel(UNCONNECTED_FD, UNSPEC_KIND)
