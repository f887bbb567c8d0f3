// TLS through a proxy that is itself reached by TLS: other people's programs on the far side of it, and as the proxy.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import { describe, test } from 'node:test'
import nodeTls from 'node:tls'
import { tls } from 'berkeley'
import { leavesNoFd, run, start } from '../../util/index.js'
import { Authority, NAME } from './certificates.js'
import {
  bounded,
  type Conn,
  missing,
  only,
  overTcp,
  ownAddress,
  plainEnvironment,
  reach,
  type Server,
  shows,
  type Test,
  trusts,
  versions,
  welcome,
  whole,
} from './common.js'
import { opensslAddress } from './counterparties.js'

leavesNoFd()

const authority = new Authority('Test Root')
const skip = missing('openssl')
const PROXY = 'proxy.example'

/** The head of a request or an answer, and nothing behind it. */
async function head(conn: Conn): Promise<string> {
  let text = ''
  while (!text.endsWith('\r\n\r\n')) {
    const part = await conn.recv(1)
    if (part === null) throw new Error(`the end came after ${JSON.stringify(text)}`)
    text += part
  }
  return text
}

/** Takes the place of the server behind a proxy: what it says within the tunnel. */
async function proxied(t: Test, server: Server, answer: string): Promise<string[]> {
  const outer = await welcome(t, server)
  const heads = [await head(outer)]
  await outer.send('HTTP/1.1 200 Connection established\r\n\r\n')
  const inner = bounded(t, await tls.wrap(outer, shows(authority.identity()), { server: true }))
  heads.push(await head(inner))
  await inner.send(`HTTP/1.1 200 OK\r\nContent-Length: ${answer.length}\r\nConnection: close\r\n\r\n${answer}`)
  await inner.close()
  return heads
}

/** A proxy of Node's for CONNECT, reached by TLS. */
async function nodeProxy(t: Test): Promise<number> {
  const { cert, key } = authority.identity(PROXY)
  const proxy = https.createServer({ cert, key })
  proxy.on('connect', ({ url = '' }, socket) => {
    const [host, port] = url.split(':')
    const to = net.connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      socket.pipe(to).pipe(socket)
    })
    for (const end of [socket, to]) end.on('error', () => {})
    t.after(() => to.destroy())
    t.after(() => socket.destroy())
  })
  t.after(() => proxy.close())
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  return (proxy.address() as net.AddressInfo).port
}

/** A tunnel of ours through a proxy. */
async function through(
  t: Test,
  proxy: number,
  { host = '127.0.0.1', port }: { host?: string; port: number },
  more: tls.Config = {},
): Promise<Conn> {
  const outer = await reach(t, { host: '127.0.0.1', port: proxy }, trusts(authority, PROXY))
  await outer.send(`CONNECT ${host}:${port} HTTP/1.1\r\nHost: ${host}:${port}\r\n\r\n`)
  assert.match(await head(outer), /^HTTP\/1.1 200 /)
  return bounded(t, await tls.wrap(outer, { ...trusts(authority), ...more }))
}

