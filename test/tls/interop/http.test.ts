// curl and Node's own HTTP over our sockets with TLS: as the server, and as the client.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import { join } from 'node:path'
import { buffer, text } from 'node:stream/consumers'
import { describe, test } from 'node:test'
import { connect, type tls } from 'berkeley'
import { leavesNoFd, run, tempFolder } from '../../util/index.js'
import { Authority, NAME } from './certificates.js'
import {
  type Address,
  missing,
  overTcp,
  plainEnvironment,
  reach,
  sha256,
  shows,
  type Test,
  trusts,
  type Way,
  ways,
} from './common.js'
import { answering, answering2, fetched, ROOMY, serve, streamOf } from './http-common.js'

leavesNoFd()

const authority = new Authority('Test Root')

const SOME = 4 << 20

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
        test(`curl downloads and uploads by ${protocol}, TLS ${most}, over ${way.name}`, async (t) => {
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
    test(`https.request() gets answers from our server over ${way.name}`, async (t) => {
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

    test(`http.request() over our client gets answers from an https server over ${way.name}`, async (t) => {
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

    test(`http2.connect() over our client gets answers from a server of Node over ${way.name}`, async (t) => {
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

    test(`http2.connect() of Node gets answers from our server over ${way.name}`, async (t) => {
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

    test(`http2.connect() over our client gets answers from our server over ${way.name}`, async (t) => {
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

test('a connection without TLS ends, and the next client is served', { skip: missing('openssl') }, async (t) => {
  const [listener, address] = await overTcp.listen(t, offering('http/1.1'))
  serve(t, listener, Buffer.from('fine'))
  const where = address as { host: string; port: number }
  const plain = await connect(where)
  t.after(() => plain.close())
  await plain.send('GET / HTTP/1.1\r\n\r\n')
  const conn = await reach(t, address, trusts(authority))
  assert.equal(String(await fetched(t, conn)), 'fine')
})
