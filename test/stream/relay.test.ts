import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { relay, type SystemError, type stream } from 'berkeley'
import { ends as tlsEnds } from '../tls/common.js'
import { isPending, leavesNoFd, PATIENCE_MS } from '../util/index.js'
import { conversation, drain, pair, type Stream, sha256, type Test } from './common.js'

leavesNoFd()

type Ends = [outer: Stream, inner: Stream]
type Make = (t: Test) => Promise<Ends>

const kinds = { TCP: conversation, unix: pair, TLS: (t: Test) => tlsEnds(t as never) } satisfies Record<string, Make>

const bounded = (ends: Ends): Ends => {
  for (const end of ends) end.deadlines(PATIENCE_MS, PATIENCE_MS)
  return ends
}

/** Two connections with a relay between them: the outer ends, and the relay. */
async function relayed(t: Test, one: Make, other: Make, options?: object) {
  const [[left, a], [right, b]] = [bounded(await one(t)), bounded(await other(t))]
  const relaying = relay(a, b, options)
  relaying.catch(() => undefined)
  return { left, right, a, b, relaying }
}

for (const [one, other] of [
  ['TCP', 'unix'],
  ['TCP', 'TCP'],
  ['TLS', 'TCP'],
  ['unix', 'TLS'],
  ['TLS', 'TLS'],
] as const)
  describe(`relay() between ${one} and ${other}`, () => {
    const make = (t: Test, options?: object) => relayed(t, kinds[one], kinds[other], options)

    test('it sends on megabytes in both directions at a time, and counts them', async (t) => {
      const { left, right, a, b, relaying } = await make(t)
      const [up, down] = [randomBytes(5 << 20), randomBytes(3 << 20)]
      const send = async (from: Stream, data: Buffer) => {
        await from.send(data)
        await from.end()
      }
      const [, , gotUp, gotDown] = await Promise.all([send(left, up), send(right, down), drain(right), drain(left)])
      assert.equal(sha256(gotUp), sha256(up))
      assert.equal(sha256(gotDown), sha256(down))
      assert.deepEqual(await relaying, { forth: up.length, back: down.length })
      assert.deepEqual([a.fd(), b.fd()], [-1, -1])
    })

    test('the end of one direction is passed on, and the other one goes on', async (t) => {
      const { left, right, relaying } = await make(t)
      await left.send('question')
      await left.end()
      assert.equal(String(await drain(right)), 'question')
      assert.ok(await isPending(relaying))
      await right.send('answer')
      await right.end()
      assert.equal(String(await drain(left)), 'answer')
      assert.deepEqual(await relaying, { forth: 8, back: 6 })
    })

    test('what one side does not read is not received from the other one', async (t) => {
      const { left, right, relaying } = await make(t, { bufsize: 16_384 })
      const data = Buffer.alloc(64 << 20)
      const sending = left.send(data)
      let before = -1
      while (before !== left.bufferedAmount) {
        before = left.bufferedAmount
        for (let i = 0; i < 50; i++) await nextTurn()
      }
      assert.ok(before > data.length / 2, `${before} bytes wait`)
      let count = 0
      const reading = (async () => {
        for (let part = await right.recv(); part !== null; part = await right.recv()) count += part.length
      })()
      await sending
      await left.end()
      await reading
      await right.end()
      assert.deepEqual(await relaying, { forth: data.length, back: 0 })
      assert.equal(count, data.length)
    })

    test('aborting ends both directions, and neither peer takes what came for complete (H139)', async (t) => {
      const aborting = new AbortController()
      const { left, right, a, b, relaying } = await make(t, { signal: aborting.signal })
      await left.send('begun')
      assert.equal(String(await right.recv()), 'begun')
      aborting.abort(new Error('enough'))
      await assert.rejects(relaying, (error: Error & { relayed?: object }) => {
        assert.deepEqual([error.name, (error.cause as Error).message], ['AbortError', 'enough'])
        assert.deepEqual(error.relayed, { forth: 5, back: 0 })
        return true
      })
      assert.deepEqual([a.fd(), b.fd()], [-1, -1])
      // A unix stream in the clear has no reset.
      for (const [end, kind] of [
        [left, one],
        [right, other],
      ] as const)
        if (kind !== 'unix') await assert.rejects(drain(end))
        else assert.equal(String(await drain(end)), '')
    })
  })

