import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import http2 from 'node:http2'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { describe, test } from 'node:test'
import { stream, TCP_CLOSE } from 'berkeley'
import { WebSocket, WebSocketServer } from 'ws'
import { available, closing, coded, leavesNoFd, run, tempFolder, within, withoutIpv6 } from '../util/index.js'

leavesNoFd()

type Test = Parameters<typeof closing>[0]

const MIB = 1 << 20
const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex')

/** A listener of ours whose connections go to somebody who knows only Node streams. */
async function serving(t: Test, take: (duplex: ReturnType<stream.inet.Socket['duplex']>) => void): Promise<number> {
  const server = closing(t, await stream.inet.Server.create({ host: '127.0.0.1' }))
  server.listen()
  void (async () => {
    for await (const conn of server) take(conn.duplex())
  })()
  return server.getsockname().port
}

async function connected(port: number): Promise<ReturnType<stream.inet.Client['duplex']>> {
  return (await stream.inet.Client.create({ host: '127.0.0.1', port })).duplex()
}

async function piped(t: Test): Promise<[stream.unix.Socket, stream.unix.Socket]> {
  const [a, b] = await stream.unix.pair()
  t.after(() => Promise.all([a.close(), b.close()]))
  return [a, b]
}

/** Both ends of a TCP connection. */
async function tcp(t: Test): Promise<[stream.inet.Socket, stream.inet.Socket]> {
  const server = closing(t, await stream.inet.Server.create({ host: '127.0.0.1' }))
  server.listen()
  const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port: server.getsockname().port }))
  return [client, closing(t, await server.accept())]
}

/** Breaks the connection off, and waits until the other end knows. */
async function reset(sock: stream.inet.Socket, peer: stream.inet.Socket): Promise<void> {
  sock.linger(0)
  await sock.close()
  const known = async (): Promise<void> => {
    while (peer.fd() >= 0 && peer.tcpinfo().state !== TCP_CLOSE) await new Promise((resolve) => setImmediate(resolve))
  }
  await within(known(), 'the reset')
}

describe('a Node stream over a socket', () => {
  test('16 MiB both ways at once, and the ends are seen', async (t) => {
    const [a, b] = (await piped(t)).map((socket) => socket.duplex()) as [
      ReturnType<stream.unix.Socket['duplex']>,
      ReturnType<stream.unix.Socket['duplex']>,
    ]
    const [one, two] = [randomBytes(16 * MIB), randomBytes(16 * MIB)]
    const send = (data: Buffer, to: NodeJS.WritableStream): Promise<void> => pipeline(Readable.from(slices(data)), to)
    const [gotB, gotA] = await Promise.all([buffer(b), buffer(a), send(one, a), send(two, b)])
    assert.equal(sha256(gotB), sha256(one))
    assert.equal(sha256(gotA), sha256(two))
  })

  function* slices(data: Buffer): Generator<Buffer> {
    for (let at = 0; at < data.length; at += 100_000) yield data.subarray(at, at + 100_000)
  }

  test('backpressure: a reader that does not read stops the writer (H38)', async (t) => {
    const [a, b] = await piped(t)
    const writer = a.duplex()
    const turns = async (): Promise<boolean> => {
      for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve))
      return false
    }
    const drained = (): Promise<boolean> => once(writer, 'drain').then(() => true)
    let accepted = 0
    do while (writer.write(Buffer.alloc(64 << 10))) accepted += 64 << 10
    while (await Promise.race([drained(), turns()]))
    assert.ok(accepted < 4 * MIB, `${accepted} bytes accepted`)
    assert.ok(writer.writableLength < MIB)
    const drain = drained()
    const reading = (async () => {
      for await (const _ of b) if (!writer.writableNeedDrain) break
    })()
    assert.ok(await within(drain, 'drain'))
    writer.destroy()
    await reading
  })

  test('half-close: the end of one side leaves the other one open', async (t) => {
    const [a, b] = await piped(t)
    const duplex = a.duplex()
    duplex.end('question')
    assert.equal(String(await b.recv()), 'question')
    assert.equal(await b.recv(), null)
    await b.send('answer')
    b.closew()
    assert.equal(String(await buffer(duplex)), 'answer')
    await once(duplex, 'close')
    assert.equal(a.fd(), -1)
  })

  test('destroying it closes the socket; an error of the socket destroys it', async (t) => {
    const [a, b] = await piped(t)
    const duplex = a.duplex()
    duplex.destroy()
    await once(duplex, 'close')
    assert.equal(await b.recv(), null)
    const [c, d] = await piped(t)
    const writer = c.duplex()
    await d.close()
    writer.write('x')
    const [error] = await once(writer, 'error')
    assert.equal((error as NodeJS.ErrnoException).code, 'EPIPE')
  })
})

