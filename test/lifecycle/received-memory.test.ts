// The memory of what was received: how much of it a message keeps alive, and whether it can be taken away.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { detachments, leavesNoFd, runScript } from '../util/index.js'
import { type Path, paths } from './receive-paths.js'

leavesNoFd()

const KEPT = 2000

/** What is received after each kept message, which could share its memory. */
const PASSING = [128, 1400, 4096, 5000]

async function received(path: Path, bytes: number, value: number): Promise<Uint8Array> {
  await path.send(Buffer.alloc(bytes, value))
  const message = await path.receive()
  assert.equal(message.length, bytes)
  return message
}

describe('a received message (H99)', () => {
  for (const [name, open] of paths)
    test(`${name}: nobody can take away the memory of other messages`, async (t) => {
      const [one, other] = [await open(t), await open(t)]
      for (const bytes of [16, 1000])
        for (const [way, detach] of detachments) {
          const mine = await received(one, bytes, 1)
          const theirs = await received(other, bytes, 2)
          await detach(mine).catch(() => undefined)
          const later = await received(other, bytes, 3)
          assert.deepEqual([theirs.length, later.length], [bytes, bytes], way)
          assert.ok(theirs.every((byte) => byte === 2) && later.every((byte) => byte === 3), way)
        }
    })

  for (const [name] of paths)
    test(`${name}: ${KEPT} kept messages of 16 bytes keep less than a megabyte alive`, async () => {
      const { stdout } = await runScript(
        `import assert from 'node:assert/strict'
         import { paths } from './build/test/lifecycle/receive-paths.js'
         const finished = []
         const [, open] = paths.find(([name]) => name === ${JSON.stringify(name)})
         const path = await open({ after: (end) => finished.push(end) }, 3 << 20)
         const pass = async (bytes) => { await path.send(Buffer.alloc(bytes)); await path.receive() }
         for (const bytes of ${JSON.stringify(PASSING)}) await pass(bytes)
         const settled = async () => {
           for (let i = 0; i < 5; i++) { gc(); await new Promise((turn) => setTimeout(turn, 1)) }
           return process.memoryUsage().arrayBuffers
         }
         const before = await settled()
         const kept = []
         for (let i = 0; i < ${KEPT}; i++) {
           await path.send(Buffer.alloc(16, i))
           kept.push(await path.receive())
           await pass(${JSON.stringify(PASSING)}[i % ${PASSING.length}])
           if (i % 100 === 99) gc()
         }
         const bytes = (await settled()) - before
         assert.ok(kept.every((message, i) => message.length === 16 && message.every((byte) => byte === (i & 0xff))))
         for (const end of finished) await end()
         console.log(bytes < 1_000_000 ? 'little' : bytes + ' bytes')`,
        '--expose-gc',
      )
      assert.equal(stdout.trim(), 'little')
    })
})
