import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { AddrInfo, dgram, MSG_TRUNC } from 'berkeley'
import { socket } from 'berkeley/llsocket'
import {
  abstractName,
  available,
  closing,
  closingAll,
  eachFamily,
  leavesNoFd,
  start,
  tempFolder,
} from '../util/index.js'

leavesNoFd()

type Test = Parameters<typeof closing>[0]

async function bound(t: Test, host = '127.0.0.1'): Promise<dgram.inet.Socket> {
  const sock = closing(t, await dgram.inet.Socket.create({ host, port: 0 }))
  await sock.bind()
  return sock
}

const portOf = (sock: dgram.inet.Socket): number => sock.getsockname().port as number

eachFamily(({ loopback, family }) => {
  test('there and back, with the addresses of both', async (t) => {
    const server = await bound(t, loopback)
    const client = await bound(t, loopback)
    assert.equal(server.family(), family)
    assert.equal(await client.sendto('ping', server.getsockname()), 4)
    const [data, from] = await server.recvfrom()
    assert.equal(String(data), 'ping')
    assert.equal(String(from), String(client.getsockname()))
    await server.sendto('pong', from as AddrInfo)
    assert.equal(String(await client.recv()), 'pong')
  })

  test('a peer can be set, and taken back', async (t) => {
    const server = await bound(t, loopback)
    const client = closing(t, await dgram.inet.Socket.create({ host: loopback, port: portOf(server) }))
    await client.connect()
    await client.send('to the peer')
    assert.equal(String((await server.recvfrom())[0]), 'to the peer')
    await client.connect(null)
    assert.throws(() => client.getpeername(), { code: 'ENOTCONN' })
    await client.connect({ host: loopback, port: portOf(server) })
    assert.equal(client.getpeername().port, portOf(server))
  })

  test('an empty datagram is a datagram (H32)', async (t) => {
    const server = await bound(t, loopback)
    const client = await bound(t, loopback)
    await client.sendto('', server.getsockname())
    const [data, from] = await server.recvfrom()
    assert.equal(data.length, 0)
    assert.equal(from?.port, portOf(client))
    await client.sendto('', server.getsockname())
    assert.equal((await server.recv())?.length, 0)
  })
})

