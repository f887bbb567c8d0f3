import { X509Certificate } from 'node:crypto'
import { nativeTls } from '../native/tls.js'
import * as validate from '../support/validate.js'
import { peerNames } from './context.js'
import { TlsError } from './errors.js'
import { checkIdentity } from './identity.js'

/**
 * Whether a certificate is for a host, by the rules that clients use here (RFC 9525): no common name, whole left-most labels as
 * wildcards, addresses only as addresses. The chain is not looked at.
 * @throws {@link TlsError} `ERR_TLS_CERT_ALTNAME_INVALID`, with what it is for, when it is not.
 */
export function assertIdentity(host: string, cert: X509Certificate): void {
  validate.string('host', host)
  if (!(cert instanceof X509Certificate))
    throw validate.invalidType('cert', 'an instance of X509Certificate of node:crypto', cert)
  const reason = checkIdentity(host, peerNames(nativeTls().certificateNames(cert.raw)))
  if (reason !== undefined) throw new TlsError('ERR_TLS_CERT_ALTNAME_INVALID', 'assertIdentity', reason, { host })
}
