// Memory that receives are made into, and what is given away of it.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Memory } from '#internal/support/copy.js'
import { receivedInto, scratchFor, takeReceived } from '#internal/support/receive-buffer.js'

/** Receives so many bytes of a value into so much room. */
function receive(bytes: number, value: number, room = 65536): Buffer {
  scratchFor(room).fill(value, 0, bytes)
  return takeReceived(bytes, room)
}

describe('takeReceived()', () => {
  it('takeReceived() gives parts that never overlap (H37)', () => {
    const parts = Array.from({ length: 3000 }, (_, i) => [i % 100, receive((i * 37) % 6000, i % 100)] as const)
    for (const [value, part] of parts) assert.ok(part.every((byte) => byte === value))
  })

  it('takeReceived() gives nothing beyond what was received', () => {
    for (const bytes of [1, 100, 128, 129, 4096, 4097, 30_000, 32_767, 32_768, 40_000, 65_535]) {
      scratchFor(65536).fill(0xee)
      const part = receive(bytes, 2)
      assert.equal(part.length, bytes)
      const all = Buffer.from(part.buffer)
      assert.equal(all.indexOf(0xee), -1, `${bytes} bytes`)
    }
  })

  it('takeReceived() gives large parts memory of their own, of at most twice their size', () => {
    for (const bytes of [4097, 20_000, 32_767, 32_768, 40_000, 65535, 65536, 100_000]) {
      const part = receive(bytes, 3, 65536 < bytes ? bytes : 65536)
      assert.ok(part.buffer.byteLength <= 2 * bytes, `${part.buffer.byteLength} for ${bytes}`)
      receive(bytes, 4, bytes)
      assert.ok(part.every((byte) => byte === 3))
    }
  })

  it('takeReceived() never gives away memory that other code has received into', () => {
    const buffer = new ArrayBuffer(8192)
    const memory = new Memory(buffer)
    for (const bytes of [4096, 5000, 8192]) {
      receivedInto(memory, 0)
      const part = takeReceived(bytes, 8192)
      assert.notEqual(part.buffer, buffer)
      assert.equal(part.length, bytes)
    }
  })

  it('takeReceived() never takes more than there was room for', () => {
    scratchFor(10).fill(5, 0, 10)
    assert.equal(takeReceived(1_000_000, 10).length, 10)
    scratchFor(10)
    assert.equal(takeReceived(70_000, 10).length, 10)
  })

  it('takeReceived() refuses what another receive has overwritten', () => {
    scratchFor(100).fill(6, 0, 100)
    scratchFor(100).fill(7, 0, 100)
    assert.ok(takeReceived(100, 100).every((byte) => byte === 7))
    assert.throws(() => takeReceived(100, 100), /overwritten/)
  })

  it('takeReceived() keeps parts aligned', () => {
    for (const bytes of [1, 7, 9, 100, 1001]) assert.equal(receive(bytes, 1).byteOffset % 8, 0)
  })

  it('scratchFor() gives room for a receive of any size', () => {
    assert.ok(scratchFor(3_000_000).length >= 3_000_000)
    assert.equal(receive(2_999_999, 8, 3_000_000).length, 2_999_999)
    assert.ok(receive(10, 9).every((byte) => byte === 9))
  })
})
