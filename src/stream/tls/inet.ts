import type { Socket as LowSocket } from '../../llsocket/socket.js'
import type { TlsConfig } from '../../tls/config.js'
import type { Context } from '../../tls/context.js'
import * as inet from '../inet.js'
import { CLIENT_OPTIONS, SERVER_OPTIONS } from '../inet-options.js'
import { type Encrypting, requireConfig, wrapEncrypting } from './require-tls.js'

/** A TCP server that requires TLS: `tlscfg` cannot be forgotten. */
class InetTlsServer extends inet.Server {
  /** See `create` of `stream.inet.Server`; `tlscfg` is required. */
  static override async create<S extends inet.Server>(
    this: new (
      sock: LowSocket,
    ) => S,
    options: Encrypting<inet.ServerOptions>,
  ): Promise<S> {
    // biome-ignore lint/complexity/noThisInStatic: it may be a subclass of the user's
    return (inet.Server.create<S>).call(this, requireConfig(options, SERVER_OPTIONS))
  }

  /** See `wrap` of `stream.inet.Server`; `tlscfg` is required. */
  static override wrap<S extends inet.Server>(
    this: new (
      sock: LowSocket,
    ) => S,
    fd: number,
    tlscfg?: TlsConfig | Context,
  ): Promise<S> {
    // biome-ignore lint/complexity/noThisInStatic: it may be a subclass of the user's
    return wrapEncrypting(tlscfg, () => (inet.Server.wrap<S>).call(this, fd))
  }
}

/** A TCP client that requires TLS. */
class InetTlsClient extends inet.Client {
  /** See `create` of `stream.inet.Client`; `tlscfg` is required. */
  static override async create<C>(
    this: new () => C,
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
