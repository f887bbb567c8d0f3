// The certificate of a client after the handshake: requestCertificate().
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { describe, type TestContext, test } from 'node:test'
import { stream, tls } from 'berkeley'
import { closing, coded, isPending, leavesNoFd } from '../util/index.js'
import { ends, hostConfig, hostTrust, type Socket, turn } from './common.js'
import { type Certificate, issue, root } from './pki.js'

leavesNoFd()

const clients = root()
const person = issue(clients, { commonName: 'A person', purposes: ['clientAuth'] })
const stranger = issue(undefined, { commonName: 'A stranger', purposes: ['clientAuth'] })

const asks: tls.Config = { requestCert: 'later', ca: clients.pem }
const shows = (own: Certificate): tls.Config => ({ cert: own.pem, key: own.keyPem, postHandshakeAuth: true })

/** Reads until the data has come, which is also what answers a request. */
async function reading(from: Socket, text: string): Promise<void> {
  let heard = ''
  while (heard.length < text.length) heard += await from.recv()
  assert.equal(heard, text)
}

const isOf = (found: X509Certificate | undefined, own: Certificate): boolean => found?.raw.equals(own.der) === true

describe('requestCertificate()', () => {
  test('it resolves with the certificate of a client that was not known before, and is authorized then', async (t) => {
    const [server, client] = await ends(t, shows(person), asks)
    assert.deepEqual([server.getPeerCertificate(), server.authorized], [undefined, false])
    const heard = reading(client, 'welcome')
    const found = await server.requestCertificate()
    assert.ok(isOf(found, person))
    assert.ok(isOf(server.getPeerCertificate(), person))
    assert.deepEqual([server.authorized, server.authorizationError], [true, null])
    await server.send('welcome')
    await heard
    // And again, for a key may have been withdrawn.
    const again = reading(client, 'again')
    assert.ok(isOf(await server.requestCertificate(), person))
    await server.send('again')
    await again
  })

  test('what the client has sent before its answer is received first, and what follows after it', async (t) => {
    const [server, client] = await ends(t, shows(person), asks)
    await client.send('before')
    const asking = server.requestCertificate()
    const reads = client.recv()
    assert.equal(await isPending(asking), true)
    assert.equal(server.authorized, false)
    assert.equal(String(await server.recv()), 'before')
    const next = server.recv()
    assert.ok(isOf(await asking, person))
    await client.send('after')
    assert.equal(String(await next), 'after')
    await server.send('x')
    assert.equal(String(await reads), 'x')
  })

  test('a call that receives finds the answer for a request whose wait has ended', async (t) => {
    const [server, client] = await ends(t, shows(person), asks)
    await assert.rejects(server.requestCertificate({ timeout: 10 }), { name: 'TimeoutError' })
    const abort = new AbortController()
    const aborted = assert.rejects(server.requestCertificate({ signal: abort.signal }), { name: 'AbortError' })
    abort.abort()
    await aborted
    const heard = server.recv()
    const reads = client.recv()
    await turn()
    await client.send('hello')
    assert.equal(String(await heard), 'hello')
    assert.deepEqual([server.authorized, isOf(server.getPeerCertificate(), person)], [true, true])
    await server.send('x')
    assert.equal(String(await reads), 'x')
  })

  test('a send waits for the answer before it, and close() ends the wait', async (t) => {
    const [server, client] = await ends(t, shows(person), asks)
    const asking = server.requestCertificate()
    const sending = server.send('welcome')
    assert.equal(await isPending(sending), true)
    await reading(client, 'welcome')
    assert.ok(isOf(await asking, person))
    await sending
    const ended = assert.rejects(server.requestCertificate(), coded('ECANCELED'))
    await server.close()
    await ended
  })

  test('it works within another session', async (t) => {
    const outer = await ends(t)
    const server = closing(t, await tls.wrap(outer[0], { ...hostConfig, ...asks }, { server: true }))
    const [client] = await Promise.all([tls.wrap(outer[1], { ...hostTrust, ...shows(person) }), server.handshake()])
    closing(t, client)
    const reads = client.recv()
    assert.ok(isOf(await server.requestCertificate(), person))
    await server.send('x')
    assert.equal(String(await reads), 'x')
  })
})

/** A client that answers while it receives, and how that ends. */
async function refused(t: TestContext, client: tls.Config, server: tls.Config, code: string): Promise<string> {
  const [accepted, connected] = await ends(t, client, server)
  const told = connected.recv().then(
    () => 'data',
    (error) => error.code as string,
  )
  await assert.rejects(accepted.requestCertificate(), coded(code))
  await assert.rejects(accepted.send('x'), coded(code))
  assert.equal(accepted.authorized, false)
  await accepted.close()
  return told
}

