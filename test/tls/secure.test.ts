// secure(): other certificates for a server that runs.
import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { connect, listen, type stream, tls } from 'berkeley'
import { closing, closingAll, coded, leavesNoFd, within } from '../util/index.js'
import { authority, trust } from './common.js'
import { dns, leaf } from './pki.js'

leavesNoFd()

const host = '127.0.0.1'

const numbered = (commonName: string): tls.Config => {
  const { pem, keyPem } = leaf(authority, { commonName, names: [dns('localhost')] })
  return { cert: pem, key: keyPem }
}

const [first, second] = [numbered('first'), numbered('second')]

const serving = async (t: TestContext, tlscfg: tls.Config = first): Promise<stream.inet.Server> =>
  closing(t, await listen({ host, tlscfg }))

const reach = (server: stream.inet.Server, more: tls.Config = {}) =>
  connect({ host, port: server.getsockname().port, timeout: 10_000, tlscfg: { ...trust, ...more } })

async function meet(
  t: TestContext,
  server: stream.inet.Server,
  more: tls.Config = {},
): Promise<[client: stream.inet.Socket, conn: stream.inet.Socket]> {
  const [client, conn] = await within(Promise.all([reach(server, more), server.accept()]), 'both ends')
  return [closing(t, client), closing(t, conn)]
}

/** Whose certificate a client has seen. */
const seenBy = (client: stream.Socket) => client.getPeerCertificate()?.subject

describe('secure()', () => {
  test('new connections get the new certificate, and existing ones keep theirs and go on', async (t) => {
    const server = await serving(t)
    const [former, itsPeer] = await meet(t, server)
    server.secure(second)
    const [later] = await meet(t, server)
    assert.deepEqual([former, later].map(seenBy), ['CN=first', 'CN=second'])
    assert.equal(itsPeer.getCertificate()?.subject, 'CN=first')
    await former.send('still here')
    assert.equal(String(await itsPeer.recv()), 'still here')
  })

  test('a connection that was accepted before gets the certificate of then, whenever its handshake begins', async (t) => {
    const server = await serving(t)
    const plain = closing(t, await connect({ host, port: server.getsockname().port }))
    closing(t, await server.accept())
    server.secure(second)
    const client = closing(t, await within(tls.wrap(plain, trust), 'the handshake'))
    assert.equal(seenBy(client), 'CN=first')
  })

  const wrong: [name: string, config: tls.Config, code: string | RegExp][] = [
    ['a key of another certificate', { ...second, key: first.key as string }, 'ERR_SSL_KEY_VALUES_MISMATCH'],
    ['a certificate without its key', { cert: second.cert as string }, 'ERR_INVALID_ARG_VALUE'],
    ['a cut key', { ...second, key: String(second.key).slice(0, 100) }, /^ERR_SSL_/],
    [
      'a further certificate that is wrong',
      { ...second, keyPairs: [{ ...first, key: 'no key' }] as never },
      'ERR_INVALID_ARG_VALUE',
    ],
    [
      'good certificates, and a list of suites that is wrong',
      { ...second, ciphers: 'NONE-SUCH' },
      'ERR_SSL_NO_CIPHER_MATCH',
    ],
    ['no certificate', {}, 'ERR_INVALID_ARG_VALUE'],
  ]
  for (const [name, config, code] of wrong)
    test(`nothing changes when it is given ${name}`, async (t) => {
      const server = await serving(t)
      assert.throws(() => server.secure(config), { code })
      const [client] = await meet(t, server)
      assert.equal(seenBy(client), 'CN=first')
      server.secure(second)
      assert.equal(seenBy((await meet(t, server))[0]), 'CN=second')
    })

  test('nothing changes when it is given the context of a client', async (t) => {
    const server = await serving(t)
    assert.throws(() => server.secure(tls.Context.client(trust)), coded('ERR_INVALID_ARG_VALUE'))
    assert.equal(seenBy((await meet(t, server))[0]), 'CN=first')
  })

  test('no client fails while the certificate is replaced again and again, and each sees one of them whole', async (t) => {
    const server = await serving(t)
    const contexts = [first, second].map((config) => tls.Context.server(config))
    const seen = new Set<string | undefined>()
    const serve = server.serve(async (conn) => void (await conn.recv()))
    let rounds = 0
    for (let i = 0; i < 20; i++) {
      const clients = Array.from({ length: 5 }, () => reach(server))
      const reloading = setImmediate(function again() {
        server.secure((rounds++ % 3 === 0 ? [first, second] : contexts)[rounds % 2] as tls.Config)
      })
      for (const client of await Promise.all(clients)) {
        seen.add(seenBy(client))
        await client.close()
      }
      clearImmediate(reloading)
    }
    await server.close()
    await serve
    assert.deepEqual([...seen].sort(), ['CN=first', 'CN=second'])
  })

  test('a session of before leads to a full handshake with the new certificate', async (t) => {
    const server = await serving(t)
    const [client, conn] = await meet(t, server)
    await conn.send('a ticket came before')
    await client.recv()
    const session = client.getSession()
    assert.ok(session)
    server.secure(second)
    const [again] = await meet(t, server, { session })
    assert.deepEqual([again.isSessionReused(), seenBy(again)], [false, 'CN=second'])
  })

  test('a duplicate of the server keeps its own', async (t) => {
    const server = await serving(t)
    const twin = closing(t, server.dup())
    server.secure(second)
    const [client] = closingAll(t, await Promise.all([reach(server), twin.accept()]))
    assert.equal(seenBy(client), 'CN=first')
  })
})
