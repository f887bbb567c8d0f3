/**
 * TLS on stream sockets, by the OpenSSL inside Node. `stream.inet` and `stream.unix` take a `tlscfg`; the classes here do not do
 * without one.
 */

export { assertIdentity } from './secure/identity.js'
export * as inet from './secure/inet.js'
export type { Encrypting } from './secure/required.js'
export * as unix from './secure/unix.js'
export { type WrapOptions, wrap } from './secure/wrap.js'
export type { Check, Chosen, KeyPair, Pem, TlsConfig as Config, TlsVersion as Version } from './tls/config.js'
export { Context } from './tls/context.js'
export { TlsError, type TlsErrorContext } from './tls/error.js'
export type { Cipher } from './tls/facts.js'
export type { TlsSession as Session } from './tls/session.js'
