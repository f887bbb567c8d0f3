// Libraries that take a stream, over duplex() on both sides.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import http2 from 'node:http2'
import { buffer } from 'node:stream/consumers'
import { describe, test } from 'node:test'
import { stream } from 'berkeley'
import { WebSocket, WebSocketServer } from 'ws'
import { available, closing, leavesNoFd, run } from '../util/index.js'
import { connected, MIB, serving, sha256 } from './common.js'

leavesNoFd()

describe('libraries', () => {
  test('node:http works on both sides, with keep-alive and 64 MiB up and down', { timeout: 60_000 }, async (t) => {
    const server = http.createServer(async (request, response) => {
      const body = await buffer(request)
      response.setHeader('x-sha256', sha256(body))
      response.end(body)
    })
    t.after(() => server.close())
    let connections = 0
    const port = await serving(t, (duplex) => {
      connections++
      server.emit('connection', duplex)
    })
    const duplex = await connected(port)
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
    agent.createConnection = () => duplex as never
    const ask = async (body: Buffer): Promise<Buffer> => {
      const request = http.request({ agent, method: 'POST', host: '127.0.0.1', port })
      request.end(body)
      const [response] = (await once(request, 'response')) as [http.IncomingMessage]
      const got = await buffer(response)
      assert.equal(response.headers['x-sha256'], sha256(body))
      return got
    }
    const big = randomBytes(64 * MIB)
    for (const body of [Buffer.from('small'), Buffer.alloc(0), big]) assert.ok((await ask(body)).equals(body))
    assert.equal(connections, 1)
    agent.destroy()
    duplex.destroy()
  })

  test('node:http answers pipelined requests in order', async (t) => {
    const server = http.createServer((request, response) => void response.end(request.url))
    t.after(() => server.close())
    const port = await serving(t, (duplex) => void server.emit('connection', duplex))
    const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port }))
    const paths = ['/1', '/2', '/3']
    await client.send(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`).join(''))
    let text = ''
    while (!paths.every((path) => text.includes(`\r\n\r\n${path}`))) text += await client.recv()
    assert.deepEqual(
      [...text.matchAll(/\r\n\r\n(\/\d)/g)].map(([, path]) => path),
      paths,
    )
  })

  test('curl talks to node:http over our sockets', { skip: available('curl') }, async (t) => {
    const server = http.createServer((request, response) => void response.end(`you asked ${request.url}`))
    t.after(() => server.close())
    const port = await serving(t, (duplex) => void server.emit('connection', duplex))
    // A sanitizer that is loaded into this process is none of curl's.
    const env = { ...process.env, LD_PRELOAD: '' }
    const { stdout } = await run('curl', ['-sS', `http://127.0.0.1:${port}/from-curl`], { env })
    assert.equal(stdout, 'you asked /from-curl')
  })

  test('node:http2 works on both sides', async (t) => {
    const server = http2.createServer((request, response) => {
      void buffer(request).then((body) => response.end(body))
    })
    t.after(() => server.close())
    const port = await serving(t, (duplex) => void server.emit('connection', duplex))
    const duplex = await connected(port)
    const session = http2.connect('http://localhost', { createConnection: () => duplex })
    const bodies = Array.from({ length: 10 }, (_, i) => randomBytes(200_000 + i))
    const answers = bodies.map(async (body) => {
      const request = session.request({ ':method': 'POST', ':path': '/' })
      request.end(body)
      return buffer(request)
    })
    for (const [i, answer] of (await Promise.all(answers)).entries()) assert.ok(answer.equals(bodies[i] as Buffer))
    session.close()
    await once(session, 'close')
    duplex.destroy()
  })

  test('ws works on both sides', async (t) => {
    const server = http.createServer()
    const sockets = new WebSocketServer({ server })
    t.after(() => {
      sockets.close()
      server.close()
    })
    sockets.on('connection', (one) => one.on('message', (data, binary) => one.send(data, { binary })))
    const port = await serving(t, (duplex) => void server.emit('connection', duplex))
    const duplex = await connected(port)
    const client = new WebSocket(`ws://127.0.0.1:${port}`, { createConnection: () => duplex as never })
    await once(client, 'open')
    for (const data of [Buffer.from('hello'), randomBytes(MIB)]) {
      client.send(data)
      const [answer] = (await once(client, 'message')) as [Buffer]
      assert.ok(answer.equals(data))
    }
    client.close()
    await once(client, 'close')
    duplex.destroy()
  })
})
