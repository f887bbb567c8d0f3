import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type Socket, seqpacket, stream } from 'berkeley'
import { closingAll, isPending, leavesNoFd, within } from '../util/index.js'
import { conversation, pair, type Test } from './common.js'

leavesNoFd()

type Loop = Socket & { forEach(fn: (data: Buffer) => unknown, options?: object): Promise<void> }

const pairs: [name: string, make: (t: Test) => Promise<[Loop, Loop]>][] = [
  ['TCP', conversation],
  ['unix streams', pair],
  ['unix seqpackets', async (t) => closingAll(t, await seqpacket.unix.pair())],
]

/** A promise, and what settles it. */
function deferred(): { promise: Promise<void>; resolve: () => void; reject: (error: Error) => void } {
  let resolve = (): void => undefined
  let reject = (_error: Error): void => undefined
  const promise = new Promise<void>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}

for (const [name, make] of pairs)
  describe(`forEach() over ${name}`, () => {
    test('gives everything in order, and resolves at the end', async (t) => {
      const [a, b] = await make(t)
      const pieces: string[] = []
      const loop = a.forEach((data) => void pieces.push(String(data)))
      for (let i = 0; i < 300; i++) {
        await b.send(`${i};`)
        if (i % 7 === 0) await delay(0)
      }
      await b.close()
      await within(loop, 'the end')
      assert.equal(pieces.join(''), Array.from({ length: 300 }, (_, i) => `${i};`).join(''))
    })

    test('never calls the function before it has returned, also when data is there', async (t) => {
      const [a, b] = await make(t)
      await b.send('x')
      await a.readable()
      let called = false
      const loop = a.forEach(() => {
        called = true
      })
      assert.equal(called, false)
      await b.close()
      await loop
      assert.equal(called, true)
    })

    test('pauses while a promise of the function has not settled, and loses nothing', async (t) => {
      const [a, b] = await make(t)
      const pieces: string[] = []
      const first = deferred()
      const loop = a.forEach((data) => {
        pieces.push(String(data))
        return pieces.length === 1 ? first.promise : undefined
      })
      await b.send('1')
      assert.equal(await isPending(loop), true)
      await b.send('2')
      assert.equal(await isPending(loop), true)
      assert.deepEqual(pieces, ['1'])
      await b.close()
      first.resolve()
      await within(loop, 'the end')
      assert.deepEqual(pieces, ['1', '2'])
    })

    test('rejects with what the function throws or its promise rejects with, and leaves the socket open', async (t) => {
      const [a, b] = await make(t)
      for (const fail of [
        () => {
          throw new Error('mine')
        },
        async () => {
          throw new Error('mine')
        },
      ]) {
        const loop = a.forEach(fail)
        await b.send('x')
        await assert.rejects(within(loop, 'the failure'), { message: 'mine' })
      }
      await b.send('later')
      assert.equal(String(await a.recv()), 'later')
    })

    test('ends with an AbortError when its signal is aborted, wherever it is, and takes nothing afterwards', async (t) => {
      const [a, b] = await make(t)
      const waiting = new AbortController()
      const idle = a.forEach(() => assert.fail('nothing was sent'), { signal: waiting.signal })
      assert.equal(await isPending(idle), true)
      waiting.abort()
      await assert.rejects(within(idle, 'the abort'), { name: 'AbortError' })

      const inside = new AbortController()
      const loop = a.forEach(() => inside.abort(), { signal: inside.signal, bufsize: 1 })
      await b.send('1')
      await assert.rejects(within(loop, 'the abort'), { name: 'AbortError' })
      await b.send('2')
      assert.equal(String(await a.recv()), '2')

      const held = new AbortController()
      const holding = a.forEach(() => new Promise(() => undefined), { signal: held.signal })
      await b.send('3')
      assert.equal(await isPending(holding), true)
      held.abort()
      await assert.rejects(within(holding, 'the abort'), { name: 'AbortError' })
      await b.send('4')
      assert.equal(String(await a.recv()), '4')
    })

    test('has its turn among the calls that receive', async (t) => {
      const [a, b] = await make(t)
      const pieces: string[] = []
      const before = a.recv(1)
      const loop = a.forEach(
        (data) => {
          pieces.push(String(data))
          if (pieces.length === 2) throw new Error('enough')
        },
        { bufsize: 1 },
      )
      const behind = a.recv(1)
      const ended = assert.rejects(loop, { message: 'enough' })
      for (const data of ['1', '2', '3', '4']) await b.send(data)
      assert.equal(String(await before), '1')
      await ended
      assert.deepEqual(pieces, ['2', '3'])
      assert.equal(String(await behind), '4')
    })

    test('ends when the socket is closed here, also by the function', async (t) => {
      const [a, b] = await make(t)
      const loop = a.forEach(() => a.close())
      await b.send('x')
      await within(loop, 'the end')
      const other = b.forEach(() => undefined)
      await b.close()
      await within(other, 'the end')
      await assert.rejects(
        b.forEach(() => undefined),
        { code: 'EBADF' },
      )
    })

    test('its timeout is that of each wait, and the time of the function does not count', async (t) => {
      const [a, b] = await make(t)
      let count = 0
      const loop = a.forEach(
        () => {
          count++
          return count === 1 ? delay(300) : undefined
        },
        { timeout: 200 },
      )
      await b.send('x')
      await delay(400)
      await b.send('y')
      await assert.rejects(within(loop, 'the deadline'), { name: 'TimeoutError' })
      assert.equal(count, 2)
    })

    test('a wait hook is asked before each wait', async (t) => {
      const [a, b] = await make(t)
      let waits = 0
      a.onwaitrecv(() => ++waits < 4)
      const loop = a.forEach(() => undefined)
      const ended = assert.rejects(within(loop, 'the hook'), { code: 'ECANCELED' })
      await delay(5)
      for (let i = 0; i < 3; i++) {
        await b.send('x')
        await delay(5)
      }
      await ended
    })

    test('calls the function in the asynchronous context of the call', async (t) => {
      const [a, b] = await make(t)
      const storage = new AsyncLocalStorage<string>()
      const seen: (string | undefined)[] = []
      const loop = storage.run('mine', () => a.forEach(() => void seen.push(storage.getStore())))
      for (let i = 0; i < 3; i++) {
        await storage.run('other', () => b.send('x'))
        await delay(5)
      }
      await b.close()
      await loop
      assert.deepEqual(new Set(seen), new Set(['mine']))
    })
  })

