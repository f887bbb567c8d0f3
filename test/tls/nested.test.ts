// TLS within TLS: tls.wrap() of a connection that is encrypted already.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { type stream, tls } from 'berkeley'
import { SHUT_WR, socket } from 'berkeley/llsocket'
import {
  closing,
  coded,
  foreignDuplicate,
  isPending,
  leavesNoFd,
  PATIENCE_MS,
  tempFolder,
  within,
} from '../util/index.js'
import { ends, hostConfig, hostTrust, type Socket, turn } from './common.js'
import { dns, leaf, root } from './pki.js'

leavesNoFd()

type Both = [server: Socket, client: Socket]

const servername = 'host.example'

/** Both ends of a connection within another one. */
async function nest(t: TestContext, outer: Both, client: tls.Config = {}, server: tls.Config = {}): Promise<Both> {
  const inner = closing(t, await tls.wrap(outer[0], { ...hostConfig, ...server }, { server: true }))
  const calling = tls.wrap(outer[1], { ...hostTrust, ...client })
  const [made] = await Promise.all([calling, inner.handshake()])
  return [inner, closing(t, made)]
}

async function whole(from: stream.Socket): Promise<Buffer> {
  const parts: Buffer[] = []
  for (let part = await from.recv(); part !== null; part = await from.recv()) parts.push(part)
  return Buffer.concat(parts)
}

describe('TLS in TLS', () => {
  for (const outer of ['TLSv1.2', 'TLSv1.3'] as const)
    for (const inner of ['TLSv1.2', 'TLSv1.3'] as const)
      test(`both ends talk by ${inner} within ${outer}, and each tells of the inner session`, async (t) => {
        const [server, client] = await nest(t, await ends(t, { maxVersion: outer }), { maxVersion: inner })
        assert.deepEqual([client.getProtocol(), client.servername, client.authorized], [inner, servername, true])
        assert.deepEqual(client.deadlines(), [PATIENCE_MS, PATIENCE_MS])
        const first = server.recv()
        await client.send('ping')
        assert.equal(String(await first), 'ping')
        await server.send('pong')
        assert.equal(String(await client.recv()), 'pong')
        const left = client.exportKeyingMaterial(32, 'EXPERIMENTAL-x')
        assert.deepEqual(server.exportKeyingMaterial(32, 'EXPERIMENTAL-x'), left)
        await client.close()
        assert.equal(await server.recv(), null)
      })

  test('16 MiB each way at once arrive, although neither end has room for them', async (t) => {
    const [server, client] = await nest(t, await ends(t))
    const data = randomBytes(16 << 20)
    const both = [server, client].map(async (sock) => {
      sock.deadlines(60_000, 60_000)
      const [got] = await Promise.all([whole(sock), sock.send(data).then(() => sock.end())])
      assert.equal(got.equals(data), true)
    })
    await Promise.all(both)
  })

  test('a session within a session within a session carries data, and closes all of them', async (t) => {
    const [server, client] = await nest(t, await nest(t, await ends(t)))
    const data = randomBytes(1 << 20)
    const sending = client.send(data).then(() => client.close())
    assert.equal((await whole(server)).equals(data), true)
    await sending
  })

  test('sendfile(), readable() and updateKeys() work within a session as on one', async (t) => {
    const [server, client] = await nest(t, await ends(t))
    const path = join(tempFolder(t), 'file')
    const data = randomBytes(300_000)
    writeFileSync(path, data)
    const file = openSync(path, 'r')
    const announced = server.readable()
    assert.equal(await isPending(announced), true)
    client.updateKeys(true)
    const sending = client.sendfile(file, data.length).then(() => client.end())
    await announced
    assert.equal((await whole(server)).equals(data), true)
    await sending
    closeSync(file)
  })

  test('duplex() and end() work within a session: the other half stays open', async (t) => {
    const [server, client] = await nest(t, await ends(t))
    const made = client.duplex()
    made.end('question')
    assert.equal(String(await whole(server)), 'question')
    await server.send('answer')
    const [answer] = await within(once(made, 'data'), 'an answer')
    assert.equal(String(answer), 'answer')
    const closed = once(made, 'close')
    await server.close()
    made.destroy()
    await within(closed, "'close'")
  })

  test('forEach() and write() push what comes and goes within a session', async (t) => {
    const [server, client] = await nest(t, await ends(t))
    const echoing = server.forEach((data) => {
      server.write(data)
    })
    const data = randomBytes(1 << 20)
    const sending = client.send(data)
    const parts: Buffer[] = []
    for (let left = data.length; left > 0; ) {
      const part = await client.recv()
      assert.ok(part)
      parts.push(part)
      left -= part.length
    }
    await sending
    assert.equal(Buffer.concat(parts).equals(data), true)
    await client.close()
    await echoing
  })

  test('the handshake of a server finds what the session around has decrypted already', async (t) => {
    const outer = await ends(t)
    await outer[1].send('go\n')
    const calling = tls.wrap(outer[1], hostTrust)
    // The hello is there as well when the message is read that announces it.
    await turn()
    assert.equal(String(await outer[0].recv(3)), 'go\n')
    const server = closing(t, await tls.wrap(outer[0], hostConfig, { server: true }))
    await Promise.all([server.handshake(), calling.then((client) => closing(t, client))])
  })
})

