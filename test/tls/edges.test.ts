// Where TLS and readiness meet: what arrives together, what the kernel will not announce again, what never stops arriving.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, connect as nodeConnect } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { connect, listen, type stream, type tls } from 'berkeley'
import { sys } from '#internal/constants/lookup.js'
import { nativeTls } from '#internal/native/tls.js'
import { Context } from '#internal/tls/context.js'
import { TlsSession } from '#internal/tls/session.js'
import { closing, leavesNoFd, root as project, script, start, within } from '../util/index.js'
import { dns, leaf, root } from './pki.js'

leavesNoFd()

const authority = root()
const certificate = leaf(authority, { names: [dns('localhost')] })
const tlscfg = { cert: certificate.pem, key: certificate.keyPem }
const trust = { ca: authority.pem, servername: 'localhost' }

type Socket = stream.inet.Socket

/** Two ends of a connection, with the handshake done. */
async function ends(t: TestContext, client: tls.Config = {}, server: tls.Config = {}): Promise<[Socket, Socket]> {
  const listener = closing(t, await listen({ host: '127.0.0.1', tlscfg: { ...tlscfg, ...server } }))
  const { port } = listener.getsockname()
  const connecting = connect({ host: '127.0.0.1', port, timeout: 5000, tlscfg: { ...trust, ...client } })
  const accepted = closing(t, await listener.accept())
  await accepted.handshake()
  const connected = closing(t, await connecting)
  for (const sock of [accepted, connected]) sock.deadlines(5000, 5000)
  return [accepted, connected]
}

/** Lets what waits come to its wait. */
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10))

describe('what arrives together (H12, H92)', () => {
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const)
    test(`data and the end in one segment, and nothing after it: ${maxVersion}`, async (t) => {
      const [server, client] = await ends(t, { maxVersion })
      const first = client.recv()
      await turn()
      await server.send('hello')
      await server.end()
      assert.equal(String(await first), 'hello')
      assert.equal(await client.recv(), null)
    })

  test('half a record and the end of the connection', async (t) => {
    const listener = closing(t, await listen({ host: '127.0.0.1', tlscfg }))
    let cut = false
    const between = createServer((from) => {
      const to = nodeConnect(listener.getsockname().port, '127.0.0.1')
      for (const end of [from, to]) end.on('error', () => {})
      from.pipe(to)
      to.on('data', (data) => (cut ? from.end(data.subarray(0, -3)) : from.write(data)))
      t.after(() => {
        from.destroy()
        to.destroy()
      })
    }).listen(0, '127.0.0.1')
    t.after(() => between.close())
    await once(between, 'listening')
    const { port } = between.address() as AddressInfo
    const connecting = connect({ host: '127.0.0.1', port, tlscfg: trust })
    const server = closing(t, await listener.accept())
    await server.handshake()
    const client = closing(t, await connecting)
    client.deadlines(5000)
    const first = client.recv()
    await turn()
    cut = true
    await server.send('hello')
    await assert.rejects(first, { code: 'ERR_TLS_TRUNCATED' })
  })
})

describe('fresh keys right before the end (H92)', () => {
  for (const [how, end] of [
    ['close()', (sock: Socket) => sock.close()],
    ['end()', (sock: Socket) => sock.end()],
  ] as const)
    test(`${how} still says that nothing follows`, async (t) => {
      const [server, client] = await ends(t)
      server.updateKeys()
      server.updateKeys(true)
      await end(server)
      assert.equal(await client.recv(), null)
    })

  test('sending after the end is EPIPE, and receiving goes on', async (t) => {
    const [server, client] = await ends(t)
    await client.end()
    await assert.rejects(client.send('more'), { code: 'EPIPE', syscall: 'send' })
    await server.send('still here')
    assert.equal(String(await client.recv()), 'still here')
  })
})

describe('code of the user', () => {
  test('a keylog that receives on another socket, or throws, does no harm', async (t) => {
    const [other, sender] = await ends(t)
    await sender.send('of the other')
    const heard: Promise<Buffer | null>[] = []
    const keylog = (): void => {
      if (heard.length === 0) heard.push(other.recv())
      throw new Error('disk full')
    }
    const warnings: string[] = []
    const note = ({ message }: Error): number => warnings.push(message)
    process.on('warning', note)
    t.after(() => process.off('warning', note))
    const [server, client] = await ends(t, {}, { keylog })
    await client.send('of this one')
    assert.equal(String(await server.recv()), 'of this one')
    assert.equal(String(await heard[0]), 'of the other')
    await turn()
    assert.match(String(warnings[0]), /tlscfg\.keylog: disk full/)
  })

  test('an SNICallback that closes the socket ends it, and nothing else', async (t) => {
    const listener = closing(
      t,
      await listen({
        host: '127.0.0.1',
        tlscfg: {
          ...tlscfg,
          SNICallback: () => {
            void accepted.close()
            return undefined
          },
        },
      }),
    )
    const { port } = listener.getsockname()
    const refused = assert.rejects(connect({ host: '127.0.0.1', port, timeout: 5000, tlscfg: trust }))
    const accepted = await listener.accept()
    await assert.rejects(accepted.handshake(), { code: 'ECANCELED' })
    await refused
  })
})

