// What a server knows of a client before it chooses a certificate and a protocol.
import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import nodeTls from 'node:tls'
import { connect, listen, type stream, type tls } from 'berkeley'
import { closing, leavesNoFd, within } from '../util/index.js'
import { authority, tlscfg, trust } from './common.js'
import { dns, leaf, newKey } from './pki.js'

leavesNoFd()

interface Met {
  readonly client: stream.inet.Client | undefined
  readonly server: stream.inet.Socket
  /** How the handshake ended for each side. */
  readonly codes: readonly [client: string, server: string]
}

const ending = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'ok',
    (error) => error.code,
  )

/** Both sides shake hands, whatever comes of it. */
async function meet(t: TestContext, server: tls.Config, client: tls.Config = {}): Promise<Met> {
  const listener = closing(t, await listen({ host: '127.0.0.1', tlscfg: { ...tlscfg, ...server } }))
  const { port } = listener.getsockname()
  const connecting = connect({ host: '127.0.0.1', port, timeout: 5000, tlscfg: { ...trust, ...client } })
  const ofClient = ending(connecting)
  const accepted = closing(t, await listener.accept())
  const ofServer = await within(ending(accepted.handshake()), 'the handshake')
  const codes = [await ofClient, ofServer] as const
  const connected = await connecting.then(
    (sock) => closing(t, sock),
    () => undefined,
  )
  return { client: connected, server: accepted, codes }
}

/** A server's configuration that keeps the hellos of its clients. */
function listening(): {
  heard: tls.ClientHello[]
  SNICallback: (name: string | undefined, hello: tls.ClientHello) => undefined
} {
  const heard: tls.ClientHello[] = []
  return {
    heard,
    SNICallback(name, hello) {
      assert.equal(name, hello.servername)
      heard.push(hello)
    },
  }
}

