import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { describe, test } from 'node:test'
import { AddrInfo, dgram, MSG_DONTWAIT, MSG_OOB, MSG_ZEROCOPY, type Socket, seqpacket, stream } from 'berkeley'
import { native } from '#internal/native/sockets.js'
import { closing, closingAll, isPending, leavesNoFd, runScript, within } from '../util/index.js'
import { conversation, listening, pair, portOf, type Test, watched } from './common.js'

leavesNoFd()

/** Two UDP sockets, each the peer of the other. */
async function udpPair(t: Test): Promise<[dgram.inet.Socket, dgram.inet.Socket]> {
  const [a, b] = closingAll(t, [
    await dgram.inet.Socket.create({ host: '127.0.0.1' }),
    await dgram.inet.Socket.create({ host: '127.0.0.1' }),
  ])
  for (const sock of [a, b]) await sock.bind()
  await a.connect({ host: '127.0.0.1', port: b.getsockname().port as number })
  await b.connect({ host: '127.0.0.1', port: a.getsockname().port as number })
  return [a, b]
}

const pairs: [name: string, make: (t: Test) => Promise<[Socket, Socket]>, hangsUp: boolean][] = [
  ['TCP', conversation, true],
  ['unix streams', pair, true],
  ['unix seqpackets', async (t) => closingAll(t, await seqpacket.unix.pair()), true],
  ['unix datagrams', async (t) => closingAll(t, await dgram.unix.pair()), false],
  ['UDP', udpPair, false],
]

describe('readable() (H116)', () => {
  for (const [name, make] of pairs)
    test(`over ${name} it resolves when data comes, takes nothing, and resolves again until the data is taken`, async (t) => {
      const [a, b] = await make(t)
      const waiting = a.readable()
      assert.equal(await isPending(waiting), true)
      await b.send('data')
      await within(waiting, 'readiness')
      await a.readable()
      await a.readable({})
      assert.equal(String(await a.recv()), 'data')
      assert.equal(await isPending(a.readable({ signal: AbortSignal.timeout(500) })), true)
    })

  for (const [name, make] of pairs.filter(([, , hangsUp]) => hangsUp))
    test(`over ${name} it resolves at the end`, async (t) => {
      const [a, b] = await make(t)
      const waiting = a.readable()
      await b.close()
      await within(waiting, 'readiness')
      await a.readable()
      assert.equal(await a.recv(), null)
      await a.readable()
    })

  test('it resolves for what an event announced long ago, when only a part of that was taken', async (t) => {
    const [a, b] = await conversation(t)
    const first = a.recv(2)
    await b.send('abcdef')
    assert.equal(String(await first), 'ab')
    await within(a.readable(), 'readiness')
    assert.equal(String(await a.recv(2)), 'cd')
    await within(a.readable(), 'readiness')
    assert.equal(String(await a.recv()), 'ef')
    const waiting = a.readable()
    assert.equal(await isPending(waiting), true)
    await b.send('g')
    await within(waiting, 'readiness')
  })

  test('several waits and a call that receives wait side by side, and all of them hear of what comes', async (t) => {
    for (const [, make] of pairs) {
      const [a, b] = await make(t)
      const received = a.recv()
      const waits = [a.readable(), a.readable(), a.readable()]
      await b.send('x')
      await within(Promise.all(waits), 'readiness')
      assert.equal(String(await received), 'x')
      // What came is taken: a new wait waits.
      const later = a.readable()
      assert.equal(await isPending(later), true)
      await b.send('y')
      await within(later, 'readiness')
    }
  })

  test('many rounds beside a reader lose no event', async (t) => {
    const [a, b] = await conversation(t)
    for (let i = 0; i < 500; i++) {
      const ready = a.readable()
      const received = i % 2 === 0 ? a.recv() : ready.then(() => a.recv(100, MSG_DONTWAIT))
      await b.send(`${i}`)
      await within(ready, `round ${i}`)
      assert.equal(String(await received), String(i))
    }
  })

  test('on a server it resolves when there is a connection to accept', async (t) => {
    const server = await listening(t)
    const waiting = server.readable()
    assert.equal(await isPending(waiting), true)
    const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port: portOf(server) }))
    await within(waiting, 'readiness')
    await server.readable()
    closing(t, await server.accept())
    assert.equal(await isPending(server.readable({ signal: AbortSignal.timeout(500) })), true)
    await client.close()
  })

  test('it resolves for an error, which the next call reports', async (t) => {
    const [a, b] = await udpPair(t)
    await b.close()
    const waiting = a.readable()
    await a.send('to nobody')
    await within(waiting, 'readiness')
    await assert.rejects(a.recv(), { code: 'ECONNREFUSED' })
  })
})

