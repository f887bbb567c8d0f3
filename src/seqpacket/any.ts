/** Seqpackets of any family: connections that keep boundaries. */
import type { AddrInfo } from '../address/addrinfo.js'
import { SOCK_SEQPACKET, SOMAXCONN } from '../constants/exported.generated.js'
import type { Socket as LowSocket } from '../llsocket/socket.js'
import { type AnyOptions, addressFor, bindAny, connectAny, openAny, remember } from '../socket/any.js'
import { forEachReceived, received } from '../socket/iterator.js'
import { accept, acceptfd, connectionsOf, listen } from '../socket/listener.js'
import { type ServeOptions, serve } from '../socket/serve.js'
import type { ReceiveOptions } from '../socket/settings.js'
import { Socket, type WaitOptions } from '../socket/socket.js'

/** A seqpacket socket of any family. It connects, or it listens. */
class AnySeqpacketSocket extends Socket {
  /**
   * Makes a socket. It is neither bound nor connected.
   * @throws EAFNOSUPPORT, ESOCKTNOSUPPORT, … where the kernel does not have it, with its names.
   */
  static async create<S extends AnySeqpacketSocket>(this: new (sock: LowSocket) => S, options: AnyOptions): Promise<S> {
    const { sock, address } = openAny(options, [SOCK_SEQPACKET])
    return remember(new this(sock), address)
  }

  /** Binds the socket, to the remembered address or to another one of its family. See bind(2). */
  async bind(ai?: AddrInfo): Promise<void> {
    bindAny(this, addressFor(this, ai, 'bind'))
  }

  /** Connects, to the remembered address or to another one of its family. See connect(2). */
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
  createConnection(sock: LowSocket): AnySeqpacketSocket {
    return new AnySeqpacketSocket(sock)
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

  /** What arrives, record by record, until the peer has closed. Leaving the loop leaves the socket open. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Buffer> {
    return received(this)
  }

  /**
   * Receives until the peer has closed, and gives each record to a function, without a promise for each: see
   * {@link seqpacket.unix.Socket.forEach}.
   */
  forEach(fn: (data: Buffer) => unknown, options?: ReceiveOptions): Promise<void> {
    return forEachReceived(this, fn, options)
  }

  /** The same as iterating over the socket, with options. */
  chunks(options: ReceiveOptions = {}): AsyncIterableIterator<Buffer> {
    return received(this, options)
  }
}

export type { AnyOptions as Options } from '../socket/any.js'
export { AnySeqpacketSocket as Socket }
