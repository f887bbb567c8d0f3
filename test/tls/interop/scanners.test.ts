// What programs that look for weaknesses of TLS servers find in one of ours that has nothing but its certificates.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { listen, type stream } from 'berkeley'
import { available, leavesNoFd, run, start, tempFolder, within } from '../../util/index.js'
import { authority } from '../common.js'
import { dns, leaf, sharedKey } from '../pki.js'
import { plainEnvironment, type Test } from './common.js'

leavesNoFd()

/** A server with a certificate of each usual type of key, which answers as one of HTTP, so that the scanners know what to do. */
async function scanned(t: Test): Promise<string> {
  const names = [dns('localhost')]
  const certificates = [leaf(authority, { names }), leaf(authority, { names, key: sharedKey('rsa2048') })]
  const tlscfg = { cert: certificates.map(({ pem }) => pem), key: certificates.map(({ keyPem }) => keyPem) }
  const server = await listen({ host: '127.0.0.1', tlscfg, backlog: 100 })
  const answer = async (conn: stream.inet.Socket): Promise<void> => {
    if ((await conn.recv({ timeout: 5000 })) !== null) await conn.send('HTTP/1.0 200 OK\r\n\r\nhello\n')
  }
  const serving = server.serve(answer, { onError: () => {} })
  t.after(async () => {
    await server.close()
    await serving
  })
  return `127.0.0.1:${server.getsockname().port}`
}

const SUITES = [
  'TLSv1.3 TLS_AES_256_GCM_SHA384',
  'TLSv1.3 TLS_CHACHA20_POLY1305_SHA256',
  'TLSv1.3 TLS_AES_128_GCM_SHA256',
  'TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384',
  'TLSv1.2 ECDHE-RSA-AES256-GCM-SHA384',
  'TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256',
  'TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256',
  'TLSv1.2 ECDHE-ECDSA-CHACHA20-POLY1305',
  'TLSv1.2 ECDHE-RSA-CHACHA20-POLY1305',
]

test('sslscan finds TLS 1.2 and 1.3 with nine suites, and nothing to object to', {
  skip: available('sslscan'),
}, async (t) => {
  const words = ['--no-colour', '--connect-timeout=10', await scanned(t)]
  const { code, stdout } = await within(run('sslscan', words, { env: plainEnvironment() }), 'the scan', 60_000)
  assert.equal(code, 0, stdout)
  const protocols = [...stdout.matchAll(/^(SSLv\d|TLSv1\.\d) +(enabled|disabled)$/gm)].map(
    ([, name, is]) => `${name} ${is}`,
  )
  assert.deepEqual(protocols, [
    ...['SSLv2', 'SSLv3', 'TLSv1.0', 'TLSv1.1'].map((name) => `${name} disabled`),
    ...['TLSv1.2', 'TLSv1.3'].map((name) => `${name} enabled`),
  ])
  const suites = [...stdout.matchAll(/^(?:Preferred|Accepted) +(TLSv1\.\d) +\d+ bits +(\S+)/gm)]
  assert.deepEqual(
    suites.map(([, version, name]) => `${version} ${name}`),
    SUITES,
  )
  assert.match(stdout, /^Session renegotiation not supported$/m)
  assert.match(stdout, /^Server supports TLS Fallback SCSV$/m)
  assert.doesNotMatch(stdout, /(?<!not )vulnerable|Compression enabled|weak/i)
})

/** testssl.sh by the name that Debian, or its authors, give it. */
const TESTSSL = ['testssl', 'testssl.sh'].find((name) => available(name) === false)

const without = TESTSSL ? 'it takes more than a minute: BERKELEY_SCAN=1 runs it' : 'testssl.sh is not installed'

describe('testssl.sh', { skip: TESTSSL && process.env['BERKELEY_SCAN'] ? false : without }, () => {
  test('testssl.sh rates no protocol, suite or known attack worse than "low"', async (t) => {
    const file = join(tempFolder(t), 'findings')
    const about = ['--protocols', '--std', '--server-preference', '--vulnerable']
    const quiet = [
      '--color',
      '0',
      '--warnings',
      'batch',
      '--quiet',
      '--nodns',
      'min',
      '--ip',
      'one',
      '--jsonfile',
      file,
    ]
    const words = [...about, ...quiet, '--openssl-timeout', '10', await scanned(t)]
    const { stdout } = await within(
      start(t, TESTSSL ?? '', words, { env: plainEnvironment() }).ended,
      'the scan',
      115_000,
    )
    const findings: { id: string; severity: string; finding: string }[] = JSON.parse(readFileSync(file, 'utf8'))
    const byId = Object.fromEntries(findings.map(({ id, finding }) => [id, finding]))
    const grave = findings.filter(({ severity }) => !['OK', 'INFO', 'LOW'].includes(severity))
    assert.deepEqual(grave, [], stdout)
    assert.deepEqual(
      ['SSLv2', 'SSLv3', 'TLS1', 'TLS1_1', 'TLS1_2', 'TLS1_3'].map((id) => byId[id]),
      ['not offered', 'not offered', 'not offered', 'not offered', 'offered', 'offered with final'],
    )
    for (const id of [
      'heartbleed',
      'CCS',
      'ticketbleed',
      'secure_client_renego',
      'CRIME_TLS',
      'SWEET32',
      'LUCKY13',
      'LOGJAM',
    ])
      assert.match(String(byId[id]), /^(not vulnerable|supported)/, id)
  })
})
