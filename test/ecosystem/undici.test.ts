// undici, whose connections are streams of ours, with servers of node:http.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import type { Socket as NetSocket } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import { describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { createConnection, listen, serveHttp } from 'berkeley'
import { hostConfig, hostTrust } from '../tls/common.js'
import { abstractName, leavesNoFd, within } from '../util/index.js'
import { library, type Test, unavailable } from './common.js'

leavesNoFd()

const { Agent, Client, fetch, Pool, request } = library('undici')

type Handler = (request: http.IncomingMessage, response: http.ServerResponse) => unknown
type Connected = (error: Error | null, socket?: unknown) => void
type Answer = { statusCode: number; body: Readable & { text(): Promise<string> } }

const ORIGIN = 'http://host.example'

/** A server on an abstract unix name, and what undici takes in place of its own way to connect to it. */
async function served(t: Test, handler: Handler) {
  const path = abstractName()
  const server = http.createServer(handler)
  await once(server.listen({ fd: (await listen({ path })).detach() }), 'listening')
  const sockets = new Set<NetSocket>()
  server.on('connection', (socket) => sockets.add(socket))
  t.after(() => void server.close().closeAllConnections())
  const connect = (_options: unknown, done: Connected): void => connecting({ path }, done)
  return { server, sockets, connect }
}

/** Connects, and calls back. */
function connecting(options: Parameters<typeof createConnection>[0], done: Connected): void {
  const duplex = createConnection(options)
  duplex.once('tlscfg' in options ? 'secureConnect' : 'connect', () => {
    duplex.off('error', done)
    done(null, duplex)
  })
  duplex.once('error', done)
}

const hashOf = async (stream: AsyncIterable<Uint8Array>): Promise<string> => {
  const hash = createHash('sha256')
  for await (const chunk of stream) hash.update(chunk)
  return hash.digest('hex')
}