describe('the end of TLS in TLS (H148)', () => {
  test('close() of the inner session ends the one around, too', async (t) => {
    const outer = await ends(t)
    const server = closing(t, await tls.wrap(outer[0], hostConfig, { server: true }))
    const calling = tls.wrap(outer[1], hostTrust)
    await server.handshake()
    const client = closing(t, await calling)
    const [end] = await Promise.all([server.recv(), client.close()])
    await server.close()
    assert.deepEqual([end, client.fd(), server.fd()], [null, -1, -1])
  })

  test('an end of the session around without the end of the inner one is a truncation', async (t) => {
    const outer = await ends(t)
    const calling = tls.wrap(outer[1], hostTrust)
    const refused = assert.rejects(calling, coded('ERR_TLS_TRUNCATED', { syscall: 'handshake' }))
    await outer[0].recv()
    await outer[0].close()
    await refused
    assert.equal(outer[1].fd(), -1)
  })

  test('a connection that is cut below both is ERR_TLS_TRUNCATED, and for every later call', async (t) => {
    const [server, client] = await nest(t, await ends(t))
    const low = socket.wrap(foreignDuplicate(client.fd()))
    low.shutdown(SHUT_WR)
    low.close()
    await assert.rejects(server.recv(), coded('ERR_TLS_TRUNCATED'))
    await assert.rejects(server.recv(), coded('ERR_TLS_TRUNCATED'))
    await assert.rejects(server.send('x'), coded('ERR_TLS_TRUNCATED'))
  })

  test('what is wrong with a record of the session around is the error of the inner one', async (t) => {
    const [server, client] = await nest(t, await ends(t))
    const low = socket.wrap(foreignDuplicate(client.fd()))
    low.send(Buffer.from('17030300130000000000000000000000000000000000000000'.slice(0, 48), 'hex'))
    low.close()
    await assert.rejects(server.recv(), { name: 'TlsError', code: /^ERR_SSL_DECRYPTION_FAILED/ })
    await assert.rejects(server.send('x'), { name: 'TlsError', code: /^ERR_SSL_DECRYPTION_FAILED/ })
  })

  test('a refusal of the inner certificate reaches the server as the alert of the inner session', async (t) => {
    const stranger = leaf(root(), { names: [dns(servername)] })
    const outer = await ends(t)
    const server = closing(t, await tls.wrap(outer[0], { cert: stranger.pem, key: stranger.keyPem }, { server: true }))
    const told = assert.rejects(server.handshake(), coded('ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'))
    await assert.rejects(tls.wrap(outer[1], hostTrust), coded('UNABLE_TO_GET_ISSUER_CERT_LOCALLY'))
    await told
  })

  test('a certificate for the host of the session around is not one for the inner host', async (t) => {
    const outer = await ends(t)
    const server = closing(t, await tls.wrap(outer[0], hostConfig, { server: true }))
    void server.handshake().catch(() => undefined)
    await assert.rejects(
      tls.wrap(outer[1], hostTrust, { servername: 'localhost' }),
      coded('ERR_TLS_CERT_ALTNAME_INVALID'),
    )
  })
})

