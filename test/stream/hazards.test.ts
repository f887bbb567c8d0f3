// Hazards that show only in what the kernel keeps, or that need an address of a certain kind.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { describe, test } from 'node:test'
import { AddrInfo, IPPROTO_TCP, SOCK_STREAM, type SystemError, stream } from 'berkeley'
import { threadPoller } from '#internal/engine/epoll.js'
import { native } from '#internal/native/sockets.js'
import { closing, closingAll, countFds, leavesNoFd, plannedClient } from '../util/index.js'

leavesNoFd()

// It has a descriptor of its own, which is not to be counted in the midst of a test.
threadPoller()

/** The descriptors that some epoll set of this process watches. */
function watched(): number[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      if (readlinkSync(`/proc/self/fd/${fd}`) !== 'anon_inode:[eventpoll]') return []
      const info = readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')
      return [...info.matchAll(/^tfd:\s+(\d+)/gm)].map(([, number]) => Number(number))
    } catch {
      return [] // gone since the listing
    }
  })
}

type Test = Parameters<typeof closing>[0]

const tcp = (host: string, port: number): AddrInfo =>
  AddrInfo.inet(host, port, { socktype: SOCK_STREAM, protocol: IPPROTO_TCP })

describe('the epoll set', () => {
  test('forgets a socket that is closed, although a duplicate lives on (H04)', async (t) => {
    const [a, b] = closingAll(t, await stream.unix.pair())
    a.deadlines(100) // time enough for the wait to begin, on any machine
    await assert.rejects(a.recv(), { name: 'TimeoutError' })
    const fd = a.fd()
    assert.ok(watched().includes(fd))
    const duplicate = native.dup(fd)
    await a.close()
    assert.ok(!watched().includes(fd))
    await b.send('nobody is told')
    native.close(duplicate)
  })

  test('forgets a socket that is given away (H04)', async (t) => {
    const [a] = closingAll(t, await stream.unix.pair())
    a.deadlines(100) // time enough for the wait to begin, on any machine
    await assert.rejects(a.recv(), { name: 'TimeoutError' })
    const fd = a.detach()
    assert.ok(!watched().includes(fd))
    native.close(fd)
  })

  test('does not know sockets that nobody waits for (H09)', async (t) => {
    const servers = await Promise.all(
      Array.from({ length: 50 }, () => stream.inet.Server.create({ host: '127.0.0.1' })),
    )
    closingAll(t, servers)
    for (const server of servers.slice(25)) server.listen()
    const known = new Set(watched())
    assert.deepEqual(
      servers.map((server) => server.fd()).filter((fd) => known.has(fd)),
      [],
    )
  })
})

describe('connecting', () => {
  test('to oneself is refused: nobody listens there (H52)', async (t) => {
    const free = await stream.inet.Server.create({ host: '127.0.0.1' })
    const { port } = free.getsockname()
    await free.close()
    const client = closing(
      t,
      await stream.inet.Client.create(
        { host: '127.0.0.1', port, prepare: (sock) => sock.bind(tcp('127.0.0.1', port)) },
        false,
      ),
    )
    await assert.rejects(client.connect(), { code: 'ECONNREFUSED', address: '127.0.0.1', port })
  })

  test('tries every address in one go, and keeps nothing of the failed ones (H53)', async (t) => {
    const server = closing(t, await stream.inet.Server.create({ host: '127.0.0.1' }))
    server.listen()
    const { port } = server.getsockname()
    let list: AddrInfo[] = []
    const client = closing(t, plannedClient(stream.inet.Socket, { lookup: async () => list }))
    const refusing = Array.from({ length: 8 }, (_, i) => tcp(`127.0.1.${i + 1}`, port))
    list = refusing
    const before = countFds()
    const error = await client.connect().then(
      () => assert.fail('nobody listens there'),
      (reason: SystemError) => reason,
    )
    assert.equal(error.code, 'ECONNREFUSED')
    assert.deepEqual(
      error.errors?.map(({ address }) => address),
      refusing.map(({ addr }) => addr),
    )
    assert.equal(countFds(), before)
    list = [...refusing, server.getsockname()]
    await client.connect()
    assert.equal(countFds(), before + 1)
    await client.send('the ninth')
    assert.equal(String(await closing(t, await server.accept()).recv()), 'the ninth')
  })
})

