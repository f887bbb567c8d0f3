/**
 * TLS on stream sockets, by the OpenSSL inside Node. `stream.inet` and `stream.unix` take a `tlscfg`; the classes here do not do
 * without one.
 */

export type { ClientHello } from '../../tls/client-hello.js'
export type {
  AcceptedConnection,
  CertificateRequest,
  Check,
  Chosen,
  Found,
  KeyPair,
  OfferedProtocols,
  PreSharedKey,
  PskCallback,
  Shown,
  TlsConfig as Config,
  Verify,
} from '../../tls/config.js'
export { Context } from '../../tls/context.js'
export { TlsError, type TlsErrorContext } from '../../tls/errors.js'
export { assertIdentity } from '../../tls/identity.js'
export type { Pem, PemOrDer } from '../../tls/pem.js'
export { pinOf } from '../../tls/pins.js'
export type { TlsSession as Session } from '../../tls/session.js'
export type { Cipher } from '../../tls/session-info.js'
export type { TlsVersion as Version } from '../../tls/versions.js'
export * as inet from './inet.js'
export type { Encrypting } from './require-tls.js'
export * as unix from './unix.js'
export { type WrapOptions, wrap } from './wrap.js'
