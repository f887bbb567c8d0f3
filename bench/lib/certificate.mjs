// A key and a certificate for the servers with TLS: ECDSA on P-256, made anew for each run of the harness.
import { quietly, which } from '../../scripts/lib/run.mjs'
import { Missing } from './scenario.mjs'

/** @typedef {{ cert: string, key: string }} Certificate paths of two PEM files */

const KIND = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-sha256']
const NAME = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']

/** @param {import('./scratch.mjs').Scratch} scratch @returns {Certificate} */
export function makeCertificate(scratch) {
  if (which('openssl') === undefined) throw new Missing('there is no openssl to make a certificate with')
  const cert = scratch('cert.pem')
  const key = scratch('key.pem')
  quietly('openssl', 'openssl', ['req', '-x509', '-days', '2', ...KIND, ...NAME, '-keyout', key, '-out', cert])
  return { cert, key }
}