describe('connecting to several addresses', () => {
  /** A listener on that address, whose backlog is full: what comes is dropped. */
  async function blackHole(t: Test, host: string, port: number): Promise<void> {
    const server = closing(t, await stream.inet.Server.create({ host, port }))
    server.listen(0)
    for (let late = 0; late === 0; ) {
      const filler = closing(t, await stream.inet.Client.create({ host, port }, false))
      await filler.connect(100).catch(() => late++)
    }
  }

  /** A client that tries those addresses. */
  async function clientOf(t: Test, list: AddrInfo[]): Promise<{ connect(budget: number): Promise<void> }> {
    return closing(t, plannedClient(stream.inet.Socket, { lookup: async () => list }))
  }

  test('has one deadline for all of them, and leaves nothing (H53)', async (t) => {
    const probe = await stream.inet.Server.create({ host: '127.0.0.1' })
    const { port = 0 } = probe.getsockname()
    await probe.close()
    await blackHole(t, '127.0.2.1', port)
    await blackHole(t, '127.0.2.2', port)
    const client = await clientOf(
      t,
      ['127.0.2.3', '127.0.2.1', '127.0.2.4', '127.0.2.2'].map((host) => tcp(host, port)),
    )
    const before = countFds()
    const start = performance.now()
    // The first one refuses; the second says nothing until the budget is used up.
    await assert.rejects(client.connect(300), { name: 'TimeoutError', address: '127.0.2.1', port })
    const took = performance.now() - start
    assert.ok(took >= 300 && took < 900, `${took} ms`)
    assert.equal(countFds(), before)
  })

  test('leaves nothing, however often it fails (H53, H51)', async (t) => {
    const probe = await stream.inet.Server.create({ host: '127.0.0.1' })
    const { port = 0 } = probe.getsockname()
    await probe.close()
    const client = await clientOf(
      t,
      Array.from({ length: 8 }, (_, i) => tcp(`127.0.3.${i + 1}`, port)),
    )
    const before = countFds()
    for (let i = 0; i < 200; i++) await assert.rejects(client.connect(10_000), { code: 'ECONNREFUSED' })
    assert.equal(countFds(), before)
  })

  test('connecting again without end keeps one descriptor (H51)', async (t) => {
    const server = closing(t, await stream.inet.Server.create({ host: '127.0.0.1' }))
    server.listen()
    const { port = 0 } = server.getsockname()
    const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port }))
    let last = await server.accept()
    const before = countFds()
    for (let i = 0; i < 300; i++) {
      await client.connect()
      assert.equal(await last.recv(), null)
      await last.close()
      last = await server.accept()
    }
    closing(t, last)
    assert.equal(countFds(), before)
  })
})

describe('one listener with two owners', () => {
  test('readiness is for both, the connection for one: the other waits again (H11, H43)', async (t) => {
    const server = closing(t, await stream.inet.Server.create({ host: '127.0.0.1' }))
    server.listen()
    const twin = closing(t, await stream.inet.Server.wrap(native.dup(server.fd())))
    const { port = 0 } = server.getsockname()
    const count = 100
    let served = 0
    const serve = async (from: stream.inet.Server): Promise<void> => {
      for await (const peer of from) {
        served++
        await peer.send('once')
        await peer.close()
      }
    }
    const serving = [serve(server), serve(twin)]
    for (let i = 0; i < count; i++) {
      const client = await stream.inet.Client.create({ host: '127.0.0.1', port })
      assert.equal(String(await client.recv()), 'once')
      await client.close()
    }
    assert.equal(served, count)
    // One of them goes, and the other one serves on.
    await server.close()
    const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port }))
    assert.equal(String(await client.recv()), 'once')
    await twin.close()
    await Promise.all(serving)
  })
})

describe('low-water marks', () => {
  test('readiness keeps silent below the mark, the deadline does not, and nothing is lost (H15)', async (t) => {
    const server = closing(t, await stream.inet.Server.create({ host: '127.0.0.1' }))
    server.listen()
    const { port } = server.getsockname()
    const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port }))
    const peer = closing(t, await server.accept())
    peer.rcvlowat(10)
    peer.deadlines(40)
    const waiting = peer.recv()
    await client.send('abc')
    await assert.rejects(waiting, { name: 'TimeoutError' })
    peer.deadlines(0)
    assert.equal(String(await peer.recv()), 'abc')
  })
})
