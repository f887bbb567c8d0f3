// What happens to a call that waits when the socket goes, and what a wait hook may do to its own socket.
import assert from 'node:assert/strict'
import { closeSync, openSync } from 'node:fs'
import { describe, type TestContext, test } from 'node:test'
import { type AddrInfo, dgram, MsgHdr, type Socket, type SystemError, seqpacket, stream } from 'berkeley'
import type { Socket as LowSocket } from 'berkeley/llsocket'
import { native } from '#internal/native/sockets.js'
import { abstractName, closing, leavesNoFd, plannedClient, within } from '../util/index.js'

leavesNoFd()

/** A socket with a call that waits. */
interface Waiting {
  readonly sock: Socket
  readonly call: Promise<unknown>
}

const room = (): MsgHdr => {
  const msg = new MsgHdr()
  msg.addn(16)
  return msg
}

const full = (): MsgHdr => {
  const msg = new MsgHdr()
  msg.add(Buffer.alloc(64 << 20))
  return msg
}

async function pair(t: TestContext): Promise<[stream.unix.Socket, stream.unix.Socket]> {
  const [a, b] = await stream.unix.pair()
  return [closing(t, a), closing(t, b)]
}

async function server(t: TestContext): Promise<stream.inet.Server> {
  const one = closing(t, await stream.inet.Server.create({ host: '127.0.0.1' }))
  one.listen()
  return one
}

async function udp(t: TestContext): Promise<dgram.inet.Socket> {
  const one = closing(t, await dgram.inet.Socket.create({ host: '127.0.0.1', port: 0 }))
  await one.bind()
  return one
}

function file(t: TestContext): number {
  const fd = openSync(process.execPath, 'r')
  t.after(() => closeSync(fd))
  return fd
}

/** A socket without room. */
async function filled(t: TestContext): Promise<stream.unix.Socket> {
  const [a] = await pair(t)
  a.deadlines(0, 1)
  const error = await a.send(Buffer.alloc(64 << 20)).catch((reason: SystemError) => reason)
  assert.equal((error as SystemError).code, 'ETIMEDOUT')
  a.deadlines(0, 0)
  return a
}

const of = <S extends Socket>(sock: S, call: (sock: S) => Promise<unknown>): Waiting => ({ sock, call: call(sock) })

const calls: Record<string, (t: TestContext) => Promise<Waiting>> = {
  recv: async (t) => of((await pair(t))[0], (sock) => sock.recv()),
  recvinto: async (t) => of((await pair(t))[0], (sock) => sock.recvinto(Buffer.alloc(9))),
  recvmsg: async (t) => of((await pair(t))[0], (sock) => sock.recvmsg(room())),
  recvfd: async (t) => of((await pair(t))[0], (sock) => sock.recvfd()),
  send: async (t) => of((await pair(t))[0], (sock) => sock.send(Buffer.alloc(64 << 20))),
  sendmsg: async (t) => of((await pair(t))[0], (sock) => sock.sendmsg(full())),
  sendfd: async (t) => of(await filled(t), (sock) => sock.sendfd(0)),
  sendfile: async (t) => of((await pair(t))[0], (sock) => sock.sendfile(file(t), 64 << 20)),
  accept: async (t) => of(await server(t), (sock) => sock.accept()),
  acceptfd: async (t) => of(await server(t), (sock) => sock.acceptfd()),
  'the next of a loop over a server': async (t) => of(await server(t), (sock) => sock[Symbol.asyncIterator]().next()),
  recvfrom: async (t) => of(await udp(t), (sock) => sock.recvfrom()),
  'recv of a seqpacket': async (t) => {
    const [a, b] = await seqpacket.unix.pair()
    closing(t, b)
    return of(closing(t, a), (sock) => sock.recv())
  },
  'recvsync in turn': async (t) =>
    of((await pair(t))[0], (sock) => {
      sock.recvsync().catch(() => {})
      return sock.recvsync()
    }),
}

