// Calls of send() while a batch of events is handled: small data leaves at its end, in one go, and each promise says what became of it.
import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { describe, type TestContext, test } from 'node:test'
import { type SystemError, stream, TimeoutError } from 'berkeley'
import { AGAIN, type Socket as LowSocket, SOCK_STREAM, socket } from 'berkeley/llsocket'
import { leavesNoFd, within } from '../util/index.js'

leavesNoFd()

const skip = process.env['BERKELEY_POLLER'] === 'uv' && 'the poller uv gathers nothing'

/** So few that even code that was seldom run handles all of them in a short time. */
const PAIRS = 5

/** A socket that waits for events, and its peer, which is asked at once. */
interface Pair {
  readonly sock: stream.unix.Socket
  readonly peer: LowSocket
}

/** @param prepare - what to do with the socket before events are waited for. */
function pairs(t: TestContext, prepare?: (low: LowSocket) => void): Pair[] {
  return Array.from({ length: PAIRS }, () => {
    const [low, peer] = socket.pair(SOCK_STREAM, true)
    prepare?.(low)
    const sock = new stream.unix.Socket(low)
    t.after(async () => {
      peer.close()
      await sock.close()
    })
    return { sock, peer }
  })
}

/** Lets something come for all of them at once, and handles each when it was received. */
async function batch<T>(all: readonly Pair[], handle: (pair: Pair) => T | Promise<T>): Promise<T[]> {
  const handled = all.map(async (pair) => {
    assert.equal(String(await pair.sock.recv()), '?')
    return handle(pair)
  })
  for (const { peer } of all) assert.equal(peer.send('?'), 1)
  return within(Promise.all(handled), 'the batch')
}

/** The same, after batches that took so little time that sends are gathered. */
async function shortBatch<T>(all: readonly Pair[], handle: (pair: Pair) => T | Promise<T>): Promise<T[]> {
  for (let i = 0; i < 30; i++) await batch(all, () => undefined)
  return batch(all, handle)
}

/** What has come at a peer by now. */
function arrived(peer: LowSocket): string {
  const data = peer.recv(1 << 20)
  if (data === AGAIN) return ''
  return data === null ? '(end)' : String(data)
}

/** How many of them had their data at the peer when the call returned. */
const sentAtOnce = (seen: readonly string[]): number => seen.filter((text) => text !== '').length

/** What an error says of the call. */
function picked(error: unknown): unknown[] {
  const { code, syscall, bytes } = error as SystemError
  return [code, syscall, bytes]
}

/** Takes all the room that there is. */
function fill(low: LowSocket): void {
  while (low.send(Buffer.alloc(1000, '.')) !== AGAIN);
}