describe('what libraries ask a stream of', () => {
  test('addresses of both ends, also when the connection is gone', async (t) => {
    const names: unknown[] = []
    const port = await serving(t, (duplex) => {
      names.push([duplex.localAddress, duplex.localPort, duplex.localFamily, duplex.remoteAddress], duplex.remotePort)
      duplex.resume().end()
    })
    const client = await connected(port)
    const own = client.address()
    assert.deepEqual([client.remoteAddress, client.remotePort, client.remoteFamily], ['127.0.0.1', port, 'IPv4'])
    client.resume().end()
    await once(client, 'close')
    assert.deepEqual(names, [['127.0.0.1', port, 'IPv4', '127.0.0.1'], own.port])
    assert.deepEqual(own, { address: '127.0.0.1', port: client.localPort, family: 'IPv4' })
    assert.equal(client.remotePort, port)
  })

  test('addresses of IPv6', { skip: withoutIpv6() }, async (t) => {
    const server = closing(t, await stream.inet.Server.create({ host: '::1' }))
    server.listen()
    const client = (await stream.inet.Client.create({ host: '::1', port: server.getsockname().port })).duplex()
    assert.deepEqual([client.remoteFamily, client.localFamily, client.localAddress], ['IPv6', 'IPv6', '::1'])
    client.destroy()
    await once(client, 'close')
  })

  test('a unix stream has none, and no options of TCP', async (t) => {
    const [a] = await piped(t)
    const duplex = a.duplex()
    assert.deepEqual([duplex.remoteAddress, duplex.remotePort, duplex.address()], [undefined, undefined, {}])
    assert.equal(duplex.setNoDelay().setKeepAlive(true, 1000).ref().unref(), duplex)
    duplex.destroy()
    await once(duplex, 'close')
    assert.deepEqual([duplex.remoteFamily, duplex.address()], [undefined, {}])
  })

  test('options of TCP reach the socket', async (t) => {
    const server = closing(t, await stream.inet.Server.create({ host: '127.0.0.1' }))
    server.listen()
    const sock = await stream.inet.Client.create({ host: '127.0.0.1', port: server.getsockname().port })
    const duplex = sock.duplex()
    duplex.setNoDelay().setKeepAlive(true, 7500)
    assert.deepEqual([sock.tcpnodelay(), sock.keepalive(), sock.tcpkeepalive()], [true, true, 7])
    duplex.setNoDelay(false).setKeepAlive()
    assert.deepEqual([sock.tcpnodelay(), sock.keepalive()], [false, false])
    duplex.destroy()
    await once(duplex, 'close')
  })

  test('a time without traffic', async (t) => {
    const [a] = await piped(t)
    const duplex = a.duplex()
    const never = (): void => assert.fail('it was taken back')
    duplex.setTimeout(5, never)
    duplex.setTimeout(0, never)
    const idle = once(duplex, 'timeout')
    const alive = setTimeout(() => {}, 60_000) // the timer of the stream keeps nothing alive
    duplex.setTimeout(5, () => clearTimeout(alive))
    await within(idle, 'timeout')
    assert.throws(() => duplex.setTimeout(-1), { code: 'ERR_OUT_OF_RANGE' })
    duplex.destroy()
    await once(duplex, 'close')
  })
})

describe('what a stream is given', () => {
  test('a signal that is aborted already closes the socket, as one that is aborted later does', async (t) => {
    for (const when of ['now', 'later']) {
      const [a] = await piped(t)
      const controller = new AbortController()
      if (when === 'now') controller.abort()
      const duplex = a.duplex({ signal: controller.signal })
      controller.abort()
      const [error] = await within(once(duplex, 'error'), 'the error')
      assert.equal((error as Error).name, 'AbortError')
      assert.equal(a.fd(), -1)
    }
  })

  test('is refused by name when it is wrong, before anything is done', async (t) => {
    const [a] = await piped(t)
    assert.throws(() => a.duplex(null as never), coded('ERR_INVALID_ARG_TYPE'))
    const duplex = a.duplex()
    for (const wrong of [7n, Symbol('s'), {}, null] as never[]) {
      assert.throws(() => duplex.setKeepAlive(true, wrong), coded('ERR_INVALID_ARG_TYPE'))
      assert.throws(() => duplex.setTimeout(1, wrong), coded('ERR_INVALID_ARG_TYPE'))
      assert.throws(() => duplex.writeWithFds('x', wrong), coded('ERR_INVALID_ARG_TYPE'))
      assert.throws(() => duplex.writeWithFds('x', [0], wrong), coded('ERR_INVALID_ARG_TYPE'))
    }
    assert.equal(duplex.writableLength, 0)
  })
})