const ends: Record<string, (t: TestContext, sock: Socket) => unknown> = {
  close: (_, sock) => sock.close(),
  'close with shutdown': (_, sock) => sock.close(true, true).catch((error) => assert.equal(error.code, 'ENOTCONN')),
  'await using': (_, sock) => sock[Symbol.asyncDispose](),
  detach: (t, sock) => {
    const fd = sock.detach()
    t.after(() => native.close(fd))
  },
  'close by its number, and then close': (_, sock) => {
    native.close(sock.fd())
    return sock.close().catch((error) => assert.equal(error.code, 'EBADF'))
  },
}

/** A loop just ends; a file that another thread is sending may meet the shutdown before it hears of the close. */
function expected(what: string, how: string): RegExp {
  if (what.startsWith('the next')) return /^{"done":true}$/
  if (what === 'sendfile' && how === 'close with shutdown') return /^"(ECANCELED|EPIPE)"$/
  return /^"ECANCELED"$/
}

describe('a call that waits', () => {
  for (const [how, end] of Object.entries(ends))
    for (const [what, begin] of Object.entries(calls))
      test(`${what}: ${how} ends it once (H02)`, async (t) => {
        const { sock, call } = await begin(t)
        const outcome = call.then(
          (value) => value,
          (error: SystemError) => error.code,
        )
        await new Promise((turn) => setImmediate(turn))
        await within(Promise.resolve(end(t, sock)), how)
        assert.match(JSON.stringify(await within(outcome, 'the end of the call')), expected(what, how))
        assert.equal(sock.fd(), -1)
        await sock.close()
      })
})

describe('a client that is closed at any moment of its attempt to connect', () => {
  /** More than an attempt takes that never has to wait. */
  const MICROTASKS = 60

  test('stays closed, and the attempt is canceled or came through before (H02)', async (t) => {
    const path = abstractName()
    const listener = closing(t, await stream.unix.Server.create({ path }))
    listener.listen()
    const lookup = async (): Promise<AddrInfo[]> => [listener.getsockname()]
    const prepare = (sock: LowSocket): void => void sock.sndbuf(4096)
    const makers = [
      () => stream.unix.Client.create({ path }, false),
      async () => plannedClient(stream.unix.Socket, { lookup, prepare }),
    ]
    for (const make of makers)
      for (let after = 0; after < MICROTASKS; after++) {
        const client = closing(t, await make())
        const outcome = client.connect().then(
          () => 'through',
          (error: SystemError) => error.code,
        )
        for (let i = 0; i < after; i++) await undefined
        await client.close()
        assert.match(await within(outcome, 'the end of the attempt'), /^(ECANCELED|through)$/)
        assert.equal(client.fd(), -1, `${after} microtasks after the call`)
      }
  })

  test('begins no handshake with a server that says nothing (H02)', async (t) => {
    const path = abstractName()
    const listener = closing(t, await stream.unix.Server.create({ path }))
    listener.listen(MICROTASKS)
    for (let after = 0; after < MICROTASKS; after++) {
      const client = closing(t, await stream.unix.Client.create({ path, tlscfg: { servername: 'localhost' } }, false))
      const canceled = assert.rejects(client.connect(), { code: 'ECANCELED' })
      for (let i = 0; i < after; i++) await undefined
      await client.close()
      await within(canceled, `the end of the attempt, ${after} microtasks after the call`)
    }
  })

  test('asks nobody to prepare a socket any more', async (t) => {
    const { port } = (await server(t)).getsockname()
    const late: number[] = []
    for (let after = 0; after < MICROTASKS; after++) {
      let isClosed = false
      const prepare = (): void => {
        if (isClosed) late.push(after)
      }
      const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port, prepare }, false))
      const canceled = assert.rejects(client.connect(), { code: 'ECANCELED' })
      for (let i = 0; i < after; i++) await undefined
      isClosed = true
      await client.close()
      await within(canceled, 'the end of the attempt')
    }
    assert.deepEqual(late, [], 'microtasks after the call')
  })

  const aborts: [what: string, end: (client: Socket, abort: AbortController) => unknown][] = [
    [
      'before',
      (client, abort) => {
        abort.abort('enough')
        return client.close()
      },
    ],
    [
      'by the signal that a listener closes it at',
      (client, abort) => {
        abort.signal.addEventListener('abort', () => void client.close())
        abort.abort('enough')
      },
    ],
  ]
  for (const [what, end] of aborts)
    test(`says that it was aborted: ${what}`, async (t) => {
      const { port } = (await server(t)).getsockname()
      for (const host of ['127.0.0.1', 'localhost'])
        for (let after = 0; after < MICROTASKS; after++) {
          const client = closing(t, await stream.inet.Client.create({ host, port }, false))
          const abort = new AbortController()
          const expected = { name: 'AbortError', cause: 'enough' }
          const aborted = assert.rejects(client.connect(0, { signal: abort.signal }), expected)
          for (let i = 0; i < after; i++) await undefined
          await end(client, abort)
          await within(aborted, `the end of the attempt, ${after} microtasks after the call`)
        }
    })
})

