// TLS that begins in the middle of a conversation, and plain text that an attacker might inject before it.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { describe, test } from 'node:test'
import nodeTls from 'node:tls'
import { connect, stream, tls } from 'berkeley'
import { coded, leavesNoFd, start } from '../../util/index.js'
import { Authority, NAME } from './certificates.js'
import {
  bounded,
  type Conn,
  ending,
  line,
  missing,
  only,
  overTcp,
  reach,
  shows,
  type Test,
  trusts,
  versions,
  ways,
} from './common.js'
import { opensslAddress } from './counterparties.js'

leavesNoFd()

const authority = new Authority('Test Root')
const skip = missing('openssl')

/** A server's side of a small protocol: a greeting, a wish, an answer; then TLS. */
async function turnedServer(t: Test, plain: Conn, tlscfg: tls.Config = {}): Promise<Conn> {
  await plain.send('welcome\n')
  assert.equal(await line(plain), 'secure\n')
  await plain.send('go ahead\n')
  return bounded(t, await tls.wrap(plain, { ...shows(authority.identity()), ...tlscfg }, { server: true }))
}

async function turnedClient(t: Test, plain: Conn, tlscfg: tls.Config = {}): Promise<Conn> {
  assert.equal(await line(plain), 'welcome\n')
  await plain.send('secure\n')
  assert.equal(await line(plain), 'go ahead\n')
  return bounded(t, await tls.wrap(plain, { ...trusts(authority), ...tlscfg }))
}

describe('wrap() after plain text', { skip }, () => {
  for (const way of ways)
    for (const version of versions)
      test(`wrap() starts TLS on both of our sides: ${version}, over ${way.name}`, async (t) => {
        const [server, address] = await way.listen(t)
        const calling = reach(t, address).then((plain) => turnedClient(t, plain, only(version)))
        const accepted = bounded(t, await server.accept())
        const conn = await turnedServer(t, accepted)
        await conn.handshake()
        const client = await calling
        assert.equal(client.getProtocol(), version)
        assert.equal(client.authorized, true)
        await client.send('a secret\n')
        assert.equal(await line(conn), 'a secret\n')
        await conn.send('another\n')
        assert.equal(await line(client), 'another\n')
        // The former objects are closed for their users, and their deadlines were taken over.
        assert.equal(accepted.fd(), -1)
        assert.deepEqual(conn.deadlines(), accepted.deadlines())
        await client.close()
        assert.equal(await conn.recv(), null)
      })

  test('wrap() starts TLS with Node as the client', async (t) => {
    const [server, address] = await overTcp.listen(t)
    const raw = net.connect(address as net.TcpNetConnectOpts)
    t.after(() => raw.destroy())
    const turning = (async () => {
      for (const answer of ['secure\n', '']) {
        await once(raw, 'readable')
        raw.read()
        if (answer) raw.write(answer)
      }
      return nodeTls.connect({ socket: raw, ca: authority.ca, servername: NAME })
    })()
    const conn = await turnedServer(t, bounded(t, await server.accept()))
    const socket = await turning
    t.after(() => socket.destroy())
    socket.write('a secret\n')
    assert.equal(await line(conn), 'a secret\n')
  })

  test('wrap() starts TLS with Node as the server', async (t) => {
    const { cert, key } = authority.identity()
    const server = net.createServer((raw) => {
      t.after(() => raw.destroy())
      raw.write('welcome\n')
      raw.once('data', () => {
        raw.write('go ahead\n', () => {
          const socket = new nodeTls.TLSSocket(raw, { isServer: true, cert, key })
          socket.pipe(socket)
        })
      })
    })
    t.after(() => server.close())
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as net.AddressInfo
    const conn = await turnedClient(t, await reach(t, { host: '127.0.0.1', port }))
    await conn.send('a secret\n')
    assert.equal(await line(conn), 'a secret\n')
  })
})

/** As much of a mail server as it takes to get to the end of the first message. */
async function mailServer(t: Test, accepted: Conn): Promise<string[]> {
  let conn = accepted
  const heard: string[] = []
  const answer = (...lines: string[]): Promise<number> => conn.send(`${lines.join('\r\n')}\r\n`)
  await answer('220 mail.example ESMTP')
  for (;;) {
    const wish = (await line(conn)).trim()
    heard.push(wish)
    if (/^ehlo/i.test(wish)) await answer('250-mail.example', '250-STARTTLS', '250 8BITMIME')
    else if (/^quit$/i.test(wish)) break
    else if (/^STARTTLS$/i.test(wish)) {
      await answer('220 go ahead')
      conn = bounded(t, await tls.wrap(conn, shows(authority.identity()), { server: true }))
    } else await answer('250 fine')
  }
  await answer('221 bye')
  await conn.close()
  return heard
}

