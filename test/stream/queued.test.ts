// The variants that wait for their turn: sendsync(), recvsync() and so on.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { leavesNoFd } from '../util/index.js'
import { drain, pair } from './common.js'

leavesNoFd()

describe('queued calls', () => {
  test('sendsync() calls of many senders never mix their bytes (H24)', async (t) => {
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

  test('recvsync() calls are served in the order in which they were made', async (t) => {
    const [a, b] = await pair(t)
    const waiting = [1, 2, 3].map(() => b.recvsync(1))
    await a.send('xyz')
    assert.deepEqual((await Promise.all(waiting)).map(String), ['x', 'y', 'z'])
  })

  test('the deadline of recvsync() includes the wait for its turn (H24)', async (t) => {
    const [a, b] = await pair(t)
    b.deadlines(40)
    const waiting = [1, 2, 3].map(() => b.recvsync())
    const started = performance.now()
    await Promise.all(waiting.map((one) => assert.rejects(one, { name: 'TimeoutError' })))
    assert.ok(performance.now() - started < 1000, 'one budget each, running at the same time')
    await a.send('still works')
    assert.equal(String(await b.recvsync()), 'still works')
  })

  test('close() ends all queued calls (H02)', async (t) => {
    const [, b] = await pair(t)
    const waiting = [1, 2, 3].map(() => b.recvsync())
    await b.close()
    await Promise.all(waiting.map((one) => assert.rejects(one, { code: 'ECANCELED' })))
    await assert.rejects(b.recvsync(), { code: 'EBADF' })
  })

  test('recvsync() rejects wrong arguments and leaves the lock free (H25)', async (t) => {
    const [a, b] = await pair(t)
    await assert.rejects(b.recvsync(-1), { code: 'ERR_OUT_OF_RANGE' })
    await a.send('x')
    assert.equal(String(await b.recvsync()), 'x')
  })

  test('recvsync() refuses an object that only looks like a signal, even while it waits for its turn (H25)', async (t) => {
    const [, b] = await pair(t)
    const first = b.recvsync()
    const fake = Object.create(AbortSignal.prototype, { aborted: { value: false } })
    await assert.rejects(b.recvsync(10, 0, { signal: fake }), { code: 'ERR_INVALID_ARG_TYPE' })
    await b.close()
    await assert.rejects(first, { code: 'ECANCELED' })
  })
})
