// What `tls` has beside the classes of `stream`: classes that cannot forget TLS, the check of names alone, contexts.
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { inspect } from 'node:util'
import { AddrInfo, connect, listen, stream, tls } from 'berkeley'
import { type Socket as LowSocket, SOCK_STREAM, socket } from 'berkeley/llsocket'
import { TlsDuplex } from '#internal/adapters/tls-stream.js'
import { abstractName, available, closing, coded, leavesNoFd, run, tempFolder } from '../util/index.js'
import { dns, email, ip, leaf, root } from './pki.js'

leavesNoFd()

const authority = root()
const certificate = leaf(authority, { names: [dns('host.example'), ip('7f 00 00 01')] })
const shows = { cert: certificate.pem, key: certificate.keyPem }
const trusts = { ca: authority.pem, servername: 'host.example' }

interface Accepting {
  accept(): Promise<stream.Socket>
  close(): Promise<void>
}

/** Both ends say a word, and it was encrypted. */
async function talk(t: TestContext, server: Accepting, calling: Promise<stream.Socket>): Promise<void> {
  const accepted = closing(t, await server.accept())
  accepted.deadlines(5000, 5000)
  await accepted.handshake()
  const client = closing(t, await calling)
  client.deadlines(5000, 5000)
  assert.deepEqual([accepted.encrypted, client.encrypted, client.authorized], [true, true, true])
  await client.send('ping')
  assert.equal(String(await accepted.recv()), 'ping')
}

/** The number of a listening socket that has no owner. */
function listening(ai: AddrInfo): number {
  const sock: LowSocket = socket.create(ai)
  sock.bind()
  sock.listen()
  return sock.unwrap()
}

describe('classes that do not do without TLS', () => {
  test('of TCP: made, and adopted', async (t) => {
    const made = closing(t, await tls.inet.Server.create({ host: '127.0.0.1', tlscfg: shows }))
    made.listen()
    const fd = listening(AddrInfo.inet('127.0.0.1', 0, { socktype: SOCK_STREAM }))
    const adopted = closing(t, await tls.inet.Server.wrap<stream.inet.Server>(fd, shows))
    for (const server of [made, adopted]) {
      const { port } = server.getsockname()
      await talk(t, server, tls.inet.Client.create({ host: '127.0.0.1', port, tlscfg: trusts }))
    }
  })

  test('of unix streams: made, and adopted', async (t) => {
    const [path, other] = [abstractName(), abstractName()]
    const made = closing(t, await tls.unix.Server.create<stream.unix.Server>({ path, tlscfg: shows }))
    made.listen()
    const fd = listening(AddrInfo.unix(other, { socktype: SOCK_STREAM }))
    const adopted = closing(t, await tls.unix.Server.wrap<stream.unix.Server>(fd, shows))
    const client = (at: string): Promise<stream.unix.Client> =>
      tls.unix.Client.create<stream.unix.Client>({ path: at, tlscfg: trusts }, true, 5000)
    await talk(t, made, client(path))
    await talk(t, adopted, client(other))
  })

  test('refuse to be made without, and adopt nothing then', async () => {
    const calls = [
      () => tls.inet.Server.create({ host: '127.0.0.1' } as never),
      () => tls.inet.Client.create({ host: '127.0.0.1', port: 9 } as never),
      () => tls.unix.Server.create({ path: abstractName() } as never),
      () => tls.unix.Client.create({ path: abstractName() } as never),
    ]
    for (const call of calls)
      await assert.rejects(call(), coded('ERR_INVALID_ARG_TYPE', { message: /options\.tlscfg/ }))
    const fd = listening(AddrInfo.inet('127.0.0.1', 0, { socktype: SOCK_STREAM }))
    for (const bad of [undefined, 5, { cert: 'none' }, tls.Context.client()])
      for (const wrap of [() => tls.inet.Server.wrap(fd, bad as never), () => tls.unix.Server.wrap(fd, bad as never)])
        await assert.rejects(wrap, { code: /^ERR_(INVALID_ARG_(TYPE|VALUE)|SSL_|TLS_)/ })
    socket.close(fd)
  })
})

