// Pre-shared keys: what the functions are asked, and when. Which peers they accept is in the tables of verdicts.
import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { describe, type TestContext, test } from 'node:test'
import { connect, listen, stream, tls } from 'berkeley'
import { closing, coded, isPending, leavesNoFd, thrownBy } from '../util/index.js'
import { ends, hostConfig, hostTrust, type Socket } from './common.js'

leavesNoFd()

const key = Buffer.alloc(32, 7)
const identity = 'sensor-1'
const has: tls.Config = { pskCallback: () => ({ psk: key, identity }) }
const knows: tls.Config = { pskCallback: (name) => (name === identity ? key : null) }

async function meet(t: TestContext, client: tls.Config, server: tls.Config): Promise<[Socket, Socket]> {
  const listener = closing(t, await listen({ host: '127.0.0.1', tlscfg: server }))
  const { port } = listener.getsockname()
  const connecting = connect({ host: '127.0.0.1', port, timeout: 5000, tlscfg: client })
  const accepted = closing(t, await listener.accept())
  await accepted.handshake()
  return [accepted, closing(t, await connecting)]
}

describe('what pskCallback is asked', () => {
  for (const [range, asked] of [
    [{ minVersion: 'TLSv1.3' }, [null]],
    [{ maxVersion: 'TLSv1.2' }, ['the hint']],
  ] as const)
    test(`a client is asked once with ${JSON.stringify(asked[0])}, and a server with the identity: ${JSON.stringify(range)}`, async (t) => {
      const ofClient: (string | null)[] = []
      const ofServer: (string | null)[] = []
      const client: tls.Config = {
        ...range,
        pskCallback(hint) {
          ofClient.push(hint)
          return { psk: key, identity }
        },
      }
      const server: tls.Config = {
        pskIdentityHint: 'the hint',
        async pskCallback(name) {
          ofServer.push(name)
          return key
        },
      }
      const [accepted, connected] = await meet(t, client, server)
      assert.deepEqual([ofClient, ofServer], [asked, [identity]])
      assert.deepEqual([accepted.pskIdentity, connected.pskIdentity], [identity, identity])
      assert.deepEqual([connected.getPeerCertificate(), connected.getPeerCertificates()], [undefined, []])
    })

  test('a client that offers TLS 1.3 is asked again where the server chooses TLS 1.2, with its hint', async (t) => {
    const asked: (string | null)[] = []
    const client: tls.Config = {
      pskCallback(hint) {
        asked.push(hint)
        return { psk: key, identity: hint === null ? 'none' : identity }
      },
    }
    const server: tls.Config = {
      pskIdentityHint: 'line 1',
      maxVersion: 'TLSv1.2',
      pskCallback(name) {
        asked.push(name)
        return key
      },
    }
    const [accepted] = await meet(t, client, server)
    assert.deepEqual([asked, accepted.pskIdentity], [[null, 'line 1', identity], identity])
  })

  test('a server is not asked for the session tickets of its clients (H147)', async (t) => {
    const asked: (string | null)[] = []
    const server: tls.Config = {
      ...hostConfig,
      pskCallback(name) {
        asked.push(name)
        return null
      },
    }
    const listener = closing(t, await listen({ host: '127.0.0.1', tlscfg: server }))
    const { port } = listener.getsockname()
    let session: Buffer | undefined
    for (const reused of [false, true]) {
      const connecting = connect({ host: '127.0.0.1', port, timeout: 5000, tlscfg: hostTrust, session })
      const accepted = closing(t, await listener.accept())
      await accepted.send('x')
      const client = closing(t, await connecting)
      assert.equal(String(await client.recv()), 'x')
      assert.deepEqual([client.isSessionReused(), accepted.pskIdentity], [reused, undefined])
      session = client.getSession()
    }
    assert.deepEqual(asked, [])
  })

  test('pskCallback runs in the asynchronous context of the connection', async (t) => {
    const storage = new AsyncLocalStorage<string>()
    const seen: unknown[] = []
    const look = (): undefined => {
      seen.push(storage.getStore())
      return undefined
    }
    const client: tls.Config = { minVersion: 'TLSv1.3', pskCallback: look }
    await storage.run('mine', () => ends(t, client))
    assert.deepEqual(seen, ['mine'])
  })

  test('a function that never answers is ended by the deadline, by a signal and by close()', async (t) => {
    const never: tls.Config = { pskCallback: () => new Promise<never>(() => {}) }
    const listener = closing(t, await listen({ host: '127.0.0.1', tlscfg: never }))
    const { port } = listener.getsockname()
    const to = { host: '127.0.0.1', port }
    await assert.rejects(connect({ ...to, timeout: 20, tlscfg: never }), { name: 'TimeoutError' })
    const abort = new AbortController()
    const aborted = assert.rejects(connect({ ...to, signal: abort.signal, tlscfg: never }), { name: 'AbortError' })
    abort.abort()
    await aborted
    const calling = connect({ ...to, tlscfg: { ...has, minVersion: 'TLSv1.3' } })
    const ended = assert.rejects(calling, coded('ERR_TLS_TRUNCATED'))
    // Those who gave up before them come first.
    for (;;) {
      const accepted = await listener.accept()
      const handshake = accepted.handshake()
      const outcome = handshake.then(
        () => 'ok',
        (error) => error.code,
      )
      if (await isPending(handshake)) {
        await accepted.close()
        assert.equal(await outcome, 'ECANCELED')
        break
      }
      assert.equal(await outcome, 'ERR_TLS_TRUNCATED')
      await accepted.close()
    }
    await ended
  })

  test('a key that changes in memory while the handshake waits is used as it was given', async (t) => {
    const given = Buffer.from(key)
    const client: tls.Config = {
      pskCallback() {
        setImmediate(() => given.fill(0))
        return { psk: given, identity }
      },
    }
    const [, connected] = await meet(t, client, knows)
    assert.equal(connected.pskIdentity, identity)
  })
})

