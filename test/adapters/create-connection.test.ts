// Streams that are there at once, and connect later: createConnection(), and duplex() of a client that is not connected.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { closeSync } from 'node:fs'
import http from 'node:http'
import { text } from 'node:stream/consumers'
import { describe, test } from 'node:test'
import { getSystemErrorMap } from 'node:util'
import { createConnection, listen, stream } from 'berkeley'
import { hostConfig, hostTrust } from '../tls/common.js'
import { abstractName, closing, coded, leavesNoFd, within } from '../util/index.js'

leavesNoFd()

const closed = (one: NodeJS.EventEmitter): Promise<unknown> => new Promise((resolve) => one.once('close', resolve))

describe('createConnection()', () => {
  test('what is written before the connection arrives in order, and the answer is read', async (t) => {
    const server = closing(t, await listen({ host: '127.0.0.1' }))
    const duplex = createConnection({ host: '127.0.0.1', port: server.getsockname().port })
    const seen: string[] = []
    for (const event of ['connect', 'ready']) duplex.once(event, () => seen.push(event))
    assert.deepEqual([duplex.connecting, duplex.pending, duplex.readyState], [true, true, 'opening'])
    for (let i = 0; i < 99; i++) duplex.write(`${i};`)
    duplex.setNoDelay(false).setKeepAlive(true, 7000).end('end')
    const conn = closing(t, await server.accept())
    const peer = conn.duplex()
    const ended = closed(duplex)
    assert.equal(await text(peer), `${Array.from({ length: 99 }, (_, i) => `${i};`).join('')}end`)
    duplex.resume()
    await within(ended, "'close'")
    assert.deepEqual(seen, ['connect', 'ready'])
  })

  test('settings that were made before hold for the connection', async (t) => {
    const server = closing(t, await listen({ host: '127.0.0.1' }))
    const client = await stream.inet.Client.create({ host: '127.0.0.1', port: server.getsockname().port }, false)
    const duplex = client.duplex().setNoDelay(false).setKeepAlive(true, 7000)
    await client.connect()
    assert.deepEqual([client.tcpnodelay(), client.keepalive(), client.tcpkeepalive()], [false, true, 7])
    const ended = closed(duplex)
    duplex.destroy()
    await ended
  })

  test('a failure to connect destroys the stream with its error, and so do a deadline and a signal', async (t) => {
    const path = abstractName()
    const full = closing(t, await listen({ path, backlog: 0 }))
    const filler = createConnection({ path })
    await once(filler, 'connect')
    const cases = [
      [{ path: `${path}-nobody` }, 'ECONNREFUSED'],
      [{ path, timeout: 20 }, 'ETIMEDOUT'],
      [{ path, signal: AbortSignal.timeout(20) }, 'ABORT_ERR'],
    ] as const
    for (const [options, code] of cases) {
      const duplex = createConnection(options)
      const ended = closed(duplex)
      const [error] = (await within(once(duplex, 'error'), 'the error')) as [NodeJS.ErrnoException]
      assert.equal(error.code, code)
      assert.equal(await ended, true)
    }
    filler.destroy()
    await full.close()
  })

  test('the error of a lookup has the code, the number and the host name that Node gives it (H126)', async () => {
    const host = `${'x'.repeat(70)}.example` // a label has 63 characters at most
    const ways = [() => createConnection({ host, port: 1 }), () => new stream.inet.Client().duplex().connect(1, host)]
    for (const connecting of ways) {
      const duplex = connecting()
      const ended = closed(duplex)
      const [error] = (await within(once(duplex, 'error'), 'the error')) as [NodeJS.ErrnoException]
      const { code, errno, syscall, hostname } = error as NodeJS.ErrnoException & { hostname?: string }
      assert.deepEqual([code, syscall, hostname], ['ENOTFOUND', 'getaddrinfo', host])
      assert.deepEqual(getSystemErrorMap().get(Number(errno))?.[0], 'EAI_NONAME')
      assert.equal((error.cause as NodeJS.ErrnoException).code, 'EAI_NONAME')
      await ended
    }
  })

  test('over TLS the stream is one of TLS from the beginning, and tells when it is secure', async (t) => {
    const server = closing(t, await listen({ host: '127.0.0.1', tlscfg: hostConfig }))
    const { port } = server.getsockname()
    const duplex = createConnection({ host: '127.0.0.1', port, tlscfg: hostTrust })
    assert.equal((duplex as { encrypted?: boolean }).encrypted, true)
    duplex.end('hello')
    const peer = (await server.accept()).duplex()
    await within(once(duplex, 'secureConnect'), "'secureConnect'")
    assert.equal((duplex as unknown as { authorized: boolean }).authorized, true)
    assert.equal(await text(peer), 'hello')
    duplex.resume()
    await closed(duplex)
  })

  test('connect() of a stream of TLS refuses options that would not encrypt, and the other way round', async () => {
    const clear = new stream.inet.Client().duplex()
    assert.throws(() => clear.connect({ port: 1, tlscfg: hostTrust }), coded('ERR_INVALID_ARG_VALUE'))
    const options = { host: '127.0.0.1', port: 9, tlscfg: hostTrust }
    const secure = (await stream.inet.Client.create(options, false)).duplex()
    assert.throws(() => secure.connect(9, '127.0.0.1'), coded('ERR_INVALID_ARG_VALUE'))
    const ended = [clear, secure].map(closed)
    for (const one of [clear, secure]) one.destroy()
    await Promise.all(ended)
  })

  test('descriptors that are written before the connection are passed with it', async (t) => {
    const path = abstractName()
    const server = closing(t, await listen({ path }))
    const client = await stream.unix.Client.create({ path }, false)
    const duplex = client.duplex()
    duplex.write('plain')
    duplex.writeWithFds('with', [0])
    duplex.connect()
    const peer = (await server.accept()).duplex()
    const [fds] = (await within(once(peer.resume(), 'fds'), 'the descriptor')) as [number[]]
    assert.equal(fds.length, 1)
    for (const fd of fds) closeSync(fd)
    for (const one of [duplex, peer]) one.destroy()
    await closed(peer)
  })

  test('connect() takes a port and a host, a path, or options, and refuses anything else', async (t) => {
    const server = closing(t, await listen({ host: '127.0.0.1' }))
    const { port } = server.getsockname()
    for (const args of [[port, '127.0.0.1'], [`${port}`, '127.0.0.1'], [{ port, host: '127.0.0.1' }]]) {
      const duplex = new stream.inet.Client().duplex()
      const connected = new Promise<void>((resolve) => duplex.connect(...args, resolve))
      await within(connected, 'the connection')
      assert.throws(() => duplex.connect(port), { code: 'EISCONN' })
      const ended = closed(duplex)
      duplex.destroy()
      await ended
    }
    const duplex = new stream.inet.Client().duplex()
    for (const wrong of [['path.sock', 'host'], [port, 'host', 1], [{ prt: port }], ['/a/path']])
      assert.throws(() => duplex.connect(...wrong), coded('ERR_INVALID_ARG_VALUE'))
    duplex.connect(port, '127.0.0.1')
    assert.throws(() => duplex.connect(port), { code: 'EALREADY' })
    const ended = closed(duplex)
    duplex.destroy()
    await ended
  })
})

describe('agents', () => {
  test('an agent of node:http holds to maxSockets, and drops connections that the server has closed', async (t) => {
    const path = abstractName()
    const listener = closing(t, await listen({ path }))
    let connections = 0
    const server = http.createServer((request, response) => void setTimeout(() => response.end(request.url), 5))
    server.keepAliveTimeout = 30
    void (async () => {
      for await (const conn of listener) {
        connections++
        server.emit('connection', conn.duplex())
      }
    })()
    const agent = new http.Agent({ keepAlive: true, maxSockets: 3 })
    agent.createConnection = () => createConnection({ path }) as never
    const ask = async (url: string): Promise<string> => {
      const request = http.get({ agent, path: url })
      const [response] = (await once(request, 'response')) as [http.IncomingMessage]
      return text(response)
    }
    const urls = Array.from({ length: 40 }, (_, i) => `/${i}`)
    assert.deepEqual(await Promise.all(urls.map(ask)), urls)
    assert.equal(connections, 3)
    agent.destroy()
    await listener.close()
  })
})
