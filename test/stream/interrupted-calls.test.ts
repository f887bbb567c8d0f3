// Deadlines and aborts that come at the very moment when a call completes, against the real kernel: whatever the timing,
// each byte arrives once, and each call says how far it came.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { closeSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { MsgHdr } from 'berkeley'
import { freshSeed, leavesNoFd, randomFrom, tempFolder, within } from '../util/index.js'
import { type Stream, sha256, streamPairs } from './common.js'

leavesNoFd()

type Random = (below: number) => number

const TOTAL = 2 << 20

/** A short time, of one of the kinds that an event loop has. */
async function moment(random: Random): Promise<void> {
  const kind = random(4)
  if (kind === 0) return
  if (kind === 1) await new Promise((resolve) => setImmediate(resolve))
  else if (kind === 2) await new Promise((resolve) => setTimeout(resolve, 1 + random(2)))
  else for (const end = performance.now() + random(1500) / 1000; performance.now() < end; );
}

/** How calls end before their time: a deadline, an abort, or both. */
interface Impatience {
  ended: number
  through: number
}

/** A signal that is aborted some moment from now; its timers go with it. */
function abortSoon(random: Random): { signal: AbortSignal; done(): void } {
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(), random(3))
  const immediate = random(3) === 0 ? setImmediate(() => abort.abort()) : undefined
  const done = (): void => {
    clearTimeout(timer)
    clearImmediate(immediate)
  }
  return { signal: abort.signal, done }
}

/** Makes a call that is ended by a deadline or an abort, sometimes. Gives its error, if that was how it ended. */
async function impatient<T>(
  random: Random,
  tally: Impatience,
  call: (signal: AbortSignal | undefined) => Promise<T>,
): Promise<{ value: T } | { name: string; bytes?: number }> {
  const abort = random(2) === 0 ? abortSoon(random) : undefined
  try {
    const value = await call(abort?.signal)
    tally.through++
    return { value }
  } catch (error) {
    const failure = error as { name: string; bytes?: number }
    if (failure.name !== 'TimeoutError' && failure.name !== 'AbortError') throw error
    tally.ended++
    return failure
  } finally {
    abort?.done()
  }
}

/** Receives up to the end, with calls that give up all the time. */
async function drain(from: Stream, random: Random, tally: Impatience): Promise<Buffer> {
  const parts: Buffer[] = []
  for (;;) {
    if (random(4) === 0) await moment(random)
    from.deadlines(1 + random(3), undefined)
    const size = 1 + random(65536)
    const outcome = await impatient(random, tally, (signal) => from.recv(size, 0, { signal }))
    if (!('value' in outcome)) continue
    if (outcome.value === null) return Buffer.concat(parts)
    parts.push(outcome.value)
  }
}

/** One way to send a part; gives how many bytes were accepted, also when the call was ended. */
type Part = (to: Stream, data: Buffer, random: Random, tally: Impatience) => Promise<number>

const bySend: Part = async (to, data, random, tally) => {
  const outcome = await impatient(random, tally, (signal) => to.send(data, 0, { signal }))
  const count = 'value' in outcome ? outcome.value : outcome.bytes
  assert.equal(typeof count, 'number', 'an error of send() says how many bytes were accepted')
  return count as number
}

const byMessage: Part = async (to, data, random, tally) => {
  const msg = new MsgHdr()
  const cut = random(data.length)
  msg.add(data.subarray(0, cut))
  msg.add(data.subarray(cut))
  const outcome = await impatient(random, tally, (signal) => to.sendmsg(msg, 0, { signal }))
  const count = 'value' in outcome ? outcome.value : outcome.bytes
  // What is left of the message is what was not accepted.
  assert.ok(msg.concat().equals(data.subarray(count)), 'the message holds the rest')
  return count as number
}

async function sendAll(to: Stream, data: Buffer, part: Part, random: Random, tally: Impatience): Promise<void> {
  for (let at = 0; at < data.length; ) {
    await moment(random)
    to.deadlines(undefined, 1 + random(3))
    const length = 1 + random(random(8) === 0 ? 300_000 : 20_000)
    at += await part(to, data.subarray(at, at + length), random, tally)
  }
  to.closew()
}

for (const [name, make] of streamPairs)
  describe(`calls over ${name} that time out or are aborted at any moment`, () => {
    for (const [verb, part] of [
      ['send', bySend],
      ['sendmsg', byMessage],
    ] as const)
      test(`${verb}() and recv() neither lose nor repeat a byte (H22, H23, H27)`, async (t) => {
        const seed = freshSeed()
        t.diagnostic(`BERKELEY_SEED=${seed}`)
        const random = randomFrom(seed)
        const [a, b] = await make(t)
        a.sndbuf(16384)
        const data = randomBytes(TOTAL)
        const sending: Impatience = { ended: 0, through: 0 }
        const receiving: Impatience = { ended: 0, through: 0 }
        const received = drain(b, random, receiving)
        await within(sendAll(a, data, part, random, sending), 'sending', 60_000)
        assert.equal(sha256(await within(received, 'receiving', 60_000)), sha256(data))
        for (const { ended, through } of [sending, receiving])
          assert.ok(ended > 0 && through > 0, `${ended}, ${through}`)
      })

    test('sendfile() reports how many bytes it sent (H22, H23, H40)', async (t) => {
      const seed = freshSeed()
      t.diagnostic(`BERKELEY_SEED=${seed}`)
      const random = randomFrom(seed)
      const [a, b] = await make(t)
      a.sndbuf(16384)
      const data = randomBytes(TOTAL)
      const path = join(tempFolder(t), 'file')
      writeFileSync(path, data)
      const fd = openSync(path, 'r')
      t.after(() => closeSync(fd))
      const byFile: Part = async (to, rest, random, tally) => {
        const from = rest.byteOffset - data.byteOffset
        const outcome = await impatient(random, tally, (signal) => to.sendfile(fd, rest.length, from, { signal }))
        const count = 'value' in outcome ? outcome.value : outcome.bytes
        assert.equal(typeof count, 'number', 'an error of sendfile() says how many bytes were sent')
        return count as number
      }
      const sending: Impatience = { ended: 0, through: 0 }
      const received = drain(b, random, { ended: 0, through: 0 })
      await within(sendAll(a, data, byFile, random, sending), 'sending', 60_000)
      assert.equal(sha256(await within(received, 'receiving', 60_000)), sha256(data))
      assert.ok(sending.through > 0)
    })
  })
