// Memory that nothing can detach.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { markAsUntransferable } from 'node:worker_threads'
import { allocateShared, canProtect } from '#internal/native/memory.js'
import { native } from '#internal/native/sockets.js'
import { detachments, runScript } from '../../util/index.js'

it('nothing detaches shared memory', async () => {
  assert.ok(canProtect)
  for (const memory of [allocateShared(16 * 1024), allocateShared(1), allocateShared(5 << 20), native.registers]) {
    const bytes = memory.byteLength
    for (const [way, detach] of detachments) {
      await detach(new Uint8Array(memory, 0, 8)).catch(() => undefined)
      assert.equal(memory.byteLength, bytes, way)
    }
  }
})

it('allocateShared() makes zeroed memory of at least that size, which takes no properties', () => {
  for (const bytes of [1, 4096, 5000, 3 << 20, (16 << 20) + 1]) {
    const memory = allocateShared(bytes)
    assert.ok(memory.byteLength >= bytes && memory.byteLength <= Math.max(4096, 2 * bytes))
    assert.throws(() => Object.defineProperty(memory, 'byteLength', { value: 1 }), TypeError)
    assert.ok(Buffer.from(memory, 0, 4096).every((byte) => byte === 0))
  }
})

/** Whether this Node protects what is marked as untransferable by itself, as it does from 24 on. */
function marksHold(): boolean {
  const memory: ArrayBuffer & { transfer?(): unknown } = new ArrayBuffer(8)
  markAsUntransferable(memory)
  try {
    memory.transfer?.()
  } catch {
    return true
  }
  return false
}

it('where memory cannot be protected, messages have none in common', { skip: marksHold() }, async () => {
  const { stdout } = await runScript(
    `import { socket, SOCK_STREAM } from 'berkeley/llsocket'
     const [a, b] = socket.pair(SOCK_STREAM)
     const messages = ['one', 'two'].map((text) => { a.send(text); return b.recv() })
     console.log(messages.map(String), messages.map(({ buffer }) => buffer.byteLength), messages[0].buffer === messages[1].buffer)`,
    '--jitless',
    '--no-warnings',
  )
  assert.equal(stdout.trim(), "[ 'one', 'two' ] [ 3, 3 ] false")
})
