// serveHttp(): servers of node:http and node:http2 over a listener of ours.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import net from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, test } from 'node:test'
import { connect, createConnection, listen, options, serveHttp, type stream } from 'berkeley'
import { hostAuthority, hostCertificate, hostConfig } from '../tls/common.js'
import { abstractName, coded, eventually, leavesNoFd, within } from '../util/index.js'

leavesNoFd()

const ca = hostAuthority.pem
const servername = 'host.example'
const portOf = (server: stream.inet.Server): number => server.getsockname().port

async function get(agent: https.Agent, port: number, path: string): Promise<string> {
  const request = https.get({ agent, host: '127.0.0.1', port, path, ca, servername })
  const [response] = (await within(once(request, 'response'), 'the response')) as [http.IncomingMessage]
  return text(response)
}

/** What comes on a raw connection, until it is closed. */
async function raw(path: string, question: string): Promise<string> {
  const client = createConnection({ path })
  client.write(question)
  return within(text(client), 'the end')
}

describe('serveHttp()', () => {
  test('a server of node:http answers over TLS of ours, says where it listens, and closes gracefully', async () => {
    const listener = await listen({ host: '127.0.0.1', tlscfg: hostConfig })
    const port = portOf(listener)
    let finish: (() => void) | undefined
    const server = http.createServer((request, response) => {
      if (request.url !== '/slow') response.end(`you asked ${request.url}`)
      else finish = () => response.end('slow answer')
    })
    let closes = 0
    server.on('close', () => closes++)
    const serving = serveHttp(server, listener)
    assert.deepEqual(server.address(), { address: '127.0.0.1', port, family: 'IPv4' })
    assert.equal(server.listening, true)
    const agent = new https.Agent({ keepAlive: true })
    assert.equal(await get(agent, port, '/quick'), 'you asked /quick')
    const slow = get(new https.Agent({ keepAlive: true }), port, '/slow')
    await eventually(() => finish !== undefined, 'the slow request')
    const counted = await new Promise((resolve) => server.getConnections((_, count) => resolve(count)))
    assert.equal(counted, 2)
    const closed = new Promise<Error | undefined>((resolve) => server.close(resolve))
    assert.equal(server.listening, false)
    await assert.rejects(connect({ host: '127.0.0.1', port }), { code: 'ECONNREFUSED' })
    finish?.()
    assert.equal(await slow, 'slow answer')
    await within(serving, 'the end of serveHttp()')
    assert.equal(await within(closed, 'the end of close()'), undefined)
    assert.equal(closes, 1)
    agent.destroy()
  })

  test('timeouts of requests hold, and idle connections can be closed', async () => {
    const path = abstractName()
    const server = http.createServer({ connectionsCheckingInterval: 20, headersTimeout: 60 }, (_, response) =>
      response.end(),
    )
    const serving = serveHttp(server, await listen({ path }))
    assert.match(await raw(path, 'GET / HTTP/1.1\r\nHost: x\r\n'), /^HTTP\/1.1 408 /)
    const idle = createConnection({ path })
    idle.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await once(idle, 'data')
    const ended = once(idle, 'close')
    server.closeIdleConnections()
    await within(ended, 'the end of the idle connection')
    server.close()
    await within(serving, 'the end')
  })

  test('connections beyond maxConnections are dropped', async () => {
    const path = abstractName()
    const server = http.createServer((_, response) => response.end('served'))
    server.maxConnections = 1
    const drops: unknown[] = []
    server.on('drop', (data) => drops.push(data))
    const serving = serveHttp(server, await listen({ path }))
    const first = createConnection({ path })
    first.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await once(first, 'data')
    assert.equal(await raw(path, ''), '')
    assert.equal(drops.length, 1)
    const ended = once(first, 'close')
    first.destroy()
    await ended
    await eventually(() => true, 'a turn')
    server.close()
    await within(serving, 'the end')
  })

  test('a connection whose listeners the application has removed is served until it is closed (H126)', async () => {
    const path = abstractName()
    const server = http.createServer()
    server.on('upgrade', (_, socket) => {
      // As libraries do that take a socket over.
      socket.removeAllListeners()
      socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n')
      socket.resume()
    })
    const serving = serveHttp(server, await listen({ path }))
    assert.match(await raw(path, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'), / 101 /)
    server.close()
    await within(serving, 'the end')
  })

  test('http2 with allowHTTP1 serves both, chosen by ALPN of ours', async () => {
    const listener = await listen({ host: '127.0.0.1', tlscfg: { ...hostConfig, ALPNProtocols: ['h2', 'http/1.1'] } })
    const port = portOf(listener)
    const { pem: cert, keyPem: key } = hostCertificate
    const server = http2.createSecureServer({ cert, key, allowHTTP1: true }, (request, response) => {
      response.end(`version ${request.httpVersion}`)
    })
    const serving = serveHttp(server, listener)
    const agent = new https.Agent()
    assert.equal(await get(agent, port, '/'), 'version 1.1')
    const session = http2.connect(`https://127.0.0.1:${port}`, { ca, servername })
    const request = session.request({ ':path': '/' })
    assert.equal(await within(text(request), 'the answer'), 'version 2.0')
    const ended = once(session, 'close')
    session.close()
    await ended
    server.close()
    await within(serving, 'the end')
  })

  test('a handler asks who its peer is, over a unix socket', async () => {
    const path = abstractName()
    const server = http.createServer((request, response) => {
      response.setHeader('connection', 'close').end(`${options(request.socket).peercred().pid}`)
    })
    const serving = serveHttp(server, await listen({ path }))
    assert.ok((await raw(path, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')).endsWith(`\r\n\r\n${process.pid}`))
    server.close()
    await within(serving, 'the end')
  })

  test('aborting closes as close() does, and destroys what is left after the grace period', async () => {
    const path = abstractName()
    const controller = new AbortController()
    let asked = 0
    const server = http.createServer(() => void asked++)
    const serving = serveHttp(server, await listen({ path }), { signal: controller.signal, grace: 40 })
    const stuck = createConnection({ path })
    stuck.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await eventually(() => asked === 1, 'the request')
    const ended = once(stuck.resume(), 'close')
    controller.abort()
    await within(Promise.all([serving, ended]), 'the end')
  })

  test('a client that speaks no TLS ends its own connection alone', async () => {
    const listener = await listen({ host: '127.0.0.1', tlscfg: hostConfig })
    const port = portOf(listener)
    const server = http.createServer((_, response) => response.end('still here'))
    const told: unknown[] = []
    server.on('tlsClientError', (error) => told.push(error.name))
    const serving = serveHttp(server, listener)
    const rude = net.connect(port, '127.0.0.1').on('error', () => undefined)
    rude.end('GET / HTTP/1.0\r\n\r\n')
    await within(once(rude.resume(), 'close'), 'its end')
    assert.deepEqual(told, ['TlsError'])
    assert.equal(await get(new https.Agent(), port, '/'), 'still here')
    server.close()
    await within(serving, 'the end')
  })

  test('wrong arguments reject before anything is done', async () => {
    const listener = await listen({ path: abstractName() })
    const server = http.createServer()
    await assert.rejects(serveHttp({} as never, listener), coded('ERR_INVALID_ARG_TYPE'))
    await assert.rejects(serveHttp(server, listener, { garce: 1 } as never), coded('ERR_INVALID_ARG_VALUE'))
    await assert.rejects(serveHttp(server, listener, { grace: -1 }), coded('ERR_OUT_OF_RANGE'))
    const busy = http.createServer().listen(0, '127.0.0.1')
    await once(busy, 'listening')
    await assert.rejects(serveHttp(busy, listener), coded('ERR_INVALID_ARG_VALUE'))
    await new Promise((closed) => busy.close(closed))
    await listener.close()
  })
})
