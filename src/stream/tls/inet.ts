import type { Socket as LowSocket } from '../../llsocket/socket.js'
import type { TlsConfig } from '../../tls/config.js'
import type { Context } from '../../tls/context.js'
import { type InetClientOptions, InetStreamClient } from '../inet/client.js'
import { type InetServerOptions, InetStreamServer } from '../inet/server.js'
import { InetStreamSocket } from '../inet/socket.js'
import { adoptEncrypting, type Encrypting, requireConfig } from './require-tls.js'

/** A TCP server that takes nothing but TLS: `tlscfg` cannot be forgotten. */
class InetTlsServer extends InetStreamServer {
  /** As of `stream.inet.Server`, with a `tlscfg`. */
  static override async create<S extends InetStreamServer>(
    this: new (
      sock: LowSocket,
    ) => S,
    options: Encrypting<InetServerOptions>,
  ): Promise<S> {
    // biome-ignore lint/complexity/noThisInStatic: it may be a class of the user's
    return InetStreamServer.create.call(this as never, requireConfig(options)) as unknown as Promise<S>
  }

  /** As of `stream.inet.Server`, with a `tlscfg`. */
  static override wrap<S extends InetStreamServer>(
    this: new (
      sock: LowSocket,
    ) => S,
    fd: number,
    tlscfg?: TlsConfig | Context,
  ): Promise<S> {
    // biome-ignore lint/complexity/noThisInStatic: it may be a class of the user's
    return adoptEncrypting<S>(tlscfg, () => InetStreamServer.wrap.call(this as never, fd))
  }
}

/** A TCP client that talks nothing but TLS. */
class InetTlsClient extends InetStreamClient {
  /** As of `stream.inet.Client`, with a `tlscfg`. */
  static override async create<C>(
    this: new () => C,
    options: Encrypting<InetClientOptions>,
    connect?: boolean,
    conndeadl?: number,
  ): Promise<C> {
    return InetStreamClient.create.call(
      // biome-ignore lint/complexity/noThisInStatic: it may be a class of the user's
      this as never,
      requireConfig(options),
      connect,
      conndeadl,
    ) as unknown as Promise<C>
  }
}

export { InetStreamSocket as Socket, InetTlsClient as Client, InetTlsServer as Server }
