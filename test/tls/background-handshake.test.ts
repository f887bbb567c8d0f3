// The handshake of a server goes on by itself: clients need not wait until the server uses their connection, and the server does not wait for them.
import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import net from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { connect, listen, stream, tls } from 'berkeley'
import { abstractName, closing, coded, isPending, leavesNoFd, runScript, within } from '../util/index.js'
import { authority, certificate, tlscfg, trust } from './common.js'

leavesNoFd()

const host = '127.0.0.1'

type Server = stream.Socket & { accept(): Promise<stream.Socket> }

const servers: [
  name: string,
  make: (server: tls.Config, client: tls.Config) => Promise<[Server, () => Promise<stream.Socket>]>,
][] = [
  [
    'TCP',
    async (server, client) => {
      const listener = await listen({ host, tlscfg: server })
      const { port } = listener.getsockname()
      return [listener, () => connect({ host, port, timeout: 5000, tlscfg: client })]
    },
  ],
  [
    'a unix socket',
    async (server, client) => {
      const path = abstractName()
      const listener = await listen({ path, tlscfg: server })
      return [listener, () => connect({ path, timeout: 5000, tlscfg: client })]
    },
  ],
]

/** A listener, and a peer in the clear that it has accepted. */
async function acceptedFrom(t: TestContext, more: tls.Config = {}): Promise<[stream.inet.Socket, net.Socket]> {
  const listener = closing(t, await listen({ host, tlscfg: { ...tlscfg, ...more } }))
  const peer = net.connect(listener.getsockname().port, host).on('error', () => {})
  t.after(() => peer.destroy())
  const conn = closing(t, await listener.accept())
  return [conn, peer]
}

/** What `onhandshakeerror` hears first, with the count of its calls. */
function hearing(): {
  heard: Promise<[Error & { code?: string }, tls.AcceptedConnection]>
  calls: number
  hear: tls.Config['onhandshakeerror']
} {
  const result = { calls: 0 } as ReturnType<typeof hearing>
  result.heard = new Promise((resolve) => {
    result.hear = (error, conn) => {
      result.calls++
      resolve([error, conn])
    }
  })
  return result
}

describe('handshakes of a server', () => {
  for (const [name, make] of servers)
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const)
      test(`connect() and accept() come through together, without another call on either side: ${maxVersion}, ${name} (H127)`, async (t) => {
        const [server, reach] = await make({ ...tlscfg, maxVersion }, trust)
        closing(t, server)
        const [client, conn] = await within(Promise.all([reach(), server.accept()]), 'both ends')
        closing(t, client)
        closing(t, conn)
        assert.equal(client.getProtocol(), maxVersion)
        await client.send('hello')
        assert.equal(String(await conn.recv()), 'hello')
      })

  test('what came with the end of the handshake reaches the call that waits for it (H127)', async (t) => {
    const server = closing(t, await listen({ host: '127.0.0.1', tlscfg }))
    for (let i = 0; i < 20; i++) {
      const connecting = connect({ host: '127.0.0.1', port: server.getsockname().port, tlscfg: trust }).then(
        async (conn) => {
          await conn.send(`data ${i}`)
          return conn
        },
      )
      const conn = await server.accept()
      assert.equal(String(await within(conn.recv(), 'data')), `data ${i}`)
      await Promise.all([conn.close(), (await connecting).close()])
    }
  })

  test('a handshake that waits for room, because its certificates fill the socket, comes through (H127)', async (t) => {
    const cert = `${certificate.pem}${authority.pem.repeat(150)}`
    const prepare = (sock: { sndbuf(bytes: number): unknown; rcvbuf(bytes: number): unknown }) => {
      sock.sndbuf(4096)
      sock.rcvbuf(4096)
    }
    const listener = closing(t, await listen({ host, prepare, tlscfg: { cert, key: certificate.keyPem } }))
    const { port } = listener.getsockname()
    const plain = closing(t, await connect({ host, port, prepare }))
    const conn = closing(t, await listener.accept())
    // The hello is there, and the answer is not read until it has filled the socket.
    const connecting = tls.wrap(plain, trust)
    const client = closing(t, await within(connecting, 'the handshake'))
    await client.send('hello')
    assert.equal(String(await conn.recv()), 'hello')
  })

  test('connect() comes through while an SNICallback and a verify take their time', async (t) => {
    const later = <T>(value: T) => new Promise<T>((resolve) => setTimeout(resolve, 20, value))
    const choosing = { SNICallback: () => later(undefined), requestCert: true, verify: () => later(true) } as const
    const listener = closing(t, await listen({ host, tlscfg: { ...tlscfg, ...choosing } }))
    const shown = { cert: certificate.pem, key: certificate.keyPem }
    const { port } = listener.getsockname()
    const [client, conn] = await Promise.all([
      connect({ host, port, timeout: 5000, tlscfg: { ...trust, ...shown, maxVersion: 'TLSv1.2' } }),
      listener.accept(),
    ])
    closing(t, client)
    closing(t, conn)
    assert.equal(conn.servername, 'localhost')
  })

  test('wrap() of both ends comes through, and neither has made a call', async (t) => {
    const [a, b] = await stream.unix.pair()
    const [server, client] = await within(
      Promise.all([tls.wrap(a, tlscfg, { server: true }), tls.wrap(b, trust)]),
      'both ends',
    )
    closing(t, server)
    closing(t, client)
    assert.equal(client.authorized, true)
  })

  test('clients of serve() come through before its handler has made a call', async (t) => {
    const listener = await listen({ host, tlscfg })
    const { port } = listener.getsockname()
    let finish = (): void => {}
    const serving = listener.serve(() => new Promise<void>((resolve) => (finish = resolve)))
    closing(t, await connect({ host, port, timeout: 5000, tlscfg: trust }))
    finish()
    await listener.close()
    await serving
  })

  test('a client that says nothing holds up neither accept() nor the next client', async (t) => {
    const listener = closing(t, await listen({ host, tlscfg }))
    const { port } = listener.getsockname()
    const silent = closing(t, await connect({ host, port }))
    closing(t, await within(listener.accept(), 'the silent one'))
    const [client, conn] = await Promise.all([connect({ host, port, timeout: 5000, tlscfg: trust }), listener.accept()])
    closing(t, client)
    closing(t, conn)
    assert.equal(silent.error(), null)
  })

  test('a call that comes first has its own deadline, and the handshake goes on after it', async (t) => {
    const listener = closing(t, await listen({ host, tlscfg }))
    const { port } = listener.getsockname()
    const silent = closing(t, await connect({ host, port }))
    const conn = closing(t, await listener.accept())
    await assert.rejects(conn.recv({ timeout: 30 }), { name: 'TimeoutError' })
    const client = closing(t, await within(tls.wrap(silent, trust), 'the handshake'))
    assert.equal(client.authorized, true)
    await client.send('late')
    assert.equal(String(await conn.recv()), 'late')
  })

  test('they do not keep the process alive, and leave no rejection unhandled (H127)', async () => {
    const code = `
      import { connect, listen, tls } from 'berkeley'
      const tlscfg = ${JSON.stringify({ cert: String(tlscfg.cert), key: String(tlscfg.key) })}
      const server = await listen({ host: '127.0.0.1', tlscfg })
      const { port } = server.getsockname()
      const silent = await connect({ host: '127.0.0.1', port })
      const waiting = await server.accept()
      const wrong = await connect({ host: '127.0.0.1', port })
      const refused = await server.accept()
      await wrong.send(Buffer.from('16030100050900000161', 'hex'))
      console.log('the alert has', (await wrong.recv()).length, 'bytes')
      globalThis.kept = [server, silent, waiting, wrong, refused]
    `
    const { code: exit, stdout, stderr } = await within(runScript(code), 'the end of the process')
    assert.deepEqual([exit, stdout, stderr], [0, 'the alert has 7 bytes\n', ''])
  })
})

