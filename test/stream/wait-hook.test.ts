import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MSG_DONTWAIT, type SystemError, type stream } from 'berkeley'
import { native } from '#internal/native/sockets.js'
import { leavesNoFd, within } from '../util/index.js'
import { conversation, pair } from './common.js'

leavesNoFd()

type Hooked = (a: stream.unix.Socket, b: stream.unix.Socket) => unknown

const deeds: [what: string, deed: Hooked, outcome: string][] = [
  ['closes its own socket', (a) => void a.close(), 'ECANCELED'],
  ['gives its own socket away', (a) => native.close(a.detach()), 'ECANCELED'],
  ['closes the other socket', (_, b) => void b.close(), 'null'],
  ['throws', () => assert.fail('on purpose'), 'ERR_ASSERTION'],
  ['returns false', () => false, 'ECANCELED'],
  ['is asynchronous', async () => {}, 'ERR_INVALID_ARG_TYPE'],
  ['calls recv() itself', (a) => void assert.rejects(a.recv(1, MSG_DONTWAIT), { code: 'EAGAIN' }), 'data'],
  ['sends on its own socket', (a) => void a.send('x'), 'data'],
  ['removes itself', (a) => void a.onwaitrecv(null), 'data'],
  ['shuts receiving down', (a) => a.closer(), 'null'],
  ['sets a deadline for later calls', (a) => void a.deadlines(1), 'data'],
]

describe('wait hooks', () => {
  test('a wait hook is called with its context before each wait, and setting a hook returns the former one (H26)', async (t) => {
    const [client, peer] = await conversation(t)
    const context = { waits: 0 }
    const hook = (ctx: typeof context): void => {
      ctx.waits++
      void client.send('go')
    }
    assert.equal(peer.onwaitrecv(hook, context), null)
    assert.equal((await peer.recv())?.toString(), 'go')
    assert.equal(context.waits, 1)
    assert.equal(peer.onwaitrecv(null), hook)
    assert.throws(() => peer.onwaitrecv('x' as never), { code: 'ERR_INVALID_ARG_TYPE', message: /"fn"/ })
  })

  for (const [what, deed, expected] of deeds)
    test(`recv() gives ${expected} when its wait hook ${what} (H17, H26)`, async (t) => {
      const [a, b] = await pair(t)
      let waits = 0
      a.onwaitrecv(() => (waits++ === 0 ? deed(a, b) : undefined))
      const outcome = a.recv().then(
        (data) => String(data),
        (error: SystemError) => error.code,
      )
      await new Promise((turn) => setImmediate(turn))
      if (b.fd() >= 0) await b.send('data').catch((error: SystemError) => assert.equal(error.code, 'EPIPE'))
      assert.equal(await within(outcome, 'the end of the call'), expected)
      assert.ok(waits > 0)
      if (a.fd() < 0 || expected === 'null') return
      // Whatever it did, the socket stays usable.
      a.onwaitrecv(null)
      await b.send('more')
      let text = ''
      while (!text.endsWith('more')) text += await within(a.recv(), 'what comes next')
    })

  test('a hook or a continuation may close another socket that has an event in the same batch (H03, H17)', async (t) => {
    const pairs = await Promise.all(Array.from({ length: 50 }, () => pair(t)))
    const outcomes = pairs.map(([a], i) => {
      // Each one closes its neighbour, whose event may be in the same batch.
      return (async () => {
        for (;;) {
          const data = await a.recv()
          if (data === null) return 'end'
          await pairs[(i + 1) % pairs.length]?.[0].close()
        }
      })().catch((error: SystemError) => error.code)
    })
    await new Promise((turn) => setImmediate(turn))
    for (const [, b] of pairs) await b.send('all at once').catch(() => {})
    for (const [, b] of pairs) await b.close()
    for (const outcome of await within(Promise.all(outcomes), 'their ends'))
      assert.match(outcome, /^(end|ECANCELED|EBADF)$/)
  })
})
