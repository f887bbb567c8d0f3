import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { closeSync, openSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import {
  AddrInfo,
  IPPROTO_TCP,
  MSG_OOB,
  MSG_PEEK,
  SOCK_STREAM,
  type SystemError,
  stream,
  TCP_CLOSE,
  TimeoutError,
} from 'berkeley'
import { type Socket as LowSocket, socket } from 'berkeley/llsocket'
import { native } from '#internal/native/sockets.js'
import {
  available,
  closing,
  delaysDuring,
  eachFamily,
  eventually,
  leavesNoFd,
  start,
  tempFolder,
  within,
} from '../util/index.js'

leavesNoFd()

type Server = stream.inet.Server
type Client = stream.inet.Client
type Peer = stream.inet.Socket

async function listening(t: Parameters<typeof closing>[0], host = '127.0.0.1'): Promise<Server> {
  const server = closing(t, await stream.inet.Server.create({ host }))
  server.listen()
  return server
}

const portOf = (server: Server): number => server.getsockname().port as number

async function conversation(t: Parameters<typeof closing>[0], host = '127.0.0.1'): Promise<[Client, Peer]> {
  const server = await listening(t, host)
  const client = closing(t, await stream.inet.Client.create({ host, port: portOf(server) }))
  return [client, closing(t, await server.accept())]
}

/** Everything up to the end of the stream. */
async function drain(from: { recv(): Promise<Buffer | null> }): Promise<Buffer> {
  const parts: Buffer[] = []
  for (;;) {
    const part = await from.recv()
    if (part === null) return Buffer.concat(parts)
    parts.push(part)
  }
}

const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex')

eachFamily(({ loopback, family }) => {
  test('a conversation: both ways, half-close, end', async (t) => {
    const [client, peer] = await conversation(t, loopback)
    assert.equal(client.family(), family)
    assert.equal(peer.getpeername().toString(), client.getsockname().toString())
    assert.equal(await client.send('hello'), 5)
    assert.equal((await peer.recv())?.toString(), 'hello')
    client.closew()
    assert.equal(await peer.recv(), null)
    assert.equal(await peer.recv(), null)
    await peer.send('still here')
    assert.equal((await client.recv())?.toString(), 'still here')
    await assert.rejects(client.send('x'), { code: 'EPIPE', bytes: 0 })
    await peer.close()
    assert.equal(await client.recv(), null)
  })

  for (const [size, sndbuf] of [
    [16 << 20, 1 << 20],
    [256 << 10, 4096],
  ] as const)
    test(`${size >> 10} KiB arrive as they were sent, through a send buffer of ${sndbuf} (H27)`, async (t) => {
      const [client, peer] = await conversation(t, loopback)
      client.sndbuf(sndbuf)
      const data = randomBytes(size)
      const received = drain(peer)
      assert.equal(await client.send(data), data.length)
      client.closew()
      assert.equal(sha256(await received), sha256(data))
    })

  test('two hundred clients at once, each with bytes of its own (H01)', async (t) => {
    const server = await listening(t, loopback)
    const count = 200
    const serving = (async () => {
      for (let i = 0; i < count; i++) {
        const peer = await server.accept()
        void (async () => {
          await peer.send(await drain(peer))
          await peer.close()
        })()
      }
    })()
    await Promise.all(
      Array.from({ length: count }, async (_, i) => {
        const client = await stream.inet.Client.create({ host: loopback, port: portOf(server) })
        const own = Buffer.alloc(1000 + i * 37, i)
        await client.send(own)
        client.closew()
        assert.ok((await drain(client)).equals(own))
        await client.close()
      }),
    )
    await serving
  })
})

describe('receiving', () => {
  test('no more than was asked for; MSG_PEEK leaves it there', async (t) => {
    const [client, peer] = await conversation(t)
    await client.send('0123456789')
    assert.equal((await peer.recv(4, MSG_PEEK))?.toString(), '0123')
    assert.equal((await peer.recv(4))?.toString(), '0123')
    const own = Buffer.alloc(3)
    assert.equal(await peer.recvinto(own), 3)
    assert.equal(own.toString(), '456')
    await client.close()
    assert.equal(await peer.recvinto(Buffer.alloc(100)), 3)
    assert.equal(await peer.recvinto(Buffer.alloc(100)), 0)
  })

  test('bad arguments reject before the kernel is asked', async (t) => {
    const [client] = await conversation(t)
    await assert.rejects(client.recv(0), { name: 'RangeError', code: 'ERR_OUT_OF_RANGE', message: /"bufsize"/ })
    await assert.rejects(client.recv('9' as never), { code: 'ERR_INVALID_ARG_TYPE', message: /"bufsize"/ })
    await assert.rejects(client.recv(1, 1.5), { code: 'ERR_OUT_OF_RANGE', message: /"flags"/ })
    await assert.rejects(client.recv(1, 0, { signal: {} as never }), {
      code: 'ERR_INVALID_ARG_TYPE',
      message: /signal/,
    })
    await assert.rejects(client.recvinto(new Uint8Array(0)), { code: 'ERR_OUT_OF_RANGE', message: /"buffer"/ })
    await assert.rejects(client.send(5 as never), { code: 'ERR_INVALID_ARG_TYPE', message: /"data"/ })
  })

  test('memory that goes away while a call waits is an error, never a stray read (H37)', async (t) => {
    const [client, peer] = await conversation(t)
    const memory = new Uint8Array(100)
    const waiting = peer.recvinto(memory)
    structuredClone(memory.buffer, { transfer: [memory.buffer] })
    await client.send('x')
    await assert.rejects(waiting, TypeError)
    assert.equal((await peer.recv())?.toString(), 'x')
  })
})

describe('the end is never missed, whatever came before it', () => {
  /** Lets the event loop turn, so that what the kernel has to say is said. */
  const turns = async (): Promise<void> => {
    for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve))
  }

  for (const [what, between] of [
    ['data and the end at once', async () => {}],
    ['the end a turn later', turns],
  ] as const)
    for (const pause of [async () => {}, turns])
      test(`${what}, read ${pause === turns ? 'later' : 'at once'}`, async (t) => {
        const [client, peer] = await conversation(t)
        for (let round = 0; round < 3; round++) {
          const waiting = peer.recv()
          await turns()
          await client.send('warm')
          assert.equal(String(await waiting), 'warm')
        }
        const waiting = peer.recv()
        await client.send('x')
        await between()
        client.closew()
        assert.equal(String(await waiting), 'x')
        await pause()
        assert.equal(await within(peer.recv(), 'the end'), null)
        assert.equal(await within(peer.recv(), 'the end again'), null)
      })

  test('a reset after a short read', async (t) => {
    const [client, peer] = await conversation(t)
    const waiting = peer.recv()
    await turns()
    await client.send('x')
    assert.equal(String(await waiting), 'x')
    client.linger(0)
    await client.close()
    await assert.rejects(within(peer.recv(), 'the reset'), { code: 'ECONNRESET' })
  })

  test('urgent data stops a read short, and what follows is read all the same (H41)', async (t) => {
    const [client, peer] = await conversation(t)
    const waiting = peer.recv()
    await turns()
    await client.send('before')
    await client.send('!', MSG_OOB)
    await client.send('after')
    let text = String(await waiting)
    while (!text.endsWith('after')) text += await within(peer.recv(), 'what follows')
    assert.equal(text, 'beforeafter')
  })

  test('many small messages without a stall (H12)', { timeout: 60_000 }, async (t) => {
    const [client, peer] = await conversation(t)
    const rounds = 20_000
    const echo = (async () => {
      for await (const data of peer) await peer.send(data)
    })()
    for (let i = 0; i < rounds; i++) {
      await client.send('tick')
      if (i % 7 === 0) await new Promise((resolve) => setImmediate(resolve))
      assert.equal(String(await client.recv()), 'tick')
    }
    client.closew()
    await echo
  })
})