describe('handshakes of a server that fail before anybody makes a call', () => {
  test('the first call tells why, at the place of that call, and so does every later one (H127)', async (t) => {
    const { heard, hear } = hearing()
    const [conn, peer] = await acceptedFrom(t, { onhandshakeerror: hear })
    peer.write('GET / HTTP/1.1\r\n\r\n')
    const [error] = await heard
    const first = await theFirstCall(conn)
    assert.equal(first, error)
    assert.equal(first.code, 'ERR_SSL_HTTP_REQUEST')
    assert.match(String(first.stack), /theFirstCall/)
    const { stack } = first
    await assert.rejects(conn.send('more'), first)
    await assert.rejects(conn.handshake(), first)
    assert.equal(first.stack, stack)
  })

  test('a reset is told as such, and not as what the socket says afterwards', async (t) => {
    const { heard, hear } = hearing()
    const [conn, peer] = await acceptedFrom(t, { onhandshakeerror: hear })
    peer.write(Buffer.from('1603010200', 'hex'))
    peer.resetAndDestroy()
    const [error] = await heard
    assert.equal(error.code, 'ECONNRESET')
    for (let i = 0; i < 2; i++) await assert.rejects(conn.recv(), coded('ECONNRESET', { syscall: 'handshake' }))
  })

  test('a call that waits already is told the same as onhandshakeerror', async (t) => {
    const { heard, hear } = hearing()
    const [conn, peer] = await acceptedFrom(t, { onhandshakeerror: hear })
    const receiving = conn.recv().catch((error: unknown) => error)
    await new Promise(setImmediate)
    peer.end()
    const [[error]] = [await heard]
    assert.equal(error.code, 'ERR_TLS_TRUNCATED')
    assert.equal(await receiving, error)
  })

  test('the handshakeTimeout ends them, too', async (t) => {
    const result = hearing()
    const [conn] = await acceptedFrom(t, { onhandshakeerror: result.hear, handshakeTimeout: 30 })
    const [error, heardOf] = await result.heard
    assert.equal(error.name, 'TimeoutError')
    assert.equal(heardOf, conn)
    await assert.rejects(conn.recv(), error)
    assert.equal(result.calls, 1)
  })

  test('a client that verify refuses is told of with its connection, once', async (t) => {
    const result = hearing()
    const asking = {
      requestCert: 'optional',
      verify: () => false,
      maxVersion: 'TLSv1.2',
      onhandshakeerror: result.hear,
    } as const
    const listener = closing(t, await listen({ host, tlscfg: { ...tlscfg, ...asking } }))
    const { port } = listener.getsockname()
    const shown = { cert: certificate.pem, key: certificate.keyPem }
    const calling = connect({ host, port, timeout: 5000, tlscfg: { ...trust, ...shown } })
    const refused = assert.rejects(calling, coded('ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE'))
    const conn = closing(t, await listener.accept())
    await refused
    const [error, heardOf] = await result.heard
    assert.equal(heardOf, conn)
    await assert.rejects(conn.recv(), error)
    assert.equal(result.calls, 1)
  })

  test('onhandshakeerror runs in the asynchronous context of accept()', async (t) => {
    const storage = new AsyncLocalStorage<string>()
    const store = new Promise((resolve) => {
      const onhandshakeerror = () => resolve(storage.getStore())
      storage.run('of accept()', () => void acceptedFrom(t, { onhandshakeerror }).then(([, peer]) => peer.end()))
    })
    assert.equal(await store, 'of accept()')
  })

  test('what onhandshakeerror throws is an uncaught exception', async () => {
    const code = `
      import { connect, listen } from 'berkeley'
      process.on('uncaughtException', (error, origin) => console.log(origin, error.message))
      process.on('unhandledRejection', () => console.log('unhandled'))
      const tlscfg = ${JSON.stringify({ cert: String(tlscfg.cert), key: String(tlscfg.key) })}
      const onhandshakeerror = ({ code }) => { throw new Error('of the user: ' + code) }
      const server = await listen({ host: '127.0.0.1', tlscfg: { ...tlscfg, onhandshakeerror } })
      const client = await connect({ host: '127.0.0.1', port: server.getsockname().port })
      const conn = await server.accept()
      await client.send('GET / HTTP/1.1\\r\\n\\r\\n')
      await client.close()
      await conn.recv().catch(({ code }) => console.log(code))
      for (const sock of [conn, server]) await sock.close()
    `
    const { stdout } = await runScript(code)
    const lines = stdout.trim().split('\n').sort()
    assert.deepEqual(lines, ['ERR_SSL_HTTP_REQUEST', 'uncaughtException of the user: ERR_SSL_HTTP_REQUEST'])
  })

  test('onhandshakeerror is for servers, has to be a function, and belongs to the listener', () => {
    assert.throws(() => tls.Context.client({ onhandshakeerror: () => {} }), coded('ERR_INVALID_ARG_VALUE'))
    const wrong = { ...tlscfg, onhandshakeerror: true as never }
    assert.throws(() => tls.Context.server(wrong), coded('ERR_INVALID_ARG_TYPE'))
  })
})

