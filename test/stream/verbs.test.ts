import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import {
  AddrInfo,
  CmsgHdr,
  MSG_CTRUNC,
  MSG_DONTWAIT,
  MSG_WAITALL,
  MsgHdr,
  type SystemError,
  seqpacket,
  stream,
} from 'berkeley'
import { socket } from 'berkeley/llsocket'
import {
  available,
  closing,
  closingAll,
  delaysDuring,
  leavesNoFd,
  start,
  tempFolder,
  within,
  withoutIpv6,
} from '../util/index.js'

leavesNoFd()

type Pair = [stream.unix.Socket, stream.unix.Socket]
type Test = Parameters<typeof closing>[0]

const pair = async (t: Test): Promise<Pair> => closingAll(t, await stream.unix.pair())

async function drain(from: stream.Socket): Promise<Buffer> {
  const parts: Buffer[] = []
  for (let part = await from.recv(); part !== null; part = await from.recv()) parts.push(part)
  return Buffer.concat(parts)
}

function opened(t: Test, path: string, flags: string): number {
  const fd = openSync(path, flags)
  t.after(() => closeSync(fd))
  return fd
}

function file(t: Test, content: Buffer): number {
  const path = join(tempFolder(t), 'file')
  writeFileSync(path, content)
  return opened(t, path, 'r')
}

describe('locked verbs', () => {
  test('pieces of many senders never mix (H24)', async (t) => {
    const [a, b] = await pair(t)
    const count = 16
    const size = 300_000
    const received = drain(b)
    await Promise.all(Array.from({ length: count }, (_, i) => a.sendsync(Buffer.alloc(size, i))))
    a.closew()
    const data = await received
    assert.equal(data.length, count * size)
    for (let i = 0; i < count; i++) assert.ok(data.subarray(i * size, (i + 1) * size).every((byte) => byte === i))
  })

  test('receivers are served in the order of their calls', async (t) => {
    const [a, b] = await pair(t)
    const waiting = [1, 2, 3].map(() => b.recvsync(1))
    await a.send('xyz')
    assert.deepEqual((await Promise.all(waiting)).map(String), ['x', 'y', 'z'])
  })

  test('the deadline covers the wait for the turn (H24)', async (t) => {
    const [a, b] = await pair(t)
    b.deadlines(40)
    const waiting = [1, 2, 3].map(() => b.recvsync())
    const started = performance.now()
    await Promise.all(waiting.map((one) => assert.rejects(one, { name: 'TimeoutError' })))
    assert.ok(performance.now() - started < 1000, 'one budget each, running at the same time')
    await a.send('still works')
    assert.equal(String(await b.recvsync()), 'still works')
  })

  test('close ends all of them (H02)', async (t) => {
    const [, b] = await pair(t)
    const waiting = [1, 2, 3].map(() => b.recvsync())
    await b.close()
    await Promise.all(waiting.map((one) => assert.rejects(one, { code: 'ECANCELED' })))
    await assert.rejects(b.recvsync(), { code: 'EBADF' })
  })

  test('bad arguments reject, and leave the lock free (H25)', async (t) => {
    const [a, b] = await pair(t)
    await assert.rejects(b.recvsync(-1), { code: 'ERR_OUT_OF_RANGE' })
    await a.send('x')
    assert.equal(String(await b.recvsync()), 'x')
  })

  test('what only looks like a signal is refused, also by a call that has to wait for its turn (H25)', async (t) => {
    const [, b] = await pair(t)
    const first = b.recvsync()
    const fake = Object.create(AbortSignal.prototype, { aborted: { value: false } })
    await assert.rejects(b.recvsync(10, 0, { signal: fake }), { code: 'ERR_INVALID_ARG_TYPE' })
    await b.close()
    await assert.rejects(first, { code: 'ECANCELED' })
  })

  test('a plain verb is refused while another waits', async (t) => {
    const [, b] = await pair(t)
    const waiting = b.recv()
    await assert.rejects(b.recv(), { code: 'EALREADY' })
    await b.close()
    await assert.rejects(waiting, { code: 'ECANCELED' })
  })
})

