import { SOCK_STREAM } from '../../constants/exported.generated.js'
import type { ClientClass, SocketClass } from '../../socket/create.js'
import { unixClientOptions, unixServerOptions } from '../../socket/unix.js'
import type { TlsConfig } from '../../tls/config.js'
import type { Context } from '../../tls/context.js'
import type { StreamServer } from '../server.js'
import * as unix from '../unix.js'
import { type Encrypting, requireConfig, wrapEncrypting } from './require-tls.js'

const CLIENT_OPTIONS = unixClientOptions(SOCK_STREAM)
const SERVER_OPTIONS = unixServerOptions(SOCK_STREAM)

/** A unix stream server that requires TLS: `tlscfg` cannot be forgotten. */
class UnixTlsServer extends unix.Server {
  /**
   * Binds a server that requires TLS to a path or abstract name. It does not listen yet. See `create` of `stream.unix.Server`.
   * @param options - as there, and `tlscfg`, which is required.
   * @returns the server, of the class that this is called on. It has yet to `listen()`.
   * @throws TypeError or RangeError for a configuration without certificate, or that is wrong otherwise; `TlsError` for what
   *   OpenSSL refuses; what the method of the base class throws.
   */
  static override async create<S>(this: SocketClass<S>, options: Encrypting<unix.ServerOptions>): Promise<S> {
    // biome-ignore lint/complexity/noThisInStatic: it may be a subclass of the user's
    return (unix.Server.create<S>).call(this, requireConfig(options, SERVER_OPTIONS))
  }

  /**
   * Adopts an open socket that is bound, for a server that requires TLS. See `wrap` of `stream.unix.Server`.
   * @param fd - the descriptor, which the object owns from now on.
   * @param tlscfg - the configuration, which is required.
   * @returns the server, of the class that this is called on.
   * @throws TypeError or RangeError for a configuration without certificate, or that is wrong otherwise; `TlsError` for what
   *   OpenSSL refuses; what the method of the base class throws.
   */
  static override wrap<S>(this: SocketClass<S>, fd: number, tlscfg?: TlsConfig | Context): Promise<S> {
    // biome-ignore lint/complexity/noThisInStatic: it may be a subclass of the user's
    return wrapEncrypting(tlscfg, () => (unix.Server.wrap<S>).call(this, fd) as Promise<S & StreamServer>)
  }
}

/** A unix stream client that requires TLS. A path does not name a host: `servername` does. */
class UnixTlsClient extends unix.Client {
  /**
   * Makes a client that requires TLS, and connects it unless `connect` is false. See `create` of `stream.unix.Client`.
   * @param options - as there, and `tlscfg`, which is required.
   * @param connect - whether to connect at once, true by default; otherwise `connect()` does.
   * @param conndeadl - milliseconds for connection and handshake, 0 for no limit, the default.
   * @returns the client, of the class that this is called on.
   * @throws TypeError or RangeError for a configuration without certificate, or that is wrong otherwise; `TlsError` for what
   *   OpenSSL refuses; what the method of the base class throws.
   */
  static override async create<C>(
    this: ClientClass<C>,
    options: Encrypting<unix.ClientOptions>,
    connect?: boolean,
    conndeadl?: number,
  ): Promise<C> {
    // biome-ignore lint/complexity/noThisInStatic: it may be a subclass of the user's
    return (unix.Client.create<C>).call(this, requireConfig(options, CLIENT_OPTIONS), connect, conndeadl)
  }
}

export { Socket } from '../unix.js'
export { UnixTlsClient as Client, UnixTlsServer as Server }
