// Which certificate our client shows to other people's servers, by the authorities that they name; and what ours names to their clients.
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { tls } from 'berkeley'
import { leavesNoFd, start, tempFolder } from '../../util/index.js'
import { Authority } from './certificates.js'
import {
  ending,
  line,
  missing,
  only,
  overTcp,
  ownAddress,
  plainEnvironment,
  reach,
  shows,
  type Test,
  trusts,
  versions,
  whole,
} from './common.js'
import { counterparties, opensslAddress } from './counterparties.js'

leavesNoFd()

const authority = new Authority('Test Root')
const stranger = new Authority('Other Root')

const [ME, OTHER] = ['me.example', 'stranger.example']

const pairs = (): tls.Config => ({
  keyPairs: [shows(stranger.identity(OTHER)), shows(authority.identity(ME))] as never,
})

/** Ways to have two certificates, of which one is right; the callback also keeps what it heard. */
function ways(): [name: string, config: tls.Config, heard: string[]][] {
  const heard: string[] = []
  const { subject } = new X509Certificate(authority.ca)
  const clientCertCallback = async ({ authorities }: tls.CertificateRequest) => {
    heard.push(...authorities)
    return shows(
      (authorities.includes(subject) ? authority : stranger).identity(authorities.includes(subject) ? ME : OTHER),
    )
  }
  return [
    ['keyPairs', pairs(), [subject]],
    ['clientCertCallback', { clientCertCallback }, heard],
  ]
}

/** Python's servers do not say which authorities they accept. */
const naming = counterparties.filter(({ name }) => name !== 'Python')

for (const counterparty of naming)
  for (const version of versions)
    describe(`servers that name an authority: ${counterparty.name}, ${version}`, { skip: counterparty.skip }, () => {
      for (const way of ['keyPairs', 'clientCertCallback'])
        test(`our client shows the certificate that the server asks for, by ${way} (H128)`, async (t) => {
          const [, config, heard] = ways().find(([name]) => name === way) as ReturnType<typeof ways>[0]
          const manner = { authority, version, identity: authority.identity(), asks: 'required' } as const
          const [address] = counterparty.serve(t, overTcp, manner)
          const conn = await reach(t, address, { ...trusts(authority), ...only(version), ...config })
          await conn.send('hello\n')
          assert.equal(await line(conn), counterparty.answer('hello\n'))
          assert.equal(conn.getCertificate()?.subject, `CN=${ME}`)
          assert.deepEqual(heard, ['CN=Test Root'])
        })
    })

describe('a server in Python, which names no authority', { skip: missing('openssl', 'python3') }, () => {
  test('our client hears of none, and shows what its callback answers', async (t) => {
    const python = counterparties.find(({ name }) => name === 'Python') as (typeof counterparties)[0]
    const manner = { authority, identity: authority.identity(), asks: 'required' } as const
    const [address] = python.serve(t, overTcp, manner)
    const heard: (readonly string[])[] = []
    const clientCertCallback = ({ authorities }: tls.CertificateRequest) => {
      heard.push(authorities)
      return shows(authority.identity(ME))
    }
    const conn = await reach(t, address, { ...trusts(authority), clientCertCallback })
    await conn.send('hello\n')
    assert.equal(await line(conn), python.answer('hello\n'))
    assert.deepEqual(heard, [[]])
  })
})

describe('nginx as a server that names an authority', { skip: missing('openssl', '/usr/sbin/nginx') }, () => {
  /** Starts nginx, which answers with the certificate that it was shown. */
  function nginx(t: Test): { host: string; port: number } {
    const folder = tempFolder(t)
    const front = ownAddress()
    const { certFile, keyFile } = authority.identity()
    const temps = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (what) => `${what}_temp_path ${folder}/${what};`,
    )
    writeFileSync(
      join(folder, 'config'),
      `daemon off; master_process off; pid ${folder}/pid; error_log stderr;
      events {}
      http {
        access_log off; ${temps.join(' ')}
        server {
          listen ${front.host}:${front.port} ssl;
          ssl_certificate ${certFile}; ssl_certificate_key ${keyFile};
          ssl_protocols TLSv1.2 TLSv1.3; ssl_client_certificate ${authority.caFile}; ssl_verify_client on;
          location / { return 200 "$ssl_client_verify $ssl_client_s_dn"; }
        }
      }`,
    )
    start(t, '/usr/sbin/nginx', ['-p', folder, '-c', join(folder, 'config'), '-e', 'stderr'], {
      env: plainEnvironment(),
    })
    return front
  }

  for (const version of versions)
    test(`our client shows the certificate that nginx asks for: ${version}`, async (t) => {
      const front = nginx(t)
      for (const [, config] of ways()) {
        const conn = await reach(t, front, { ...trusts(authority), ...only(version), ...config })
        await conn.send('GET / HTTP/1.0\r\n\r\n')
        assert.match(String(await whole(conn)), /SUCCESS CN=me\.example$/)
        await conn.close()
      }
    })
})

describe('our server, which names its authorities', { skip: missing('openssl') }, () => {
  for (const [what, more, expected] of [
    ['names them', {}, /Acceptable client certificate CA names\nCN ?= ?Test Root\nCN ?= ?Other Root\n/],
    ['names none where caNames is false', { caNames: false }, /No client certificate CA names sent/],
  ] as const)
    test(`openssl reads that a server of ours ${what}`, async (t) => {
      const asking = { requestCert: 'optional', ca: [authority.ca, stranger.ca, authority.ca] } as const
      const [server, address] = await overTcp.listen(t, { ...shows(authority.identity()), ...asking, ...more })
      const child = start(t, 'openssl', ['s_client', ...opensslAddress('-connect', address)], {
        env: plainEnvironment(),
      })
      const conn = await server.accept()
      await conn.handshake()
      await conn.close()
      child.endInput()
      assert.match((await ending(child)).stdout, expected)
    })
})
