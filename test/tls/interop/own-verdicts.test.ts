// Verdicts of a server's own, and its choice of a certificate, as clients of other makes see them.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { listen, type stream, type tls } from 'berkeley'
import { available, type Child, closing, leavesNoFd, start, tempFolder, within } from '../../util/index.js'
import { authority, certificate, tlscfg } from '../common.js'
import { dns, leaf } from '../pki.js'
import { plainEnvironment } from './common.js'

leavesNoFd()

interface Files {
  readonly ca: string
  readonly own: string
}

/** The authority, and a client's certificate with its key. */
function files(t: TestContext): Files {
  const folder = tempFolder(t)
  const [ca, own] = [join(folder, 'ca.pem'), join(folder, 'own.pem')] as const
  writeFileSync(ca, authority.pem)
  writeFileSync(own, `${certificate.pem}${certificate.keyPem}`, { mode: 0o600 })
  return { ca, own }
}

interface Program {
  readonly name: string
  /** What it says of an alert. */
  readonly told: { readonly 'TLSv1.2': RegExp; readonly 'TLSv1.3': RegExp }
  run(t: TestContext, port: number, version: 'TLSv1.2' | 'TLSv1.3', files: Files): Child
}

const PROGRAMS: readonly Program[] = [
  {
    name: 'openssl',
    told: { 'TLSv1.2': /alert bad certificate/, 'TLSv1.3': /alert internal error/ },
    run(t, port, version, { ca, own }) {
      const flags = [
        '-CAfile',
        ca,
        '-cert',
        own,
        '-servername',
        'localhost',
        `-${version.replace('v', '').replace('.', '_').toLowerCase()}`,
      ]
      return start(t, 'openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-quiet', ...flags], {
        env: plainEnvironment(),
      })
    },
  },
  {
    name: 'gnutls-cli',
    told: { 'TLSv1.2': /Certificate is bad/, 'TLSv1.3': /Internal error/ },
    run(t, port, version, { ca, own }) {
      const priority = `NORMAL:-VERS-ALL:+VERS-TLS${version.slice(4)}`
      const flags = ['--x509cafile', ca, '--x509certfile', own, '--x509keyfile', own, '--priority', priority]
      return start(
        t,
        'gnutls-cli',
        [
          '--port',
          String(port),
          '--sni-hostname',
          'localhost',
          '--verify-hostname',
          'localhost',
          ...flags,
          '127.0.0.1',
        ],
        { env: plainEnvironment() },
      )
    },
  },
]

async function serving(t: TestContext, more: tls.Config): Promise<stream.inet.Server> {
  return closing(
    t,
    await listen({ host: '127.0.0.1', tlscfg: { ...tlscfg, requestCert: true, ca: authority.pem, ...more } }),
  )
}

for (const { name, told, run } of PROGRAMS)
  describe(`verify of a server, and ${name} as the client`, { skip: available(name) }, () => {
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      test(`${name} is accepted by a verify function that takes its time, with ${version}`, async (t) => {
        const verify = async (): Promise<boolean> => {
          await new Promise((resolve) => setTimeout(resolve, 20))
          return true
        }
        const server = await serving(t, { verify })
        const client = run(t, server.getsockname().port, version, files(t))
        const accepted = closing(t, await within(server.accept(), 'a client'))
        accepted.deadlines(10_000, 10_000)
        await accepted.handshake()
        await accepted.send('accepted\n')
        await accepted.close()
        assert.match((await client.ended).stdout, /accepted/)
      })

      test(`${name} hears an alert when a verify function refuses it, with ${version}`, async (t) => {
        const server = await serving(t, { verify: async () => false })
        const client = run(t, server.getsockname().port, version, files(t))
        const accepted = closing(t, await within(server.accept(), 'a client'))
        accepted.deadlines(10_000, 10_000)
        await assert.rejects(accepted.handshake(), { code: 'ERR_TLS_VERIFY' })
        await accepted.close()
        const { stdout, stderr } = await client.ended
        assert.match(stdout + stderr, told[version])
      })
    }
  })

test('openssl gets the certificate for acme-tls/1 by its protocol', { skip: available('openssl') }, async (t) => {
  const challenge = leaf(authority, { names: [dns('localhost')], commonName: 'challenge' })
  const SNICallback = (_name: string | undefined, { ALPNProtocols }: tls.ClientHello): tls.Chosen =>
    ALPNProtocols.includes('acme-tls/1')
      ? { cert: challenge.pem, key: challenge.keyPem, ALPNProtocols: ['acme-tls/1'] }
      : undefined
  const server = closing(t, await listen({ host: '127.0.0.1', tlscfg: { ...tlscfg, SNICallback } }))
  const { port } = server.getsockname()
  const args = ['s_client', '-connect', `127.0.0.1:${port}`, '-alpn', 'acme-tls/1', '-servername', 'localhost']
  const client = start(t, 'openssl', args, { env: plainEnvironment() })
  const accepted = closing(t, await within(server.accept(), 'a client'))
  await accepted.handshake()
  await accepted.close()
  const { stdout } = await client.ended
  assert.match(stdout, /subject=CN = challenge/)
  assert.match(stdout, /ALPN protocol: acme-tls\/1/)
})