describe('descriptors through a stream', () => {
  test('they come right before their bytes, in order, also from a queue of writes (H77)', async (t) => {
    const [a, b] = await piped(t)
    const [from, to] = [a.duplex(), b.duplex()]
    const folder = tempFolder(t)
    const files = [0, 1, 2].map((i) => {
      writeFileSync(join(folder, `${i}`), `file ${i}`)
      return openSync(join(folder, `${i}`), 'r')
    })
    const heard: string[] = []
    to.on('fds', (fds: number[]) => {
      for (const fd of fds) {
        heard.push(readFileSync(fd, 'utf8'))
        closeSync(fd)
      }
    })
    to.on('data', (data: Buffer) => heard.push(String(data)))
    from.cork()
    from.write('[plain]')
    from.writeWithFds('[one]', [files[0] as number])
    from.writeWithFds(Buffer.from('[two]'), files.slice(1))
    from.uncork()
    from.end('[end]')
    await once(to, 'end')
    for (const fd of files) closeSync(fd)
    assert.equal(heard.join(''), 'file 0[plain][one]file 1file 2[two][end]')
    to.destroy()
    assert.throws(() => from.writeWithFds('', [0]), { code: 'ERR_OUT_OF_RANGE' })
    assert.throws(() => from.writeWithFds('x', []), { code: 'ERR_OUT_OF_RANGE' })
    assert.throws(() => from.writeWithFds('x', [-1]), { code: 'ERR_OUT_OF_RANGE' })
  })

  test('without a listener they are closed (H75)', async (t) => {
    const [a, b] = await piped(t)
    const to = b.duplex()
    a.duplex().writeWithFds('x', [0, 1, 2])
    const [data] = await once(to, 'data')
    assert.equal(String(data), 'x')
    to.destroy()
  })
})

describe('libraries that take a stream', () => {
  test('node:http, both sides: keep-alive, 64 MiB up and down', { timeout: 60_000 }, async (t) => {
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

  test('node:http2, both sides', async (t) => {
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

  test('ws, both sides', async (t) => {
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

describe('web streams', () => {
  test('both ways, to the end, and then it is closed', async (t) => {
    const [a, b] = await piped(t)
    const { readable, writable } = a.web()
    const data = randomBytes(2 * MIB)
    const peer = b.duplex()
    const received = buffer(peer)
    const writer = writable.getWriter()
    for (let at = 0; at < data.length; at += 65_536) await writer.write(data.subarray(at, at + 65_536))
    await writer.close()
    assert.ok((await received).equals(data))
    peer.end() // the reading side has ended; whether that ends the other one too is a matter of Node's version
    const parts: Uint8Array[] = []
    for await (const part of readable) parts.push(part)
    assert.equal(Buffer.concat(parts).length, 0)
    assert.equal(a.fd(), -1)
  })

  test('piping one connection through another', async (t) => {
    const [client, left] = await piped(t)
    const [right, server] = await piped(t)
    const done = left.web().readable.pipeTo(right.web().writable)
    await client.send('through')
    client.closew()
    assert.equal(String(await server.recv()), 'through')
    assert.equal(await server.recv(), null)
    await done
  })

  test('what fails closes the socket', async (t) => {
    const [a, b] = await piped(t)
    const { writable } = a.web()
    await b.close()
    await assert.rejects(writable.getWriter().write(Buffer.from('x')), { code: 'EPIPE' })
    assert.equal(a.fd(), -1)
    const [c, d] = await tcp(t)
    const reading = c.web().readable.getReader().read()
    await reset(d, c)
    await assert.rejects(reading, { code: 'ECONNRESET' })
    assert.equal(c.fd(), -1)
  })

  test('an end that cannot be said closes the socket, too (H42)', async (t) => {
    const [a, b] = await tcp(t)
    const { readable, writable } = a.web()
    b.closew()
    assert.deepEqual(await readable.getReader().read(), { done: true, value: undefined })
    await reset(b, a)
    await assert.rejects(writable.getWriter().close(), { code: 'ENOTCONN' })
    assert.equal(a.fd(), -1)
  })

  test('a reader that gives up when the connection is gone closes the socket, too', async (t) => {
    const [a, b] = await tcp(t)
    const { readable } = a.web()
    await reset(b, a)
    await assert.rejects(readable.cancel(), { code: 'ENOTCONN' })
    assert.equal(a.fd(), -1)
  })

  test('cancelling and aborting close what they should', async (t) => {
    const [a, b] = await piped(t)
    const { readable, writable } = a.web()
    await readable.cancel()
    await writable.abort()
    assert.equal(a.fd(), -1)
    assert.equal(await b.recv(), null)
  })
})