/** Makes a call whose error should have its place. */
function theFirstCall(conn: stream.inet.Socket): Promise<Error & { code: string }> {
  return conn.recv().then(
    () => assert.fail('no error'),
    (error) => error,
  )
}

describe('a connection during its handshake', () => {
  test('close() ends it at once, and onhandshakeerror hears nothing', async (t) => {
    const result = hearing()
    const [conn, peer] = await acceptedFrom(t, { onhandshakeerror: result.hear })
    await new Promise(setImmediate)
    await within(conn.close(), 'the close')
    peer.resume()
    await once(peer, 'close')
    await new Promise(setImmediate)
    assert.equal(result.calls, 0)
    await assert.rejects(conn.recv(), coded('EBADF'))
  })

  test('close() right after accept() ends it before it has begun', async (t) => {
    const listener = closing(t, await listen({ host, tlscfg }))
    const calling = connect({ host, port: listener.getsockname().port, timeout: 5000, tlscfg: trust })
    const refused = assert.rejects(calling, coded('ERR_TLS_TRUNCATED'))
    await (await listener.accept()).close()
    await refused
  })

  test('detach() is refused, and the handshake goes on', async (t) => {
    const listener = closing(t, await listen({ host, tlscfg }))
    const silent = closing(t, await connect({ host, port: listener.getsockname().port }))
    const conn = closing(t, await listener.accept())
    await new Promise(setImmediate)
    assert.throws(() => conn.detach(), coded('EOPNOTSUPP'))
    const client = closing(t, await within(tls.wrap(silent, trust), 'the handshake'))
    await conn.send('here')
    assert.equal(String(await client.recv()), 'here')
  })

  test('a call that waits for data is idle, and what waits to be sent is only that of the user', async (t) => {
    const [conn] = await acceptedFrom(t)
    await new Promise(setImmediate)
    assert.equal(conn.bufferedAmount, 0)
    const sending = conn.send('four').catch((error: unknown) => error)
    assert.ok(await isPending(sending))
    assert.equal(conn.bufferedAmount, 4)
    await conn.close()
    assert.equal(((await sending) as { code: string }).code, 'ECANCELED')
  })
})
