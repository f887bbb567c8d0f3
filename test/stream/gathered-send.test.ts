// Calls of send() while a batch of events is handled: small data leaves at its end, in one go, and each promise says what became of it.
import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { describe, type TestContext, test } from 'node:test'
import { stream, TimeoutError } from 'berkeley'
import { AGAIN, type Socket as LowSocket, MSG_DONTWAIT, SHUT_WR, SOCK_STREAM } from 'berkeley/llsocket'
import * as batches from '../util/batches.js'
import {
  arrived,
  batch,
  fill,
  PAIRS,
  picked,
  SHORT_BATCH_MS,
  shortBatch,
  whileGathering,
  withoutGathering,
} from '../util/batches.js'
import { closing, leavesNoFd, within } from '../util/index.js'

leavesNoFd()

type Pair = batches.Pair<stream.unix.Socket>

/** @param prepare - what to do with the socket before events are waited for. */
const pairs = (t: TestContext, prepare?: (low: LowSocket) => unknown): Pair[] =>
  batches.pairs(t, SOCK_STREAM, (low) => new stream.unix.Socket(low), prepare)

/** How many of them had their data at the peer when the call returned. */
const sentAtOnce = (seen: readonly string[]): number => seen.filter((text) => text !== '').length

/** Reads what a peer gets until a text has come. */
async function readUntil(peer: LowSocket, end: string): Promise<string> {
  let all = ''
  while (!all.endsWith(end)) {
    all += arrived(peer)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return all.replaceAll('.', '')
}

describe('send() while a batch is handled', { skip: withoutGathering }, () => {
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
      const until = performance.now() + SHORT_BATCH_MS / PAIRS + 1
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

/** A socket that waits for events, and another descriptor of the same open socket. */
async function twins(t: TestContext): Promise<Pair & { twin: LowSocket }> {
  const lows: LowSocket[] = []
  const all = pairs(t, (low) => lows.push(closing(t, low.dup())))
  const pair = await batches.watched(all[0] as Pair)
  return { ...pair, twin: lows[0] as LowSocket }
}

/** Takes all the room of a socket, to the last byte. */
function fillUp(low: LowSocket): void {
  for (const size of [1000, 1]) while (low.send(Buffer.alloc(size, '.'), MSG_DONTWAIT) !== AGAIN);
}

describe('what is gathered leaves before', { skip: withoutGathering }, () => {
  const acts: Readonly<Record<string, (t: TestContext, pair: Pair & { twin: LowSocket }) => unknown>> = {
    'another object sends to the same socket': (_, { twin }) => twin.send('B', MSG_DONTWAIT),
    'another object ends it': (_, { twin }) => twin.shutdown(SHUT_WR),
    'its option is set': (_, { sock }) => sock.sndbuf(10_000),
    'its descriptor is passed, over a socket that was never used': (t, { sock }) => {
      const [carrier] = pairs(t) as [Pair]
      return carrier.sock.sendfd(sock.fd())
    },
    'its number is given to others': (_, { sock }) => sock.fd(),
    'it is duplicated': (t, { sock }) => closing(t, sock.dup()),
  }
  for (const [name, act] of Object.entries(acts))
    test(`${name} (H169)`, async (t) => {
      const pair = await twins(t)
      const [sent, early] = await whileGathering(t, async () => {
        const sending = pair.sock.send('A')
        const done = act(t, pair)
        const seen = arrived(pair.peer)
        await done
        return [await sending, seen]
      })
      assert.equal(sent, 1)
      assert.match(String(early), /^AB?$/)
    })

  test('other data of the same socket, also when more is gathered than there is memory for (H169)', async (t) => {
    const { sock, peer, twin } = await twins(t)
    const other = await twins(t)
    for (const write of [false, true]) {
      let seen = ''
      await whileGathering(t, async () => {
        fillUp(twin)
        const all: unknown[] = [write ? sock.write('[first]') : sock.send('[first]')]
        for (let i = 0; i < 62; i++) all.push(other.sock.send('o'))
        all.push(sock.send('[second]'))
        while (!seen.endsWith('[second]')) {
          seen += arrived(peer)
          await new Promise((resolve) => setImmediate(resolve))
        }
        await Promise.all(all)
      })
      assert.equal(seen.replaceAll('.', ''), '[first][second]')
    }
  })
})

test('what a function of the user sends while gathered data is given back does not replace it (H176)', {
  skip: withoutGathering,
}, async (t) => {
  const [acting, probed, full, broken, third] = await Promise.all([1, 2, 3, 4, 5].map(() => twins(t)))
  assert.ok(acting && probed && full && broken && third)
  const sending: Promise<number>[] = []
  let isGivingBack = false
  let act = (): void => undefined
  const acts = acting.sock.forEach(() => act())
  const loop = broken.sock.forEach(() => {
    if (isGivingBack) sending.push(third.sock.send('of the third'))
  })
  const failure = assert.rejects(loop, { code: 'EPIPE', syscall: 'send' })
  broken.twin.shutdown(SHUT_WR)
  let batches = 0
  act = () => {
    // The first data that comes is not received ahead of the loops.
    if (++batches < 10) return
    const probe = probed.sock.send('p')
    if (arrived(probed.peer) !== '') return
    act = () => undefined
    fillUp(full.twin)
    // The failure of the first ends the loop, which gets what has come in this batch before.
    broken.sock.write('x')
    full.sock.write('gathered')
    isGivingBack = true
    acting.sock.fd()
    isGivingBack = false
    sending.push(probe)
  }
  for (let i = 0; i < 1000 && sending.length === 0; i++) {
    for (const { peer } of [acting, broken]) peer.send('?', MSG_DONTWAIT)
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.equal(sending.length, 2)
  assert.equal(await within(readUntil(full.peer, 'gathered'), 'the data'), 'gathered')
  assert.equal(await within(readUntil(third.peer, 'third'), 'that of the third'), 'of the third')
  await within(Promise.all([failure, ...sending]), 'all of it')
  await acting.sock.close()
  await within(acts, 'the end')
})