/** Reads what a peer gets until a text has come. */
async function readUntil(peer: LowSocket, end: string): Promise<string> {
  let all = ''
  while (!all.endsWith(end)) {
    all += arrived(peer)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return all.replaceAll('.', '')
}

describe('send() while a batch is handled', { skip }, () => {
  test('leaves at the end of the batch, and resolves then', async (t) => {
    const all = pairs(t)
    const reply = async ({ sock, peer }: Pair): Promise<string> => {
      const sending = sock.send('reply')
      const early = arrived(peer)
      assert.equal(await sending, 5)
      assert.equal(early + arrived(peer), 'reply')
      return early
    }
    // Code that was never run before, or a busy machine, makes a batch long.
    let atOnce = PAIRS
    for (let i = 0; i < 1000 && atOnce > 0; i++) atOnce = sentAtOnce(await batch(all, reply))
    assert.equal(atOnce, 0)
  })

  test('leaves at once after a batch that took long', async (t) => {
    const all = pairs(t)
    const sent = async ({ sock, peer }: Pair): Promise<string> => {
      const sending = sock.send('reply')
      const early = arrived(peer)
      // As a function that computes something.
      const until = performance.now() + 1
      while (performance.now() < until);
      await sending
      return early
    }
    await shortBatch(all, sent)
    for (const { peer } of all) arrived(peer)
    assert.deepEqual(await batch(all, sent), Array(PAIRS).fill('reply'))
  })

  test('leaves at once if it is large, has flags or a signal', async (t) => {
    const all = pairs(t)
    const { signal } = new AbortController()
    const ways: ((sock: stream.unix.Socket) => Promise<number>)[] = [
      (sock) => sock.send(Buffer.alloc(4097, 'l')),
      (sock) => sock.send('x', 0, { signal }),
    ]
    for (const way of ways) {
      const seen = await shortBatch(all, async ({ sock, peer }) => {
        const sending = way(sock)
        const early = arrived(peer)
        assert.equal(await sending, early.length)
        return early
      })
      assert.equal(sentAtOnce(seen), PAIRS)
    }
  })

  test('keeps the order of all that is sent and written', async (t) => {
    const all = pairs(t)
    await shortBatch(all, async ({ sock, peer }) => {
      const first = sock.send('1')
      sock.write('2')
      const third = sock.send('3')
      const fourth = sock.writev(['4', '5'])
      const sixth = sock.send('6')
      assert.deepEqual(await Promise.all([first, third, fourth, sixth]), [1, 1, 2, 1])
      assert.equal(arrived(peer), '123456')
    })
  })

  test('rejects where the peer is gone, and no other call', async (t) => {
    const all = pairs(t)
    const gone = new Set(all.filter((_, i) => i % 3 === 1))
    const results = await shortBatch(all, async (pair) => {
      if (gone.has(pair)) pair.peer.close()
      try {
        return await pair.sock.send('reply')
      } catch (error) {
        assert.match((error as Error).stack ?? '', /gathered-send/)
        return error
      }
    })
    for (const [i, pair] of all.entries())
      if (gone.has(pair)) assert.deepEqual(picked(results[i]), ['EPIPE', 'send', 0])
      else assert.equal(results[i], 5)
  })

  test('waits where there is no room, in its turn, and takes all of the data', async (t) => {
    const all = pairs(t, fill)
    await shortBatch(all, async ({ sock, peer }) => {
      const results = Promise.all([sock.send('1'), sock.send(Buffer.alloc(4000, '2')), sock.send('3')])
      assert.equal(await readUntil(peer, '3'), `1${'2'.repeat(4000)}3`)
      assert.deepEqual(await results, [1, 4000, 1])
    })
  })

  test('has the deadline of the call, and says how much was sent', async (t) => {
    const all = pairs(t, fill)
    await shortBatch(all, async ({ sock, peer }) => {
      await assert.rejects(sock.send('x', 0, { timeout: 20 }), (error) => {
        assert.ok(error instanceof TimeoutError)
        assert.deepEqual(picked(error), ['ETIMEDOUT', 'send', 0])
        return true
      })
      while (arrived(peer) !== '');
      assert.equal(await sock.send('y'), 1)
      assert.equal(arrived(peer), 'y')
    })
  })

  test('is complete before a shutdown, and before the socket is closed', async (t) => {
    const all = pairs(t)
    await shortBatch(all, async ({ sock, peer }) => {
      const sending = sock.send('bye')
      await sock.end()
      assert.equal(await sending, 3)
      assert.equal(arrived(peer), 'bye')
      assert.equal(arrived(peer), '(end)')
    })
    const others = pairs(t)
    await shortBatch(others, async ({ sock, peer }) => {
      const [sent] = await Promise.all([sock.send('bye'), sock.close()])
      assert.equal(sent, 3)
      assert.equal(arrived(peer), 'bye')
      assert.equal(arrived(peer), '(end)')
    })
  })

  test('is ECANCELED when the socket is closed before there was room', async (t) => {
    const all = pairs(t, fill)
    await shortBatch(all, async ({ sock }) => {
      const sending = sock.send('x')
      const [result] = await Promise.allSettled([sending, sock.close()])
      assert.ok(result.status === 'rejected')
      assert.deepEqual(picked(result.reason), ['ECANCELED', 'send', 0])
    })
  })

  test('goes on in the asynchronous context of the call', async (t) => {
    const all = pairs(t)
    const store = new AsyncLocalStorage<number>()
    const stores = await shortBatch(all, (pair) =>
      store.run(all.indexOf(pair), async () => {
        await pair.sock.send('x')
        return store.getStore()
      }),
    )
    assert.deepEqual(stores, [...all.keys()])
  })
})
