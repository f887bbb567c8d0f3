// close() with something of the peer's unread, as session tickets always are: what was sent arrives all the same.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, connect as nodeConnect } from 'node:net'
import { describe, test } from 'node:test'
import { connect, listen, stream } from 'berkeley'
import type { Socket as LowSocket } from 'berkeley/llsocket'
import { abstractName, closing, eventually, leavesNoFd, openFds, runScript, within } from '../util/index.js'
import { ends, hostAuthority, type Socket, tlscfg, trust } from './common.js'

leavesNoFd()

const MUCH = 1_000_000

/** Receives to the end: how much came, or the code of the error. */
async function received(sock: Socket): Promise<number | string> {
  let bytes = 0
  try {
    for (let data = await sock.recv(); data !== null; data = await sock.recv()) bytes += data.length
    return bytes
  } catch (error) {
    return `${(error as { code: string }).code} after ${bytes}`
  }
}

/** Fills a connection that the peer does not read, and returns how much was accepted. */
async function fill(sock: Socket): Promise<number> {
  sock.deadlines(0, 50)
  try {
    return await sock.send(Buffer.alloc(64 << 20))
  } catch (error) {
    return (error as { bytes: number }).bytes
  }
}

/** A stream that is not read; the test closes its socket in the end, which is an error of the stream. */
const unwatched = (sock: Socket) => sock.duplex().on('error', () => {})

/** How a connection is ended after everything was sent. */
const ways: [name: string, end: (sock: Socket) => unknown][] = [
  ['close()', (sock) => sock.close()],
  ['end() and close()', async (sock) => sock.end().then(() => sock.close())],
  ['close(true, true)', (sock) => sock.close(true, true)],
  ['await using', (sock) => sock[Symbol.asyncDispose]()],
]

describe('what was sent before the close (H94)', () => {
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const)
    for (const [name, end] of ways)
      for (const side of ['client', 'server'] as const)
        test(`${name} of a ${side} loses nothing that send() has resolved for: ${maxVersion}`, async (t) => {
          const [server, client] = await ends(t, { maxVersion })
          const [from, to] = side === 'client' ? [client, server] : [server, client]
          await to.send(Buffer.alloc(50_000)) // which is never received
          const all = received(to)
          await from.send(Buffer.alloc(MUCH))
          await end(from)
          assert.equal(await all, MUCH)
        })

  test('close() loses nothing although the peer reads only later', async (t) => {
    const [server, client] = await ends(t)
    const sent = await fill(client)
    client.deadlines(0, 5000)
    const start = performance.now()
    const closed = client.close()
    await new Promise((resolve) => setTimeout(resolve, 50))
    assert.equal(await received(server), sent)
    await closed
    assert.ok(performance.now() - start < 4000, 'it waited for more than the peer')
  })

  for (const [name, act] of [
    ['duplex().end()', (sock: Socket) => unwatched(sock).end(Buffer.alloc(MUCH))],
    [
      'duplex().destroy()',
      (sock: Socket) => {
        const duplex = unwatched(sock)
        duplex.write(Buffer.alloc(MUCH), () => duplex.destroy())
      },
    ],
    [
      'web()',
      async (sock: Socket) => {
        const { readable, writable } = sock.web()
        await readable.cancel()
        const writer = writable.getWriter()
        await writer.write(Buffer.alloc(MUCH))
        await writer.close()
      },
    ],
  ] as const)
    test(`the end of ${name} loses nothing that was written`, async (t) => {
      const [server, client] = await ends(t)
      await server.send(Buffer.alloc(50_000))
      const all = received(server)
      await act(client)
      assert.equal(await all, MUCH)
    })

  test('close() on a unix socket ends the peer cleanly, with bytes unread', async (t) => {
    const path = abstractName()
    const listener = closing(t, await listen({ path, tlscfg }))
    const connecting = connect({ path, tlscfg: trust })
    const server = closing(t, await listener.accept())
    await server.handshake()
    const client = closing(t, await connecting)
    await server.send(Buffer.alloc(50_000))
    await client.send('the end')
    await client.close()
    assert.equal(await received(server as never), 7)
    assert.equal(server.error(), null)
  })

  test('a process that ends after close(), which it does not await, loses nothing', async (t) => {
    const listener = closing(t, await listen({ host: '127.0.0.1', tlscfg }))
    const all = (async () => {
      const server = closing(t, await listener.accept())
      await server.send(Buffer.alloc(50_000))
      await new Promise((resolve) => setTimeout(resolve, 100))
      return received(server)
    })()
    const { code, stderr } = await runScript(`
      import { connect } from 'berkeley'
      const tlscfg = { ca: ${JSON.stringify(trust.ca)}, servername: 'localhost' }
      const client = await connect({ host: '127.0.0.1', port: ${listener.getsockname().port}, tlscfg })
      await client.send(Buffer.alloc(${MUCH}))
      client.close()`)
    assert.deepEqual([code, await all], [0, MUCH], stderr)
  })
})

