// Servers go from one side to another: both sides are in this process, or one is a child.
import assert from 'node:assert/strict'
import { closeSync, existsSync, openSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { CmsgHdr, connect, dgram, handover, listen, MsgHdr, seqpacket, stream, TimeoutError } from 'berkeley'
import {
  abstractName,
  closing,
  closingAll,
  countFds,
  isPending,
  leavesNoFd,
  script,
  start,
  tempFolder,
  within,
} from '../util/index.js'

leavesNoFd()

type Ends = [handover.HandoverConnection, handover.HandoverConnection]

const KINDS: [string, (t: TestContext) => Promise<Ends>][] = [
  ['streams', async (t) => closingAll(t, await stream.unix.pair())],
  ['seqpackets', async (t) => closingAll(t, await seqpacket.unix.pair())],
]

const ends = async (t: TestContext): Promise<[stream.unix.Socket, stream.unix.Socket]> =>
  closingAll(t, await stream.unix.pair())

const tcp = async (t: TestContext): Promise<stream.inet.Server> =>
  closing(t, await listen({ host: '127.0.0.1', port: 0 }))

const portOf = (server: stream.inet.Server): number => server.getsockname().port as number

/** Takes everything, and is ready. */
async function taken(t: TestContext, connection: handover.HandoverConnection): Promise<handover.HandedOver> {
  return closing(t, await handover.take(connection))
}

for (const [kind, pair] of KINDS)
  describe(`a hand-over over ${kind}`, () => {
    test(`the former side accepts until the successor is ready, and no connection is lost (${kind})`, async (t) => {
      const [ours, theirs] = await pair(t)
      const server = await tcp(t)
      const offered = handover.offer(ours, { web: server })
      const heir = await taken(t, theirs)
      const before = closing(t, await connect({ host: '127.0.0.1', port: portOf(server) }))
      assert.equal(await isPending(offered), true)
      closing(t, await server.accept())
      const late = closing(t, await connect({ host: '127.0.0.1', port: portOf(server) }))
      assert.equal(await heir.ready(), true)
      await offered
      assert.deepEqual([server.fd(), ours.fd(), theirs.fd()], [-1, -1, -1])
      const next = heir.get('web', stream.inet.Server)
      assert.ok(next)
      const conn = closing(t, await within(next.accept(), 'the connection that waited'))
      await late.send('x')
      assert.equal(String(await conn.recv()), 'x')
      await before.close()
    })

    test(`each socket arrives as an object of its class under its name (${kind})`, async (t) => {
      const [ours, theirs] = await pair(t)
      const udp = closing(t, await dgram.inet.Socket.create({ host: '127.0.0.1', port: 0 }))
      await udp.bind()
      const gram = closing(t, await dgram.unix.Socket.create({ path: abstractName() }))
      await gram.bind()
      const sockets = {
        tcp: await tcp(t),
        unix: closing(t, await listen({ path: abstractName() })),
        seq: closing(t, await listen({ path: abstractName(), type: 'seqpacket' })),
        udp,
        gram,
      }
      const offered = handover.offer(ours, sockets)
      const heir = await taken(t, theirs)
      assert.deepEqual(
        [...heir].map(({ name, socket }) => [name, socket?.constructor.name]),
        Object.entries(sockets).map(([name, sock]) => [name, sock.constructor.name]),
      )
      for (const { socket } of heir) assert.deepEqual([socket?.cloexec(), socket?.isnonblock()], [true, true])
      await heir.ready()
      await offered
    })

    test(`253 sockets go at once, and more are refused (${kind})`, async (t) => {
      const [ours, theirs] = await pair(t)
      const server = await tcp(t)
      const name = (i: number): string => `${i}`.padStart(3, '0') + 'n'.repeat(252)
      const many = Object.fromEntries(Array.from({ length: 253 }, (_, i) => [name(i), server] as const))
      await assert.rejects(handover.offer(ours, { ...many, more: server }), { code: 'ERR_OUT_OF_RANGE' })
      const offered = handover.offer(ours, many)
      const heir = await taken(t, theirs)
      assert.equal(heir.length, 253)
      assert.ok(heir.get(name(252), stream.inet.Server))
      await heir.ready()
      await offered
    })
  })

test('the file of a unix server stays over the hand-over, and goes with the successor', async (t) => {
  const [ours, theirs] = await ends(t)
  const path = join(tempFolder(t), 's')
  const server = closing(t, await listen({ path }))
  const kept = join(tempFolder(t), 'kept')
  const other = closing(t, await listen({ path: kept }))
  other.unlink(false)
  const offered = handover.offer(ours, { server, other })
  const heir = await taken(t, theirs)
  await heir.ready()
  await offered
  assert.equal(existsSync(path), true)
  closing(t, await connect({ path }))
  await heir.close()
  assert.deepEqual([existsSync(path), existsSync(kept)], [false, true])
})

test('ready() is not disturbed by a file that somebody has removed', async (t) => {
  const [ours, theirs] = await ends(t)
  const path = join(tempFolder(t), 's')
  const server = closing(t, await listen({ path }))
  const offered = handover.offer(ours, { server })
  const heir = await taken(t, theirs)
  rmSync(path)
  assert.equal(await heir.ready(), true)
  await offered
})

test('a successor that gives up before it is ready changes nothing (H146)', async (t) => {
  const before = countFds()
  const server = await tcp(t)
  for (const giveUp of [
    async (theirs: stream.unix.Socket) => theirs.close(),
    async (theirs: stream.unix.Socket) => theirs.readable().then(() => theirs.close()), // with the offer unread
    async (theirs: stream.unix.Socket) => (await handover.take(theirs)).close(),
    async (theirs: stream.unix.Socket) => (await handover.take(theirs))[Symbol.asyncDispose](),
  ]) {
    const [ours, theirs] = await ends(t)
    const failed = assert.rejects(handover.offer(ours, { server }), { code: 'ECONNABORTED', syscall: 'handover' })
    await giveUp(theirs)
    await failed
  }
  assert.equal(countFds(), before + 1)
  const client = closing(t, await connect({ host: '127.0.0.1', port: portOf(server) }))
  closing(t, await server.accept())
  await client.close()
})

test('an offer that is aborted or late is withdrawn: the successor learns it, and the former side goes on (H146)', async (t) => {
  const server = await tcp(t)
  const stop = new AbortController()
  const attempts: [handover.HandoverOptions, object | typeof TimeoutError][] = [
    [{ timeout: 30 }, TimeoutError],
    [{ signal: stop.signal }, { name: 'AbortError' }],
  ]
  for (const [options, failure] of attempts) {
    const [ours, theirs] = await ends(t)
    const rejected = assert.rejects(handover.offer(ours, { server }, options), failure)
    const heir = await taken(t, theirs)
    if (options.signal) stop.abort()
    await rejected
    await assert.rejects(heir.ready(), { code: 'ECANCELED', message: /the former process has withdrawn its offer/ })
    await heir.close()
    assert.notEqual(server.fd(), -1)
  }
})

test('take() ends by its deadline or signal, and when there is no offer', async (t) => {
  const [ours, theirs] = await ends(t)
  await assert.rejects(handover.take(theirs, { timeout: 20 }), TimeoutError)
  assert.equal(theirs.fd(), -1)
  assert.equal(await ours.recv(), null)
  const [, second] = await ends(t)
  await assert.rejects(handover.take(second, { signal: AbortSignal.abort() }), { name: 'AbortError' })
  const [third, fourth] = await ends(t)
  await third.close()
  await assert.rejects(handover.take(fourth), { code: 'ECONNABORTED' })
})

test('take() of a connection whose other side has ended, with something unread or not, is ECONNABORTED (H154)', async (t) => {
  for (const unread of [false, true]) {
    const [ours, theirs] = await ends(t)
    if (unread) await theirs.send('not read')
    await ours.close()
    await assert.rejects(handover.take(theirs), { code: 'ECONNABORTED', syscall: 'handover' })
  }
})

test('ready() is true only when the former side has stopped, false when it has ended without a word, and works once', async (t) => {
  const [ours, theirs] = await ends(t)
  const server = await tcp(t)
  // The former side is played here, so that it can end in the middle.
  const msg = new MsgHdr()
  msg.add('{"handover":1,"sockets":[{"name":"web","unlink":false}]}\n')
  msg.control().push(CmsgHdr.rights(server.fd()))
  await ours.sendmsg(msg)
  const heir = await taken(t, theirs)
  const ready = heir.ready()
  assert.equal(String(await ours.recv()), 'ready\n')
  await ours.close()
  assert.equal(await ready, false)
  await assert.rejects(heir.ready(), { code: 'EINVAL' })
})

test('ready() has a deadline, and the former side learns of it', async (t) => {
  const [ours, theirs] = await ends(t)
  const server = await tcp(t)
  const msg = new MsgHdr()
  msg.add('{"handover":1,"sockets":[{"name":"web","unlink":false}]}\n')
  msg.control().push(CmsgHdr.rights(server.fd()))
  await ours.sendmsg(msg)
  const heir = await taken(t, theirs)
  await assert.rejects(heir.ready({ timeout: 20 }), TimeoutError)
  assert.equal(String(await ours.recv()), 'ready\n')
  assert.equal(await ours.recv(), null)
})

test('take() refuses what is no offer, and closes the descriptors that came', async (t) => {
  const server = await tcp(t)
  const file = openSync('/dev/null', 'r')
  t.after(() => closeSync(file))
  const before = countFds()
  const [a, b] = [server.fd(), server.fd()]
  const names = (...list: unknown[]) => JSON.stringify({ handover: 1, sockets: list })
  const web = { name: 'web', unlink: false }
  const offers: [string, number[], string][] = [
    ['hello', [a], 'EPROTO'],
    ['{"handover":2,"sockets":[]}', [a], 'EPROTO'],
    ['{"handover":1}', [a], 'EPROTO'],
    ['null', [a], 'EPROTO'],
    ['[]', [a], 'EPROTO'],
    [names({ name: 'a:b', unlink: false }), [a], 'EPROTO'],
    [names({ name: 'a', unlink: 1 }), [a], 'EPROTO'],
    [names(null), [a], 'EPROTO'],
    [names(web), [], 'EPROTO'],
    [names(web), [a, b], 'EPROTO'],
    [names(web, web), [a], 'EPROTO'],
    [names(web), [file], 'ENOTSOCK'],
    [names(web, web), [a, file], 'ENOTSOCK'],
    [names(...Array(254).fill(web)), [a], 'EPROTO'],
    ['x'.repeat(0x20002), [a], 'EPROTO'],
  ]
  for (const [text, fds, code] of offers) {
    const [ours, theirs] = await stream.unix.pair()
    const msg = new MsgHdr()
    msg.add(`${text}\n`)
    if (fds.length > 0) msg.control().push(CmsgHdr.rights(...fds))
    const sent = ours.sendmsg(msg)
    await assert.rejects(handover.take(theirs), { code }, text.slice(0, 80))
    await sent.catch(() => {})
    await ours.close()
    assert.equal(countFds(), before, text.slice(0, 80))
  }
})

test('an offer in pieces is put together', async (t) => {
  const [ours, theirs] = await ends(t)
  const server = await tcp(t)
  const text = '{"handover":1,"sockets":[{"name":"web","unlink":false}]}\n'
  const taking = handover.take(theirs)
  const msg = new MsgHdr()
  msg.add(text.slice(0, 1))
  msg.control().push(CmsgHdr.rights(server.fd()))
  await ours.sendmsg(msg)
  for (const character of text.slice(1)) await ours.send(character)
  const heir = closing(t, await taking)
  assert.ok(heir.get('web', stream.inet.Server))
})

test('a process that was refused by the peer option is refused on both sides, and sees the end', async (t) => {
  const server = await tcp(t)
  const seen: number[] = []
  const peer = ({ pid }: { pid: number }): boolean => {
    seen.push(pid)
    return false
  }
  const [ours, theirs] = await ends(t)
  await assert.rejects(handover.offer(ours, { server }, { peer }), { code: 'EPERM' })
  assert.equal(await theirs.recv(), null)
  const [former, heir] = await ends(t)
  await assert.rejects(handover.take(heir, { peer }), { code: 'EPERM' })
  assert.equal(await former.recv(), null)
  assert.deepEqual(seen, [process.pid, process.pid])
  assert.notEqual(server.fd(), -1)
})

test('a peer of another user is refused unless the caller says otherwise (H146)', {
  skip: process.getuid?.() === 0 ? false : 'only root can be two users',
}, async (t) => {
  const path = abstractName()
  const door = closing(t, await listen({ path }))
  const server = await tcp(t)
  // It gives up its rights when it has read the package, which only its owner may be able to.
  const code = `
    import { handover, connect } from 'berkeley'
    process.setgid(65534)
    process.setuid(65534)
    for (let i = 0; i < 2; i++) {
      const door = await connect({ path: process.argv.at(-1).replace('@', '\\0') })
      const taken = await handover.take(door).catch((error) => error)
      console.log(taken.code ?? taken.length)
      await taken.close?.()
    }
  `
  const child = start(t, process.execPath, [...script(code), path.replace('\0', '@')])
  const first = closing(t, await within(door.accept(), 'the child'))
  await assert.rejects(handover.offer(first, { server }), {
    code: 'EPERM',
    message: /of user 65534 was refused by the peer option/,
  })
  const second = closing(t, await within(door.accept(), 'the child again'))
  await assert.rejects(handover.offer(second, { server }, { peer: ({ uid }) => uid === 65534 }), {
    code: 'ECONNABORTED',
  })
  const { stdout, stderr } = await child.ended
  assert.deepEqual([stdout, stderr], ['ECONNABORTED\n1\n', ''])
})

test('offer() refuses what cannot be handed over, and leaves the connection open', async (t) => {
  const [ours, theirs] = await ends(t)
  const server = await tcp(t)
  const idle = closing(t, await stream.inet.Server.create({ host: '127.0.0.1' }))
  const closed = await tcp(t)
  await closed.close()
  type Sockets = Parameters<typeof handover.offer>[1]
  const cases: [unknown, string][] = [
    [undefined, 'ERR_INVALID_ARG_TYPE'],
    [{}, 'ERR_OUT_OF_RANGE'],
    [{ web: 3 }, 'ERR_INVALID_ARG_TYPE'],
    [{ web: ours }, 'ERR_INVALID_ARG_TYPE'],
    [{ 'a:b': server }, 'ERR_INVALID_ARG_VALUE'],
    [{ web: idle }, 'EINVAL'],
    [{ web: closed }, 'EBADF'],
  ]
  for (const [sockets, code] of cases) await assert.rejects(handover.offer(ours, sockets as Sockets), { code })
  const wrong = 3 as unknown as handover.HandoverConnection
  await assert.rejects(handover.offer(wrong, { server }), { code: 'ERR_INVALID_ARG_TYPE' })
  await assert.rejects(handover.take(wrong), { code: 'ERR_INVALID_ARG_TYPE' })
  await assert.rejects(handover.take(theirs, { timeout: -1 }), { code: 'ERR_OUT_OF_RANGE' })
  await assert.rejects(handover.take(theirs, { peer: true } as never), { code: 'ERR_INVALID_ARG_TYPE' })
  await ours.send('x')
  assert.equal(String(await theirs.recv()), 'x')
})

test('a child that takes a server serves it after the end of its parent side', async (t) => {
  const [ours, theirs] = await stream.unix.pair()
  t.after(() => ours.close())
  const code = `
    import { handover, stream } from 'berkeley'
    const former = await handover.take(await stream.unix.wrap(3))
    const server = former.get('web', stream.inet.Server)
    console.log(await former.ready())
    const conn = await server.accept()
    await conn.send('child')
    await conn.close()
    await server.close()
  `
  const child = start(t, process.execPath, script(code), { stdio: ['pipe', 'pipe', 'pipe', theirs.fd()] })
  await theirs.close()
  const server = await tcp(t)
  const port = portOf(server)
  await handover.offer(ours, { web: server }, { timeout: 10_000 })
  assert.equal(server.fd(), -1)
  const client = closing(t, await connect({ host: '127.0.0.1', port }))
  assert.equal(String(await client.recv()), 'child')
  assert.deepEqual((await child.ended).stdout, 'true\n')
})
