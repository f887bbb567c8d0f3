import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { AddrInfo, connect, IPPROTO_TCP, SOCK_STREAM, type SystemError, stream, TimeoutError } from 'berkeley'
import { type Socket as LowSocket, socket } from 'berkeley/llsocket'
import { sys } from '#internal/constants/lookup.js'
import { threadPoller } from '#internal/engine/choose-poller.js'
import { native } from '#internal/native/sockets.js'
import { closing, countFds, eventually, leavesNoFd, tempFolder, within } from '../util/index.js'
import { listening, portOf, tcp } from './common.js'

leavesNoFd()

// It has a descriptor of its own, which must not be counted during a test.
threadPoller()

describe('connect()', () => {
  test('a client that was created without connecting rejects every call with EBADF until connect()', async (t) => {
    const server = await listening(t)
    const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port: portOf(server) }, false))
    assert.equal(client.fd(), -1)
    await assert.rejects(client.send('x'), { code: 'EBADF' })
    await client.connect()
    await client.send('now')
    assert.equal((await closing(t, await server.accept()).recv())?.toString(), 'now')
  })

  test('the budget of connect() is a whole number of milliseconds, and that of an option is rounded up', async (t) => {
    const server = await listening(t)
    const address = { host: '127.0.0.1', port: portOf(server) }
    const client = closing(t, await stream.inet.Client.create(address, false))
    for (const bad of [1.5, -1, 2 ** 31, Number.NaN])
      await assert.rejects(client.connect(bad), { code: 'ERR_OUT_OF_RANGE', message: /"conndeadl"/ })
    await assert.rejects(stream.inet.Client.create(address, true, 1.5), { code: 'ERR_OUT_OF_RANGE' })
    closing(t, await connect({ ...address, timeout: 5000.5 }))
    await assert.rejects(connect({ ...address, timeout: -1 }), { message: /"options.timeout"/ })
  })

  test('a connection that meets itself, at a port where nothing listens, counts as refused', async (t) => {
    const gone = await listening(t)
    const port = portOf(gone)
    await gone.close()
    const own = AddrInfo.inet('127.0.0.1', port)
    const before = countFds()
    const prepare = (sock: LowSocket): void => {
      sock.reuseaddr(true)
      sock.bind(own)
    }
    await assert.rejects(stream.inet.Client.create({ host: '127.0.0.1', port, prepare }), {
      code: 'ECONNREFUSED',
      address: '127.0.0.1',
      port,
    })
    assert.equal(countFds(), before)
    // The kernel itself makes such a connection.
    const low = closing(t, socket.create(AddrInfo.inet('127.0.0.1', port, { socktype: SOCK_STREAM }), true))
    prepare(low)
    low.connect(own)
    assert.deepEqual(low.getsockname(), low.getpeername())
  })

  test('create() rejects with an AbortError when its signal is aborted', async (t) => {
    const server = await listening(t)
    const options = { host: '127.0.0.1', port: portOf(server), signal: AbortSignal.abort() }
    await assert.rejects(stream.inet.Client.create(options), { name: 'AbortError' })
  })

  test('the signal of create() applies to that attempt only', async (t) => {
    const server = closing(t, await stream.inet.Server.create({ host: '127.0.0.1' }))
    server.listen()
    const abort = new AbortController()
    const { port } = server.getsockname()
    const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port, signal: abort.signal }))
    abort.abort()
    await client.connect()
    await assert.rejects(client.connect(0, { signal: abort.signal }), { name: 'AbortError' })
  })
})

describe('errors of connect()', () => {
  test('connect() rejects with ECONNREFUSED and the address when no server listens (H49)', async (t) => {
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

  test('connect() to a unix path rejects with ENOENT or ECONNREFUSED and the path', async (t) => {
    const path = join(tempFolder(t), 's')
    await assert.rejects(stream.unix.Client.create({ path }), { message: `connect ENOENT ${path}`, path })
    const server = closing(t, await stream.unix.Server.create({ path }))
    await assert.rejects(stream.unix.Client.create({ path }), { code: 'ECONNREFUSED', path })
    assert.equal(server.acceptconn(), false)
  })

  test("connect() to the client's own address is refused instead of connecting to itself (H52)", async (t) => {
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

  test('connect() rejects with EISCONN or EALREADY when the kernel says so of a socket that has no connection', async (t) => {
    const server = await listening(t)
    const before = countFds()
    for (const code of ['EISCONN', 'EALREADY'] as const) {
      const answer = t.mock.method(native, 'connectNonblocking', () => -sys[code])
      const connecting = stream.inet.Client.create({ host: '127.0.0.1', port: portOf(server) })
      await assert.rejects(within(connecting, 'the end of the attempt'), { code, syscall: 'connect' })
      answer.mock.restore()
    }
    assert.equal(countFds(), before)
  })

  test('create() rejects when the lookup fails or the port is invalid', async () => {
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

  test('connect() rejects with a TimeoutError when the listener does not accept in time (H49)', async (t) => {
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
})

describe('connecting again', () => {
  test('connect() closes the old connection when the new one is established, and not before (H51)', async (t) => {
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

  test('connect() works while the former connection still lingers (H51)', async (t) => {
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

  test('connect() that is repeated hundreds of times keeps a single descriptor (H51)', async (t) => {
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
