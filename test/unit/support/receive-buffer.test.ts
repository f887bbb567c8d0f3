// Memory that receives are made into: never shared between two receivers, never handed out twice.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { receive, takeReceived } from '#internal/support/receive-buffer.js'

function fill(bytes: number, value: number): Buffer {
  receive(bytes, (memory, offset, length) => {
    assert.equal(length, bytes)
    assert.ok(offset + length <= memory.length)
    memory.fill(value, offset, offset + length)
    return length
  })
  return takeReceived(bytes)
}

describe('receive() and taken()', () => {
  it('receive() gives parts that never overlap (H37)', () => {
    const parts = Array.from({ length: 2000 }, (_, i) => [i & 0xff, fill(1 + ((i * 37) % 700), i & 0xff)] as const)
    for (const [value, part] of parts) assert.ok(part.every((byte) => byte === value))
  })

  it('taken() takes only what was filled, and the rest is used again', () => {
    receive(64, () => 3)
    const first = takeReceived(3)
    let room: [Buffer, number] | undefined
    receive(64, (memory, offset) => {
      room = [memory, offset]
      return 0
    })
    assert.ok(room)
    assert.equal(first.buffer, room[0].buffer)
    assert.ok(room[1] - first.byteOffset >= 3 && room[1] - first.byteOffset <= 8)
  })

  it('receive() returns the result of the reader and takes nothing when that failed', () => {
    assert.equal(
      receive(16, () => -11),
      -11,
    )
    const before = takeReceived(0).byteOffset
    receive(16, () => -11)
    assert.equal(takeReceived(0).byteOffset, before)
  })

  it('receive() makes room for more than a slab', () => {
    const big = fill(3_000_000, 7)
    assert.equal(big.length, 3_000_000)
    assert.ok(fill(10, 8).every((byte) => byte === 8))
    assert.equal(big[2_999_999], 7)
  })

  it('receive() keeps parts aligned', () => {
    for (const bytes of [1, 7, 9, 100]) assert.equal(fill(bytes, 1).byteOffset % 8, 0)
  })

  it('receive() works again after a reader has thrown', () => {
    assert.throws(
      () =>
        receive(8, () => {
          throw new Error('no')
        }),
      /no/,
    )
    assert.ok(fill(8, 9).every((byte) => byte === 9))
  })
})