describe('messages', () => {
  test('several pieces arrive as one stream; what was sent is consumed', async (t) => {
    const [a, b] = await pair(t)
    const msg = new MsgHdr()
    msg.add('one ')
    msg.add(Buffer.from('two '))
    msg.add('three')
    assert.equal(await a.sendmsg(msg), 13)
    assert.equal(msg.bytes(), 0)
    const got = new MsgHdr()
    got.addn(6)
    got.addn(100)
    assert.equal(await b.recvmsg(got), 13)
    assert.deepEqual([String(got.get(0)), String(got.get(1))], ['one tw', 'o three'])
  })

  test('a long message with descriptors passes them once (H77)', async (t) => {
    const [a, b] = await pair(t)
    const data = randomBytes(4 << 20)
    const fds = [file(t, Buffer.from('0')), file(t, Buffer.from('1')), file(t, Buffer.from('2'))]
    const msg = new MsgHdr()
    msg.add(data)
    msg.control().push(CmsgHdr.rights(...fds))
    const sending = a.sendmsg(msg)
    const parts: Buffer[] = []
    const received: number[] = []
    let length = 0
    while (length < data.length) {
      const got = new MsgHdr()
      got.addn(1 << 20)
      length += (await b.recvmsg(got)) ?? 0
      parts.push(got.concat())
      for (const cmsg of got.control()) received.push(...cmsg.take())
    }
    assert.equal(await sending, data.length)
    assert.ok(Buffer.concat(parts).equals(data))
    assert.equal(received.length, 3)
    for (const fd of received) closeSync(fd)
  })

  test('a deadline midway leaves the rest in the message (H27)', async (t) => {
    const [a, b] = await pair(t)
    a.deadlines(0, 30)
    const data = randomBytes(8 << 20)
    const msg = new MsgHdr()
    msg.add(data)
    const error = await a.sendmsg(msg).then(
      () => assert.fail('nobody reads'),
      (reason: SystemError) => reason,
    )
    assert.equal(error.name, 'TimeoutError')
    assert.equal((error.bytes as number) + msg.bytes(), data.length)
    a.deadlines(0, 0)
    const received = drain(b)
    await a.sendmsg(msg)
    a.closew()
    assert.ok((await received).equals(data))
  })

  test('the end of the stream is null', async (t) => {
    const [a, b] = await pair(t)
    await a.close()
    const msg = new MsgHdr()
    msg.addn(10)
    assert.equal(await b.recvmsg(msg), null)
  })

  test('descriptors that nobody takes are closed with the next receive (H75)', async (t) => {
    const [a, b] = await pair(t)
    const msg = new MsgHdr()
    msg.addn(10)
    for (let i = 0; i < 3; i++) {
      await a.sendfd(0)
      await b.recvmsg(msg)
      assert.equal(msg.control().length, 1)
    }
    msg.control().clear()
  })

  test('no room for control messages: MSG_CTRUNC, and nothing leaks (H70)', async (t) => {
    const [a, b] = await pair(t)
    await a.sendfd(0)
    const msg = new MsgHdr()
    msg.addn(10)
    msg.control().reserve(0)
    assert.equal(await b.recvmsg(msg), 1)
    assert.equal(msg.flags() & MSG_CTRUNC, MSG_CTRUNC)
    assert.equal(msg.control().length, 0)
  })
})

