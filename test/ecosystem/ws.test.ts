// ws on both sides: servers over serveHttp(), clients over createConnection().
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import http from 'node:http'
import type { Duplex } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { describe, test } from 'node:test'
import { createConnection, listen, serveHttp } from 'berkeley'
import { hostConfig, hostTrust } from '../tls/common.js'
import { abstractName, leavesNoFd, within } from '../util/index.js'
import { event, library, type Test, unavailable } from './common.js'

leavesNoFd()

const { WebSocket, WebSocketServer, createWebSocketStream } = library('ws')

// biome-ignore lint/suspicious/noExplicitAny: the types of a library that may be absent.
type Socket = any
type Data = [Buffer, boolean]

describe('ws', { skip: unavailable(['ws']) }, () => {
  /** A server that echoes; and one client after another. */
  async function echo(t: Test, secure = false) {
    const path = abstractName()
    const listener = secure ? await listen({ host: '127.0.0.1', tlscfg: hostConfig }) : await listen({ path })
    const port = Number(listener.getsockname().port)
    const server = http.createServer()
    const sockets = new WebSocketServer({ server })
    sockets.on('connection', (one: Socket) => {
      one.on('message', (data: Buffer, binary: boolean) => one.send(data, { binary }))
      one.on('error', () => undefined)
    })
    const serving = serveHttp(server, listener)
    t.after(async () => {
      for (const one of sockets.clients) one.terminate()
      sockets.close()
      server.close()
      await within(serving, 'the end of serveHttp()')
    })
    const open = async (): Promise<Socket> => {
      const connection = () => createConnection(secure ? { host: '127.0.0.1', port, tlscfg: hostTrust } : { path })
      const client = new WebSocket('ws://host.example/', { createConnection: connection })
      await event(client, 'open')
      return client
    }
    return { sockets, open }
  }

  for (const secure of [false, true]) {
    const name = secure ? 'TLS of berkeley' : 'a unix socket'
    test(`a message of 30 MB and 20 000 small ones come back over ${name}`, { timeout: 60_000 }, async (t) => {
      const { open } = await echo(t, secure)
      const client = await open()
      const big = randomBytes(30_000_000)
      const answer = event<Data>(client, 'message')
      client.send(big)
      assert.ok(big.equals((await answer)[0]))
      let count = 0
      const all = new Promise<void>((resolve) => {
        client.on('message', (data: Buffer) => {
          assert.equal(`${data}`, `${count}`)
          if (++count === 20_000) resolve()
        })
      })
      for (let i = 0; i < 20_000; i++) client.send(`${i}`)
      await within(all, 'the answers', 30_000)
      const closed = event<[number, Buffer]>(client, 'close')
      client.close(4000, 'bye')
      assert.deepEqual(await closed, [4000, Buffer.from('bye')])
    })
  }

  test('pings are answered, and codes of close arrive', async (t) => {
    const { sockets, open } = await echo(t)
    const accepted = event<[Socket]>(sockets, 'connection')
    const client = await open()
    const [peer] = await accepted
    const pong = event<[Buffer]>(client, 'pong')
    client.ping('there?')
    assert.equal(`${(await pong)[0]}`, 'there?')
    const closed = event<[number, Buffer]>(client, 'close')
    peer.close(1013, 'later')
    assert.deepEqual(await closed, [1013, Buffer.from('later')])
  })

  test('when one side is terminated, the other one notices, and the next client is served', async (t) => {
    const { sockets, open } = await echo(t)
    for (const side of ['client', 'server']) {
      const accepted = event<[Socket]>(sockets, 'connection')
      const client = await open()
      const [peer] = await accepted
      const closed = [client, peer].map((one) => event<[number]>(one, 'close'))
      if (side === 'client') client.terminate()
      else peer.terminate()
      for (const [code] of await Promise.all(closed)) assert.equal(code, 1006)
    }
    const client = await open()
    const answer = event<Data>(client, 'message')
    client.send('hello')
    assert.equal(`${(await answer)[0]}`, 'hello')
    const closed = event(client, 'close')
    client.close()
    await closed
  })

  test('createWebSocketStream() carries 10 MB both ways with backpressure', async (t) => {
    const { open } = await echo(t)
    const client = await open()
    const duplex: Duplex = createWebSocketStream(client)
    const big = randomBytes(10_000_000)
    const parts: Buffer[] = []
    let length = 0
    duplex.on('data', (part: Buffer) => {
      parts.push(part)
      length += part.length
      if (length === big.length) duplex.end()
    })
    for (let at = 0; at < big.length; at += 100_000)
      if (!duplex.write(big.subarray(at, at + 100_000))) await event(duplex, 'drain')
    await event(duplex, 'close')
    assert.ok(big.equals(Buffer.concat(parts)))
    await buffer(duplex).catch(() => undefined)
  })

  test('a server that does not answer the handshake is given up, and one that is not there refuses', async (t) => {
    const silent = await listen({ path: abstractName() })
    t.after(() => silent.close())
    const path = `${silent.getsockname().path}`
    const late = new WebSocket('ws://host.example/', {
      handshakeTimeout: 50,
      // Node leaves the option to the code that makes the connection.
      createConnection: ({ timeout }: { timeout: number }) => createConnection({ path }).setTimeout(timeout),
    })
    assert.match((await event<[Error]>(late, 'error'))[0].message, /timed out/)
    const refused = new WebSocket('ws://host.example/', {
      createConnection: () => createConnection({ path: abstractName() }),
    })
    assert.equal((await event<[NodeJS.ErrnoException]>(refused, 'error'))[0].code, 'ECONNREFUSED')
  })
})