describe('relay()', () => {
  test('an error of one connection ends both, and is told once', async (t) => {
    const { left, right, relaying } = await relayed(t, conversation, conversation)
    await right.send('kept')
    assert.equal(String(await left.recv()), 'kept')
    left.linger(0)
    await left.close()
    await assert.rejects(relaying, (error: SystemError & { relayed?: object }) => {
      assert.equal(error.code, 'ECONNRESET')
      assert.deepEqual(error.relayed, { forth: 0, back: 4 })
      return true
    })
    await assert.rejects(drain(right), { code: 'ECONNRESET' })
  })

  test('TLS that is cut ends both: the other peer sees no orderly end (H139)', async (t) => {
    const { left, right, relaying } = await relayed(t, kinds.TLS, conversation)
    await left.send('half of it')
    assert.equal(String(await right.recv()), 'half of it')
    left.linger(0)
    await left.close()
    await assert.rejects(relaying)
    await assert.rejects(drain(right), { code: 'ECONNRESET' })
  })

  test('a connection that was closed here ends it', async (t) => {
    const { a, b, relaying } = await relayed(t, pair, pair)
    await a.close()
    await assert.rejects(relaying, { code: 'ECANCELED' })
    assert.equal(b.fd(), -1)
  })

  test('a peer that has gone both ways needs no end', async (t) => {
    const { left, right, relaying } = await relayed(t, conversation, conversation)
    await right.end()
    assert.equal(await left.recv(), null)
    await left.close()
    assert.equal(await right.recv(), null)
    assert.deepEqual(await relaying, { forth: 0, back: 0 })
  })

  test('a deadline of a connection ends it', async (t) => {
    const [[, a], [, b]] = [await pair(t), await pair(t)]
    a.deadlines(20)
    await assert.rejects(relay(a, b), { name: 'TimeoutError' })
    assert.deepEqual([a.fd(), b.fd()], [-1, -1])
  })

  test('a signal that is aborted already closes both', async (t) => {
    const [[, a], [, b]] = [await pair(t), await pair(t)]
    await assert.rejects(relay(a, b, { signal: AbortSignal.abort() }), { name: 'AbortError' })
    assert.deepEqual([a.fd(), b.fd()], [-1, -1])
  })

  test('it begins with what a reader has read ahead', async (t) => {
    const [[left, a], [right, b]] = [await conversation(t), await conversation(t)]
    await left.send('CONNECT\nfirst bytes')
    await left.end()
    await a.reader().until('\n')
    const relaying = relay(a, b)
    assert.equal(String(await drain(right)), 'first bytes')
    await right.end()
    assert.deepEqual(await relaying, { forth: 11, back: 0 })
  })

  test('wrong arguments reject, and close nothing', async (t) => {
    const [[, a], [, b]] = [await pair(t), await pair(t)]
    await assert.rejects(relay(a, a), { code: 'ERR_INVALID_ARG_VALUE' })
    await assert.rejects(relay(a, {} as stream.Socket), { code: 'ERR_INVALID_ARG_TYPE' })
    await assert.rejects(relay(a, b, { bufsize: 0 }), { code: 'ERR_OUT_OF_RANGE' })
    await assert.rejects(relay(a, b, { signal: {} as AbortSignal }), { code: 'ERR_INVALID_ARG_TYPE' })
    await assert.rejects(relay(a, b, { idle: 1 } as never), { code: 'ERR_INVALID_ARG_VALUE' })
    assert.ok(a.fd() >= 0 && b.fd() >= 0)
  })
})
