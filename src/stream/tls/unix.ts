import type { Socket as LowSocket } from '../../llsocket/socket.js'
import type { TlsConfig } from '../../tls/config.js'
import type { Context } from '../../tls/context.js'
import * as unix from '../unix.js'
import { adoptEncrypting, type Encrypting, requireConfig } from './require-tls.js'

/** A unix stream server that takes nothing but TLS: `tlscfg` cannot be forgotten. */
class UnixTlsServer extends unix.Server {
  /** As of `stream.unix.Server`, with a `tlscfg`. */
  static override async create<S>(
    this: new (
      sock: LowSocket,
    ) => S,
    options: Encrypting<unix.ServerOptions>,
  ): Promise<S> {
    // biome-ignore lint/complexity/noThisInStatic: it may be a class of the user's
    return unix.Server.create.call(this as never, requireConfig(options)) as unknown as Promise<S>
  }

  /** As of `stream.unix.Server`, with a `tlscfg`. */
  static override wrap<S>(this: new (sock: LowSocket) => S, fd: number, tlscfg?: TlsConfig | Context): Promise<S> {
    // biome-ignore lint/complexity/noThisInStatic: it may be a class of the user's
    return adoptEncrypting<S>(tlscfg, () => unix.Server.wrap.call(this as never, fd))
  }
}

/** A unix stream client that talks nothing but TLS. A path says nothing of a host: `servername` does. */
class UnixTlsClient extends unix.Client {
  /** As of `stream.unix.Client`, with a `tlscfg`. */
  static override async create<C>(
    this: new () => C,
    options: Encrypting<unix.ClientOptions>,
    connect?: boolean,
    conndeadl?: number,
  ): Promise<C> {
    return unix.Client.create.call(
      // biome-ignore lint/complexity/noThisInStatic: it may be a class of the user's
      this as never,
      requireConfig(options),
      connect,
      conndeadl,
    ) as unknown as Promise<C>
  }
}

export { Socket } from '../unix.js'
export { UnixTlsClient as Client, UnixTlsServer as Server }
