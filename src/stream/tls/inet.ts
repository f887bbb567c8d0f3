import type { Socket as LowSocket } from '../../llsocket/socket.js'
import type { TlsConfig } from '../../tls/config.js'
import type { Context } from '../../tls/context.js'
import * as inet from '../inet.js'
import { adoptEncrypting, type Encrypting, requireConfig } from './require-tls.js'

/** A TCP server that takes nothing but TLS: `tlscfg` cannot be forgotten. */
class InetTlsServer extends inet.Server {
  /** As of `stream.inet.Server`, with a `tlscfg`. */
  static override async create<S extends inet.Server>(
    this: new (
      sock: LowSocket,
    ) => S,
    options: Encrypting<inet.ServerOptions>,
  ): Promise<S> {
    // biome-ignore lint/complexity/noThisInStatic: it may be a class of the user's
    return inet.Server.create.call(this as never, requireConfig(options)) as unknown as Promise<S>
  }

  /** As of `stream.inet.Server`, with a `tlscfg`. */
  static override wrap<S extends inet.Server>(
    this: new (
      sock: LowSocket,
    ) => S,
    fd: number,
    tlscfg?: TlsConfig | Context,
  ): Promise<S> {
    // biome-ignore lint/complexity/noThisInStatic: it may be a class of the user's
    return adoptEncrypting<S>(tlscfg, () => inet.Server.wrap.call(this as never, fd))
  }
}

/** A TCP client that talks nothing but TLS. */
class InetTlsClient extends inet.Client {
  /** As of `stream.inet.Client`, with a `tlscfg`. */
  static override async create<C>(
    this: new () => C,
    options: Encrypting<inet.ClientOptions>,
    connect?: boolean,
    conndeadl?: number,
  ): Promise<C> {
    return inet.Client.create.call(
      // biome-ignore lint/complexity/noThisInStatic: it may be a class of the user's
      this as never,
      requireConfig(options),
      connect,
      conndeadl,
    ) as unknown as Promise<C>
  }
}

export { Socket } from '../inet.js'
export { InetTlsClient as Client, InetTlsServer as Server }