describe('descriptors', () => {
  test('a file goes over, and is read at the other end', async (t) => {
    const [a, b] = await pair(t)
    const waiting = b.recvfd()
    assert.equal(await a.sendfd(file(t, Buffer.from('content'))), 0)
    const fd = (await waiting) as number
    const into = Buffer.alloc(10)
    assert.equal(readSync(fd, into, 0, 10, 0), 7)
    assert.equal(into.toString('utf8', 0, 7), 'content')
    closeSync(fd)
  })

  test('many in turn, each in its place', async (t) => {
    const [a, b] = await pair(t)
    const files = Array.from({ length: 20 }, (_, i) => file(t, Buffer.from(`file ${i}`)))
    const waiting = files.map(() => b.recvfdsync())
    await Promise.all(files.map((fd) => a.sendfdsync(fd)))
    for (const [i, one] of waiting.entries()) {
      const fd = (await one) as number
      assert.equal(readFileSync(fd, 'utf8'), `file ${i}`)
      closeSync(fd)
    }
  })

  test('a connection goes over: the server hands it to the other end of a pair', async (t) => {
    const [a, b] = await pair(t)
    const server = closing(t, await stream.inet.Server.create({ host: '127.0.0.1' }))
    server.listen()
    const port = server.getsockname().port as number
    const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port }))
    const accepted = closing(t, await server.accept())
    await a.sendfd(accepted.fd())
    const conn = closing(t, await stream.wrap((await b.recvfd()) as number))
    assert.ok(conn instanceof stream.inet.Socket)
    await conn.send('from the new owner')
    assert.equal(String(await client.recv()), 'from the new owner')
  })

  test('is not passed to what only looks like an address', async (t) => {
    const [a, b] = await pair(t)
    const fake = Object.create(AddrInfo.prototype) as AddrInfo
    await assert.rejects(a.sendfd(0, fake), { code: 'ERR_INVALID_ARG_TYPE' })
    await assert.rejects(b.recvfd(MSG_DONTWAIT), { code: 'EAGAIN' })
    assert.throws(() => new MsgHdr().name(fake), { code: 'ERR_INVALID_ARG_TYPE' })
  })

  test('the end is null; data without a descriptor is ENOMSG', async (t) => {
    const [a, b] = await pair(t)
    await a.send('x')
    await assert.rejects(b.recvfd(), { code: 'ENOMSG', syscall: 'recvfd' })
    await a.close()
    assert.equal(await b.recvfd(), null)
    await assert.rejects(a.sendfd(0), { code: 'EBADF' })
    await assert.rejects(b.sendfd(-1), { code: 'ERR_OUT_OF_RANGE', message: /"fd"/ })
    await assert.rejects(b.sendfd(0, 'x' as never), { code: 'ERR_INVALID_ARG_TYPE', message: /"ai"/ })
  })

  test('python3 takes one and gives one back', { skip: available('python3') }, async (t) => {
    const [a, theirs] = socket.pair(1)
    const ours = closing(t, new stream.unix.Socket(a))
    const code = `
import os, socket
s = socket.socket(fileno=3)
data, fds, flags, addr = socket.recv_fds(s, 10, 1)
text = os.read(fds[0], 100)
r, w = os.pipe()
os.write(w, text[::-1])
socket.send_fds(s, [b"x"], [r])
`
    start(t, 'python3', ['-c', code], { stdio: ['pipe', 'pipe', 'pipe', theirs.fd()] })
    theirs.close()
    await ours.sendfd(file(t, Buffer.from('stressed')))
    const fd = (await ours.recvfd()) as number
    const into = Buffer.alloc(20)
    assert.equal(into.toString('utf8', 0, readSync(fd, into)), 'desserts')
    closeSync(fd)
  })
})

