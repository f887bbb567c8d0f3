// Node's own HTTP, curl and haproxy over our sockets with TLS: as the server, and as the client.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { describe, test } from 'node:test'
import { connect, type tls } from 'berkeley'
import { leavesNoFd, run, start, tempFolder, within } from '../../util/index.js'
import { Authority, NAME } from './certificates.js'
import {
  type Address,
  type Conn,
  missing,
  overTcp,
  ownAddress,
  plainEnvironment,
  reach,
  type Server,
  sha256,
  shows,
  type Test,
  trusts,
  type Way,
  ways,
  whole,
} from './common.js'

leavesNoFd()

const authority = new Authority('Test Root')
const SOME = 4 << 20
/** Several answers wait at once, which is more than a session may hold by default. */
const ROOMY = { maxSessionMemory: 100 }
const HAPROXY = '/usr/sbin/haproxy'

/** Tells what was uploaded, or sends something. */
const answering = (body: Buffer) => async (request: http.IncomingMessage, response: http.ServerResponse) => {
  if (request.method === 'GET') response.end(body)
  else response.end(sha256(await buffer(request)))
}

/** The same over HTTP/2. */
const answering2 = (body: Buffer) => async (request: http2.Http2ServerRequest, response: http2.Http2ServerResponse) => {
  if (request.method === 'GET') response.end(body)
  else response.end(sha256(await buffer(request)))
}

/** As a stream, which the connection belongs to from now on. */
function streamOf(t: Test, conn: Conn): Duplex {
  const made = conn.duplex()
  made.on('error', () => {}) // at the end of the test it is closed in the midst of whatever it does
  t.after(() => made.destroy())
  return made
}

/** The answer to a request by a connection of ours, which ends with it. */
async function fetched(t: Test, conn: Conn): Promise<Buffer> {
  const made = streamOf(t, conn)
  const request = http.request({ createConnection: () => made, host: NAME, path: '/' })
  request.end()
  const [response] = (await within(once(request, 'response'), 'an answer')) as [http.IncomingMessage]
  assert.equal(response.statusCode, 200)
  const body = await buffer(response)
  const closed = once(made, 'close')
  made.destroy()
  await closed
  return body
}

/** Gives the connections of a listener to a server that has none of its own, by the protocol that was agreed. */
function serve(t: Test, listener: Server, body: Buffer): string[] {
  const protocols: string[] = []
  const one = http.createServer(answering(body))
  const two = http2.createServer(ROOMY, answering2(body))
  t.after(() => {
    one.closeAllConnections()
    one.close()
    two.close()
  })
  void (async () => {
    for await (const conn of listener) {
      t.after(() => conn.close())
      try {
        await conn.handshake()
      } catch {
        continue // the client tells
      }
      protocols.push(conn.alpnProtocol ?? 'none')
      const server = conn.alpnProtocol === 'h2' ? two : one
      server.emit('connection', streamOf(t, conn))
    }
  })()
  return protocols
}

const offering = (...ALPNProtocols: string[]): tls.Config => ({ ...shows(authority.identity()), ALPNProtocols })

describe('curl', { skip: missing('openssl', 'curl') }, () => {
  const curl = async (to: Address, ...args: string[]): Promise<string> => {
    const where = 'path' in to ? ['--unix-socket', to.path] : ['--connect-to', `::127.0.0.1:${to.port}`]
    const words = ['-sS', '-q', '--noproxy', '*', '--cacert', authority.caFile, ...where, ...args]
    const { code, stdout, stderr } = await run('curl', words, { env: plainEnvironment(), patience: 30_000 })
    assert.equal(code, 0, stderr)
    return stdout
  }

  for (const way of ways)
    for (const [option, protocol] of [
      ['--http2', 'h2'],
      ['--http1.1', 'http/1.1'],
    ] as const)
      for (const most of ['1.2', '1.3'])
        test(`down and up by ${protocol}, TLS ${most}, over ${way.name}`, async (t) => {
          const [down, up] = [randomBytes(SOME), randomBytes(SOME)]
          const [from, to] = [join(tempFolder(t), 'up'), join(tempFolder(t), 'down')]
          writeFileSync(from, up)
          const [listener, address] = await way.listen(t, offering('h2', 'http/1.1'))
          const protocols = serve(t, listener, down)
          const url = `https://${NAME}/`
          const words = [option, '--tls-max', most]
          await curl(address, ...words, '-o', to, url)
          assert.equal(sha256(readFileSync(to)), sha256(down))
          assert.equal(await curl(address, ...words, '-T', from, url), sha256(up))
          assert.deepEqual(protocols, [protocol, protocol])
        })
})

