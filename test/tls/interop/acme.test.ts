// TLS-ALPN-01 (RFC 8737) beside ordinary protocols, with openssl as the authority that validates, and as what makes the certificate.
import assert from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import type { tls } from 'berkeley'
import { available, leavesNoFd, run, tempFolder, within } from '../../util/index.js'
import { Authority, NAME } from './certificates.js'
import { type Address, overTcp, plainEnvironment, type Server, shows, welcome } from './common.js'
import { opensslAddress } from './counterparties.js'

leavesNoFd()

const authority = new Authority('Test Root')

const KEY_AUTHORIZATION = 'token.thumbprint'
const DIGEST = createHash('sha256').update(KEY_AUTHORIZATION).digest('hex')
const ACME_IDENTIFIER = '1.3.6.1.5.5.7.1.31'

/** The certificate for a challenge, as the documentation says to make it. */
async function challengeFor(t: TestContext, domain: string): Promise<{ cert: Buffer; key: Buffer }> {
  const cwd = tempFolder(t)
  const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-days', '7']
  const files = ['-keyout', 'challenge.key', '-out', 'challenge.pem', '-subj', `/CN=${domain}`]
  const extensions = [`subjectAltName=DNS:${domain}`, `${ACME_IDENTIFIER}=critical,DER:0420${DIGEST}`]
  const { code, stderr } = await run(
    'openssl',
    [...words, ...files, ...extensions.flatMap((one) => ['-addext', one])],
    { cwd },
  )
  assert.equal(code, 0, stderr)
  return { cert: readFileSync(join(cwd, 'challenge.pem')), key: readFileSync(join(cwd, 'challenge.key')) }
}

/** What openssl sees that offers these protocols: its report, and the certificate. */
async function asked(server: Server, address: Address, alpn: string): Promise<[report: string, cert: X509Certificate]> {
  const words = ['s_client', ...opensslAddress('-connect', address), '-alpn', alpn, '-servername', NAME, '-showcerts']
  const calling = run('openssl', words, { env: plainEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] })
  const conn = await welcome({ after: () => {} }, server)
  await conn.close()
  const { stdout } = await within(calling, 'the end of openssl')
  return [stdout, new X509Certificate(stdout)]
}

describe('TLS-ALPN-01', { skip: available('openssl') }, () => {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const)
    test(`who offers acme-tls/1 gets the challenge, and everybody else what there is otherwise: ${version}`, async (t) => {
      const challenge = await challengeFor(t, NAME)
      const SNICallback = (_: string | undefined, { ALPNProtocols }: tls.ClientHello): tls.Chosen =>
        ALPNProtocols.includes('acme-tls/1') ? { ...challenge, ALPNProtocols: ['acme-tls/1'] } : undefined
      const ordinary = { ...shows(authority.identity()), ALPNProtocols: ['h2', 'http/1.1'], maxVersion: version }
      const [server, address] = await overTcp.listen(t, { ...ordinary, SNICallback })

      const [report, cert] = await asked(server, address, 'acme-tls/1')
      assert.match(report, /ALPN protocol: acme-tls\/1/)
      assert.equal(cert.subjectAltName, `DNS:${NAME}`)
      assert.ok(cert.raw.includes(Buffer.from(`0420${DIGEST}`, 'hex')), 'it has no acmeIdentifier')

      const [other, usual] = await asked(server, address, 'http/1.1')
      assert.match(other, /ALPN protocol: http\/1\.1/)
      assert.equal(usual.fingerprint256, new X509Certificate(authority.identity().cert).fingerprint256)
    })
})
