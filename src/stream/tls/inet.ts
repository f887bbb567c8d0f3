import type { ClientClass, SocketClass } from '../../socket/create.js'
import type { TlsConfig } from '../../tls/config.js'
import type { Context } from '../../tls/context.js'
import * as inet from '../inet.js'
import { CLIENT_OPTIONS, SERVER_OPTIONS } from '../inet-options.js'
import { type Encrypting, requireConfig, wrapEncrypting } from './require-tls.js'

/** A TCP server that requires TLS: `tlscfg` cannot be forgotten. */
class InetTlsServer extends inet.Server {
  /**
   * Binds a server that requires TLS to the first of its addresses that this machine has. It does not listen yet. See `create` of
   * `stream.inet.Server`.
   * @param options - as there, and `tlscfg`, which is required.
   * @returns the server, of the class that this is called on. It has yet to `listen()`.
   * @throws TypeError or RangeError for a configuration without certificate, or that is wrong otherwise; `TlsError` for what
   *   OpenSSL refuses; what the method of the base class throws.
   */
  static override async create<S extends inet.Server>(
    this: SocketClass<S>,
    options: Encrypting<inet.ServerOptions>,
  ): Promise<S> {
    // biome-ignore lint/complexity/noThisInStatic: it may be a subclass of the user's
    return (inet.Server.create<S>).call(this, requireConfig(options, SERVER_OPTIONS))
  }

  /**
   * Adopts an open socket that is bound, for a server that requires TLS. See `wrap` of `stream.inet.Server`.
   * @param fd - the descriptor, which the object owns from now on.
   * @param tlscfg - the configuration, which is required.
   * @returns the server, of the class that this is called on.
   * @throws TypeError or RangeError for a configuration without certificate, or that is wrong otherwise; `TlsError` for what
   *   OpenSSL refuses; what the method of the base class throws.
   */
  static override wrap<S extends inet.Server>(
    this: SocketClass<S>,
    fd: number,
    tlscfg?: TlsConfig | Context,
  ): Promise<S> {
    // biome-ignore lint/complexity/noThisInStatic: it may be a subclass of the user's
    return wrapEncrypting(tlscfg, () => (inet.Server.wrap<S>).call(this, fd))
  }
}

/** A TCP client that requires TLS. */
class InetTlsClient extends inet.Client {
  /**
   * Makes a client that requires TLS, and connects it unless `connect` is false. See `create` of `stream.inet.Client`.
   * @param options - as there, and `tlscfg`, which is required.
   * @param connect - whether to connect at once, true by default; otherwise `connect()` does.
   * @param conndeadl - milliseconds for lookup, connection and handshake, 0 for no limit, the default.
   * @returns the client, of the class that this is called on.
   * @throws TypeError or RangeError for a configuration without certificate, or that is wrong otherwise; `TlsError` for what
   *   OpenSSL refuses; what the method of the base class throws.
   */
  static override async create<C>(
    this: ClientClass<C>,
    options: Encrypting<inet.ClientOptions>,
    connect?: boolean,
    conndeadl?: number,
  ): Promise<C> {
    // biome-ignore lint/complexity/noThisInStatic: it may be a subclass of the user's
    return (inet.Client.create<C>).call(this, requireConfig(options, CLIENT_OPTIONS), connect, conndeadl)
  }
}

export { Socket } from '../inet.js'
export { InetTlsClient as Client, InetTlsServer as Server }