describe('what close() waits for', () => {
  test('close() with linger(0) resets the connection at once, and the peer does not take that for the end', async (t) => {
    const [server, client] = await ends(t)
    await fill(client)
    client.linger(0)
    const fd = client.fd()
    const target = openFds().get(fd)
    void client.close()
    assert.notEqual(openFds().get(fd), target)
    assert.match(String(await received(server)), /^ECONNRESET/)
  })

  test('close() has closed before it returns when the peer has everything', async (t) => {
    const [server, client] = await ends(t)
    await client.send('x')
    await server.recv()
    const fd = server.fd()
    const target = openFds().get(fd)
    void server.close()
    assert.notEqual(openFds().get(fd), target)
  })

  test('close() waits no longer than the send deadline for a peer that does not read, and resolves', async (t) => {
    const [, client] = await ends(t)
    await fill(client)
    client.deadlines(0, 100)
    const start = performance.now()
    await client.close()
    const took = performance.now() - start
    assert.ok(took > 95 && took < 900, `it took ${took} ms`)
  })

  test('close() waits a second without a send deadline', async (t) => {
    const [, client] = await ends(t)
    await fill(client)
    client.deadlines(0, 0)
    const start = performance.now()
    await client.close()
    const took = performance.now() - start
    assert.ok(took > 900 && took < 5000, `it took ${took} ms`)
  })

  test('an attempt to connect that is late closes its socket at once, although the peer has not received its hello', async (t) => {
    const small = { host: '127.0.0.1', prepare: (sock: LowSocket) => void sock.rcvbuf(1) }
    const listener = closing(t, await stream.inet.Server.create(small))
    listener.listen()
    const ALPNProtocols = Array.from({ length: 60 }, (_, i) => 'x'.repeat(240) + i) // more than there is room for
    const { port } = listener.getsockname()
    const before = openFds().size
    const late = connect({ host: '127.0.0.1', port, timeout: 100, tlscfg: { ...trust, ALPNProtocols } })
    await assert.rejects(late, { name: 'TimeoutError', syscall: 'handshake' })
    assert.equal(openFds().size, before)
  })

  test('close() does not wait for the end of a peer that sends without end', async (t) => {
    const [server, client] = await ends(t)
    client.deadlines(0, 60_000)
    const flood = (async () => {
      for (;;) await server.send(Buffer.alloc(1 << 20))
    })()
    const cut = assert.rejects(flood, { code: /^(EPIPE|ECONNRESET)$/ })
    await client.recv()
    await within(client.close(), 'the end of a close', 20_000)
    await cut
  })

  test('close() of a socket that was unreferenced does not keep the process alive', async (t) => {
    const listener = closing(t, await listen({ host: '127.0.0.1', tlscfg }))
    const accepted = listener.accept().then((server) => closing(t, server).handshake())
    const { code, stdout, stderr } = await runScript(`
      import { connect } from 'berkeley'
      const tlscfg = { ca: ${JSON.stringify(trust.ca)}, servername: 'localhost' }
      const client = await connect({ host: '127.0.0.1', port: ${listener.getsockname().port}, tlscfg })
      client.deadlines(0, 50)
      await client.send(Buffer.alloc(64 << 20)).catch(() => {})
      client.deadlines(0, 60_000)
      client.unref().close().then(() => console.log('waited'))`)
    await accepted
    assert.deepEqual([code, stdout], [0, ''], stderr)
  })
})

describe('the alert (H94)', () => {
  test('a client that is refused hears why, although the server has not read what it sent', async (t) => {
    const asking = { ...tlscfg, requestCert: true, rejectUnauthorized: true, ca: trust.ca }
    const listener = closing(t, await listen({ host: '127.0.0.1', tlscfg: asking }))
    const connecting = connect({ host: '127.0.0.1', port: listener.getsockname().port, tlscfg: trust })
    const server = closing(t, await listener.accept())
    const refused = assert.rejects(server.recv(), { name: 'TlsError' })
    const client = closing(t, await connecting)
    const sending = client.send(Buffer.alloc(200_000))
    await refused
    await server.close()
    await assert.rejects(client.recv(), { code: /ALERT_CERTIFICATE_REQUIRED/ })
    await sending
    assert.equal(client.error(), null)
  })

  test('a server that is refused hears why, although the client has not read all that came', async (t) => {
    const listener = closing(t, await listen({ host: '127.0.0.1', tlscfg }))
    const ends: unknown[] = []
    const between = createServer((from) => {
      const to = nodeConnect(listener.getsockname().port, '127.0.0.1')
      to.on('error', () => {})
      from.on('end', () => ends.push('end'))
      from.on('error', (error: NodeJS.ErrnoException) => {
        ends.push(error.code)
        to.destroy()
      })
      from.pipe(to)
      to.on('data', (data) => from.write(Buffer.concat([data, Buffer.alloc(200_000)])))
      t.after(() => from.destroy())
      t.after(() => to.destroy())
    }).listen(0, '127.0.0.1')
    t.after(() => between.close())
    await once(between, 'listening')
    const { port } = between.address() as AddressInfo
    const stranger = { ca: hostAuthority.pem, servername: 'localhost' }
    const connecting = assert.rejects(connect({ host: '127.0.0.1', port, tlscfg: stranger }), { name: 'TlsError' })
    const server = closing(t, await listener.accept())
    await assert.rejects(server.handshake(), { name: 'TlsError', code: /ALERT_UNKNOWN_CA/ })
    await connecting
    await eventually(() => ends.length > 0, 'the end of the connection of the client')
    assert.deepEqual(ends, ['end'])
  })
})