test('openssl speaks SMTP and starts TLS with our server', { skip }, async (t) => {
  for (const version of versions) {
    const [server, address] = await overTcp.listen(t)
    const words = ['-starttls', 'smtp', '-CAfile', authority.caFile, '-verify_return_error', '-crlf']
    const more = [version === 'TLSv1.2' ? '-tls1_2' : '-tls1_3', '-servername', NAME]
    const child = start(t, 'openssl', ['s_client', ...opensslAddress('-connect', address), ...words, ...more])
    // It ends without QUIT.
    const over = assert.rejects(mailServer(t, bounded(t, await server.accept())), /the end came/)
    await child.waitForOutput(/Verification: OK/)
    child.write('NOOP\n')
    await child.waitForOutput(/250 fine/)
    child.endInput()
    await ending(child)
    await over
  }
})

test("Python's smtplib speaks SMTP and starts TLS with our server", {
  skip: missing('openssl', 'python3'),
}, async (t) => {
  const [server, address] = await overTcp.listen(t)
  const { port } = address as { port: number }
  const code = `
import smtplib, ssl, sys
s = smtplib.SMTP('127.0.0.1', int(sys.argv[1]), timeout=10)
s._host = '${NAME}'
s.ehlo('me.example')
s.starttls(context=ssl.create_default_context(cafile=sys.argv[2]))
s.ehlo('me.example')
print(s.noop())
s.quit()
`
  const child = start(t, 'python3', ['-c', code, String(port), authority.caFile])
  const heard = await mailServer(t, bounded(t, await server.accept()))
  assert.deepEqual(heard, ['ehlo me.example', 'STARTTLS', 'ehlo me.example', 'noop', 'quit'])
  const { code: status, stdout } = await ending(child)
  assert.equal(status, 0)
  assert.match(stdout, /250, b'fine'/)
})

describe('injected plain text', { skip }, () => {
  test('wrap() of a server refuses data that was read too early and ends the connection (H92)', async (t) => {
    const [server, address] = await overTcp.listen(t)
    const client = await reach(t, address)
    await client.send('secure\nput in by somebody\n')
    const plain = bounded(t, await server.accept())
    const all = (await plain.recv()) as Buffer
    const received = all.subarray('secure\n'.length)
    const turning = tls.wrap(plain, shows(authority.identity()), { server: true, received })
    await assert.rejects(turning, coded('ERR_TLS_PLAINTEXT'))
    assert.equal(plain.fd(), -1)
    assert.equal(await client.recv(), null)
  })

  test('the handshake of a server fails on plain text that was not read yet (H92)', async (t) => {
    const [server, address] = await overTcp.listen(t)
    const client = await reach(t, address)
    await client.send('secure\nput in by somebody, and long enough\n')
    const plain = bounded(t, await server.accept())
    assert.equal(await line(plain), 'secure\n')
    const conn = bounded(t, await tls.wrap(plain, shows(authority.identity()), { server: true }))
    await assert.rejects(conn.handshake(), { name: 'TlsError', code: /^ERR_SSL_/ })
  })

  test('wrap() of a client refuses plain text that arrived before its first message (H92)', async (t) => {
    const [server, address] = await overTcp.listen(t)
    const client = await reach(t, address)
    const plain = bounded(t, await server.accept())
    await plain.send('go ahead\nput in by somebody\n')
    assert.equal(await line(client), 'go ahead\n')
    await assert.rejects(tls.wrap(client, trusts(authority)), coded('ERR_TLS_PLAINTEXT'))
    assert.equal(client.fd(), -1)
  })

  test('wrap() of a client refuses data that was read too early (H92)', async (t) => {
    const [a, b] = await stream.unix.pair()
    bounded(t, b)
    const received = Buffer.from('more')
    await assert.rejects(tls.wrap(a, trusts(authority), { received }), coded('ERR_TLS_PLAINTEXT'))
    assert.equal(await b.recv(), null)
  })

  test('an HTTP request to a server and a greeting of SSH to a client give their own errors (H92)', async (t) => {
    const [server, address] = await overTcp.listen(t, shows(authority.identity()))
    const plain = await reach(t, address)
    await plain.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    const conn = bounded(t, await server.accept())
    await assert.rejects(conn.recv(), coded('ERR_SSL_HTTP_REQUEST'))

    const [greeter, where] = await overTcp.listen(t)
    const calling = connect({ ...(where as { host: string; port: number }), tlscfg: trusts(authority) })
    const greeting = bounded(t, await greeter.accept())
    await greeting.send('SSH-2.0-OpenSSH_9.2\r\n')
    await assert.rejects(calling, coded('ERR_SSL_WRONG_VERSION_NUMBER'))
  })
})
