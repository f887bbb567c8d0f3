import { SOCK_STREAM } from '../constants/exported.generated.js'
import type { TlsConfig } from './config.js'
import { type Context, contextOf } from './context.js'

/** What may encrypt connections. */
export interface TlsOptions {
  /**
   * Keys, and whom to trust. A plain object is made into a context; a context can be shared by many. Streams only. Without it, or with
   * `undefined`, nothing is encrypted: the classes under `tls` refuse that.
   */
  tlscfg?: TlsConfig | Context | undefined
}

/** What a client may say of one connection, in the place of what its `tlscfg` says. */
export interface TlsClientOptions extends TlsOptions {
  /** The name to ask for and to check the certificate against. */
  servername?: string | undefined
  /** What `getSession()` gave before: the handshake goes on from there, if the server is the same. */
  session?: Uint8Array | undefined
}

/** The properties of {@link TlsOptions} that sockets of that type know: TLS is for streams. */
export function tlsOptions(socktype: number): string[] {
  return socktype === SOCK_STREAM ? ['tlscfg'] : []
}

/** Those of clients. */
export function tlsClientOptions(socktype: number): string[] {
  return socktype === SOCK_STREAM ? ['tlscfg', 'servername', 'session'] : []
}

/** The context that options ask for. Anything but `undefined` asks: null or an empty string would be a mistake that nobody sees. */
export function contextIn(options: object, isServer: boolean): Context | undefined {
  const { tlscfg } = options as TlsOptions
  return tlscfg === undefined ? undefined : contextOf(tlscfg, isServer)
}