describe('deadlines and cancellation', () => {
  test('a receive in vain ends in time, and the socket goes on (H22)', async (t) => {
    const [client, peer] = await conversation(t)
    assert.deepEqual(peer.deadlines(40), [40, 0])
    const started = performance.now()
    await assert.rejects(peer.recv(), (error) => error instanceof TimeoutError && error.syscall === 'recv')
    assert.ok(performance.now() - started >= 40)
    await client.send('late')
    assert.equal((await peer.recv())?.toString(), 'late')
  })

  test('a send that does not get through says how much did (H27)', async (t) => {
    const [client, peer] = await conversation(t)
    client.deadlines(0, 50)
    const data = Buffer.alloc(64 << 20)
    const error = await client.send(data).then(
      () => assert.fail('nobody reads'),
      (reason: SystemError) => reason,
    )
    assert.equal(error.name, 'TimeoutError')
    assert.ok((error.bytes as number) > 0 && (error.bytes as number) < data.length)
    await client.close()
    assert.equal((await drain(peer)).length, error.bytes)
  })

  test('rcvtimeo and sndtimeo are the same in seconds', async (t) => {
    const [client] = await conversation(t)
    assert.equal(client.rcvtimeo(1.5), 1.5)
    assert.equal(client.sndtimeo(2), 2)
    assert.deepEqual(client.deadlines(), [1500, 2000])
    assert.throws(() => client.deadlines(-1), { code: 'ERR_OUT_OF_RANGE', message: /"rcvmsec"/ })
    assert.throws(() => client.deadlines(0, Number.NaN), { code: 'ERR_OUT_OF_RANGE', message: /"sndmsec"/ })
  })

  test('an abort loses no byte (H23)', async (t) => {
    const [client, peer] = await conversation(t)
    const abort = new AbortController()
    const waiting = peer.recv(100, 0, { signal: abort.signal })
    abort.abort()
    await assert.rejects(waiting, { name: 'AbortError', code: 'ABORT_ERR' })
    await client.send('kept')
    assert.equal((await peer.recv())?.toString(), 'kept')
  })

  test('hooks are called before each wait, with their context, and replaced ones are returned (H26)', async (t) => {
    const [client, peer] = await conversation(t)
    const context = { waits: 0 }
    const hook = (ctx: typeof context): void => {
      ctx.waits++
      void client.send('go')
    }
    assert.equal(peer.onwaitrecv(hook, context), null)
    assert.equal((await peer.recv())?.toString(), 'go')
    assert.equal(context.waits, 1)
    assert.equal(peer.onwaitrecv(null), hook)
    assert.throws(() => peer.onwaitrecv('x' as never), { code: 'ERR_INVALID_ARG_TYPE', message: /"fn"/ })
  })
})

