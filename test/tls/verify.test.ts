// A function that decides about the peer, and what goes on while it does.
import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { X509Certificate } from 'node:crypto'
import { describe, type TestContext, test } from 'node:test'
import { connect, listen, type stream, tls } from 'berkeley'
import { closing, leavesNoFd, within } from '../util/index.js'
import { authority, certificate, ends, tlscfg, trust } from './common.js'
import { leaf } from './pki.js'

leavesNoFd()

type Verify = NonNullable<tls.Config['verify']>

/** A promise, and what settles it. */
function pending<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined
  const promise = new Promise<T>((settle) => (resolve = settle))
  return { promise, resolve }
}

/** A server, and a client whose function is called when `asked` resolves. */
async function meeting(
  t: TestContext,
  verify: Verify,
  more: tls.Config = {},
): Promise<{ accepted: stream.inet.Socket; connecting: Promise<stream.inet.Client>; asked: Promise<void> }> {
  const called = pending<void>()
  const asking: Verify = (...args) => {
    called.resolve()
    return verify(...args)
  }
  const config = { ...tlscfg, requestCert: true, ca: authority.pem }
  const server = closing(t, await listen({ host: '127.0.0.1', tlscfg: config }))
  const { port } = server.getsockname()
  const connecting = connect({
    host: '127.0.0.1',
    port,
    timeout: 5000,
    tlscfg: { ...trust, ...tlscfg, verify: asking, ...more },
  })
  connecting.catch(() => undefined)
  const accepted = closing(t, await server.accept())
  accepted.deadlines(5000, 5000)
  return { accepted, connecting, asked: called.promise }
}

