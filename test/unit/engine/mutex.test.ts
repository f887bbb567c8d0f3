import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { after } from '#internal/engine/deadline.js'
import { Mutex } from '#internal/engine/mutex.js'
import { WAIT_FOREVER } from '#internal/engine/wait.js'

/** A body that ends when it is told to. */
function gate(): { body: () => Promise<void>; open: () => void } {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { body: () => opened, open }
}

describe('mutex', () => {
  test('calls are served one at a time in the order in which they came (H24)', async () => {
    const mutex = new Mutex()
    const order: string[] = []
    let inside = 0
    const body = (name: string) => async (): Promise<void> => {
      inside++
      assert.equal(inside, 1)
      await new Promise((resolve) => setImmediate(resolve))
      order.push(name)
      inside--
    }
    await Promise.all(['a', 'b', 'c', 'd'].map((name) => mutex.run('recv', WAIT_FOREVER, body(name))))
    assert.deepEqual(order, ['a', 'b', 'c', 'd'])
  })

  test('a body that rejects passes the lock on (H25)', async () => {
    const mutex = new Mutex()
    const boom = new Error('boom')
    const first = mutex.run('recv', WAIT_FOREVER, async () => {
      throw boom
    })
    const second = mutex.run('recv', WAIT_FOREVER, async () => 'in')
    await assert.rejects(first, boom)
    assert.equal(await second, 'in')
  })

  test('a body that throws before it returns a promise passes the lock on too (H25)', async () => {
    const mutex = new Mutex()
    const boom = new Error('boom')
    const thrower = (): Promise<never> => {
      throw boom
    }
    await assert.rejects(mutex.run('recv', WAIT_FOREVER, thrower), boom)
    assert.equal(await mutex.run('recv', WAIT_FOREVER, async () => 'free'), 'free')
  })

  test('a wait for the lock has a deadline, and a call that gave up is not served later (H25)', async () => {
    const mutex = new Mutex()
    const { body, open } = gate()
    const holder = mutex.run('recv', WAIT_FOREVER, body)
    const alive = setTimeout(() => {}, 10_000)
    let served = false
    const late = mutex.run('recv', { deadline: after(20) }, async () => {
      served = true
    })
    await assert.rejects(late, { name: 'TimeoutError', syscall: 'recv' })
    const next = mutex.run('recv', WAIT_FOREVER, async () => 'next')
    open()
    await holder
    assert.equal(await next, 'next')
    assert.equal(served, false)
    clearTimeout(alive)
  })

  test('a signal ends the wait for the lock', async () => {
    const mutex = new Mutex()
    const { body, open } = gate()
    const holder = mutex.run('recv', WAIT_FOREVER, body)
    const abort = new AbortController()
    const waiting = mutex.run('recv', { deadline: after(0), signal: abort.signal }, body)
    abort.abort()
    await assert.rejects(waiting, { name: 'AbortError' })
    open()
    await holder
  })

  test('cancel() ends every wait, and the call that has the lock keeps it', async () => {
    const mutex = new Mutex()
    const { body, open } = gate()
    const holder = mutex.run('recv', WAIT_FOREVER, body)
    const waiting = [1, 2].map(() => mutex.run('recv', WAIT_FOREVER, body))
    const gone = new Error('gone')
    mutex.cancel(() => gone)
    await Promise.all(waiting.map((one) => assert.rejects(one, gone)))
    const later = mutex.run('recv', WAIT_FOREVER, async () => 'later')
    open()
    await holder
    assert.equal(await later, 'later')
  })
})