describe('closing', () => {
  test('what waits ends with ECANCELED, later calls with EBADF, a second close does nothing (H02)', async (t) => {
    const [client, peer] = await conversation(t)
    const waiting = peer.recv()
    const fd = peer.fd()
    const closed = peer.close()
    assert.equal(peer.fd(), -1)
    await assert.rejects(waiting, { code: 'ECANCELED', syscall: 'recv' })
    await closed
    await peer.close()
    await assert.rejects(peer.recv(), { code: 'EBADF' })
    await assert.rejects(peer.send('x'), { code: 'EBADF' })
    assert.throws(() => peer.getsockname(), { code: 'EBADF' })
    assert.throws(() => peer.rcvbuf(), { code: 'EBADF' })
    assert.ok(fd > 0)
    assert.equal(await client.recv(), null)
  })

  test('a descriptor that was closed behind our back: close says so, and is over (H05)', async (t) => {
    const [client] = await conversation(t)
    const waiting = client.recv()
    native.close(client.fd())
    const closed = client.close()
    assert.equal(client.fd(), -1)
    await assert.rejects(waiting, { code: 'ECANCELED' })
    await assert.rejects(closed, { code: 'EBADF', syscall: 'close' })
    await client.close()
  })

  test('closer() wakes the reader with the end of the stream', async (t) => {
    const [, peer] = await conversation(t)
    const waiting = peer.recv()
    peer.closer()
    assert.equal(await within(waiting, 'the end'), null)
  })

  test('closew() wakes a writer that waits for room (H42)', async (t) => {
    const [client] = await conversation(t)
    const waiting = client.send(Buffer.alloc(64 << 20))
    await new Promise((resolve) => setImmediate(resolve))
    client.closew()
    await assert.rejects(within(waiting, 'the end'), { code: 'EPIPE' })
  })

  test('a lingering close does not stop the event loop (H31)', async (t) => {
    const [client] = await conversation(t)
    client.sndbuf(1 << 20)
    client.deadlines(0, 20)
    await client.send(Buffer.alloc(64 << 20)).catch(() => {})
    assert.equal(client.linger(1), 1)
    const { took, worst } = await delaysDuring(() => client.close())
    assert.ok(took > 500, `it did not linger, but took ${took} ms`)
    assert.ok(worst < took / 2, `the loop stood still for ${worst} of ${took} ms`)
  })

  test('a lingering close of many at once does not either (H31)', async (t) => {
    const clients = await Promise.all(Array.from({ length: 3 }, async () => (await conversation(t))[0]))
    for (const client of clients) {
      client.deadlines(0, 5)
      await client.send(Buffer.alloc(64 << 20)).catch(() => {})
      client.linger(1)
    }
    const { took, worst } = await delaysDuring(() => Promise.all(clients.map((client) => client.close())))
    assert.ok(took > 500, `they did not linger, but took ${took} ms`)
    assert.ok(worst < took / 2, `the loop stood still for ${worst} of ${took} ms`)
  })

  test('the socket of an attempt that failed does not either (H31)', async (t) => {
    const server = closing(
      t,
      await stream.inet.Server.create({ host: '127.0.0.1', prepare: (sock) => void sock.rcvbuf(1) }),
    )
    server.listen()
    // A hello that the kernel on the other side has no room for.
    const ALPNProtocols = Array.from({ length: 60 }, (_, i) => 'x'.repeat(240) + i)
    const attempt = stream.inet.Client.create(
      {
        host: '127.0.0.1',
        port: portOf(server),
        tlscfg: { servername: 'localhost', ALPNProtocols },
        prepare: (sock) => void sock.linger(2),
      },
      true,
      100,
    )
    const { worst } = await delaysDuring(async () => {
      await assert.rejects(attempt, { name: 'TimeoutError', syscall: 'handshake' })
      await new Promise((turn) => setTimeout(turn, 20))
    })
    assert.ok(worst < 1000, `the loop stood still for ${worst} ms`)
  })

  test('the duplicate that a thread sent a file from does not linger on the event loop either (H31)', async (t) => {
    const folder = tempFolder(t)
    writeFileSync(join(folder, 'file'), Buffer.alloc(16 << 20))
    const file = openSync(join(folder, 'file'), 'r')
    t.after(() => closeSync(file))
    const [client] = await conversation(t)
    client.linger(2)
    const { took, worst } = await delaysDuring(async () => {
      const sending = assert.rejects(client.sendfile(file, 16 << 20), { code: 'ECANCELED' })
      const closed = client.close()
      // Both threads are done before the event loop hears of it: the duplicate is the last one that has the socket.
      const end = performance.now() + 200
      while (performance.now() < end);
      await Promise.all([sending, closed])
      // A turn that was late is noticed in the next one.
      await new Promise((resolve) => setTimeout(resolve, 20))
    })
    assert.ok(took > 1500, `it did not linger, but took ${took} ms`)
    assert.ok(worst < 1000, `the loop stood still for ${worst} of ${took} ms`)
  })

  test('detach gives the descriptor away, still open', async (t) => {
    const [client, peer] = await conversation(t)
    const waiting = client.recv()
    const low = closing(t, socket.wrap(client.detach()))
    await assert.rejects(waiting, { code: 'ECANCELED' })
    assert.equal(client.fd(), -1)
    low.send('from below')
    assert.equal((await peer.recv())?.toString(), 'from below')
  })

  test('await using closes', async (t) => {
    const [client, peer] = await conversation(t)
    await client[Symbol.asyncDispose]()
    assert.equal(client.fd(), -1)
    assert.equal(await peer.recv(), null)
  })
})

