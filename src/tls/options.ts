import { SOCK_STREAM } from '../constants/exported.generated.js'
import type { TlsConfig } from './config.js'
import { type Context, contextOf } from './context.js'

/** Options of sockets that TLS can encrypt. */
export interface TlsOptions {
  /**
   * The TLS configuration: a plain object, or a context, which several sockets can share. Streams only. Without it the connection is
   * not encrypted; the classes under `tls` refuse that.
   */
  tlscfg?: TlsConfig | Context | undefined
}

/** TLS options of a client, some of which override its `tlscfg` for one connection. */
export interface TlsClientOptions extends TlsOptions {
  /** The name to ask for (SNI) and to check the certificate against; by default that of `tlscfg`, or the host. */
  servername?: string | undefined
  /** A session to resume, from `getSession()` of a former connection to the same server; by default that of `tlscfg`. */
  session?: Uint8Array | undefined
}

/** The names of {@link TlsOptions} for a type of socket: none but for streams. */
export function tlsOptions(socktype: number): string[] {
  return socktype === SOCK_STREAM ? ['tlscfg'] : []
}

/** The names of {@link TlsClientOptions} for a type of socket: none but for streams. */
export function tlsClientOptions(socktype: number): string[] {
  return socktype === SOCK_STREAM ? ['tlscfg', 'servername', 'session'] : []
}

/**
 * The context that options ask for. Only `undefined` asks for none: null or an empty string is probably a mistake, and must not turn
 * encryption off.
 */
export function contextIn(options: object, isServer: boolean): Context | undefined {
  const { tlscfg } = options as TlsOptions
  return tlscfg === undefined ? undefined : contextOf(tlscfg, isServer)
}