describe('sendfile', () => {
  test('a file arrives as it is, from an offset, and the end of the file ends it (H40)', async (t) => {
    const [a, b] = await pair(t)
    const content = randomBytes(5 << 20)
    const fd = file(t, content)
    const received = drain(b)
    assert.equal(await a.sendfile(fd, content.length * 2, 1000), content.length - 1000)
    assert.equal(await a.sendfile(fd, 10, 5), 10)
    assert.equal(await a.sendfile(fd, 10, content.length), 0)
    a.closew()
    assert.ok((await received).equals(Buffer.concat([content.subarray(1000), content.subarray(5, 15)])))
  })

  test('offsets beyond 4 GiB are exact (H40)', async (t) => {
    const [a, b] = await pair(t)
    const path = join(tempFolder(t), 'sparse')
    const fd = opened(t, path, 'w+')
    const far = 5 * 2 ** 30
    ftruncateSync(fd, far)
    writeSync(fd, 'far away', far)
    assert.equal(await a.sendfile(fd, 100, far), 8)
    assert.equal(String(await b.recv()), 'far away')
  })

  test('a deadline says how much was sent, and that is what arrives (H27)', async (t) => {
    const [a, b] = await pair(t)
    a.deadlines(0, 40)
    const error = await a.sendfile(file(t, randomBytes(8 << 20)), 8 << 20).then(
      () => assert.fail('nobody reads'),
      (reason: SystemError) => reason,
    )
    assert.equal(error.name, 'TimeoutError')
    await a.close()
    assert.equal((await drain(b)).length, error.bytes)
  })

  test('closing while another thread is at work: ECANCELED, and nobody else is written to (H02)', async (t) => {
    const [a, b] = await pair(t)
    const sending = a.sendfile(file(t, randomBytes(1 << 20)), 1 << 20)
    await a.close()
    const stranger = await pair(t)
    const error = await sending.then(
      () => undefined,
      (reason: SystemError) => reason,
    )
    // The other thread may have been through before the close.
    assert.equal(error?.code ?? 'ECANCELED', 'ECANCELED')
    assert.equal((await drain(b)).length, error?.bytes ?? 1 << 20)
    stranger[1].deadlines(20)
    await assert.rejects(stranger[1].recv(), { name: 'TimeoutError' })
  })

  test('what is no file, and a peer that is gone', async (t) => {
    const [a, b] = await pair(t)
    await assert.rejects(a.sendfile(b.fd(), 10), { code: 'ESPIPE', syscall: 'sendfile', bytes: 0 })
    await assert.rejects(a.sendfile(2 ** 30, 10), { code: 'EBADF' })
    await assert.rejects(a.sendfile(0, 0), { code: 'ERR_OUT_OF_RANGE', message: /"bytes"/ })
    await assert.rejects(a.sendfile(0, 1, -1), { code: 'ERR_OUT_OF_RANGE', message: /"offset"/ })
    await b.close()
    await assert.rejects(a.sendfile(file(t, Buffer.from('x')), 1), { code: 'EPIPE', bytes: 0 })
  })

  test('the event loop turns meanwhile (H40)', async (t) => {
    const [a, b] = await pair(t)
    const size = 64 << 20
    const path = join(tempFolder(t), 'big')
    const fd = opened(t, path, 'w+')
    ftruncateSync(fd, size)
    const received = drain(b)
    let sent = 0
    const { took, p99 } = await delaysDuring(async () => {
      sent = await a.sendfilesync(fd, size)
    })
    assert.equal(sent, size)
    a.closew()
    assert.equal((await received).length, size)
    assert.ok(p99 < took / 2, `the loop stood still for ${p99} of ${took} ms`)
  })

  test('the event loop turns while nobody reads (H40)', async (t) => {
    const [a] = await pair(t)
    const fd = opened(t, process.execPath, 'r')
    a.deadlines(0, 300)
    const { took, worst } = await delaysDuring(() => assert.rejects(a.sendfile(fd, 32 << 20), { name: 'TimeoutError' }))
    assert.ok(took >= 300 && worst < took / 2, `the loop stood still for ${worst} of ${took} ms`)
  })

  test('ends when sending is shut down meanwhile, though the peer does not read', async (t) => {
    const [a] = await pair(t)
    const fd = opened(t, process.execPath, 'r')
    const waits = new Promise<void>((resolve) => a.onwaitsend(() => resolve()))
    const ended = assert.rejects(a.sendfile(fd, 32 << 20), { code: 'EPIPE' })
    await waits
    a.closew()
    await within(ended, 'the end of sendfile()')
  })

  test('a file that shrinks meanwhile ends it early (H40)', async (t) => {
    const [a, b] = await pair(t)
    const size = 32 << 20
    const path = join(tempFolder(t), 'shrinking')
    const fd = opened(t, path, 'w+')
    ftruncateSync(fd, size)
    const sending = a.sendfile(fd, size)
    assert.ok((await b.recv()) !== null)
    ftruncateSync(fd, 4096)
    const received = drain(b)
    const sent = await sending
    a.closew()
    assert.ok(sent < size, `${sent} bytes`)
    await received
  })
})

describe('servers', () => {
  test('for await over a server ends when it is closed', async (t) => {
    const server = await stream.unix.Server.create({ path: join(tempFolder(t), 's') })
    server.listen()
    const path = server.getsockname().path as string
    let count = 0
    const serving = (async () => {
      for await (const conn of server) {
        count++
        await conn.close()
      }
    })()
    for (let i = 0; i < 3; i++) {
      const client = await stream.unix.Client.create({ path })
      assert.equal(await client.recv(), null)
      await client.close()
    }
    await server.close()
    await serving
    assert.equal(count, 3)
  })
})