describe('writable() (H116)', () => {
  test('it resolves at once where there is room, and when there is room again', async (t) => {
    for (const [, make] of pairs.slice(0, 4)) {
      const [a, b] = await make(t)
      await a.writable()
      let bytes = 0
      const full = async (): Promise<void> => {
        for (;;) bytes += await a.send(Buffer.alloc(4096), MSG_DONTWAIT)
      }
      await assert.rejects(full(), (error: Error & { code: string; bytes: number }) => {
        bytes += error.bytes ?? 0
        return error.code === 'EAGAIN'
      })
      const waiting = a.writable()
      if (!(await isPending(waiting))) continue // a stream of small messages may be full before it is not writable
      while (bytes > 0) bytes -= (await b.recv(1 << 16))?.length ?? bytes
      await within(waiting, 'readiness')
    }
  })

  test('it resolves when sending is shut down, because the next call is EPIPE then', async (t) => {
    for (const [, make] of pairs.slice(0, 2)) {
      const [a, b] = await make(t)
      await assert.rejects(a.send(Buffer.alloc(1 << 24), MSG_DONTWAIT), { code: 'EAGAIN' })
      const waiting = a.writable()
      assert.equal(await isPending(waiting), true)
      a.closew()
      await within(waiting, 'readiness')
      await assert.rejects(a.send('x'), { code: 'EPIPE' })
      await b.close()
    }
  })

  test('it waits beside a call that sends', async (t) => {
    const [a, b] = await conversation(t)
    const large = Buffer.alloc(1 << 24)
    const sent = a.send(large)
    const waiting = [a.writable(), a.writable()]
    let bytes = 0
    while (bytes < large.length) bytes += (await b.recv(1 << 20))?.length ?? large.length
    await within(Promise.all(waiting), 'readiness')
    assert.equal(await sent, large.length)
  })
})

describe('hangup() (H116)', () => {
  for (const [name, make] of pairs.filter(([, , hangsUp]) => hangsUp)) {
    test(`over ${name} it resolves when the peer closes, although what it sent is unread`, async (t) => {
      const [a, b] = await make(t)
      await b.send('request')
      await a.readable()
      const waits = [a.hangup(), a.hangup()]
      assert.equal(await isPending(Promise.race(waits)), true)
      await b.send('another')
      assert.equal(await isPending(Promise.race(waits)), true)
      await b.close()
      await within(Promise.all(waits), 'hang-up')
      await within(a.hangup(), 'hang-up that was there')
      assert.equal(String(await a.recv(7)), 'request')
    })

    test(`over ${name} it resolves when the peer has ended sending`, async (t) => {
      const [a, b] = await make(t)
      const waiting = a.hangup()
      b.closew()
      await within(waiting, 'hang-up')
      await a.send('still there')
      assert.equal(String(await b.recv()), 'still there')
    })
  }

  test('it resolves when the connection is reset', async (t) => {
    const [a, b] = await conversation(t)
    const waiting = a.hangup()
    b.linger(0)
    await b.close()
    await within(waiting, 'hang-up')
    await assert.rejects(a.recv(), { code: 'ECONNRESET' })
  })

  test('a note in the error queue of a connection is no hang-up', async (t) => {
    const [a, b] = await conversation(t)
    a.zerocopy(true)
    const waiting = a.hangup()
    await a.send(Buffer.alloc(40_001), MSG_ZEROCOPY)
    for (let left = 40_001; left > 0; ) left -= (await b.recv(left))?.length ?? left
    assert.equal(await isPending(waiting), true)
    await b.close()
    await within(waiting, 'hang-up')
  })

  test('the deadlines of the socket are not for it', async (t) => {
    const [a, b] = await pair(t)
    a.deadlines(5, 5)
    const waiting = a.hangup()
    await assert.rejects(a.readable(), { name: 'TimeoutError' })
    assert.equal(await isPending(waiting), true)
    await b.close()
    await within(waiting, 'hang-up')
  })
})

