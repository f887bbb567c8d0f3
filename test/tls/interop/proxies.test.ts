// haproxy and nginx, which accept TLS from us and speak it to us.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import http from 'node:http'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { describe, test } from 'node:test'
import type { tls } from 'berkeley'
import { leavesNoFd, start, tempFolder, within } from '../../util/index.js'
import { Authority, NAME } from './certificates.js'
import {
  missing,
  overTcp,
  ownAddress,
  plainEnvironment,
  reach,
  sha256,
  shows,
  type Test,
  trusts,
  whole,
} from './common.js'
import { fetched, serve } from './http-common.js'

leavesNoFd()

const authority = new Authority('Test Root')

const SOME = 4 << 20

const HAPROXY = '/usr/sbin/haproxy'

const offering = (...ALPNProtocols: string[]): tls.Config => ({ ...shows(authority.identity()), ALPNProtocols })

describe('haproxy', { skip: missing('openssl', HAPROXY) }, () => {
  /** Starts haproxy with this configuration, and waits until it can be reached. */
  async function haproxy(t: Test, front: { host: string; port: number }, ...lines: string[]) {
    const file = join(tempFolder(t), 'config')
    const words = ['global', '  maxconn 100', '  tune.ssl.default-dh-param 2048', 'defaults', '  mode http']
    const bounds = ['client', 'server', 'connect'].map((what) => `  timeout ${what} 10s`)
    writeFileSync(file, `${[...words, ...bounds, ...lines].join('\n')}\n`)
    const child = start(t, HAPROXY, ['-db', '-f', file], { env: plainEnvironment() })
    const ended = child.ended.then(({ stderr }) => assert.fail(stderr))
    ended.catch(() => {}) // once it runs, its end does not matter
    await Promise.race([reach(t, front).then((conn) => conn.close()), ended])
  }

  /** A certificate with its key in one file, as it wants it. */
  function bundle(t: Test): string {
    const { cert, key } = authority.identity()
    const file = join(tempFolder(t), 'bundle.pem')
    writeFileSync(file, Buffer.concat([cert, key]))
    return file
  }

  async function get(from: { host: string; port: number }): Promise<http.IncomingMessage> {
    const request = http.request({ ...from, agent: false, path: '/' })
    request.end()
    const [response] = (await within(once(request, 'response'), 'an answer')) as [http.IncomingMessage]
    return response
  }

  test('haproxy accepts our TLS, resumes the session, and answers', async (t) => {
    const front = ownAddress()
    await haproxy(
      t,
      front,
      'frontend test',
      `  bind ${front.host}:${front.port} ssl crt ${bundle(t)} alpn http/1.1 ssl-min-ver TLSv1.2`,
      '  http-request return status 200 content-type text/plain lf-string "%[ssl_fc_sni] %[ssl_fc_protocol]"' +
        ' if { ssl_fc }',
    )
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      let session: Buffer | undefined
      for (const reused of [false, true]) {
        const range = { minVersion: version, maxVersion: version }
        const conn = await reach(t, front, { ...trusts(authority), ...range, ALPNProtocols: ['http/1.1'], session })
        assert.deepEqual([conn.alpnProtocol, conn.isSessionReused()], ['http/1.1', reused])
        await conn.send(`GET / HTTP/1.1\r\nHost: ${NAME}\r\nConnection: close\r\n\r\n`)
        const answer = String(await whole(conn))
        assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/)
        assert.ok(answer.endsWith(`\r\n\r\n${NAME} ${version}`), answer)
        session = conn.getSession()
        await conn.close()
      }
    }
  })

  test('haproxy verifies our certificate and passes 4 MiB on to us', async (t) => {
    const front = ownAddress()
    const down = randomBytes(SOME)
    const [listener, address] = await overTcp.listen(t, offering('http/1.1'))
    const { port } = address as { port: number }
    const protocols = serve(t, listener, down)
    const verifying = `ssl verify required ca-file ${authority.caFile} verifyhost ${NAME} sni str(${NAME}) alpn http/1.1`
    await haproxy(
      t,
      front,
      'frontend test',
      `  bind ${front.host}:${front.port}`,
      '  default_backend ours',
      'backend ours',
      `  server ours 127.0.0.1:${port} ${verifying}`,
    )
    for (let i = 0; i < 3; i++) {
      const response = await get(front)
      assert.equal(response.statusCode, 200)
      assert.equal(sha256(await buffer(response)), sha256(down))
    }
    assert.ok(protocols.length >= 1 && protocols.every((one) => one === 'http/1.1'))
  })

  test('haproxy refuses our server when the certificate has another name', async (t) => {
    const front = ownAddress()
    const [listener, address] = await overTcp.listen(t, offering('http/1.1'))
    const { port } = address as { port: number }
    serve(t, listener, Buffer.from('secret'))
    await haproxy(
      t,
      front,
      'frontend test',
      `  bind ${front.host}:${front.port}`,
      '  default_backend ours',
      'backend ours',
      '  retries 0',
      `  server ours 127.0.0.1:${port} ssl verify required ca-file ${authority.caFile} verifyhost other.example`,
    )
    const response = await get(front)
    response.resume()
    assert.equal(response.statusCode, 503)
  })
})

describe('nginx', { skip: missing('openssl', '/usr/sbin/nginx') }, () => {
  test('nginx accepts our TLS and passes requests on to us over TLS', async (t) => {
    const folder = tempFolder(t)
    const front = ownAddress()
    const down = randomBytes(SOME)
    const [listener, address] = await overTcp.listen(t, offering('http/1.1'))
    const { port } = address as { port: number }
    serve(t, listener, down)
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
          location / {
            proxy_pass https://127.0.0.1:${port};
            proxy_ssl_verify on; proxy_ssl_trusted_certificate ${authority.caFile};
            proxy_ssl_server_name on; proxy_ssl_name ${NAME};
          }
        }
      }`,
    )
    const words = ['-p', folder, '-c', join(folder, 'config'), '-e', 'stderr']
    start(t, '/usr/sbin/nginx', words, { env: plainEnvironment() })
    const conn = await reach(t, front, trusts(authority))
    assert.equal(sha256(await fetched(t, conn)), sha256(down))
  })
})