describe('a handshake', () => {
  test('ends by its timeout where nobody set a deadline', async (t) => {
    const listener = closing(t, await listen({ host: '127.0.0.1', tlscfg: { ...tlscfg, handshakeTimeout: 50 } }))
    const silent = closing(t, await connect({ host: '127.0.0.1', port: listener.getsockname().port }))
    const conn = closing(t, await listener.accept())
    await assert.rejects(conn.recv(), { name: 'TimeoutError', syscall: 'handshake' })
    await conn.close()
    assert.equal(await silent.recv(), null)
  })

  test('that is done has no timeout any more', async (t) => {
    const [server, client] = await ends(t, { handshakeTimeout: 200 }, { handshakeTimeout: 200 })
    await new Promise((resolve) => setTimeout(resolve, 300))
    await client.send('late')
    assert.equal(String(await server.recv()), 'late')
  })
})

/** Sends updates of its keys, which ask for one in return, until it is ended; by the inner face of the library, which can do such a thing. */
const FLOOD = `
import { connect } from 'berkeley'
import { Context } from '#internal/tls/context.js'
import { nativeTls } from '#internal/native/tls.js'
const [port, ca] = process.argv.slice(1)
const tls = nativeTls()
const sock = await connect({ host: '127.0.0.1', port: Number(port) })
const fd = sock.fd()
const session = tls.sessionNew(Context.client({ ca, servername: 'localhost' }).handle, 0, 1, 'localhost', 0, 0)
const pause = () => new Promise((go) => setTimeout(go, 1))
while (tls.sessionHandshake(session, fd) !== 0) await pause()
console.log('flooding')
const nothing = Buffer.alloc(0)
for (;;) {
  tls.sessionKeyUpdate(session, 1)
  const result = tls.sessionHandshake(session, fd)
  if (result < 0 && result !== -11) process.exit()
  while (tls.sessionWrite(session, fd, nothing, 0, 0) === -11) await pause()
}
`

test('a flood of key updates keeps nobody else from being served (H13, H92)', async (t) => {
  const listener = closing(t, await listen({ host: '127.0.0.1', tlscfg }))
  const port = String(listener.getsockname().port)
  const child = start(t, process.execPath, [...script(FLOOD), port, authority.pem], { cwd: project })
  const flooded = closing(t, await listener.accept())
  await flooded.handshake()
  await child.waitForOutput(/flooding/)
  const receiving = flooded.recv().catch(() => null)
  for (let i = 0; i < 20; i++) {
    const before = performance.now()
    const connecting = connect({ host: '127.0.0.1', port: Number(port), timeout: 5000, tlscfg: trust })
    const served = await within(listener.accept(), 'accepting a good client')
    await served.handshake()
    const client = await connecting
    await client.close()
    await served.close()
    assert.ok(performance.now() - before < 3000)
  }
  await child.stop()
  await receiving
})

test('a close whose last words find the peer gone is a close', async (t) => {
  const [server, client] = await ends(t)
  client.sndbuf(4096)
  const aborting = new AbortController()
  const sending = client.send(Buffer.alloc(1 << 24), 0, { signal: aborting.signal })
  // Until both sides' buffers are full.
  for (let i = 0; i < 10; i++) await turn()
  aborting.abort()
  await assert.rejects(sending, { name: 'AbortError' })
  // There is no room for the close_notify, and the peer resets the connection, because it has not read all, while it waits for some.
  const closed = client.close()
  await turn()
  await server.close()
  await closed
})

test('want of memory is told as such, and no session goes without its mark', async (t) => {
  const native = nativeTls()
  const refused = (call: 'contextNew' | 'sessionNew' | 'sessionIdentify', answer: number, code: string): void => {
    const refusal = t.mock.method(native, call, () => answer)
    assert.throws(() => new TlsSession(Context.client(trust), { host: 'localhost', shortReadDrains: true }), { code })
    refusal.mock.restore()
  }
  refused('contextNew', -sys.ENOMEM, 'ENOMEM')
  refused('sessionNew', -sys.ENOMEM, 'ENOMEM')
  refused('sessionNew', native.FAILED, 'ERR_SSL_FAILED')
  refused('sessionIdentify', native.FAILED, 'ERR_SSL_FAILED')
})