describe('SNICallback', () => {
  test('SNICallback is given protocols, versions, cipher suites and signature algorithms, in the order of the client', async (t) => {
    const { heard, SNICallback } = listening()
    const ciphers = 'TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:ECDHE-ECDSA-AES256-GCM-SHA384'
    const sigalgs = 'ECDSA+SHA384:ECDSA+SHA256:rsa_pss_rsae_sha256:ed25519'
    const client = { ALPNProtocols: ['h2', 'acme-tls/1'], ciphers, sigalgs }
    await meet(t, { SNICallback, ALPNProtocols: ['h2'] }, client)
    const [hello] = heard
    assert.equal(heard.length, 1)
    assert.equal(hello?.servername, 'localhost')
    assert.deepEqual(hello?.ALPNProtocols, ['h2', 'acme-tls/1'])
    assert.deepEqual(hello?.versions, ['TLSv1.3', 'TLSv1.2'])
    assert.deepEqual(
      hello?.ciphers.filter((name) => !/SCSV|^0x/.test(name)),
      ['TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256', 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'],
    )
    assert.deepEqual(hello?.signatureAlgorithms, [
      'ecdsa_secp384r1_sha384',
      'ecdsa_secp256r1_sha256',
      'rsa_pss_rsae_sha256',
      'ed25519',
    ])
  })

  test('SNICallback is given the one version of a client that does not list any', async (t) => {
    const { heard, SNICallback } = listening()
    await meet(t, { SNICallback }, { maxVersion: 'TLSv1.2' })
    assert.deepEqual([heard[0]?.versions, heard[0]?.ALPNProtocols], [['TLSv1.2'], []])
  })

  test('SNICallback is asked once by a client of node:tls', async (t) => {
    const { heard, SNICallback } = listening()
    const server = closing(
      t,
      await listen({ host: '127.0.0.1', tlscfg: { ...tlscfg, SNICallback, ALPNProtocols: ['b'] } }),
    )
    const { port } = server.getsockname()
    const client = nodeTls.connect({ host: '127.0.0.1', port, ...trust, ALPNProtocols: ['a', 'b'] })
    t.after(() => client.destroy())
    const done = new Promise((resolve) => client.once('secureConnect', resolve))
    await closing(t, await server.accept()).handshake()
    await within(done, 'the handshake of node:tls')
    assert.deepEqual(
      heard.map(({ ALPNProtocols }) => ALPNProtocols),
      [['a', 'b']],
    )
    assert.equal(client.alpnProtocol, 'b')
  })

  test('a server shows another certificate to who offers acme-tls/1 (RFC 8737)', async (t) => {
    const own = leaf(authority, { names: [dns('localhost')], commonName: 'challenge' })
    const challenge = { cert: own.pem, key: own.keyPem, ALPNProtocols: ['acme-tls/1'] }
    const SNICallback = (_name: string | undefined, { ALPNProtocols }: tls.ClientHello): tls.Chosen =>
      ALPNProtocols.includes('acme-tls/1') ? challenge : undefined
    const server = { SNICallback, ALPNProtocols: ['h2', 'http/1.1'] }
    const acme = await meet(t, server, { ALPNProtocols: ['acme-tls/1'] })
    assert.equal(acme.client?.getPeerCertificate()?.subject, 'CN=challenge')
    assert.deepEqual([acme.client?.alpnProtocol, acme.server.alpnProtocol], ['acme-tls/1', 'acme-tls/1'])
    const other = await meet(t, server, { ALPNProtocols: ['http/1.1'] })
    assert.notEqual(other.client?.getPeerCertificate()?.subject, 'CN=challenge')
    assert.equal(other.client?.alpnProtocol, 'http/1.1')
  })

  test('a server chooses a certificate by the signature algorithms of its client', async (t) => {
    const rsa = leaf(authority, { names: [dns('localhost')], key: newKey('rsa2048'), commonName: 'rsa' })
    const SNICallback = (_: string | undefined, { signatureAlgorithms }: tls.ClientHello): tls.Chosen =>
      signatureAlgorithms.includes('ecdsa_secp256r1_sha256') ? undefined : { cert: rsa.pem, key: rsa.keyPem }
    const old = await meet(t, { SNICallback }, { sigalgs: 'rsa_pss_rsae_sha256' })
    assert.equal(old.client?.getPeerCertificate()?.subject, 'CN=rsa')
  })
})

const NONE = 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL'

describe('ALPNCallback', () => {
  const callback = (answer: (offered: tls.OfferedProtocols) => unknown): tls.Config => ({
    ALPNCallback: answer as never,
  })

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    test(`ALPNCallback selects one of the protocols that the client offers, with ${maxVersion}`, async (t) => {
      const offered: tls.OfferedProtocols[] = []
      const server = callback((protocols) => {
        offered.push(protocols)
        return protocols.protocols[1]
      })
      const { client, server: accepted } = await meet(t, server, { ALPNProtocols: ['a', 'b', 'c'], maxVersion })
      assert.deepEqual([client?.alpnProtocol, accepted.alpnProtocol], ['b', 'b'])
      assert.deepEqual(
        offered.map(({ servername, protocols }) => [servername, protocols]),
        [['localhost', ['a', 'b', 'c']]],
      )
    })

    test(`ALPNCallback that answers nothing refuses the client with no_application_protocol, with ${maxVersion}`, async (t) => {
      const { codes } = await meet(
        t,
        callback(() => undefined),
        { ALPNProtocols: ['a'], maxVersion },
      )
      assert.deepEqual(codes, [NONE, 'ERR_SSL_NO_APPLICATION_PROTOCOL'])
    })
  }

  test('ALPNCallback may answer later', async (t) => {
    const server = callback(async () => {
      await new Promise((resolve) => setImmediate(resolve))
      return 'a'
    })
    assert.equal((await meet(t, server, { ALPNProtocols: ['a'] })).client?.alpnProtocol, 'a')
  })

  test('ALPNCallback that throws, or answers what was not offered, refuses the client and tells why', async (t) => {
    const answers = [() => 'b', () => 1, () => null, () => Promise.reject(new Error('no'))]
    for (const answer of answers) {
      const { codes } = await meet(t, callback(answer), { ALPNProtocols: ['a'] })
      assert.deepEqual(codes, [NONE, 'ERR_TLS_ALPN_CALLBACK'])
    }
  })

  test('ALPNCallback is not called for a client that offers no protocol', async (t) => {
    const { codes, client } = await meet(
      t,
      callback(() => assert.fail('it is called')),
    )
    assert.deepEqual([codes, client?.alpnProtocol], [['ok', 'ok'], undefined])
  })

  test('ALPNCallback of the context that SNICallback chooses is the one that counts', async (t) => {
    const SNICallback = (): tls.Chosen => ({ ...tlscfg, ALPNCallback: () => 'b' })
    const { client } = await meet(t, { SNICallback, ALPNCallback: () => 'a' }, { ALPNProtocols: ['a', 'b'] })
    assert.equal(client?.alpnProtocol, 'b')
  })

  test('ALPNProtocols of the context that SNICallback chooses count in place of an ALPNCallback', async (t) => {
    const SNICallback = (): tls.Chosen => ({ ...tlscfg, ALPNProtocols: ['b'] })
    const { client } = await meet(t, { SNICallback, ALPNCallback: () => 'a' }, { ALPNProtocols: ['a', 'b'] })
    assert.equal(client?.alpnProtocol, 'b')
  })
})