describe('assertIdentity', () => {
  const cert = new X509Certificate(certificate.der)

  test('passes the hosts that the certificate names', () => {
    for (const host of ['host.example', 'HOST.example', '127.0.0.1']) tls.assertIdentity(host, cert)
  })

  test('refuses any other, and says what it is for', () => {
    for (const host of ['example', 'other.example', '127.0.0.2', '::1', ''])
      assert.throws(() => tls.assertIdentity(host, cert), coded('ERR_TLS_CERT_ALTNAME_INVALID', { host }))
    assert.throws(() => tls.assertIdentity('other.example', cert), /host\.example/)
  })

  test('refuses a certificate without a name for a host', () => {
    for (const names of [[], [email('someone@host.example')]]) {
      const nameless = new X509Certificate(leaf(authority, { commonName: 'host.example', names }).der)
      assert.throws(() => tls.assertIdentity('host.example', nameless), coded('ERR_TLS_CERT_ALTNAME_INVALID'))
    }
  })

  test('checks its arguments', () => {
    for (const bad of [undefined, null, 5, Buffer.from('host.example')])
      assert.throws(() => tls.assertIdentity(bad as never, cert), coded('ERR_INVALID_ARG_TYPE'))
    for (const bad of [undefined, null, certificate.der, certificate.pem, {}])
      assert.throws(() => tls.assertIdentity('host.example', bad as never), coded('ERR_INVALID_ARG_TYPE'))
  })
})

describe('a context', () => {
  test('shows nobody what it was made of', () => {
    assert.equal(inspect(tls.Context.server(shows)), 'Context { server }')
    assert.equal(inspect({ inside: tls.Context.client() }), '{ inside: Context { client } }')
  })

  test('of the other side is refused', async () => {
    const address = { host: '127.0.0.1', port: 9 }
    await assert.rejects(connect({ ...address, tlscfg: tls.Context.server(shows) }), coded('ERR_INVALID_ARG_VALUE'))
    await assert.rejects(listen({ host: '127.0.0.1', tlscfg: tls.Context.client() }), coded('ERR_INVALID_ARG_VALUE'))
  })
})

describe('a PKCS #12 file', { skip: available('openssl') }, () => {
  async function pkcs12(t: TestContext, passphrase: string): Promise<Buffer> {
    const folder = tempFolder(t)
    const [key, cert, file] = ['key.pem', 'cert.pem', 'all.p12'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ]
    writeFileSync(key, certificate.keyPem, { mode: 0o600 })
    writeFileSync(cert, `${certificate.pem}${authority.pem}`)
    const parts = ['-inkey', key, '-in', cert, '-out', file, '-passout', `pass:${passphrase}`]
    const { code, stderr } = await run('openssl', ['pkcs12', '-export', ...parts])
    assert.equal(code, 0, stderr)
    return readFileSync(file)
  }

  for (const passphrase of ['', 'a secret'])
    test(`has key, certificate and chain: ${passphrase ? 'with' : 'without'} a passphrase`, async (t) => {
      const pfx = await pkcs12(t, passphrase)
      const tlscfg = { pfx, ...(passphrase ? { passphrase } : {}) }
      const server = closing(t, await listen({ host: '127.0.0.1', tlscfg }))
      const { port } = server.getsockname()
      await talk(t, server, connect({ host: '127.0.0.1', port, tlscfg: trusts }))
    })

  test('with another passphrase is refused', async (t) => {
    const pfx = await pkcs12(t, 'a secret')
    for (const passphrase of ['another', undefined])
      assert.throws(() => tls.Context.server({ pfx, ...(passphrase ? { passphrase } : {}) }), tls.TlsError)
  })
})

describe('a socket without TLS', () => {
  test('has nothing to tell of it', async (t) => {
    const [a, b] = await stream.unix.pair()
    for (const sock of [a, b]) closing(t, sock)
    assert.deepEqual(
      [
        a.encrypted,
        a.getPeerCertificate(),
        a.getPeerCertificates(),
        a.getCertificate(),
        a.getCipher(),
        a.getProtocol(),
      ],
      [false, undefined, [], undefined, undefined, undefined],
    )
    assert.deepEqual([a.getSession(), a.isSessionReused(), a.alpnProtocol], [undefined, false, undefined])
  })

  test('that is closed cannot be given TLS, nor twice', async (t) => {
    const [a, b] = await stream.unix.pair()
    closing(t, b)
    await a.close()
    await assert.rejects(tls.wrap(a, shows, { server: true }), coded('EBADF'))
    const secured = closing(t, await tls.wrap(b, shows, { server: true }))
    await assert.rejects(tls.wrap(secured, shows, { server: true }))
    await assert.rejects(tls.wrap({} as never, shows, { server: true }), coded('ERR_INVALID_ARG_TYPE'))
  })
})