describe('urgent() (H116)', () => {
  test('it resolves when an urgent byte comes, again until that is taken, and for the next one', async (t) => {
    const [a, b] = await conversation(t)
    for (const byte of ['!', '?', '#']) {
      const waits = [a.urgent(), a.urgent()]
      await b.send('data')
      assert.equal(await isPending(Promise.race(waits)), true)
      await b.send(byte, MSG_OOB)
      await within(Promise.all(waits), 'the urgent byte')
      await a.urgent()
      assert.equal(String(await a.recv(1, MSG_OOB)), byte)
      assert.equal(await isPending(a.urgent({ signal: AbortSignal.timeout(500) })), true)
    }
  })

  test('recv() with MSG_OOB does not wait behind a call that waits for data', async (t) => {
    const [a, b] = await conversation(t)
    const data = a.recv(1)
    await assert.rejects(a.recv(1, MSG_OOB), { code: 'EINVAL' })
    const urgent = a.urgent()
    await b.send('!', MSG_OOB)
    await within(urgent, 'the urgent byte')
    assert.equal(String(await within(a.recv(1, MSG_OOB), 'recv')), '!')
    await b.send('d')
    assert.equal(String(await data), 'd')
  })

  test('a call that waits for data does not discard an urgent byte that comes alone', async (t) => {
    const [a, b] = await conversation(t)
    const data = a.recv()
    await b.send('!', MSG_OOB)
    assert.equal(await isPending(data), true)
    assert.equal(String(await a.recv(1, MSG_OOB)), '!')
    await b.send('data')
    assert.equal(String(await data), 'data')
  })

  test('it rejects when the peer has hung up, unless an urgent byte is there', async (t) => {
    const [a, b] = await conversation(t)
    const waiting = a.urgent()
    await b.send('!', MSG_OOB)
    await b.close()
    await within(waiting, 'the urgent byte')
    await a.urgent()
    assert.equal(String(await a.recv(1, MSG_OOB)), '!')
    await assert.rejects(within(a.urgent(), 'the answer'), { code: 'ENODATA', syscall: 'urgent' })
    const [c, d] = await pair(t)
    const late = assert.rejects(c.urgent(), { code: 'ENODATA' })
    await d.close()
    await within(late, 'the answer')
  })

  test('sockets with message boundaries have none', async (t) => {
    const [a] = closingAll(t, await dgram.unix.pair())
    await assert.rejects(a.urgent(), { code: 'EOPNOTSUPP' })
  })
})

const verbs = ['readable', 'hangup', 'urgent'] as const

describe('what ends a wait for readiness', () => {
  for (const verb of verbs) {
    test(`closing ends ${verb}() with ECANCELED, and later calls are EBADF`, async (t) => {
      const [a] = await pair(t)
      const waits = [a[verb](), a[verb]()].map((wait) => assert.rejects(wait, { code: 'ECANCELED', syscall: verb }))
      await isPending(waits[0] as Promise<void>)
      await a.close()
      await Promise.all(waits)
      await assert.rejects(a[verb](), { code: 'EBADF', syscall: verb })
    })

    test(`timeout and signal end ${verb}(), and a later event finds it gone`, async (t) => {
      const [a, b] = await pair(t)
      const abort = new AbortController()
      const aborted = assert.rejects(a[verb]({ signal: abort.signal }), { name: 'AbortError' })
      await assert.rejects(a[verb]({ timeout: 5 }), { name: 'TimeoutError', syscall: verb })
      abort.abort()
      await aborted
      await assert.rejects(a[verb]({ signal: abort.signal }), { name: 'AbortError' })
      assert.equal(getEventListeners(abort.signal, 'abort').length, 0)
      await b.send('x')
      assert.equal(String(await a.recv()), 'x')
    })
  }

  test('giving the descriptor away ends it, and the watch', async (t) => {
    const [a] = await pair(t)
    const waiting = assert.rejects(a.readable(), { code: 'ECANCELED' })
    await isPending(waiting)
    const fd = a.detach()
    await waiting
    assert.ok(!watched().includes(fd))
    native.close(fd)
  })

  test('wrong options are refused', async (t) => {
    const [a] = await pair(t)
    const signal = AbortSignal.timeout(1000)
    for (const bad of [5, null, 'x', signal, { timeout: -1 }, { timeout: '5' }, { timeOut: 5 }, { signal: {} }])
      for (const verb of [...verbs, 'writable'] as const)
        await assert.rejects(a[verb](bad as never), /TypeError|RangeError/)
  })

  test('a getter among the options that closes the socket makes the call fail', async (t) => {
    const [a] = await pair(t)
    const options = {
      get timeout(): number {
        void a.close()
        return 5
      },
    }
    await assert.rejects(a.readable(options), { code: 'EBADF' })
  })

  test('waits keep the process alive, and those of a socket that must not do not', async () => {
    const { stdout } = await runScript(`
      import { stream } from 'berkeley'
      const [a, b] = await stream.unix.pair()
      for (const verb of ['readable', 'hangup', 'urgent']) b.unref()[verb]().catch(() => {})
      process.on('exit', () => console.log('over'))
      a.readable({ timeout: 20 }).catch((error) => console.log(error.name))`)
    assert.equal(stdout, 'TimeoutError\nover\n')
  })
})

test('a socket whose peer hung up long before anything waited answers at once', async (t) => {
  const server = await listening(t)
  const client = await stream.inet.Client.create({ host: '127.0.0.1', port: portOf(server) })
  const conn = closing(t, await server.accept())
  await client.send('pipelined')
  await client.close()
  await within(conn.hangup(), 'hang-up')
  await within(conn.readable(), 'readiness')
  assert.equal(String(await conn.recv()), 'pipelined')
})

test('datagrams to an address are announced as well', async (t) => {
  const sock = closing(t, await dgram.inet.Socket.create({ host: '127.0.0.1' }))
  await sock.bind()
  const waiting = sock.readable()
  await sock.sendto('x', AddrInfo.inet('127.0.0.1', sock.getsockname().port as number))
  await within(waiting, 'readiness')
})