describe('UDP', () => {
  test('what does not fit is reported with its length, or cut when that was asked for (H33)', async (t) => {
    const server = await bound(t)
    const client = await bound(t)
    for (let i = 0; i < 2; i++) await client.sendto(Buffer.alloc(1000, i), server.getsockname())
    await assert.rejects(server.recvfrom(100), { code: 'EMSGSIZE', syscall: 'recvfrom', bytes: 1000 })
    const [data] = await server.recvfrom(100, MSG_TRUNC)
    assert.ok(data.equals(Buffer.alloc(100, 1)))
  })

  test('65,507 bytes go, one more does not (H34)', async (t) => {
    const server = await bound(t)
    const client = await bound(t)
    await client.sendto(Buffer.alloc(65_507), server.getsockname())
    assert.equal((await server.recvfrom())[0].length, 65_507)
    const where = { code: 'EMSGSIZE', address: '127.0.0.1', port: portOf(server) }
    await assert.rejects(client.sendto(Buffer.alloc(65_508), server.getsockname()), where)
  })

  test('nobody there: the next call on the connected socket says so, and it stays usable (H35)', async (t) => {
    const gone = await bound(t)
    const address = gone.getsockname()
    await gone.close()
    const client = closing(t, await dgram.inet.Socket.create({ host: '127.0.0.1', port: address.port as number }))
    await client.connect()
    await client.send('x')
    await assert.rejects(client.recv(), { code: 'ECONNREFUSED' })
    const server = await bound(t)
    await client.connect({ host: '127.0.0.1', port: portOf(server) })
    await client.send('y')
    assert.equal(String(await server.recv()), 'y')
  })

  test('deadlines, signals and turns are those of every socket', async (t) => {
    const server = await bound(t)
    const client = await bound(t)
    server.deadlines(20)
    await assert.rejects(server.recvfrom(), { name: 'TimeoutError', syscall: 'recvfrom' })
    server.deadlines(0)
    await assert.rejects(server.recvfrom(10, 0, { signal: AbortSignal.abort() }), { name: 'AbortError' })
    const waiting = [server.recvfromsync(), server.recvfromsync()]
    await Promise.all([client.sendtosync('1', server.getsockname()), client.sendtosync('2', server.getsockname())])
    assert.deepEqual(
      (await Promise.all(waiting)).map(([data]) => String(data)),
      ['1', '2'],
    )
  })

  test('binding: reuse is off unless asked for; twice is EINVAL; without an address EDESTADDRREQ (H54)', async (t) => {
    const first = await bound(t)
    const second = closing(t, await dgram.inet.Socket.create({ host: '127.0.0.1', port: portOf(first) }))
    assert.equal(second.reuseaddr(), false)
    await assert.rejects(second.bind(), { code: 'EADDRINUSE', address: '127.0.0.1', port: portOf(first) })
    await assert.rejects(first.bind(), { code: 'EINVAL' })
    const shared = { host: '127.0.0.1', port: 0, reuseport: true }
    const third = closing(t, await dgram.inet.Socket.create(shared))
    await third.bind()
    const fourth = closing(t, await dgram.inet.Socket.create({ ...shared, port: portOf(third) }))
    await fourth.bind()
    const bare = closing(t, await dgram.inet.Socket.create())
    await assert.rejects(bare.bind(), { code: 'EDESTADDRREQ', syscall: 'bind' })
    await assert.rejects(bare.bind({ host: '::1', port: 1 }), { code: 'EAFNOSUPPORT' })
    await bare.bind({ host: '127.0.0.1', port: 0 })
  })

  test('bad arguments reject', async (t) => {
    const sock = await bound(t)
    await assert.rejects(sock.sendto('x', '127.0.0.1' as never), { code: 'ERR_INVALID_ARG_TYPE', message: /"ai"/ })
    await assert.rejects(sock.sendto(1 as never, sock.getsockname()), {
      code: 'ERR_INVALID_ARG_TYPE',
      message: /"data"/,
    })
    await assert.rejects(sock.recvfrom(0), { code: 'ERR_OUT_OF_RANGE', message: /"bufsize"/ })
    await assert.rejects(dgram.inet.Socket.create({ host: '127.0.0.1', port: 70_000 }), { name: 'RangeError' })
    await assert.rejects(dgram.inet.Socket.create({ reuseaddr: 1 as never }), { message: /options.reuseaddr/ })
  })

  test('wrap adopts a UDP socket, and no other', async (t) => {
    const low = closing(t, socket.create(AddrInfo.inet('127.0.0.1', 0, { socktype: 2 })))
    low.bind()
    const sock = closing(t, await dgram.inet.wrap(low.unwrap()))
    const client = await bound(t)
    await client.sendto('x', sock.getsockname())
    assert.equal(String(await sock.recv()), 'x')
    const [a] = closingAll(t, socket.pair(2))
    await assert.rejects(dgram.inet.wrap(a.fd()), { code: 'EPROTOTYPE' })
  })

  test('socat answers', { skip: available('socat') }, async (t) => {
    const client = await bound(t)
    const probe = await bound(t)
    const port = portOf(probe)
    await probe.close()
    const socat = start(t, 'socat', ['-ddd', `UDP4-RECVFROM:${port},bind=127.0.0.1`, 'EXEC:rev'])
    await socat.waitForOutput(/receiving on/)
    await client.sendto('stressed\n', AddrInfo.inet('127.0.0.1', port))
    assert.equal(String(await client.recv()), 'desserts\n')
  })
})