describe('wrap', () => {
  test('the class follows from the kind of socket; another kind is left alone', async (t) => {
    const [a, b] = closingAll(t, socket.pair(1))
    const wrapped = closing(t, await stream.wrap(a.unwrap()))
    assert.ok(wrapped instanceof stream.unix.Socket)
    assert.equal(wrapped.isnonblock(), true)
    assert.equal(b.nonblock(), false)
    const [c] = closingAll(t, socket.pair(2))
    await assert.rejects(stream.wrap(c.fd()), { code: 'EPROTOTYPE' })
    assert.equal(c.socktype(), 2)
    await assert.rejects(stream.wrap(b.fd()), { code: 'EBUSY' })
    await assert.rejects(stream.wrap(-1), { code: 'ERR_OUT_OF_RANGE' })
    await assert.rejects(stream.wrap(2 ** 30), { code: 'EBADF' })
  })
})

describe('lookups', () => {
  test('addresses of streams', async () => {
    const [ai] = await stream.getaddrinfoin({ host: '127.0.0.1', port: 'http', numeric: true })
    assert.equal(String(ai), '127.0.0.1:80')
    assert.equal(ai?.socktype, 1)
    const [any] = await stream.getaddrinfoin({ port: 7, passive: true })
    assert.match(String(any), /^(0\.0\.0\.0|\[::\]):7$/)
    await assert.rejects(stream.getaddrinfoin({ host: '127.1', numeric: true }), { code: 'EAI_NONAME' })
    const [un] = await stream.getaddrinfoun({ path: '/x' })
    assert.equal(un?.path, '/x')
  })
})

describe('before binding and connecting', () => {
  test('prepare() gets each new socket of a client: options, and an address of its own', async (t) => {
    const server = closing(t, await stream.inet.Server.create({ host: '127.0.0.1' }))
    server.listen()
    const { port } = server.getsockname()
    const client = closing(
      t,
      await stream.inet.Client.create({
        host: '127.0.0.1',
        port,
        prepare(sock, ai) {
          assert.equal(ai.port, port)
          sock.rcvbuf(8192)
          sock.bind(AddrInfo.inet('127.0.0.7'))
        },
      }),
    )
    assert.equal(client.rcvbuf(), 16_384)
    assert.equal(client.getsockname().addr, '127.0.0.7')
    assert.equal(closing(t, await server.accept()).getpeername().addr, '127.0.0.7')
    await client.connect()
    assert.equal(client.getsockname().addr, '127.0.0.7')
  })

  test('prepare() of a server runs before bind', async (t) => {
    const bound: string[] = []
    const prepare = (sock: { getsockname(): AddrInfo }): void => void bound.push(String(sock.getsockname()))
    closing(t, await stream.inet.Server.create({ host: '127.0.0.1', prepare }))
    closing(t, await stream.unix.Server.create({ path: join(tempFolder(t), 's'), prepare }))
    assert.deepEqual(bound, ['0.0.0.0:0', ''])
  })

  test('what prepare() throws ends it, and leaves nothing open', async () => {
    const boom = new Error('boom')
    const prepare = (): never => {
      throw boom
    }
    await assert.rejects(stream.inet.Server.create({ host: '127.0.0.1', prepare }), boom)
    await assert.rejects(stream.inet.Client.create({ host: '127.0.0.1', port: 1, prepare }), boom)
    const refused = { code: 'ERR_INVALID_ARG_TYPE', message: /options.prepare/ }
    await assert.rejects(stream.inet.Server.create({ prepare: 5 as never }), refused)
    await assert.rejects(stream.inet.Client.create({ port: 1, prepare: 5 as never }), refused)
  })
})

