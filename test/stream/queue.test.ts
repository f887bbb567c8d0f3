// Calls take their turn: any number of callers, any mix of calls, deadlines and aborts.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MsgHdr, stream } from 'berkeley'
import fc from 'fast-check'
import { closing, freshSeed, leavesNoFd } from '../util/index.js'
import { drain, pair, type Test } from './common.js'

leavesNoFd()

/** A call that receives: how, at most how many bytes, and what ends it before, if something does. */
const RECEIVE = fc.record({
  how: fc.constantFrom('recv', 'recvinto', 'recvmsg', 'recvsync'),
  size: fc.integer({ min: 1, max: 977 }),
  end: fc.constantFrom('data', 'data', 'data', 'deadline', 'abort'),
})
const SEND = fc.record({
  how: fc.constantFrom('send', 'sendmsg', 'sendsync'),
  size: fc.integer({ min: 1, max: 30_011 }),
})
type Receive = typeof RECEIVE extends fc.Arbitrary<infer T> ? T : never
type Send = typeof SEND extends fc.Arbitrary<infer T> ? T : never

/** What one call receives; nothing at the end. */
async function receive(sock: stream.unix.Socket, { how, size, end }: Receive): Promise<Buffer> {
  const options = end === 'abort' ? { signal: AbortSignal.timeout(1) } : {}
  sock.deadlines(end === 'deadline' ? 1 : 0, undefined)
  if (how === 'recvinto') {
    const into = Buffer.alloc(size)
    return into.subarray(0, await sock.recvinto(into, 0, options))
  }
  if (how !== 'recvmsg') return (await sock[how](size, 0, options)) ?? Buffer.alloc(0)
  const msg = new MsgHdr()
  msg.addn(size)
  await sock.recvmsg(msg, 0, options)
  return msg.concat()
}

function send(sock: stream.unix.Socket, how: Send['how'], data: Buffer): Promise<number> {
  if (how !== 'sendmsg') return sock[how](data)
  const msg = new MsgHdr()
  msg.add(data)
  return sock.sendmsg(msg)
}

/** All calls at once; what is left is received behind them. */
async function conversation(t: Test, receives: Receive[], sends: Send[]): Promise<void> {
  const [a, b] = await pair(t)
  const received = Promise.allSettled(receives.map((call) => receive(b, call)))
  b.deadlines(0, undefined)
  const rest = drain(b)
  const data = sends.map(({ size }, i) => Buffer.alloc(size, i + 1))
  const sent = await Promise.all(sends.map(({ how }, i) => send(a, how, data[i] as Buffer)))
  assert.deepEqual(
    sent,
    sends.map(({ size }) => size),
  )
  a.closew()
  const pieces = (await received).map((outcome, i) => {
    if (outcome.status === 'fulfilled') return outcome.value
    assert.notEqual(receives[i]?.end, 'data', String(outcome.reason))
    return Buffer.alloc(0)
  })
  assert.ok(Buffer.concat([...pieces, await rest]).equals(Buffer.concat(data)))
  await Promise.all([a.close(), b.close()])
}

describe('calls that wait for their turn (H93)', () => {
  test('2,001 calls of send() at once are all accepted and arrive in their order (H24)', async (t) => {
    const [a, b] = await pair(t)
    const received = drain(b)
    const sent = await Promise.all(Array.from({ length: 2001 }, (_, i) => a.send(`${i};`)))
    assert.equal(sent.length, 2001)
    a.closew()
    assert.equal(String(await received), Array.from({ length: 2001 }, (_, i) => `${i};`).join(''))
  })

  test('several calls of accept() each get a connection of their own', async (t) => {
    const server = closing(t, await stream.inet.Server.create({ host: '127.0.0.1' }))
    server.listen()
    const accepting = Array.from({ length: 7 }, () => server.accept())
    const { port } = server.getsockname()
    for (let i = 0; i < 7; i++) closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port }))
    const fds = (await Promise.all(accepting)).map((conn) => closing(t, conn).fd())
    assert.equal(new Set(fds).size, 7)
  })

  test('recvsync() and recv() wait in one queue', async (t) => {
    const [a, b] = await pair(t)
    const waiting = [b.recv(1), b.recvsync(1), b.recv(1)]
    await a.send('xyz')
    assert.deepEqual((await Promise.all(waiting)).map(String), ['x', 'y', 'z'])
  })

  test('bufferedAmount is what send() calls have yet to hand over', async (t) => {
    const [a, b] = await pair(t)
    assert.equal(a.bufferedAmount, 0)
    const big = a.send(Buffer.alloc(5_000_000))
    const handed = 5_000_000 - a.bufferedAmount
    assert.ok(handed > 0 && handed < 5_000_000, `${handed} bytes were accepted at once`)
    const small = a.send('small')
    assert.equal(a.bufferedAmount, 5_000_000 - handed + 5)
    const received = drain(b)
    await Promise.all([big, small])
    assert.equal(a.bufferedAmount, 0)
    a.closew()
    assert.equal((await received).length, 5_000_005)
  })

  test('any mix of receives and sends settles once, in order, with no byte lost or doubled (H24, H27)', async (t) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(RECEIVE, { maxLength: 31 }),
        fc.array(SEND, { minLength: 1, maxLength: 17 }),
        (...mix) => conversation(t, ...mix),
      ),
      { seed: freshSeed(), numRuns: 60 },
    )
  })
})