describe('a tunnel through a proxy that is reached by TLS', { skip }, () => {
  for (const option of ['--tlsv1.3', '--tls-max 1.2'])
    test(`curl gets an answer within our session, and verifies both: ${option}`, {
      skip: missing('curl'),
    }, async (t) => {
      const [server, address] = await overTcp.listen(t, shows(authority.identity(PROXY)))
      const { port } = address as { port: number }
      const served = proxied(t, server, 'the answer')
      const { code, stdout, stderr } = await run(
        'curl',
        [
          ...['-sS', '-q', '--noproxy', '', '--http1.1', '--cacert', authority.caFile, ...option.split(' ')],
          ...['--proxy', `https://${PROXY}:${port}`, '--proxy-cacert', authority.caFile],
          ...['--resolve', `${PROXY}:${port}:127.0.0.1`, `https://${NAME}/path`],
        ],
        { env: plainEnvironment() },
      )
      assert.equal(code, 0, stderr)
      assert.equal(stdout, 'the answer')
      const [connect, request] = await served
      assert.match(connect ?? '', new RegExp(`^CONNECT ${NAME}:443 HTTP/1.1\r\n`))
      assert.match(request ?? '', /^GET \/path HTTP\/1.1\r\n/)
    })

  for (const version of versions)
    test(`a client of ours goes through a proxy of Node to a server of openssl: ${version}`, async (t) => {
      const proxy = await nodeProxy(t)
      const address = ownAddress()
      const { certFile, keyFile } = authority.identity()
      const words = ['-cert', certFile, '-key', keyFile, '-rev', version === 'TLSv1.2' ? '-tls1_2' : '-tls1_3']
      start(t, 'openssl', ['s_server', ...opensslAddress('-accept', address), ...words], { env: plainEnvironment() })
      await reach(t, address).then((conn) => conn.close())
      const conn = await through(t, proxy, address, only(version))
      assert.deepEqual([conn.getProtocol(), conn.authorized], [version, true])
      await conn.send('live\n')
      assert.equal(String(await conn.recv()), 'evil\n')
      await conn.close()
    })

  test('a client of ours resumes a session through the proxy, whose own session is another one', async (t) => {
    const proxy = await nodeProxy(t)
    const [server, address] = await overTcp.listen(t, shows(authority.identity()))
    const { port } = address as { port: number }
    let session: Buffer | undefined
    for (const reused of [false, true]) {
      const accepting = welcome(t, server)
      const conn = await through(t, proxy, { port }, { session })
      const accepted = await accepting
      await accepted.send('hello')
      assert.equal(String(await conn.recv()), 'hello')
      assert.equal(conn.isSessionReused(), reused)
      session = conn.getSession()
      await Promise.all([conn.close(), whole(accepted)])
      await accepted.close()
    }
  })

  test('a proxy that shows its own certificate in place of the server is refused', async (t) => {
    const [server, address] = await overTcp.listen(t, shows(authority.identity(PROXY)))
    const { port } = address as { port: number }
    const listening = (async () => {
      const outer = await welcome(t, server)
      await head(outer)
      await outer.send('HTTP/1.1 200 OK\r\n\r\n')
      const inner = bounded(t, await tls.wrap(outer, shows(authority.identity(PROXY)), { server: true }))
      await inner.handshake()
    })()
    const told = assert.rejects(listening, { name: 'TlsError', code: /^ERR_SSL_.*ALERT_BAD_CERTIFICATE$/ })
    await assert.rejects(through(t, port, { port: 443 }), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
    await told
  })
})

describe("Node's TLS within TLS", { skip }, () => {
  test('a client of Node within a session of ours and Node says and hears a line', async (t) => {
    const [server, address] = await overTcp.listen(t, shows(authority.identity(PROXY)))
    const outer = nodeTls.connect({ ...(address as { port: number }), ca: authority.ca, servername: PROXY })
    t.after(() => outer.destroy())
    const accepted = await welcome(t, server)
    const inner = nodeTls.connect({ socket: outer, ca: authority.ca, servername: NAME })
    t.after(() => inner.destroy())
    const conn = bounded(t, await tls.wrap(accepted, shows(authority.identity()), { server: true }))
    const hearing = once(inner, 'data')
    await conn.send('from us')
    assert.equal(String((await hearing)[0]), 'from us')
    inner.end('from Node')
    assert.equal(String(await whole(conn)), 'from Node')
  })

  test('a server of Node behind a proxy of ours answers HTTP to a client of ours', async (t) => {
    const { cert, key } = authority.identity()
    const origin = https.createServer({ cert, key }, (_, response) => response.end('from Node'))
    t.after(() => origin.close())
    origin.listen(0, '127.0.0.1')
    await once(origin, 'listening')
    const proxy = await nodeProxy(t)
    const { port } = origin.address() as net.AddressInfo
    const conn = await through(t, proxy, { port })
    const made = conn.duplex()
    t.after(() => made.destroy())
    const request = http.request({ createConnection: () => made, host: NAME, path: '/' }).end()
    const [response] = (await once(request, 'response')) as [http.IncomingMessage]
    response.setEncoding('utf8')
    let body = ''
    for await (const part of response) body += part
    assert.equal(body, 'from Node')
  })
})