describe('connections by pre-shared keys', () => {
  test('a connection without a host, within another session, needs no certificate at all', async (t) => {
    const outer = await ends(t)
    const server = closing(t, await tls.wrap(outer[0], knows, { server: true }))
    const [client] = await Promise.all([tls.wrap(outer[1], has), server.handshake()])
    closing(t, client)
    await client.send('hello')
    assert.equal(String(await server.recv()), 'hello')
    assert.deepEqual([client.servername, server.pskIdentity, server.authorized], [undefined, identity, true])
    assert.equal(client.exportKeyingMaterial(32, 'x').equals(server.exportKeyingMaterial(32, 'x')), true)
    client.updateKeys()
    await client.send('again')
    assert.equal(String(await server.recv()), 'again')
  })

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const)
    test(`an error of the function is the cause of the error: ${maxVersion}`, async (t) => {
      const cause = new Error('no database')
      const [a, b] = await stream.unix.pair()
      for (const sock of [a, b]) closing(t, sock)
      const failing: tls.Config = {
        maxVersion,
        pskCallback() {
          throw cause
        },
      }
      const server = closing(t, await tls.wrap(b, failing, { server: true }))
      const told = assert.rejects(tls.wrap(a, has), { name: 'TlsError', code: /^ERR_SSL_TLSV1_/ })
      const error = await server.handshake().then(
        () => assert.fail('there was a key'),
        (failure: tls.TlsError) => failure,
      )
      assert.deepEqual([error.code, error.syscall, error.cause], ['ERR_TLS_PSK_CALLBACK', 'handshake', cause])
      await told
    })

  test('an error of a key does not show it', async (t) => {
    const [a, b] = await stream.unix.pair()
    for (const sock of [a, b]) closing(t, sock)
    const secret = 'a secret text'
    const wrong: tls.Config = { pskCallback: (() => ({ psk: secret, identity })) as never }
    const error = await tls.wrap(a, wrong).then(
      () => assert.fail('a text is no key'),
      (failure: tls.TlsError) => failure,
    )
    const cause = error.cause as Error
    assert.equal((cause as { code?: string }).code, 'ERR_INVALID_ARG_TYPE')
    assert.equal(`${error.message}${cause.message}`.includes(secret), false)
  })
})

describe('configurations with pre-shared keys', () => {
  const VALUE = 'ERR_INVALID_ARG_VALUE'
  for (const [what, code, side, config] of [
    [
      'a function of two parameters, as that of a server of Node',
      VALUE,
      'server',
      { pskCallback: (_a: 1, _b: 1) => key },
    ],
    ['a function that is none', 'ERR_INVALID_ARG_TYPE', 'client', { pskCallback: key }],
    ['a hint without a function', VALUE, 'server', { ...hostConfig, pskIdentityHint: 'x' }],
    ['a hint of a client', VALUE, 'client', { ...has, pskIdentityHint: 'x' }],
    ['an empty hint', VALUE, 'server', { ...knows, pskIdentityHint: '' }],
    ['a hint with a NUL', VALUE, 'server', { ...knows, pskIdentityHint: 'a\0' }],
    ['a hint of 257 bytes', 'ERR_OUT_OF_RANGE', 'server', { ...knows, pskIdentityHint: 'x'.repeat(257) }],
    ['a hint with half a character', VALUE, 'server', { ...knows, pskIdentityHint: '\ud800' }],
    ['a hint that is a number', 'ERR_INVALID_ARG_TYPE', 'server', { ...knows, pskIdentityHint: 1 }],
  ] as const)
    test(`this is refused: ${what}`, () => {
      assert.equal(thrownBy(() => new tls.Context(config as never, side === 'server'))['code'], code)
    })

  test('a server with a pskCallback needs no certificate', () => {
    assert.equal(tls.Context.server(knows).isServer, true)
    assert.equal(tls.Context.server({ ...knows, pskIdentityHint: 'é'.repeat(128) }).isServer, true)
  })
})
