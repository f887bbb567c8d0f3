// Copies of what was received, in memory that they share.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { canProtect } from '#internal/native/memory.js'
import { copyFrom, copyInto, copyOf, joined, Memory, type Pool, poolFor } from '#internal/support/copy.js'

const SIZES = [0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 63, 64, 127, 128, 129, 1400, 4095, 4096, 4097]

/** Memory in which every byte tells its place. */
function numbered(bytes: number): Memory {
  const memory = Memory.allocate(bytes)
  for (let i = 0; i < bytes; i++) memory.bytes[i] = (i * 31) % 251
  return memory
}

describe('memory', () => {
  it('memory of which a part is copied gives these bytes and no others', () => {
    const from = numbered(8192)
    for (const bytes of SIZES)
      for (const at of [0, 4, 64, 1000]) {
        const to = Memory.allocate(8192)
        to.bytes.fill(0xff)
        from.copy(at, to, 16, bytes)
        assert.deepEqual(to.bytes.subarray(16, 16 + bytes), from.bytes.subarray(at, at + bytes), `${bytes} from ${at}`)
        assert.ok(to.bytes.subarray(0, 16).every((byte) => byte === 0xff))
        assert.ok(
          to.bytes.subarray(16 + bytes).every((byte) => byte === 0xff),
          `${bytes} from ${at}`,
        )
      }
  })

  it('memory that is a part of other memory is copied from its own beginning', () => {
    const buffer = new ArrayBuffer(256)
    const part = new Memory(buffer, 64, 100)
    part.bytes.write('within', 8)
    for (const bytes of [6, 92]) assert.equal(String(copyFrom(part, 8, bytes).subarray(0, 6)), 'within')
    assert.equal(part.view(8, 6).byteOffset, 72)
  })
})

describe('copies', () => {
  it('copies never overlap, however many share memory', () => {
    const from = numbered(8192)
    const copies = Array.from({ length: 5000 }, (_, i) => {
      const [at, bytes] = [(i * 4) % 4000, SIZES[i % SIZES.length] as number]
      return { at, bytes, copy: i % 2 ? copyFrom(from, at, bytes) : copyOf(from.bytes, at, bytes) }
    })
    for (const { at, bytes, copy } of copies) assert.ok(copy.equals(from.bytes.subarray(at, at + bytes)), `${bytes}`)
  })

  it('copies are of the bytes at that time', () => {
    const from = Buffer.from('0123456789')
    const copies = [copyOf(from, 2, 3), joined([from]), joined([from, Buffer.from('ab')]), joined([])]
    from.fill(0)
    assert.deepEqual(copies.map(String), ['234', '0123456789', '0123456789ab', ''])
  })

  it('copies of memory that was detached are empty', () => {
    const from = Buffer.from(new ArrayBuffer(8))
    structuredClone(from.buffer, { transfer: [from.buffer] })
    const to = Buffer.alloc(8, 1)
    copyInto(from, to, 4)
    assert.deepEqual(to, Buffer.alloc(8, 1))
  })
})

it('a pool gives memory for copies of one size class', { skip: canProtect ? false : 'nothing is shared here' }, () => {
  assert.equal(poolFor(1), poolFor(128))
  assert.notEqual(poolFor(128), poolFor(129))
  assert.equal(poolFor(129), poolFor(4096))
  assert.equal(poolFor(4097), undefined)
  const pool = poolFor(3000) as Pool
  for (let i = 0; i < 100; i++) {
    const stays = pool.hasRoom(3001)
    const before = pool.bytes
    const start = pool.take(3001)
    assert.equal(start % 8, 0)
    assert.equal(pool.bytes === before, stays)
    assert.ok(start + 3001 <= pool.bytes.length)
  }
})
