import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { dgram } from 'berkeley'
import { closingAll, leavesNoFd } from '../util/index.js'

leavesNoFd()

describe('for await', () => {
  test('a loop over a socket gets the longest datagram whole and continues (H33)', async (t) => {
    const [a, b] = closingAll(t, await dgram.unix.pair())
    const long = Buffer.alloc(100_000, 7)
    for (const data of [long, '', 'last']) await a.send(data)
    const lengths: number[] = []
    for await (const [data] of b) {
      lengths.push(data.length)
      if (data.length === 100_000) assert.ok(data.equals(long))
      if (lengths.length === 3) break
    }
    assert.deepEqual(lengths, [100_000, 0, 4])
  })
})