describe('servers', () => {
  test('reuseaddr is on unless it is switched off', async (t) => {
    const on = closing(t, await stream.inet.Server.create({ host: '127.0.0.1', reuseport: true }))
    const off = closing(t, await stream.inet.Server.create({ host: '127.0.0.1', reuseaddr: false }))
    assert.equal(on.reuseaddr(), true)
    assert.equal(on.reuseport(), true)
    assert.equal(off.reuseaddr(), false)
    assert.equal(off.reuseport(), false)
    assert.equal(off.isnonblock(), true)
    assert.equal(off.cloexec(), true)
  })

  test('an address in use is EADDRINUSE, with the address', async (t) => {
    const server = await listening(t)
    await assert.rejects(stream.inet.Server.create({ host: '127.0.0.1', port: portOf(server) }), {
      code: 'EADDRINUSE',
      syscall: 'bind',
      address: '127.0.0.1',
      port: portOf(server),
    })
  })

  test('accept keeps to the receive deadline, and close ends it', async (t) => {
    const server = await listening(t)
    server.deadlines(20)
    await assert.rejects(server.accept(), { name: 'TimeoutError', syscall: 'accept' })
    server.deadlines(0)
    const waiting = server.accept()
    await server.close()
    await assert.rejects(waiting, { code: 'ECANCELED', syscall: 'accept' })
  })

  test('acceptfd gives the bare descriptor', async (t) => {
    const server = await listening(t)
    const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port: portOf(server) }))
    const peer = closing(t, socket.wrap(await server.acceptfd()))
    assert.equal(peer.nonblock(), true)
    assert.equal(peer.cloexec(), true)
    assert.equal(peer.getpeername().port, client.getsockname().port)
  })

  test('the error of a socket is told once', async (t) => {
    const [client, peer] = await conversation(t)
    assert.equal(client.error(), null)
    peer.linger(0)
    await peer.close()
    const known = async (): Promise<void> => {
      while (client.tcpinfo().state !== TCP_CLOSE) await new Promise((resolve) => setImmediate(resolve))
    }
    await within(known(), 'the reset')
    const error = client.error()
    assert.deepEqual([error?.code, error?.syscall, client.error()], ['ECONNRESET', 'getsockopt', null])
  })

  test('createConnection makes connections of another class', async (t) => {
    class Greeting extends stream.inet.Socket {
      greet(): Promise<number> {
        return this.send('welcome')
      }
    }
    class GreetingServer extends stream.inet.Server {
      override createConnection(sock: LowSocket): Greeting {
        return new Greeting(sock)
      }
    }
    const server = closing(t, await GreetingServer.create({ host: '127.0.0.1' }))
    assert.ok(server instanceof GreetingServer)
    server.listen()
    const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port: portOf(server) }))
    const peer = closing(t, await server.accept())
    await peer.greet()
    assert.equal((await client.recv())?.toString(), 'welcome')
  })

  test('connections and clients send small segments at once, unless told otherwise', async (t) => {
    const [client, peer] = await conversation(t)
    assert.equal(client.tcpnodelay(), true)
    assert.equal(peer.tcpnodelay(), true)
    const server = closing(t, await stream.inet.Server.create({ host: '127.0.0.1', tcpnodelay: false }))
    server.listen()
    const slow = closing(
      t,
      await stream.inet.Client.create({ host: '127.0.0.1', port: portOf(server), tcpnodelay: false }),
    )
    assert.equal(slow.tcpnodelay(), false)
    assert.equal(closing(t, await server.accept()).tcpnodelay(), false)
  })
})