describe('verify (H119)', () => {
  test('nothing is sent to a server, not even the certificate of the client, before verify has answered', async (t) => {
    const verdict = pending<boolean>()
    const { accepted, connecting, asked } = await meeting(t, () => verdict.promise)
    const handshake = accepted.handshake()
    await within(asked, 'the question')
    assert.equal(
      await Promise.race([handshake, new Promise((resolve) => setImmediate(() => resolve('waits')))]),
      'waits',
    )
    assert.equal(accepted.getPeerCertificate(), undefined)
    verdict.resolve(true)
    await handshake
    assert.ok(accepted.getPeerCertificate())
    await closing(t, await connecting).close()
  })

  test('verify runs in the asynchronous context of connect()', async (t) => {
    const storage = new AsyncLocalStorage<string>()
    const heard: (string | undefined)[] = []
    const verify: Verify = async () => {
      heard.push(storage.getStore())
      await null
      heard.push(storage.getStore())
      return true
    }
    await Promise.all(
      ['one', 'two'].map((name) =>
        storage.run(name, async () => {
          const [server, client] = await ends(t, { verify })
          await Promise.all([server.close(), client.close()])
        }),
      ),
    )
    assert.deepEqual(heard.sort(), ['one', 'one', 'two', 'two'])
  })

  test('a connection that is aborted while verify decides ends, and the answer is discarded', async (t) => {
    const verdict = pending<boolean>()
    const server = closing(t, await listen({ host: '127.0.0.1', tlscfg }))
    const { port } = server.getsockname()
    const asked = pending<void>()
    const abort = new AbortController()
    const verify: Verify = () => {
      asked.resolve()
      return verdict.promise
    }
    const options = { host: '127.0.0.1', port, signal: abort.signal, tlscfg: { ...trust, verify } }
    const refused = assert.rejects(connect(options), { name: 'AbortError' })
    const accepted = closing(t, await server.accept())
    const failed = accepted.handshake().catch((error) => error)
    await within(asked.promise, 'the question')
    abort.abort()
    await refused
    verdict.resolve(true)
    assert.equal((await within(failed, 'the end of the handshake')).code, 'ERR_TLS_TRUNCATED')
  })

  test('the handshakeTimeout ends a connection whose verify never answers', async (t) => {
    const { accepted, connecting, asked } = await meeting(t, () => new Promise(() => undefined), {
      handshakeTimeout: 50,
    })
    const failed = accepted.handshake().catch((error) => error)
    await within(asked, 'the question')
    await assert.rejects(connecting, { code: 'ETIMEDOUT' })
    assert.ok(await failed)
  })

  test('a server asks verify of one client while it serves another', async (t) => {
    const verdict = pending<boolean>()
    const slow = leaf(authority, { commonName: 'slow' })
    const verify: Verify = ({ subject }) => (subject === 'CN=slow' ? verdict.promise : true)
    const config = { ...tlscfg, requestCert: true, ca: authority.pem, verify }
    const server = closing(t, await listen({ host: '127.0.0.1', tlscfg: config }))
    const { port } = server.getsockname()
    const visit = (own: { pem: string; keyPem: string }): Promise<stream.inet.Client> =>
      connect({ host: '127.0.0.1', port, timeout: 5000, tlscfg: { ...trust, cert: own.pem, key: own.keyPem } })
    const waiting = visit(slow)
    const first = closing(t, await server.accept())
    const greeted = first.send('late')
    const quick = visit(certificate)
    const second = closing(t, await server.accept())
    await second.send('soon')
    assert.equal(String(await closing(t, await quick).recv()), 'soon')
    verdict.resolve(true)
    await greeted
    assert.equal(String(await closing(t, await waiting).recv()), 'late')
  })

  test('close() of a server does not wait for a verify that never answers', async (t) => {
    const asked = pending<void>()
    const verify: Verify = () => {
      asked.resolve()
      return new Promise(() => undefined)
    }
    const config = { ...tlscfg, requestCert: true, ca: authority.pem, verify }
    const server = closing(t, await listen({ host: '127.0.0.1', tlscfg: config }))
    const { port } = server.getsockname()
    const connecting = connect({ host: '127.0.0.1', port, timeout: 5000, tlscfg: { ...trust, ...tlscfg } })
    const accepted = closing(t, await server.accept())
    const ended = assert.rejects(accepted.handshake(), { code: 'ECANCELED' })
    const client = closing(t, await connecting)
    await within(asked.promise, 'the question')
    const before = performance.now()
    await accepted.close()
    assert.ok(performance.now() - before < 900, 'it waited for room in the socket')
    await ended
    await assert.rejects(client.recv())
  })

  test('the error of a refusal has what verify threw as its cause', async (t) => {
    const cause = new Error('unknown device')
    const { accepted, connecting } = await meeting(t, () => {
      throw cause
    })
    const told = accepted.handshake().catch((error) => error)
    await assert.rejects(connecting, (error: tls.TlsError) => error.code === 'ERR_TLS_VERIFY' && error.cause === cause)
    assert.equal((await told).code, 'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE')
  })

  test('trust on first use takes few lines: the first key of a host is kept, another one is refused', async (t) => {
    const known = new Map<string, string>()
    const verify: Verify = (peer, { host = '' }) => {
      const pin = tls.pinOf(peer)
      if (!known.has(host)) known.set(host, pin)
      return known.get(host) === pin
    }
    const alone = leaf(undefined)
    const own = { cert: alone.pem, key: alone.keyPem }
    const client = { servername: 'host.example', ca: undefined, verify }
    for (let i = 0; i < 2; i++) {
      const [server, connected] = await ends(t, client, own)
      assert.equal(connected.authorized, true)
      await Promise.all([server.close(), connected.close()])
    }
    const server = closing(t, await listen({ host: '127.0.0.1', tlscfg }))
    const { port } = server.getsockname()
    const refused = assert.rejects(connect({ host: '127.0.0.1', port, tlscfg: client }), tls.TlsError)
    await assert.rejects(closing(t, await server.accept()).handshake())
    await refused
  })
})

describe('pinOf()', () => {
  test('pinOf() is the hash of the public key, as openssl prints it', async () => {
    const cert = new X509Certificate(certificate.pem)
    const spki = cert.publicKey.export({ type: 'spki', format: 'der' })
    const hash = await crypto.subtle.digest('SHA-256', spki)
    assert.equal(tls.pinOf(cert), Buffer.from(hash).toString('base64'))
  })

  test('pinOf() refuses what is not a certificate', () => {
    for (const value of [certificate.pem, undefined, {}])
      assert.throws(() => tls.pinOf(value as never), { code: 'ERR_INVALID_ARG_TYPE' })
  })
})
