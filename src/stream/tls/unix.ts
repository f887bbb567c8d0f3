import { SOCK_STREAM } from '../../constants/exported.generated.js'
import type { Socket as LowSocket } from '../../llsocket/socket.js'
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
  /** See `create` of `stream.unix.Server`; `tlscfg` is required. */
  static override async create<S>(
    this: new (
      sock: LowSocket,
    ) => S,
    options: Encrypting<unix.ServerOptions>,
  ): Promise<S> {
    // biome-ignore lint/complexity/noThisInStatic: it may be a subclass of the user's
    return (unix.Server.create<S>).call(this, requireConfig(options, SERVER_OPTIONS))
  }

  /** See `wrap` of `stream.unix.Server`; `tlscfg` is required. */
  static override wrap<S>(this: new (sock: LowSocket) => S, fd: number, tlscfg?: TlsConfig | Context): Promise<S> {
    // biome-ignore lint/complexity/noThisInStatic: it may be a subclass of the user's
    return wrapEncrypting(tlscfg, () => (unix.Server.wrap<S>).call(this, fd) as Promise<S & StreamServer>)
  }
}

/** A unix stream client that requires TLS. A path does not name a host: `servername` does. */
class UnixTlsClient extends unix.Client {
  /** See `create` of `stream.unix.Client`; `tlscfg` is required. */
  static override async create<C>(
    this: new () => C,
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