describe('options of create()', () => {
  test('an unknown property is refused: it would be ignored', async () => {
    const refused = { code: 'ERR_INVALID_ARG_VALUE', message: /no property "(hots|tlscfg|host)"/ }
    await assert.rejects(stream.inet.Server.create({ hots: '127.0.0.1' } as never), refused)
    await assert.rejects(seqpacket.unix.Client.create({ path: '/x', tlscfg: {} } as never), refused)
    await assert.rejects(stream.unix.Server.create({ path: '/x', host: 'x' } as never), refused)
  })

  test('what is empty or missing by mistake is refused', async () => {
    for (const options of [{ host: '', port: 1 }, { host: 'x', port: '' }, { host: 'x', port: 0 }, { host: 'x' }])
      await assert.rejects(stream.inet.Client.create(options as never), {
        code: /^ERR_/,
        message: /options\.(host|port)/,
      })
    await assert.rejects(stream.inet.Server.create({ host: '' }), { code: 'ERR_INVALID_ARG_VALUE' })
    for (const options of [{ path: '' }, { path: 'a', pathname: 'b' }])
      await assert.rejects(stream.unix.Server.create(options as never), { code: 'ERR_INVALID_ARG_VALUE' })
  })

  test('a server without a host serves IPv6 and IPv4', { skip: withoutIpv6() }, async (t) => {
    const server = closing(t, await stream.inet.Server.create())
    server.listen()
    const { port } = server.getsockname()
    for (const host of ['127.0.0.1', '::1']) {
      const client = closing(t, await stream.inet.Client.create({ host, port }))
      await client.send(host)
      assert.equal(String(await closing(t, await server.accept()).recv()), host)
    }
  })

  test('the signal of create() is for that attempt only', async (t) => {
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

describe('flags of verbs that wait by themselves', () => {
  test('MSG_DONTWAIT is refused with EAGAIN instead of waiting; MSG_WAITALL would be a promise that nobody keeps', async (t) => {
    const [a, b] = await pair(t)
    await assert.rejects(b.recv(10, MSG_DONTWAIT), { code: 'EAGAIN', syscall: 'recv' })
    await a.send('x')
    assert.equal(String(await b.recv(10, MSG_DONTWAIT)), 'x')
    await assert.rejects(b.recv(10, MSG_WAITALL), { code: 'ERR_INVALID_ARG_VALUE', message: /MSG_WAITALL/ })
    await assert.rejects(b.recv(10, 0, AbortSignal.abort() as never), { name: 'TypeError' })
    await assert.rejects(b.recv(10, 0, { signals: 1 } as never), { code: 'ERR_INVALID_ARG_VALUE' })
  })

  test('descriptors that would be lost are refused (H73)', async (t) => {
    const [a] = await pair(t)
    const msg = new MsgHdr()
    msg.control().push(CmsgHdr.rights(0))
    await assert.rejects(a.sendmsg(msg), { code: 'EINVAL', syscall: 'sendmsg' })
  })
})

describe('who owns what', () => {
  test('a connection that createConnection() refuses is closed at once', async (t) => {
    const boom = new Error('boom')
    class Refusing extends stream.inet.Server {
      override createConnection(): never {
        throw boom
      }
    }
    const server = closing(t, await Refusing.create({ host: '127.0.0.1' }))
    server.listen()
    const { port } = server.getsockname()
    const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port }))
    await assert.rejects(server.accept(), boom)
    assert.equal(await client.recv(), null)
  })

  test('a server that was detached leaves its file to the new owner; unlink: false does so too', async (t) => {
    const path = join(tempFolder(t), 's')
    const first = await stream.unix.Server.create({ path })
    first.listen()
    const second = closing(t, await stream.unix.Server.wrap(first.detach()))
    await first.close()
    const client = closing(t, await stream.unix.Client.create({ path }))
    await client.send('to the heir')
    assert.equal(String(await closing(t, await second.accept()).recv()), 'to the heir')
    const kept = await stream.unix.Server.create({ path: `${path}2`, unlink: false })
    await kept.close()
    assert.ok(existsSync(`${path}2`))
  })

  test('what listens is for the wrap() of a server', async (t) => {
    const server = await stream.inet.Server.create({ host: '127.0.0.1' })
    server.listen()
    const fd = server.detach()
    await assert.rejects(stream.wrap(fd), { code: 'EPROTOTYPE', message: /server class/ })
    const heir = closing(t, await stream.inet.Server.wrap(fd))
    const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port: heir.getsockname().port }))
    await client.send('x')
    assert.equal(String(await closing(t, await heir.accept()).recv()), 'x')
  })

  test('a loop over a connection ends when it is closed here', async (t) => {
    const [a, b] = await pair(t)
    const looping = (async () => {
      for await (const _ of b) assert.fail('nothing comes')
    })()
    await b.close()
    await looping
    await a.close()
  })
})