describe('clients', () => {
  test('nobody listens: ECONNREFUSED, with the address (H49)', async (t) => {
    const server = await listening(t)
    const port = portOf(server)
    await server.close()
    await assert.rejects(stream.inet.Client.create({ host: '127.0.0.1', port }), {
      message: `connect ECONNREFUSED 127.0.0.1:${port}`,
      code: 'ECONNREFUSED',
      errno: -111,
      syscall: 'connect',
      address: '127.0.0.1',
      port,
    })
  })

  test('a lookup that fails says so', async () => {
    await assert.rejects(stream.inet.Client.create({ host: 'a..b.invalid', port: 1 }), {
      syscall: 'getaddrinfo',
      code: /^EAI_/,
    })
    await assert.rejects(stream.inet.Client.create({ host: '127.0.0.1\0.example', port: 1 }), {
      code: 'ERR_INVALID_ARG_VALUE',
      message: /"host"/,
    })
    for (const port of ['80abc', ' 80', '1e3', 65536, -1, 80.5, '-1', '', Number.NaN])
      if (port !== '')
        await assert.rejects(stream.inet.Client.create({ host: '127.0.0.1', port }), {
          name: 'RangeError',
          message: /"port"/,
        })
  })

  test('without connecting it is closed for every call, until connect()', async (t) => {
    const server = await listening(t)
    const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port: portOf(server) }, false))
    assert.equal(client.fd(), -1)
    await assert.rejects(client.send('x'), { code: 'EBADF' })
    await client.connect()
    await client.send('now')
    assert.equal((await closing(t, await server.accept()).recv())?.toString(), 'now')
  })

  test('connect again: the old connection goes when the new one stands, and only then (H51)', async (t) => {
    const server = await listening(t)
    const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port: portOf(server) }))
    const first = closing(t, await server.accept())
    const waiting = client.recv()
    await client.connect()
    await assert.rejects(waiting, { code: 'ECANCELED' })
    assert.equal(await first.recv(), null)
    const second = closing(t, await server.accept())
    await server.close()
    await assert.rejects(client.connect(), { code: 'ECONNREFUSED' })
    await client.send('the second stands')
    assert.equal((await second.recv())?.toString(), 'the second stands')
  })

  test('connect again, while the former connection takes its time to end (H51)', async (t) => {
    const server = await listening(t)
    const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port: portOf(server) }))
    const first = closing(t, await server.accept())
    client.deadlines(0, 1)
    await assert.rejects(client.send(Buffer.alloc(64 << 20)), { code: 'ETIMEDOUT' }) // more than anybody takes
    client.linger(30)
    const former = client.fd()
    const lingering = client.connect()
    closing(t, await server.accept())
    await eventually(() => client.fd() !== former, 'the second connection')
    await client.connect()
    const third = closing(t, await server.accept())
    await client.send('the third stands')
    assert.equal((await third.recv())?.toString(), 'the third stands')
    first.linger(0)
    await Promise.all([first.close(), lingering.catch(() => undefined)])
  })

  test('a listener that does not accept: the budget ends the connection (H49)', async (t) => {
    const listener = closing(
      t,
      socket.create(AddrInfo.inet('127.0.0.1', 0, { socktype: SOCK_STREAM, protocol: IPPROTO_TCP })),
    )
    listener.bind()
    listener.listen(0)
    const port = listener.getsockname().port as number
    const fillers = []
    for (let i = 0; i < 8; i++) {
      const filler = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port }, false))
      fillers.push(filler.connect(50).catch((error: SystemError) => error))
    }
    const late = (await Promise.all(fillers)).filter((error) => error instanceof TimeoutError)
    assert.ok(late.length > 0, 'some SYN was dropped')
    assert.equal((late[0] as TimeoutError).syscall, 'connect')
  })

  test('one attempt at a time; close ends it, and no connection is left over (H02)', async (t) => {
    const server = await listening(t)
    const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port: portOf(server) }, false))
    const attempt = client.connect()
    await assert.rejects(client.connect(), { code: 'EALREADY', syscall: 'connect' })
    await client.close()
    await assert.rejects(attempt, { code: 'ECANCELED', syscall: 'connect' })
    assert.equal(client.fd(), -1)
    await client.connect()
    await client.send('the second attempt')
  })

  test('abort ends the connection too', async (t) => {
    const server = await listening(t)
    const options = { host: '127.0.0.1', port: portOf(server), signal: AbortSignal.abort() }
    await assert.rejects(stream.inet.Client.create(options), { name: 'AbortError' })
  })
})

