import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type SystemError, TimeoutError } from 'berkeley'
import { freshSeed, leavesNoFd, randomFrom, within } from '../util/index.js'
import { conversation, drain } from './common.js'

leavesNoFd()

describe('deadlines', () => {
  test('recv() rejects with a TimeoutError at its deadline, and the socket stays usable (H22)', async (t) => {
    const [client, peer] = await conversation(t)
    assert.deepEqual(peer.deadlines(40), [40, 0])
    const started = performance.now()
    await assert.rejects(peer.recv(), (error) => error instanceof TimeoutError && error.syscall === 'recv')
    assert.ok(performance.now() - started >= 40)
    await client.send('late')
    assert.equal((await peer.recv())?.toString(), 'late')
  })

  test('send() that times out reports how many bytes were accepted (H27)', async (t) => {
    const [client, peer] = await conversation(t)
    client.deadlines(0, 50)
    const data = Buffer.alloc(64 << 20)
    const error = await client.send(data).then(
      () => assert.fail('the peer does not read'),
      (reason: SystemError) => reason,
    )
    assert.equal(error.name, 'TimeoutError')
    assert.ok((error.bytes as number) > 0 && (error.bytes as number) < data.length)
    await client.close()
    assert.equal((await drain(peer)).length, error.bytes)
  })

  test('rcvtimeo() and sndtimeo() are the deadlines in seconds', async (t) => {
    const [client] = await conversation(t)
    assert.equal(client.rcvtimeo(1.5), 1.5)
    assert.equal(client.sndtimeo(2), 2)
    assert.deepEqual(client.deadlines(), [1500, 2000])
    assert.throws(() => client.deadlines(-1), { code: 'ERR_OUT_OF_RANGE', message: /"rcvmsec"/ })
    assert.throws(() => client.deadlines(0, Number.NaN), { code: 'ERR_OUT_OF_RANGE', message: /"sndmsec"/ })
  })

  test('recv() whose deadline passes as the data arrives has one outcome and loses nothing (H22)', async (t) => {
    const [a, b] = await conversation(t)
    const random = randomFrom(freshSeed())
    let late = 0
    for (let round = 0; round < 400; round++) {
      b.deadlines(2)
      const waiting = b.recv().catch((error: Error) => error)
      // The time of the deadline, give or take what a timer is off.
      setTimeout(() => void a.send(`${round}`), 1 + random(3))
      let outcome = await waiting
      if (outcome instanceof Error) {
        assert.equal(outcome.name, 'TimeoutError')
        late++
        b.deadlines(0)
        outcome = await within(b.recv(), 'what came late')
      }
      assert.equal(String(outcome), String(round))
    }
    t.diagnostic(`${late} of 400 were late`)
  })
})
