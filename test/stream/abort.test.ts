import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { describe, test } from 'node:test'
import { stream } from 'berkeley'
import { closing, leavesNoFd, runScript } from '../util/index.js'
import { conversation, listening, pair, portOf } from './common.js'

leavesNoFd()

describe('abort signals', () => {
  test('an aborted recv() loses no byte (H23)', async (t) => {
    const [client, peer] = await conversation(t)
    const abort = new AbortController()
    const waiting = peer.recv(100, 0, { signal: abort.signal })
    abort.abort()
    await assert.rejects(waiting, { name: 'AbortError', code: 'ABORT_ERR' })
    await client.send('kept')
    assert.equal((await peer.recv())?.toString(), 'kept')
  })

  test('one signal for any number of calls has one listener, draws no warning, and ends them in their order', async (t) => {
    const warnings: Error[] = []
    const warned = (warning: Error): number => warnings.push(warning)
    process.on('warning', warned)
    t.after(() => process.off('warning', warned))
    const pairs = await Promise.all(Array.from({ length: 20 }, () => pair(t)))
    const server = await listening(t)
    const abort = new AbortController()
    const options = { signal: abort.signal }
    const ended: number[] = []
    const calls = [...pairs.flatMap(([a]) => [a.recv(10, 0, options), a.recv(10, 0, options)]), server.accept(options)]
    const outcomes = calls.map((call, i) =>
      call.catch((error: Error) => {
        ended.push(i)
        return error.name
      }),
    )
    assert.equal(getEventListeners(abort.signal, 'abort').length, 1)
    abort.abort()
    assert.deepEqual(new Set(await Promise.all(outcomes)), new Set(['AbortError']))
    assert.deepEqual(
      ended,
      calls.map((_, i) => i),
    )
    assert.equal(getEventListeners(abort.signal, 'abort').length, 0)
    await new Promise((turn) => setImmediate(turn))
    assert.deepEqual(warnings, [])
  })

  test('calls that end by themselves leave no listener on their signal', async (t) => {
    const [a, b] = await pair(t)
    const { signal } = new AbortController()
    const options = { signal }
    const received = [a.recv(1, 0, options), a.recv(1, 0, options)]
    await b.send('xy', 0, options)
    assert.equal(String(await Promise.all(received)), 'x,y')
    a.deadlines(1)
    await assert.rejects(a.recv(1, 0, options), { name: 'TimeoutError' })
    a.deadlines(0)
    const waiting = a.recv(1, 0, options)
    await a.close()
    await assert.rejects(waiting, { code: 'ECANCELED' })
    assert.equal(getEventListeners(signal, 'abort').length, 0)
  })

  test('the end of an aborted call does not begin the next one with the same signal', async (t) => {
    const [a, b] = await pair(t)
    a.sndbuf(4096)
    const abort = new AbortController()
    const options = { signal: abort.signal }
    const first = a.send(Buffer.alloc(1 << 20), 0, options).catch((error: { bytes: number }) => error.bytes)
    const second = a.send('second', 0, options).catch((error: { bytes: number }) => error.bytes)
    // Room for the second message, which no event has announced yet.
    const part = (await b.recv(1 << 20))?.length ?? 0
    abort.abort()
    const sent = (await first) as number
    assert.equal(await second, 0)
    let rest = sent - part
    while (rest > 0) rest -= (await b.recv(1 << 20))?.length ?? 0
    assert.equal(rest, 0)
  })

  test('connect() ends by a signal that a call which is aborted with it shares', async (t) => {
    const [a] = await pair(t)
    const server = await listening(t)
    const abort = new AbortController()
    const options = { signal: abort.signal }
    const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port: portOf(server) }, false))
    const calls = Promise.allSettled([a.recv(1, 0, options), client.connect(0, options)])
    abort.abort()
    assert.deepEqual(
      (await calls).map((call) => call.status === 'rejected' && call.reason.name),
      ['AbortError', 'AbortError'],
    )
    assert.equal(getEventListeners(abort.signal, 'abort').length, 0)
  })

  test('signals of timeout() and any() that only the call refers to end it after a garbage collection', async () => {
    const { stdout, stderr } = await runScript(
      `import { stream } from 'berkeley'
       const [a, b] = await stream.unix.pair()
       const controller = new AbortController()
       const calls = [
         a.recv(1, 0, { signal: AbortSignal.timeout(60) }),
         b.recv(1, 0, { signal: AbortSignal.any([controller.signal]) }),
       ].map((call) => call.catch((error) => error.cause.name))
       for (let i = 0; i < 5; i++) { gc(); await new Promise((turn) => setImmediate(turn)) }
       controller.abort()
       console.log(await Promise.all(calls))
       await Promise.all([a.close(), b.close()])`,
      '--expose-gc',
    )
    assert.equal(stdout.trim(), "[ 'TimeoutError', 'AbortError' ]", stderr)
  })
})
