// Many unix sockets at once, of which none may be forgotten: quick ones, slow ones, those that are not read, and those without room.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { MSG_DONTWAIT, seqpacket, stream } from 'berkeley'
import { closingAll, leavesNoFd, PATIENCE_MS, within } from '../util/index.js'

leavesNoFd()

type Socket = stream.unix.Socket | seqpacket.unix.Socket

const PAIRS = 41
const BYTES = 60_000

/** Numbers that are the same in each run. */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** Sends back what comes, as quickly or slowly as chance has it. */
async function echo(sock: Socket, chance: (below: number) => number): Promise<void> {
  for (let data = await sock.recv(); data !== null; data = await sock.recv()) {
    const slowness = chance(20)
    if (slowness === 0) await pause(1)
    else if (slowness < 4) await new Promise((resolve) => setImmediate(resolve))
    await sock.send(data)
  }
}

/** The same in push mode. */
async function pushBack(sock: Socket, chance: (below: number) => number): Promise<void> {
  await sock.forEach((data) => {
    const hasRoom = sock.write(data)
    if (chance(20) === 0) return pause(1).then(() => sock.drained())
    return hasRoom ? undefined : sock.drained()
  })
}

/** Asks in pieces, several of them at once, now and then many, and reads all of the answers. */
async function ask(sock: Socket, chance: (below: number) => number): Promise<number> {
  let received = 0
  const receiving = (async () => {
    while (received < BYTES) received += (await sock.recv())?.length ?? BYTES
  })()
  for (let sent = 0; sent < BYTES; ) {
    const size = Math.min(chance(10) === 0 ? 1 + chance(9000) : 1 + chance(200), BYTES - sent)
    await sock.send(Buffer.alloc(size, sent % 251))
    sent += size
    if (chance(8) === 0) await pause(chance(2))
    if (chance(3) > 0) await new Promise((resolve) => setImmediate(resolve))
  }
  await receiving
  return received
}

const KINDS: Readonly<Record<string, () => Promise<[Socket, Socket]>>> = {
  'unix streams': () => stream.unix.pair(),
  seqpackets: () => seqpacket.unix.pair(),
}

for (const [kind, make] of Object.entries(KINDS))
  for (const [mode, serve] of Object.entries({ promises: echo, 'push mode': pushBack }))
    describe(`many ${kind}, ${mode}`, () => {
      for (const seed of [1, 2, 3])
        test(`all is answered, seed ${seed} (H175)`, async (t) => {
          const chance = numbers(seed)
          const pairs = await Promise.all(Array.from({ length: PAIRS }, make))
          for (const pair of pairs) closingAll(t, pair)
          for (const sock of pairs.flat()) sock.deadlines(PATIENCE_MS, PATIENCE_MS)
          // Some have little room, so that both directions wait.
          for (const [, served] of pairs.filter((_, i) => i % 5 === 0)) served.sndbuf(4608)
          const serving = pairs.map(([, served]) => serve(served, chance))
          const counts = await within(Promise.all(pairs.map(([asking]) => ask(asking, chance))), 'all answers')
          assert.deepEqual(new Set(counts), new Set([BYTES]))
          for (const [asking] of pairs) await asking.close()
          await within(Promise.all(serving), 'the ends')
        })
    })

test('among many, a call that must not wait finds what the one before has left (H175)', async (t) => {
  const pairs = await Promise.all(Array.from({ length: PAIRS }, () => seqpacket.unix.pair()))
  for (const pair of pairs) closingAll(t, pair)
  for (let round = 0; round < 20; round++) {
    const first = pairs.map(([, sock]) => sock.recv())
    for (const [peer] of pairs) for (const text of ['first', 'second']) await peer.send(text)
    assert.deepEqual(new Set((await Promise.all(first)).map(String)), new Set(['first']))
    for (const [, sock] of pairs) assert.equal(String(await sock.recv(100, MSG_DONTWAIT)), 'second')
  }
})
