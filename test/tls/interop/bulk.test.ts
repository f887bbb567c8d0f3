// A lot of data: each way, both ways at once, in crumbs, from files. Told by its hash.
import assert from 'node:assert/strict'
import { closeSync, createReadStream, openSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import nodeTls from 'node:tls'
import { stream, tls } from 'berkeley'
import { type Child, coded, leavesNoFd, start, tempFolder } from '../../util/index.js'
import { Authority } from './certificates.js'
import {
  type Address,
  BULK,
  bounded,
  type Conn,
  digest,
  ending,
  missing,
  only,
  plainEnvironment,
  randomFile,
  reach,
  sha256,
  sha256OfFile,
  shows,
  type Test,
  trusts,
  versions,
  ways,
  welcome,
  whole,
} from './common.js'
import { opensslAddress } from './counterparties.js'
import { python } from './python.js'

leavesNoFd()

const authority = new Authority('Test Root')

/** Much longer than it takes, on a busy machine. */
const MS = 60_000

/** Runs openssl with a file for its input, which does not end, and another for what it receives. */
function openssl(t: Test, path: string, args: string[]): { child: Child; to: string } {
  const to = join(tempFolder(t), 'received')
  const out = openSync(to, 'w')
  const child = start(t, 'openssl', args, { env: plainEnvironment(), stdio: ['pipe', out, 'pipe'] })
  closeSync(out)
  const file = createReadStream(path)
  t.after(() => file.destroy())
  file.pipe(child.process.stdin as NonNullable<typeof child.process.stdin>, { end: false })
  return { child, to }
}

/** Sends everything while it receives as much. Returns the hash of that. */
async function exchange(conn: Conn, data: Buffer): Promise<string> {
  const [received, sent] = await Promise.all([digest(conn, data.length), conn.send(data)])
  assert.equal(sent, data.length)
  return received
}

for (const way of ways)
  for (const version of versions) {
    const how = `64 MiB each way at once, ${version}, over ${way.name} (H92)`

    describe('openssl', { skip: missing('openssl') }, () => {
      test(`openssl connects and exchanges ${how}`, async (t) => {
        const { path, data, hash } = randomFile(t)
        const [server, address] = await way.listen(t, { ...shows(authority.identity()), ...only(version) })
        const words = ['s_client', ...opensslAddress('-connect', address), '-CAfile', authority.caFile, '-quiet']
        const { child, to } = openssl(t, path, [...words, '-verify_return_error'])
        const conn = bounded(t, await welcome(t, server), MS)
        assert.equal(await exchange(conn, data), hash)
        await conn.close()
        assert.equal((await ending(child, MS)).code, 0)
        assert.equal(await sha256OfFile(to), hash)
      })

      test(`our client exchanges with openssl ${how}`, async (t) => {
        const { path, data, hash } = randomFile(t)
        const address = way.fresh(t)
        const { certFile, keyFile } = authority.identity()
        const words = ['s_server', ...opensslAddress('-accept', address), '-cert', certFile, '-key', keyFile]
        const { child, to } = openssl(t, path, [...words, '-quiet', '-naccept', '1'])
        const conn = bounded(t, await reach(t, address, { ...trusts(authority), ...only(version) }), MS)
        assert.equal(await exchange(conn, data), hash)
        await conn.close()
        await ending(child, MS)
        assert.equal(await sha256OfFile(to), hash)
      })
    })

    describe('Python', { skip: missing('openssl', 'python3') }, () => {
      const talk = (t: Test, role: 'client' | 'server', address: Address, file: string): Child => {
        const { certFile: cert, keyFile: key } = authority.identity()
        const ca = authority.caFile
        return python(t, { role, does: 'bulk', address, file, version, ca, cert, key, name: 'server.example' })
      }

      test(`Python connects and exchanges ${how}`, async (t) => {
        const { path, data, hash } = randomFile(t)
        const [server, address] = await way.listen(t, { ...shows(authority.identity()), ...only(version) })
        const child = talk(t, 'client', address, path)
        const conn = bounded(t, await welcome(t, server), MS)
        assert.equal(await exchange(conn, data), hash)
        assert.equal(await conn.recv(), null)
        await conn.close()
        const { stderr } = await ending(child, MS)
        assert.ok(stderr.includes(hash), stderr)
        assert.match(stderr, /"clean"/)
      })

      test(`our client exchanges with Python ${how}`, async (t) => {
        const { path, data, hash } = randomFile(t)
        const address = way.fresh(t)
        const child = talk(t, 'server', address, path)
        const conn = bounded(t, await reach(t, address, { ...trusts(authority), ...only(version) }), MS)
        assert.equal(await exchange(conn, data), hash)
        assert.equal(await conn.recv(), null)
        await conn.close()
        const { stderr } = await ending(child, MS)
        assert.ok(stderr.includes(hash), stderr)
        assert.match(stderr, /"clean"/)
      })
    })
  }

/** Two sockets of ours with TLS between them. */
async function encryptedPair(t: Test, prepare: (sock: stream.unix.Socket) => void = () => {}) {
  const [a, b] = await stream.unix.pair()
  prepare(a)
  prepare(b)
  const server = bounded(t, await tls.wrap(a, shows(authority.identity()), { server: true }))
  const [client] = await Promise.all([tls.wrap(b, trusts(authority)), server.handshake()])
  return [server, bounded(t, client)] as const
}

test('two of our sockets that both send before they read do not block each other', {
  skip: missing('openssl'),
}, async (t) => {
  const pair = await encryptedPair(t, (sock) => void sock.sndbuf(4096))
  const data = Buffer.alloc(4 << 20, 'much more than there is room for ')
  const hashes = await Promise.all(pair.map((sock) => exchange(sock, data)))
  assert.deepEqual(hashes, [sha256(data), sha256(data)])
})

/** Hands on what comes from either side byte by byte, each by a write of its own. */
async function crumbling(t: Test, to: Address): Promise<Address> {
  const server = net.createServer((near) => {
    const far = net.connect(to)
    for (const [from, into] of [
      [near, far],
      [far, near],
    ] as const) {
      t.after(() => into.destroy())
      into.setNoDelay(true)
      into.on('error', () => from.destroy())
      from.on('data', (data) => {
        for (const byte of data) into.write(Uint8Array.of(byte))
      })
      from.on('end', () => into.end())
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return { host: '127.0.0.1', port: (server.address() as net.AddressInfo).port }
}

describe('single bytes', { skip: missing('openssl') }, () => {
  for (const version of versions) {
    const data = Buffer.alloc(40_000, 'crumbs ')

    test(`openssl connects and exchanges data that arrives byte by byte: ${version} (H92)`, async (t) => {
      const [server, address] = await (ways[0] as (typeof ways)[number]).listen(t, {
        ...shows(authority.identity()),
        ...only(version),
      })
      const { path, data: theirs } = randomFile(t, 30_000)
      const proxy = opensslAddress('-connect', await crumbling(t, address))
      const { to, child } = openssl(t, path, ['s_client', ...proxy, '-quiet'])
      const conn = await welcome(t, server)
      await conn.send(data)
      assert.equal(await digest(conn, theirs.length), sha256(theirs))
      await conn.close()
      await ending(child)
      assert.equal(await sha256OfFile(to), sha256(data))
    })

    test(`our client exchanges data with Node that arrives byte by byte: ${version} (H92)`, async (t) => {
      const identity = shows(authority.identity()) as nodeTls.TlsOptions
      const server = nodeTls.createServer(identity, (socket) => {
        t.after(() => socket.destroy())
        socket.pipe(socket)
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      t.after(() => server.close())
      const { port } = server.address() as net.AddressInfo
      const proxy = await crumbling(t, { host: '127.0.0.1', port })
      const conn = await reach(t, proxy, { ...trusts(authority), ...only(version) })
      assert.equal(await exchange(conn, data), sha256(data))
      await conn.end()
      assert.equal(await conn.recv(), null)
    })
  }
})

describe('sendfile()', { skip: missing('openssl') }, () => {
  for (const way of ways)
    for (const version of versions) {
      const how = `${version}, over ${way.name}`
      const served = async (t: Test): Promise<{ conn: Conn; child: Child; to: string }> => {
        const [server, address] = await way.listen(t, { ...shows(authority.identity()), ...only(version) })
        const words = ['s_client', ...opensslAddress('-connect', address), '-CAfile', authority.caFile, '-quiet']
        const { child, to } = openssl(t, '/dev/null', words)
        return { conn: bounded(t, await welcome(t, server), MS), child, to }
      }
      const opened = (t: Test, path: string): number => {
        const file = openSync(path, 'r')
        t.after(() => closeSync(file))
        return file
      }

      test(`sendfile() sends 64 MiB to openssl: ${how}`, async (t) => {
        const { path, hash } = randomFile(t)
        const { conn, child, to } = await served(t)
        assert.equal(await conn.sendfile(opened(t, path), BULK), BULK)
        await conn.close()
        await ending(child, MS)
        assert.equal(await sha256OfFile(to), hash)
      })

      test(`sendfile() sends from an offset, with bytes before and after it: ${how}`, async (t) => {
        const { path, data } = randomFile(t, 500_000)
        const { conn, child, to } = await served(t)
        await conn.send('before')
        assert.equal(await conn.sendfile(opened(t, path), 300_000, 123_457), 300_000)
        await conn.send('after')
        await conn.close()
        await ending(child)
        const expected = Buffer.concat([Buffer.from('before'), data.subarray(123_457, 423_457), Buffer.from('after')])
        assert.equal(await sha256OfFile(to), sha256(expected))
      })

      test(`sendfile() sends a file that ends early as far as it goes: ${how}`, async (t) => {
        const { path, data } = randomFile(t, 200_000)
        const { conn, child, to } = await served(t)
        const file = opened(t, path)
        assert.equal(await conn.sendfile(file, 1 << 20, 50_000), 150_000)
        assert.equal(await conn.sendfile(file, 10, 200_000), 0)
        await conn.close()
        await ending(child)
        assert.equal(await sha256OfFile(to), sha256(data.subarray(50_000)))
      })
    }

  test('sendfile() refuses what is not a file, and the connection stays usable', async (t) => {
    const [server, client] = await encryptedPair(t)
    const folder = openSync(tempFolder(t), 'r')
    t.after(() => closeSync(folder))
    await assert.rejects(server.sendfile(folder, 10), coded('EISDIR'))
    await server.send('still here')
    await server.end()
    assert.equal(String(await whole(client)), 'still here')
  })
})
