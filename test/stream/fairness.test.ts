// One connection that always has something to read or to write, and all the others.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { stream } from 'berkeley'
import { closing, delaysDuring, leavesNoFd, patient, script, start, within } from '../util/index.js'
import { listening, type Test } from './common.js'

leavesNoFd()

const PINGERS = 100

const ROUNDS = 20

/** Another process that sends without end, so that here there is always something to read. */
const FLOODER = `
  import { stream } from 'berkeley'
  const client = await stream.inet.Client.create({ host: '127.0.0.1', port: Number(process.argv.at(-1)) })
  const data = Buffer.alloc(1 << 20)
  try { for (;;) await client.send(data) } catch {}
`

type Conversation = [client: stream.inet.Client, peer: stream.inet.Socket]

async function conversations(t: Test): Promise<Conversation[]> {
  const server = await listening(t)
  const { port = 0 } = server.getsockname()
  const made: Conversation[] = []
  while (made.length < PINGERS) {
    const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port }))
    made.push([client, closing(t, await server.accept())])
  }
  return made
}

async function pings([client, peer]: Conversation): Promise<void> {
  for (let i = 0; i < ROUNDS; i++) {
    const answer = peer.recv().then((data) => peer.send(data as Buffer))
    await client.send(`ping ${i}`)
    assert.equal(String(await client.recv()), `ping ${i}`)
    await answer
  }
}

describe('a busy connection', () => {
  for (const [size, piece] of [
    ['large', 1 << 16],
    ['small', 512],
  ] as const)
    test(`a connection read in ${size} pieces without pause does not starve timers and other connections (H13)`, async (t) => {
      const server = await listening(t)
      start(t, process.execPath, [...script(FLOODER), '--', String(server.getsockname().port)])
      const flood = await within(server.accept(), 'the flood')
      let bytes = 0
      const reading = (async () => {
        for (let data = await flood.recv(piece); data !== null; data = await flood.recv(piece)) bytes += data.length
      })().catch((error: { code: string }) => error.code)
      const others = await conversations(t)
      let ticks = 0
      const ticking = setInterval(() => ticks++, 5)
      const before = bytes
      const { took, p99 } = await delaysDuring(() => within(Promise.all(others.map(pings)), 'the others', 60_000))
      clearInterval(ticking)
      t.diagnostic(`${bytes - before} bytes and ${PINGERS * ROUNDS} pings in ${took} ms; ${ticks} ticks, p99 ${p99} ms`)
      assert.ok(bytes - before > 1 << 18, 'the flood went on meanwhile')
      assert.ok(ticks > 0)
      assert.ok(p99 < patient(250), `the loop stood still for ${p99} ms`)
      await flood.close()
      // It waited, or was between two calls.
      assert.match(String(await reading), /^(ECANCELED|EBADF)$/)
    })

  test('a send without end does not starve other connections (H13)', async (t) => {
    const [a, b] = await stream.unix.pair()
    closing(t, a)
    closing(t, b)
    let bytes = 0
    const reading = (async () => {
      for (let data = await b.recv(); data !== null; data = await b.recv()) bytes += data.length
    })()
    const abort = new AbortController()
    const sending = a.send(Buffer.alloc(1 << 30), 0, { signal: abort.signal }).catch((error: Error) => error)
    const others = await conversations(t)
    await within(Promise.all(others.map(pings)), 'the others', 60_000)
    abort.abort()
    const outcome = await sending
    assert.ok(typeof outcome === 'number' || outcome.name === 'AbortError')
    a.closew()
    await reading
    assert.ok(bytes > 1 << 20, `${bytes} bytes meanwhile`)
  })
})
