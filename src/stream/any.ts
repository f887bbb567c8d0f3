/** Streams of any family: vsock, SCTP one-to-one, MPTCP, and those that have no class of their own. */
import type { AddrInfo } from '../address/addrinfo.js'
import { SOCK_STREAM, SOMAXCONN } from '../constants/exported.generated.js'
import type { Socket as LowSocket } from '../llsocket/socket.js'
import { ipOptions, ipv6Options } from '../options/index.js'
import { defineOptions, type OptionMethods } from '../options/option.js'
import { type AnyOptions, addressFor, bindAny, connectAny, openAny, remember } from '../socket/any.js'
import { received } from '../socket/iterator.js'
import { accept, acceptfd, connectionsOf, listen } from '../socket/listener.js'
import { type ServeOptions, serve } from '../socket/serve.js'
import type { ReceiveOptions } from '../socket/settings.js'
import type { WaitOptions } from '../socket/socket.js'
import { StreamSocket } from './socket.js'

/**
 * A stream of any family. It connects, or it listens.
 *
 * @example
 * const sock = await stream.any.Socket.create({ address: AddrInfo.vsock(VMADDR_CID_HOST, 1024) })
 * await sock.connect(undefined, { timeout: 5000 })
 */
class AnyStreamSocket extends StreamSocket {
  /**
   * Makes a socket. It is neither bound nor connected.
   * @throws EAFNOSUPPORT, EPROTONOSUPPORT, … where the kernel does not have it, with its names.
   */
  static async create<S extends AnyStreamSocket>(this: new (sock: LowSocket) => S, options: AnyOptions): Promise<S> {
    const { sock, address } = openAny(options, [SOCK_STREAM])
    return remember(new this(sock), address)
  }

  /**
   * Binds the socket, to the remembered address or to another one of its family.
   * @throws EAFNOSUPPORT for an address of another family; EADDRINUSE, EADDRNOTAVAIL, EACCES, … of bind(2).
   */
  async bind(ai?: AddrInfo): Promise<void> {
    bindAny(this, addressFor(this, ai, 'bind'))
  }

  /**
   * Connects, to the remembered address or to another one of its family, within the send deadline or `timeout`. After a failure, a timeout or
   * an abort the socket is of no more use: close it, and make another one.
   * @throws EAFNOSUPPORT for an address of another family; ECONNREFUSED, ECONNRESET, ENODEV, … of connect(2).
   */
  async connect(ai?: AddrInfo, options?: WaitOptions): Promise<void> {
    await connectAny(this, addressFor(this, ai, 'connect'), options)
  }

  /** Starts to listen: see {@link Listening.listen}. */
  listen(backlog: number = SOMAXCONN): void {
    listen(this, backlog)
  }

  /** Waits for a connection: see {@link Listening.accept}. */
  accept(options?: WaitOptions): Promise<ReturnType<this['createConnection']>> {
    return accept(this, (sock) => this.createConnection(sock) as ReturnType<this['createConnection']>, options)
  }

  /** Makes the object of an accepted connection. To be overridden for connections of another class. */
  createConnection(sock: LowSocket): AnyStreamSocket {
    return new AnyStreamSocket(sock)
  }

  /** Accepts a connection as a bare descriptor: see {@link Listening.acceptfd}. */
  acceptfd(options?: WaitOptions): Promise<number> {
    return acceptfd(this, options)
  }

  /** The connections of a listener: see {@link Listening.connections}. */
  connections(options: WaitOptions = {}): AsyncIterableIterator<ReturnType<this['createConnection']>> {
    return connectionsOf(this, options)
  }

  /** Runs a function for each connection of a listener: see {@link Listening.serve}. */
  serve(
    handler: (conn: ReturnType<this['createConnection']>) => unknown,
    options?: ServeOptions<ReturnType<this['createConnection']>>,
  ): Promise<void> {
    return serve<ReturnType<this['createConnection']>>(this, handler, options)
  }

  /** What arrives, piece by piece, until the peer has closed. Leaving the loop leaves the socket open. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Buffer> {
    return received(this)
  }

  /** The same as iterating over the socket, with options: see {@link stream.inet.Socket.chunks}. */
  chunks(options: ReceiveOptions = {}): AsyncIterableIterator<Buffer> {
    return received(this, options)
  }
}

interface AnyStreamSocket extends OptionMethods<typeof ipOptions>, OptionMethods<typeof ipv6Options> {}
defineOptions(AnyStreamSocket, ipOptions, ipv6Options)

export type { AnyOptions as Options } from '../socket/any.js'
export { AnyStreamSocket as Socket }