describe('node:https and node:http2', { skip: missing('openssl') }, () => {
  async function theirServer(t: Test, way: Way, server: https.Server | http2.Http2SecureServer): Promise<Address> {
    const address = way.fresh(t)
    t.after(() => server.close())
    server.listen(address)
    await once(server, 'listening')
    return address
  }

  for (const way of ways) {
    test(`https.request() to our server: over ${way.name}`, async (t) => {
      const down = randomBytes(SOME)
      const [listener, address] = await way.listen(t, offering('http/1.1'))
      serve(t, listener, down)
      const agent = new https.Agent({ keepAlive: true, maxSockets: 1 })
      t.after(() => agent.destroy())
      const where = 'path' in address ? { socketPath: address.path } : address
      for (let i = 0; i < 3; i++) {
        const request = https.request({ ...where, agent, ca: authority.ca, servername: NAME, path: '/' })
        request.end()
        const [response] = (await once(request, 'response')) as [http.IncomingMessage]
        assert.equal(sha256(await buffer(response)), sha256(down))
      }
    })

    test(`http.request() by our client to an https server: over ${way.name}`, async (t) => {
      const down = randomBytes(SOME)
      const server = https.createServer(shows(authority.identity()) as https.ServerOptions, answering(down))
      const address = await theirServer(t, way, server)
      const conn = await reach(t, address, trusts(authority))
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
      t.after(() => agent.destroy())
      agent.createConnection = () => streamOf(t, conn)
      const up = randomBytes(SOME)
      for (const method of ['GET', 'PUT']) {
        const request = http.request({ agent, method, host: NAME, path: '/' })
        request.end(method === 'PUT' ? up : undefined)
        const [response] = (await once(request, 'response')) as [http.IncomingMessage]
        const body = await buffer(response)
        assert.equal(method === 'GET' ? sha256(body) : String(body), sha256(method === 'GET' ? down : up))
      }
    })

    test(`http2.connect() by our client to a server of Node's: over ${way.name}`, async (t) => {
      const down = randomBytes(SOME)
      const server = http2.createSecureServer(
        { ...(shows(authority.identity()) as object), ...ROOMY },
        answering2(down),
      )
      const address = await theirServer(t, way, server)
      const conn = await reach(t, address, { ...trusts(authority), ALPNProtocols: ['h2'] })
      assert.equal(conn.alpnProtocol, 'h2')
      const session = http2.connect(`https://${NAME}`, { createConnection: () => streamOf(t, conn) })
      t.after(() => session.destroy())
      const streams = Array.from({ length: 5 }, () => session.request({ ':path': '/' }))
      for (const body of await Promise.all(streams.map((one) => buffer(one)))) assert.equal(sha256(body), sha256(down))
      const up = session.request({ ':path': '/', ':method': 'PUT' })
      up.end(down)
      assert.equal(await text(up), sha256(down))
      const closed = once(session, 'close')
      session.close()
      await closed
    })

    test(`http2.connect() of Node to our server: over ${way.name}`, async (t) => {
      const down = randomBytes(SOME)
      const [listener, address] = await way.listen(t, offering('h2'))
      const protocols = serve(t, listener, down)
      const where = 'path' in address ? { path: address.path } : address
      const session = http2.connect(`https://${NAME}`, { ...where, ca: authority.ca, servername: NAME })
      t.after(() => session.destroy())
      const streams = Array.from({ length: 5 }, () => session.request({ ':path': '/' }))
      for (const body of await Promise.all(streams.map((one) => buffer(one)))) assert.equal(sha256(body), sha256(down))
      assert.deepEqual(protocols, ['h2'])
      const closed = once(session, 'close')
      session.close()
      await closed
    })

    test(`http2.connect() by our client to our server: over ${way.name}`, async (t) => {
      const down = randomBytes(SOME)
      const [listener, address] = await way.listen(t, offering('h2'))
      serve(t, listener, down)
      const conn = await reach(t, address, { ...trusts(authority), ALPNProtocols: ['h2'] })
      const session = http2.connect(`https://${NAME}`, { createConnection: () => streamOf(t, conn) })
      t.after(() => session.destroy())
      assert.equal(sha256(await buffer(session.request({ ':path': '/' }))), sha256(down))
      const closed = once(session, 'close')
      session.close()
      await closed
    })
  }
})

describe('haproxy', { skip: missing('openssl', HAPROXY) }, () => {
  /** Starts haproxy with this configuration, and waits until it can be reached. */
  async function haproxy(t: Test, front: { host: string; port: number }, ...lines: string[]) {
    const file = join(tempFolder(t), 'config')
    const words = ['global', '  maxconn 100', '  tune.ssl.default-dh-param 2048', 'defaults', '  mode http']
    const bounds = ['client', 'server', 'connect'].map((what) => `  timeout ${what} 10s`)
    writeFileSync(file, `${[...words, ...bounds, ...lines].join('\n')}\n`)
    const child = start(t, HAPROXY, ['-db', '-f', file], { env: plainEnvironment() })
    const ended = child.ended.then(({ stderr }) => assert.fail(stderr))
    ended.catch(() => {}) // once it runs, its end is nobody's concern
    await Promise.race([reach(t, front).then((conn) => conn.close()), ended])
  }

  /** A certificate with its key in one file, as it wants it. */
  function bundle(t: Test): string {
    const { cert, key } = authority.identity()
    const file = join(tempFolder(t), 'bundle.pem')
    writeFileSync(file, Buffer.concat([cert, key]))
    return file
  }

  test('takes our TLS, resumes it, and answers', async (t) => {
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

  test('verifies us as its server, and takes 4 MiB through', async (t) => {
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

  test('does not take us for somebody else', async (t) => {
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

  async function get(from: { host: string; port: number }): Promise<http.IncomingMessage> {
    const request = http.request({ ...from, agent: false, path: '/' })
    request.end()
    const [response] = (await within(once(request, 'response'), 'an answer')) as [http.IncomingMessage]
    return response
  }
})

describe('nginx', { skip: missing('openssl', '/usr/sbin/nginx') }, () => {
  test('takes our TLS, and passes it on to us by TLS', async (t) => {
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

test('a connection that is no TLS ends by itself, and the next is served', { skip: missing('openssl') }, async (t) => {
  const [listener, address] = await overTcp.listen(t, offering('http/1.1'))
  serve(t, listener, Buffer.from('fine'))
  const where = address as { host: string; port: number }
  const plain = await connect(where)
  t.after(() => plain.close())
  await plain.send('GET / HTTP/1.1\r\n\r\n')
  const conn = await reach(t, address, trusts(authority))
  assert.equal(String(await fetched(t, conn)), 'fine')
})