describe('counterparties', () => {
  test('node:net as the server', async (t) => {
    const server = createServer((conn) => conn.pipe(conn))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.after(() => new Promise((resolve) => server.close(resolve)))
    const { port } = server.address() as { port: number }
    const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port }))
    const data = randomBytes(1 << 20)
    const echoed = drain(client)
    await client.send(data)
    client.closew()
    assert.ok((await echoed).equals(data))
  })

  test('socat as the client', { skip: available('socat') }, async (t) => {
    const server = await listening(t)
    const socat = start(t, 'socat', ['-t5', '-', `TCP4:127.0.0.1:${portOf(server)}`])
    socat.write('from socat')
    socat.endInput()
    const peer = closing(t, await server.accept())
    assert.equal((await drain(peer)).toString(), 'from socat')
    await peer.send('to socat')
    await peer.close()
    assert.equal((await socat.ended).stdout, 'to socat')
  })

  test('nc as the server', { skip: available('nc') }, async (t) => {
    const probe = await listening(t)
    const port = portOf(probe)
    await probe.close()
    const nc = start(t, 'nc', ['-l', '-v', '127.0.0.1', String(port)])
    await nc.waitForOutput(/[Ll]istening/)
    const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port }))
    await client.send('to nc\n')
    await nc.waitForOutput(/to nc/)
    nc.write('from nc\n')
    assert.equal((await client.recv())?.toString(), 'from nc\n')
  })

  test('python3 as the server', { skip: available('python3') }, async (t) => {
    const code = `
import socket
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
c, _ = s.accept()
data = b""
while (part := c.recv(65536)):
    data += part
c.sendall(data[::-1])
c.close()
`
    const python = start(t, 'python3', ['-c', code])
    const [port] = await python.waitForOutput(/\d+/)
    const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port: Number(port) }))
    const data = randomBytes(300_000)
    await client.send(data)
    client.closew()
    assert.ok((await drain(client)).equals(Buffer.from(data).reverse()))
  })
})