describe('undici', { skip: unavailable(['undici']) }, () => {
  test('a pool of four serves 200 requests, and keeps its connections', async (t) => {
    const { sockets, connect } = await served(t, (request, response) => response.end(request.url))
    const pool = new Pool(ORIGIN, { connect, connections: 4 })
    const ask = async (i: number): Promise<string> => {
      const { body }: Answer = await pool.request({ path: `/${i}`, method: 'GET' })
      return body.text()
    }
    const answers = await within(Promise.all(Array.from({ length: 200 }, (_, i) => ask(i))), 'the answers')
    assert.deepEqual(
      answers,
      answers.map((_, i) => `/${i}`),
    )
    assert.ok(sockets.size <= 4)
    await pool.close()
  })

  test('ten requests at a time in a pipeline are answered in order', async (t) => {
    const { sockets, connect } = await served(t, (request, response) => response.end(request.url))
    const client = new Client(ORIGIN, { connect, pipelining: 10 })
    const asked = Array.from({ length: 100 }, async (_, i) => {
      const { body }: Answer = await client.request({ path: `/${i}`, method: 'GET' })
      assert.equal(await body.text(), `/${i}`)
    })
    await within(Promise.all(asked), 'the answers')
    assert.equal(sockets.size, 1)
    await client.close()
  })

  test('fetch() sends 64 MB and streams 64 MB', async (t) => {
    const big = randomBytes(64_000_000)
    const { connect } = await served(t, async (request, response) => {
      response.setHeader('x-sha256', await hashOf(request))
      Readable.from([big]).pipe(response)
    })
    const dispatcher = new Agent({ connect })
    const response = await fetch(ORIGIN, { dispatcher, method: 'POST', body: big })
    const expected = await hashOf(Readable.from([big]))
    assert.equal(response.headers.get('x-sha256'), expected)
    assert.equal(await hashOf(response.body), expected)
    await dispatcher.close()
  })

  test('requests and uploads are aborted in flight, and the next request is served', async (t) => {
    const { connect } = await served(t, async (request, response) => {
      if (request.url === '/slow') return
      await hashOf(request).catch(() => undefined)
      response.end('served')
    })
    const dispatcher = new Agent({ connect })
    for (const body of [null, new PassThrough()]) {
      const stop = new AbortController()
      const method = body ? 'POST' : 'GET'
      const asked = request(`${ORIGIN}/slow`, { dispatcher, method, body, signal: stop.signal })
      body?.write('beginning')
      setImmediate(() => stop.abort())
      await assert.rejects(asked, { name: 'AbortError' })
    }
    const { body }: Answer = await request(ORIGIN, { dispatcher })
    assert.equal(await body.text(), 'served')
    await dispatcher.close()
  })

  test('a connection that the server destroys fails its request with the counts of bytes, and is replaced', async (t) => {
    let requests = 0
    const { connect } = await served(t, (request, response) => {
      if (requests++ === 0) request.socket.destroy()
      else response.end('served')
    })
    const dispatcher = new Agent({ connect })
    const failure = await request(ORIGIN, { dispatcher, method: 'POST', body: 'text' }).then(
      () => assert.fail('served'),
      (error: Error & { code: string; socket: Record<string, unknown> }) => error,
    )
    assert.equal(failure.code, 'UND_ERR_SOCKET')
    assert.equal(failure.socket['bytesRead'], 0)
    assert.ok(Number(failure.socket['bytesWritten']) > 50)
    const { body }: Answer = await request(ORIGIN, { dispatcher })
    assert.equal(await body.text(), 'served')
    await dispatcher.close()
  })

  test('an idle connection that the server has closed is not used again', async (t) => {
    const { server, sockets, connect } = await served(t, (_, response) => response.end('served'))
    server.keepAliveTimeout = 20
    const dispatcher = new Agent({ connect, keepAliveTimeout: 60_000, keepAliveTimeoutThreshold: 0 })
    for (const _ of [1, 2, 3]) {
      const { body }: Answer = await request(ORIGIN, { dispatcher })
      assert.equal(await body.text(), 'served')
      await within(Promise.all([...sockets].map((one) => one.destroyed || once(one, 'close'))), 'the end')
      await pause(5)
    }
    assert.equal(sockets.size, 3)
    await dispatcher.close()
  })

  test('headersTimeout and bodyTimeout end a request, and connecting fails where nobody listens', async (t) => {
    const { connect } = await served(t, (request, response) => void (request.url === '/body' && response.write('half')))
    const dispatcher = new Agent({ connect })
    const slow = request(`${ORIGIN}/headers`, { dispatcher, headersTimeout: 50 })
    await assert.rejects(slow, { code: 'UND_ERR_HEADERS_TIMEOUT' })
    const { body }: Answer = await request(`${ORIGIN}/body`, { dispatcher, bodyTimeout: 50 })
    await assert.rejects(body.text(), { code: 'UND_ERR_BODY_TIMEOUT' })
    await dispatcher.destroy()
    const nobody = new Agent({ connect: (_: unknown, done: Connected) => connecting({ path: abstractName() }, done) })
    await assert.rejects(request(ORIGIN, { dispatcher: nobody }), { code: 'ECONNREFUSED' })
    await nobody.close()
  })

  test('an upgrade hands the stream over', async (t) => {
    const { server, connect } = await served(t, () => undefined)
    server.on('upgrade', (_, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n')
      socket.pipe(socket)
    })
    const client = new Client(ORIGIN, { connect })
    const { socket } = await client.upgrade({ path: '/', protocol: 'echo' })
    const big = randomBytes(1_000_000)
    socket.end(big)
    assert.equal(await hashOf(socket), await hashOf(Readable.from([big])))
    await client.close()
  })

  test('over TLS of berkeley requests are answered', async (t) => {
    const listener = await listen({ host: '127.0.0.1', tlscfg: hostConfig })
    const server = http.createServer((_, response) => response.end('served'))
    const { port } = listener.getsockname()
    const serving = serveHttp(server, listener)
    t.after(() => void server.close())
    const connect = (_: unknown, done: Connected): void =>
      connecting({ host: '127.0.0.1', port, tlscfg: hostTrust }, done)
    const dispatcher = new Agent({ connect })
    const { body }: Answer = await request('https://host.example', { dispatcher })
    assert.equal(await body.text(), 'served')
    await dispatcher.close()
    server.close()
    await within(serving, 'the end')
  })
})