describe('unix datagrams', () => {
  test('a socket that is given away leaves its file to the next owner', async (t) => {
    const path = join(tempFolder(t), 'log')
    const sock = await dgram.unix.Socket.create({ path })
    await sock.bind()
    const fd = sock.detach()
    assert.ok(existsSync(path))
    const next = closing(t, await dgram.unix.wrap(fd))
    const client = closing(t, await dgram.unix.Socket.create({ path }))
    await client.connect()
    await client.send('still there')
    assert.equal(String(await next.recv()), 'still there')
  })

  test('a loop over them gets the longest whole, and goes on (H33)', async (t) => {
    const [a, b] = closingAll(t, await dgram.unix.pair())
    const long = Buffer.alloc(100_000, 7)
    for (const data of [long, '', 'last']) await a.send(data)
    const lengths: number[] = []
    for await (const [data] of b) {
      lengths.push(data.length)
      if (data.length === 100_000) assert.ok(data.equals(long))
      if (lengths.length === 3) break
    }
    assert.deepEqual(lengths, [100_000, 0, 4])
  })

  test('a pair keeps boundaries and order', async (t) => {
    const [a, b] = closingAll(t, await dgram.unix.pair())
    for (const text of ['one', '', 'three']) await a.send(text)
    for (const text of ['one', '', 'three']) assert.equal(String(await b.recv()), text)
  })

  for (const [kind, nameOf] of [
    ['path', (t: Test) => join(tempFolder(t), 'd')],
    ['abstract name', abstractName],
  ] as const)
    test(`server and client by ${kind}, and the file goes with the socket`, async (t) => {
      const path = nameOf(t)
      const server = closing(t, await dgram.unix.Socket.create({ path }))
      await server.bind()
      const client = closing(t, await dgram.unix.Socket.create())
      await client.bind({ path: '' })
      await client.connect({ path })
      await client.send('question')
      const [data, from] = await server.recvfrom()
      assert.equal(String(data), 'question')
      assert.equal(from?.path, client.getsockname().path)
      await server.sendto('answer', from as AddrInfo)
      assert.equal(String(await client.recv()), 'answer')
      await server.close()
      assert.ok(!existsSync(path) || path.startsWith('\0'))
    })

  test('a sender without a name has no address', async (t) => {
    const path = abstractName()
    const server = closing(t, await dgram.unix.Socket.create({ path }))
    await server.bind()
    const client = closing(t, await dgram.unix.Socket.create({ path }))
    await client.connect()
    await client.send('x')
    assert.deepEqual((await server.recvfrom())[1], null)
  })

  test('a full queue: both ways to send wait for the reader, and lose nothing (H36)', async (t) => {
    const path = abstractName()
    const server = closing(t, await dgram.unix.Socket.create({ path }))
    await server.bind()
    const connected = closing(t, await dgram.unix.Socket.create({ path }))
    await connected.connect()
    const loose = closing(t, await dgram.unix.Socket.create())
    const address = server.getsockname()
    const count = 200
    const sendAll = async (send: (text: string) => Promise<number>): Promise<void> => {
      for (let i = 0; i < count; i++) await send(String(i))
    }
    const sending = Promise.all([
      sendAll((text) => connected.send(`c${text}`)),
      sendAll((text) => loose.sendto(`l${text}`, address)),
    ])
    const got: Record<string, string[]> = { c: [], l: [] }
    for (let i = 0; i < 2 * count; i++) {
      const text = String(await server.recv())
      got[text.charAt(0)]?.push(text.slice(1))
    }
    await sending
    const all = Array.from({ length: count }, (_, i) => String(i))
    assert.deepEqual(got, { c: all, l: all })
  })

  test('a full queue of somebody who never reads: the deadline ends it (H36)', async (t) => {
    const path = abstractName()
    const server = closing(t, await dgram.unix.Socket.create({ path }))
    await server.bind()
    const client = closing(t, await dgram.unix.Socket.create())
    client.deadlines(0, 40)
    const flood = async (): Promise<void> => {
      for (;;) await client.sendto('x', server.getsockname())
    }
    await assert.rejects(flood(), { name: 'TimeoutError', syscall: 'sendto' })
  })

  test('descriptors go to an address, and over a connection', async (t) => {
    const path = abstractName()
    const server = closing(t, await dgram.unix.Socket.create({ path }))
    await server.bind()
    const client = closing(t, await dgram.unix.Socket.create({ path }))
    await client.sendfd(client.fd(), server.getsockname())
    const copy = closing(t, await dgram.unix.wrap((await server.recvfd()) as number))
    assert.equal(copy.family(), client.family())
    await client.connect()
    await client.sendfd(client.fd())
    socket.close((await server.recvfd()) as number)
  })

  test('nobody there', async (t) => {
    const path = join(tempFolder(t), 'd')
    const client = closing(t, await dgram.unix.Socket.create({ path }))
    await assert.rejects(client.connect(), { message: `connect ENOENT ${path}` })
    await assert.rejects(client.sendto('x', AddrInfo.unix(path)), { code: 'ENOENT', syscall: 'sendto', path })
    await assert.rejects(dgram.unix.Socket.create({ path: 5 as never }), { code: 'ERR_INVALID_ARG_TYPE' })
  })
})