describe('roots from NODE_EXTRA_CA_CERTS', () => {
  test('that cannot be read are a warning', async (t) => {
    const file = join(tempFolder(t), 'none.pem')
    const code = "import { tls } from 'berkeley'; tls.Context.client(); process.on('exit', () => console.log('made'))"
    const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '-e', code], {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: file },
    })
    assert.equal(stdout.trim(), 'made')
    assert.match(stderr, /NODE_EXTRA_CA_CERTS: ENOENT/)
  })
})

describe('a server whose createConnection() passes over TLS', () => {
  test('hands out no connection in the clear', async (t) => {
    class Forgetful extends stream.inet.Server {
      override createConnection(sock: LowSocket): stream.inet.Socket {
        return new stream.inet.Socket(sock)
      }
    }
    const server = closing(t, await Forgetful.create({ host: '127.0.0.1', tlscfg: shows }))
    server.listen()
    const { port } = server.getsockname()
    const calling = connect({ host: '127.0.0.1', port, tlscfg: trusts })
    calling.catch(() => {})
    await assert.rejects(server.accept(), coded('EPROTO', { message: /without TLS: pass "tls" on/ }))
    await assert.rejects(calling)
  })
})

describe('a Node stream over TLS', () => {
  test('has what libraries look for on a TLSSocket', async (t) => {
    const server = closing(t, await listen({ host: '127.0.0.1', tlscfg: { ...shows, ALPNProtocols: ['h2'] } }))
    const { port } = server.getsockname()
    const calling = connect({ host: '127.0.0.1', port, tlscfg: { ...trusts, ALPNProtocols: ['h2'] } })
    const accepted = await server.accept()
    await accepted.handshake()
    const [client, peer] = [(await calling).duplex(), accepted.duplex()]
    if (!(client instanceof TlsDuplex && peer instanceof TlsDuplex)) return assert.fail('no streams over TLS')
    assert.deepEqual([client.encrypted, client.authorized, client.authorizationError], [true, true, null])
    assert.deepEqual([client.alpnProtocol, peer.alpnProtocol], ['h2', 'h2'])
    assert.deepEqual([client.servername, peer.servername], ['host.example', 'host.example'])
    assert.equal(client.getPeerX509Certificate()?.raw.equals(certificate.der), true)
    assert.equal(peer.getPeerX509Certificate(), undefined)
    assert.equal(client.getProtocol(), 'TLSv1.3')
    assert.match(client.getCipher()?.name ?? '', /^TLS_/)
    assert.equal(client.isSessionReused(), false)
    // Several writes while one is under way leave as one.
    for (const word of ['one ', 'two ', 'three']) peer.write(word)
    peer.end()
    const parts: Buffer[] = []
    for await (const part of client) parts.push(part as Buffer)
    assert.equal(String(Buffer.concat(parts)), 'one two three')
    assert.ok(Buffer.isBuffer(client.getSession()) || client.destroyed)
    // From Node 24 on the loop leaves a stream alone whose other half is open.
    for (const end of [client, peer]) if (!end.destroyed) await once(end.destroy(), 'close')
  })
})

describe('options of a client', () => {
  const address = { host: '127.0.0.1', port: 9 }

  test('that are about TLS need a tlscfg', async () => {
    for (const more of [{ servername: 'host.example' }, { session: Buffer.alloc(1) }])
      await assert.rejects(
        stream.inet.Client.create({ ...address, ...more } as never),
        coded('ERR_INVALID_ARG_VALUE', { message: /without a "tlscfg"/ }),
      )
  })

  test('that name no host for the certificate are refused over a path', async () => {
    await assert.rejects(
      stream.unix.Client.create({ path: abstractName(), tlscfg: { ca: authority.pem } }),
      coded('ERR_INVALID_ARG_VALUE', { message: /needs a "servername"/ }),
    )
  })

  test('are asked for before a client can connect', async () => {
    await assert.rejects(new stream.inet.Client().connect(), coded('EDESTADDRREQ', { syscall: 'connect' }))
  })
})