test('a client that is given away while it connects again does not come back (H02)', async (t) => {
  const listener = await server(t)
  const { port = 0 } = listener.getsockname()
  const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port }))
  const again = client.connect()
  native.close(client.detach())
  await assert.rejects(within(again, 'the end of the attempt'), { code: 'ECANCELED' })
  assert.equal(client.fd(), -1)
})

describe('a wait hook', () => {
  type Hooked = (a: stream.unix.Socket, b: stream.unix.Socket) => unknown
  const deeds: [what: string, deed: Hooked, outcome: string][] = [
    ['closes its own socket', (a) => void a.close(), 'ECANCELED'],
    ['gives its own socket away', (a) => native.close(a.detach()), 'ECANCELED'],
    ['closes the other socket', (_, b) => void b.close(), 'null'],
    ['throws', () => assert.fail('on purpose'), 'ERR_ASSERTION'],
    ['says no', () => false, 'ECANCELED'],
    ['is asynchronous', async () => {}, 'ERR_INVALID_ARG_TYPE'],
    ['calls the same verb', (a) => void a.recv().catch(() => {}), 'data'],
    ['sends on its own socket', (a) => void a.send('x'), 'data'],
    ['removes itself', (a) => void a.onwaitrecv(null), 'data'],
    ['shuts receiving down', (a) => a.closer(), 'null'],
    ['sets a deadline for later calls', (a) => void a.deadlines(1), 'data'],
  ]
  for (const [what, deed, expected] of deeds)
    test(`that ${what}: ${expected} (H17, H26)`, async (t) => {
      const [a, b] = await pair(t)
      let waits = 0
      a.onwaitrecv(() => (waits++ === 0 ? deed(a, b) : undefined))
      const outcome = a.recv().then(
        (data) => String(data),
        (error: SystemError) => error.code,
      )
      await new Promise((turn) => setImmediate(turn))
      if (b.fd() >= 0) await b.send('data').catch((error: SystemError) => assert.equal(error.code, 'EPIPE'))
      assert.equal(await within(outcome, 'the end of the call'), expected)
      assert.ok(waits > 0)
      if (a.fd() < 0 || expected === 'null') return
      // Whatever it did, the socket goes on.
      a.onwaitrecv(null)
      await b.send('more')
      let text = ''
      while (!text.endsWith('more')) text += await within(a.recv(), 'what comes next')
    })

  test('or what follows it closes another socket with an event of the same batch (H03, H17)', async (t) => {
    const pairs = await Promise.all(Array.from({ length: 50 }, () => pair(t)))
    const outcomes = pairs.map(([a], i) => {
      // Each one closes its neighbour, whose event may be in the same batch.
      return (async () => {
        for (;;) {
          const data = await a.recv()
          if (data === null) return 'end'
          await pairs[(i + 1) % pairs.length]?.[0].close()
        }
      })().catch((error: SystemError) => error.code)
    })
    await new Promise((turn) => setImmediate(turn))
    for (const [, b] of pairs) await b.send('all at once').catch(() => {})
    for (const [, b] of pairs) await b.close()
    for (const outcome of await within(Promise.all(outcomes), 'their ends'))
      assert.match(outcome, /^(end|ECANCELED|EBADF)$/)
  })
})
