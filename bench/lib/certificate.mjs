// A key and a certificate for the servers with TLS: ECDSA on P-256, made anew for each run of the harness.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quietly, which } from '../../scripts/lib/run.mjs'
import { Missing } from './scenario.mjs'

/** @typedef {{ cert: string, key: string, remove: () => void }} Certificate paths of two PEM files */

const KIND = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-sha256']
const NAME = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']

/** @returns {Certificate} */
export function makeCertificate() {
  if (which('openssl') === undefined) throw new Missing('there is no openssl to make a certificate with')
  const folder = mkdtempSync(join(tmpdir(), 'berkeley-bench-'))
  const cert = join(folder, 'cert.pem')
  const key = join(folder, 'key.pem')
  const remove = () => rmSync(folder, { recursive: true, force: true })
  try {
    quietly('openssl', 'openssl', ['req', '-x509', '-days', '2', ...KIND, ...NAME, '-keyout', key, '-out', cert])
  } catch (error) {
    remove()
    throw error
  }
  return { cert, key, remove }
}