describe('clients that are refused after the handshake', () => {
  test('a stranger is refused by an alert, and the connection is over', async (t) => {
    const told = await refused(t, shows(stranger), asks, 'DEPTH_ZERO_SELF_SIGNED_CERT')
    assert.equal(told, 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA')
  })

  test('a client that has no certificate is refused', async (t) => {
    const told = await refused(t, { postHandshakeAuth: true }, asks, 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE')
    assert.match(told, /^ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED$/)
  })

  test('verify decides, also later, and no data behind the certificate is received before (H149)', async (t) => {
    let answer: ((good: boolean) => void) | undefined
    const verify = (): Promise<boolean> =>
      new Promise((resolve) => {
        answer = resolve
      })
    const [server, client] = await ends(t, shows(stranger), { ...asks, verify })
    const asking = server.requestCertificate()
    const reads = client.recv()
    const heard = server.recv()
    for (let i = 0; i < 200 && answer === undefined; i++) await turn()
    await client.send('trust me')
    await turn()
    assert.equal(await isPending(heard), true)
    assert.deepEqual([isOf(server.getPeerCertificate(), stranger), server.authorized], [true, false])
    assert.ok(answer)
    answer(true)
    assert.ok(isOf(await asking, stranger))
    assert.equal(String(await heard), 'trust me')
    assert.equal(server.authorized, true)
    await server.send('x')
    assert.equal(String(await reads), 'x')
  })

  test('a client that verify refuses hears so, and data behind its certificate is never received', async (t) => {
    const [server, client] = await ends(t, shows(person), { ...asks, verify: async () => false })
    const told = assert.rejects(client.recv(), coded('ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR'))
    const asking = assert.rejects(server.requestCertificate(), coded('ERR_TLS_VERIFY'))
    const heard = assert.rejects(server.recv(), coded('ERR_TLS_VERIFY'))
    await Promise.all([asking, heard, told])
  })

  test('a key that is not pinned is refused, and one that is makes up for an unknown issuer', async (t) => {
    const pins = [tls.pinOf(new X509Certificate(stranger.der))]
    await refused(t, shows(person), { requestCert: 'later', pins }, 'ERR_TLS_PIN')
    const [server, client] = await ends(t, shows(stranger), { requestCert: 'later', pins })
    const reads = client.recv()
    assert.ok(isOf(await server.requestCertificate(), stranger))
    await server.send('x')
    assert.equal(String(await reads), 'x')
  })

  test('with rejectUnauthorized: false a stranger is tolerated, and no certificate as well', async (t) => {
    const tolerant: tls.Config = { ...asks, rejectUnauthorized: false }
    for (const [own, code] of [
      [stranger, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
      [undefined, undefined],
    ] as const) {
      const [server, client] = await ends(t, own ? shows(own) : { postHandshakeAuth: true }, tolerant)
      const reads = client.recv()
      const found = await server.requestCertificate()
      assert.equal(own === undefined ? found === undefined : isOf(found, own), true)
      assert.deepEqual([server.authorized, server.authorizationError?.code], [false, code])
      await server.send('x')
      assert.equal(String(await reads), 'x')
    }
  })
})

describe('requestCertificate() where it cannot be', () => {
  const unsupported = coded('EOPNOTSUPP', { syscall: 'requestCertificate' })

  for (const [what, client, server] of [
    ['a client that does not allow it', { ...shows(person), postHandshakeAuth: false }, asks],
    ['TLS 1.2', { ...shows(person), postHandshakeAuth: false, maxVersion: 'TLSv1.2' }, asks],
    ['a server that has not said whom it trusts', shows(person), {}],
  ] as const)
    test(`it is EOPNOTSUPP, and the connection goes on: ${what}`, async (t) => {
      const [accepted, connected] = await ends(t, client as tls.Config, server as tls.Config)
      await assert.rejects(accepted.requestCertificate(), unsupported)
      await assert.rejects(connected.requestCertificate(), unsupported)
      await accepted.send('x')
      assert.equal(String(await connected.recv()), 'x')
    })

  test('in the clear it is EOPNOTSUPP, and on a closed socket EBADF', async (t) => {
    const [a, b] = await stream.unix.pair()
    for (const sock of [a, b]) closing(t, sock)
    await assert.rejects(a.requestCertificate(), unsupported)
    const [server] = await ends(t, shows(person), asks)
    await server.close()
    await assert.rejects(server.requestCertificate(), coded('EBADF'))
  })

  for (const [what, isServer, config] of [
    ['without whom to trust', true, { ...hostConfig, requestCert: 'later' }],
    ['of a server up to TLS 1.2', true, { ...hostConfig, ...asks, maxVersion: 'TLSv1.2' }],
    ['of a client up to TLS 1.2', false, { postHandshakeAuth: true, maxVersion: 'TLSv1.2' }],
    ['of a server that would answer', true, { ...hostConfig, postHandshakeAuth: true }],
  ] as const)
    test(`a configuration is refused: ${what}`, () => {
      assert.throws(() => new tls.Context(config as tls.Config, isServer), coded('ERR_INVALID_ARG_VALUE'))
    })
})