test('forEach() checks its arguments before anything is received', async (t) => {
  const [a] = await conversation(t)
  await assert.rejects(a.forEach('x' as never), { code: 'ERR_INVALID_ARG_TYPE' })
  await assert.rejects(
    a.forEach(() => undefined, { bufsize: 0 }),
    { code: 'ERR_OUT_OF_RANGE' },
  )
  await assert.rejects(
    a.forEach(() => undefined, { room: 1 } as never),
    { code: /ERR_INVALID_ARG/ },
  )
})

describe('a function that ends another socket whose data came in the same batch', () => {
  /** Sends to both, so that one batch has both, and ends the second from within the first. */
  async function inOneBatch(
    t: Test,
    end: (second: stream.unix.Socket, abort: AbortController) => unknown,
  ): Promise<{ received: string[]; second: stream.unix.Socket; peer: stream.unix.Socket; loop: Promise<void> }> {
    const [first, a] = await pair(t)
    const [second, peer] = await pair(t)
    const received: string[] = []
    const abort = new AbortController()
    const order: string[] = []
    void first.forEach(() => {
      order.push('first')
      end(second, abort)
    })
    const loop = second.forEach(
      (data) => {
        order.push('second')
        received.push(String(data))
      },
      { signal: abort.signal },
    )
    loop.catch(() => undefined)
    // Both have waited before: what comes is received along with the event.
    await delay(5)
    a.write('x')
    peer.write('data')
    await delay(20)
    assert.equal(order[0], 'first', 'the test relies on the order of events')
    return { received, second, peer, loop }
  }

  test('an abort comes behind what has been received (H121)', async (t) => {
    const { received, second, peer, loop } = await inOneBatch(t, (_, abort) => abort.abort())
    await assert.rejects(loop, { name: 'AbortError' })
    await peer.send('more')
    assert.equal([...received, String(await second.recv())].join(''), 'datamore')
  })

  test('detach() comes behind what has been received (H121)', async (t) => {
    let fd = -1
    const { received, peer, loop } = await inOneBatch(t, (second) => {
      fd = second.detach()
    })
    await loop
    const heir = await stream.unix.wrap(fd)
    await peer.send('more')
    assert.equal([...received, String(await heir.recv())].join(''), 'datamore')
    await heir.close()
  })

  test('close() ends the loop', async (t) => {
    const { loop } = await inOneBatch(t, (second) => second.close())
    await within(loop, 'the end')
  })

  // The poller uv receives nothing ahead: the wait finds the data.
  const skip = process.env['BERKELEY_POLLER'] === 'uv' && 'nothing has been received'

  test('a wait for readiness sees what is there', { skip }, async (t) => {
    let ready: Promise<void> | undefined
    const { received } = await inOneBatch(t, (second) => {
      ready = second.readable({ timeout: 100 })
    })
    // What had been received was given to the loop before the wait began.
    assert.deepEqual(received, ['data'])
    await assert.rejects(ready as Promise<void>, { name: 'TimeoutError' })
  })
})
