import assert from 'node:assert/strict'
import { describe, mock, test } from 'node:test'
import timers from 'node:timers'
import { dgram, stream } from 'berkeley'
import { conversation } from '../stream/common.js'
import { ends } from '../tls/common.js'
import { closing, closingAll, leavesNoFd, PATIENCE_MS } from '../util/index.js'

leavesNoFd()

const { setTimeout: realTimeout, clearTimeout: stopRealTimeout } = timers

/** Fails when it takes too long, by a timer that is not replaced. */
async function soon<T>(act: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, fail) => {
    timer = realTimeout(() => fail(new Error('it waits for ever')), PATIENCE_MS)
  })
  return Promise.race([act(), late]).finally(() => stopRealTimeout(timer))
}

const REPLACED = [
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'clearImmediate',
] as const

/** Runs something while the functions that a test runner replaces do nothing, and the clock does not advance. */
async function whileTimeStands<T>(act: () => Promise<T>): Promise<T> {
  const idle = (): unknown => ({ ref: idle, unref: idle, hasRef: () => false, refresh: idle })
  const mocks = [globalThis, timers].flatMap((owner) =>
    REPLACED.map((name) => mock.method(owner, name, idle as (typeof timers)[typeof name])),
  )
  mocks.push(mock.method(globalThis, 'queueMicrotask', () => {}) as never)
  mocks.push(mock.method(performance, 'now', () => 0) as never)
  mocks.push(mock.method(Date, 'now', () => 0) as never)
  try {
    return await soon(act)
  } finally {
    for (const replaced of mocks) replaced.mock.restore()
  }
}

describe('while a test controls the time (H104)', () => {
  test('any number of calls in a row are made', async (t) => {
    const [a] = closingAll(t, await dgram.unix.pair())
    const [client, peer] = await conversation(t)
    const counts = await whileTimeStands(async () => {
      for (let i = 0; i < 200; i++) await client.send('x')
      let received = 0
      while (received < 200) received += (await peer.recv())?.length ?? 0
      const lookups = await Promise.all(
        Array.from({ length: 200 }, () => stream.getaddrinfoin({ host: '127.0.0.1', port: 1 })),
      )
      for (let i = 0; i < 5; i++) await a.send('x')
      return [received, lookups.length]
    })
    assert.deepEqual(counts, [200, 200])
  })

  test('deadlines pass by real time', async (t) => {
    const [a] = closingAll(t, await stream.unix.pair())
    a.deadlines(20, 20)
    const start = performance.now()
    await whileTimeStands(() => assert.rejects(a.recv(), { name: 'TimeoutError' }))
    await whileTimeStands(() => assert.rejects(a.send(Buffer.alloc(1 << 24)), { name: 'TimeoutError' }))
    assert.ok(performance.now() - start >= 39)
  })

  test('a call that pauses goes on', async (t) => {
    const [a, b] = closingAll(t, await dgram.unix.pair())
    await whileTimeStands(async () => {
      // The queue of the peer is full, which no event announces: the last call pauses.
      const calls = Array.from({ length: 500 }, () => a.send('x'))
      for (let i = 0; i < 500; i++) await b.recv()
      await Promise.all(calls)
    })
  })

  test('TLS connects and reports its keys', async (t) => {
    const lines: Buffer[] = []
    await whileTimeStands(async () => {
      const [client, server] = await ends(t, { keylog: (line) => lines.push(line) })
      await client.send('x')
      assert.equal(String(await server.recv()), 'x')
    })
    assert.ok(lines.length > 0)
  })

  test('a stream reports that it was idle', async (t) => {
    const [client] = await conversation(t)
    const duplex = client.duplex()
    const idle = new Promise<void>((resolve) => duplex.once('timeout', resolve))
    await whileTimeStands(async () => {
      duplex.setTimeout(10)
      await idle
    })
    const closed = new Promise((resolve) => duplex.once('close', resolve))
    duplex.destroy()
    await closed
  })

  test("those of Node's test runner stop no socket", async (t) => {
    const [client, peer] = await conversation(t)
    t.mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'setImmediate', 'Date'] })
    peer.deadlines(20)
    await soon(async () => {
      await assert.rejects(peer.recv(), { name: 'TimeoutError' })
      for (let i = 0; i < 200; i++) await client.send('x')
    })
    closing(t, client)
  })
})
