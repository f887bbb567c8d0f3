// The certificate that a client chooses when its server asks for one, as code of the user.
import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { describe, type TestContext, test } from 'node:test'
import { connect, listen, type stream, type tls } from 'berkeley'
import { closing, coded, leavesNoFd } from '../util/index.js'
import { authority, tlscfg, trust } from './common.js'
import { issue, root } from './pki.js'

leavesNoFd()

const host = '127.0.0.1'

const shown = (commonName: string) => {
  const { pem, keyPem } = issue(authority, { commonName, purposes: ['clientAuth'] })
  return { cert: pem, key: keyPem }
}

const [someone, another] = [shown('someone'), shown('another')]

async function asking(t: TestContext, more: tls.Config = {}): Promise<stream.inet.Server> {
  return closing(t, await listen({ host, tlscfg: { ...tlscfg, ca: authority.pem, requestCert: true, ...more } }))
}

const never = () => new Promise<never>(() => {})

describe('clientCertCallback', () => {
  test('nothing goes to the server before it has answered, and then the handshake goes on', async (t) => {
    const server = await asking(t)
    const { port } = server.getsockname()
    let answer = (_: tls.Shown): void => {}
    let asked = (): void => {}
    const isAsked = new Promise<void>((resolve) => (asked = resolve))
    const clientCertCallback = () => {
      asked()
      return new Promise<tls.Shown>((later) => (answer = later))
    }
    const connecting = connect({ host, port, tlscfg: { ...trust, clientCertCallback } })
    const conn = closing(t, await server.accept())
    await isAsked
    assert.equal(conn.getPeerCertificate(), undefined)
    answer(someone)
    closing(t, await connecting)
    await conn.handshake()
    assert.equal(conn.getPeerCertificate()?.subject, 'CN=someone')
  })

  test('it runs in the asynchronous context of connect()', async (t) => {
    const server = await asking(t)
    const storage = new AsyncLocalStorage<string>()
    let store: string | undefined
    const clientCertCallback = () => {
      store = storage.getStore()
      return someone
    }
    const { port } = server.getsockname()
    const client = storage.run('of connect()', () => connect({ host, port, tlscfg: { ...trust, clientCertCallback } }))
    closing(t, await server.accept())
    closing(t, await client)
    assert.equal(store, 'of connect()')
  })

  test('the error of the connection has what it threw as its cause', async (t) => {
    const server = await asking(t)
    const cause = new Error('no card in the reader')
    const clientCertCallback = () => Promise.reject(cause)
    const connecting = connect({ host, port: server.getsockname().port, tlscfg: { ...trust, clientCertCallback } })
    const refused = assert.rejects(connecting, coded('ERR_TLS_CLIENT_CERT_CALLBACK', { cause, host: 'localhost' }))
    const conn = closing(t, await server.accept())
    await refused
    await assert.rejects(conn.handshake(), coded('ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR'))
  })

  test('one that never answers ends by the handshakeTimeout, and by a signal', async (t) => {
    const server = await asking(t)
    const { port } = server.getsockname()
    const slow = { ...trust, clientCertCallback: never, handshakeTimeout: 50 }
    await assert.rejects(connect({ host, port, tlscfg: slow }), { name: 'TimeoutError', syscall: 'handshake' })
    const signal = AbortSignal.timeout(50)
    const aborted = connect({ host, port, signal, tlscfg: { ...trust, clientCertCallback: never } })
    await assert.rejects(aborted, { name: 'AbortError' })
    for (let i = 0; i < 2; i++) await (await server.accept()).close()
  })

  test('an answer that comes after the connection was aborted is discarded', async (t) => {
    const server = await asking(t)
    let answer = (_: tls.Shown): void => {}
    const controller = new AbortController()
    const clientCertCallback = () => {
      controller.abort()
      return new Promise<tls.Shown>((later) => (answer = later))
    }
    const { port } = server.getsockname()
    const connecting = connect({ host, port, signal: controller.signal, tlscfg: { ...trust, clientCertCallback } })
    const aborted = assert.rejects(connecting, { name: 'AbortError' })
    const conn = closing(t, await server.accept())
    await conn.handshake().catch(() => {})
    await aborted
    answer(someone)
    await new Promise(setImmediate)
  })

  test('it is not called when a session is resumed, nor by a server that does not ask', async (t) => {
    const server = await asking(t)
    let calls = 0
    let session: Buffer | undefined
    const clientCertCallback = () => {
      calls++
      return someone
    }
    const mine = { ...trust, clientCertCallback, onsession: (one: Buffer) => (session = one) }
    for (const reused of [false, true]) {
      const [client, conn] = await Promise.all([
        connect({ host, port: server.getsockname().port, session, tlscfg: mine }),
        server.accept(),
      ])
      await conn.send('hello')
      await client.recv()
      assert.deepEqual([client.isSessionReused(), calls], [reused, 1])
      assert.equal(conn.getPeerCertificate()?.subject, 'CN=someone')
      await Promise.all([client.close(), conn.close()])
    }
  })
})

describe('sessions of a client with several certificates', () => {
  const configs: [name: string, first: tls.Config, second: tls.Config][] = [
    ['other keyPairs', { keyPairs: [someone] }, { keyPairs: [another] }],
    ['another clientCertCallback', { clientCertCallback: () => someone }, { clientCertCallback: () => another }],
    ['keyPairs in place of cert', someone, { keyPairs: [another] }],
  ]
  for (const [name, first, second] of configs)
    test(`a session is not resumed with ${name}, which might show another certificate (H128)`, async (t) => {
      const server = await asking(t)
      const { port } = server.getsockname()
      let session: Buffer | undefined
      for (const [own, subject] of [
        [first, 'CN=someone'],
        [second, 'CN=another'],
      ] as const) {
        const onsession = (one: Buffer) => (session = one)
        const [client, conn] = await Promise.all([
          connect({ host, port, session, tlscfg: { ...trust, ...own, onsession } }),
          server.accept(),
        ])
        await conn.send('hello')
        await client.recv()
        assert.equal(conn.getPeerCertificate()?.subject, subject)
        await Promise.all([client.close(), conn.close()])
      }
    })

  test('a session is resumed with the same keyPairs', async (t) => {
    const server = await asking(t)
    const { port } = server.getsockname()
    const stranger = root({ commonName: 'Abroad' })
    const other = issue(stranger, { commonName: 'of abroad' })
    const keyPairs = [{ cert: other.pem, key: other.keyPem }, someone]
    let session: Buffer | undefined
    for (const reused of [false, true]) {
      const onsession = (one: Buffer) => (session = one)
      const [client, conn] = await Promise.all([
        connect({ host, port, session, tlscfg: { ...trust, keyPairs, onsession } }),
        server.accept(),
      ])
      await conn.send('hello')
      await client.recv()
      assert.equal(client.isSessionReused(), reused)
      assert.equal(conn.getPeerCertificate()?.subject, 'CN=someone')
      await Promise.all([client.close(), conn.close()])
    }
  })
})