describe('waiting in TLS in TLS', () => {
  test('a deadline and a signal end a call within a session, and the connection goes on', async (t) => {
    const [server, client] = await nest(t, await ends(t))
    await assert.rejects(server.recv({ timeout: 10 }), { name: 'TimeoutError', syscall: 'recv' })
    const abort = new AbortController()
    const aborted = assert.rejects(server.recv({ signal: abort.signal }), { name: 'AbortError' })
    abort.abort()
    await aborted
    await client.send('still there')
    assert.equal(String(await server.recv()), 'still there')
  })

  test('a send that finds no room ends by its deadline, and says how much was accepted', async (t) => {
    const [, client] = await nest(t, await ends(t))
    const error = await client.send(Buffer.alloc(64 << 20), { timeout: 200 }).then(
      () => assert.fail('there was room'),
      (failure: Error & { bytes: number }) => failure,
    )
    assert.equal(error.name, 'TimeoutError')
    assert.ok(error.bytes > 0 && error.bytes < 64 << 20, String(error.bytes))
  })

  test('close() ends what waits within a session, and a signal the handshake of wrap()', async (t) => {
    const [server] = await nest(t, await ends(t))
    const waiting = assert.rejects(server.recv(), coded('ECANCELED'))
    await server.close()
    await waiting
    const outer = await ends(t)
    const abort = new AbortController()
    const calling = assert.rejects(tls.wrap(outer[1], hostTrust, { signal: abort.signal }), { name: 'AbortError' })
    await turn()
    abort.abort()
    await calling
    assert.equal(outer[1].fd(), -1)
  })

  test('wrap() ends what waits on the former object with ECANCELED', async (t) => {
    const outer = await ends(t)
    const waiting = assert.rejects(outer[0].recv(), coded('ECANCELED'))
    closing(t, await tls.wrap(outer[0], hostConfig, { server: true }))
    await waiting
    await assert.rejects(outer[0].send('x'), coded('EBADF'))
  })
})

describe('what comes before the inner handshake', () => {
  test('data of the session around that is there before a client has begun is refused (H148)', async (t) => {
    const outer = await ends(t)
    await outer[0].send('HTTP/1.1 200 OK\r\n\r\nand more')
    assert.equal((await outer[1].recv(19))?.length, 19)
    await assert.rejects(tls.wrap(outer[1], hostTrust), coded('ERR_TLS_PLAINTEXT'))
    assert.equal(outer[1].fd(), -1)
  })

  test('tickets of the session around are no such data', async (t) => {
    const sessions: Buffer[] = []
    const outer = await ends(t, { onsession: (session) => sessions.push(session) })
    const [server, client] = await nest(t, outer)
    await client.send('x')
    assert.equal(String(await server.recv()), 'x')
    assert.ok(sessions.length > 0)
  })

  test('wrap() refuses to lose what a reader has read ahead of the session around (H148)', async (t) => {
    const outer = await ends(t)
    await outer[1].send('go\nand what follows')
    assert.equal(String(await outer[0].reader().until('\n')), 'go\n')
    await assert.rejects(tls.wrap(outer[0], hostConfig, { server: true }), coded('EBUSY'))
    assert.equal(String(await outer[0].recv()), 'and what follows')
  })

  test('a detach() of what is encrypted stays refused', async (t) => {
    const [server] = await nest(t, await ends(t))
    assert.throws(() => server.detach(), coded('EOPNOTSUPP'))
    assert.throws(() => server.closew(), coded('EOPNOTSUPP'))
  })
})
