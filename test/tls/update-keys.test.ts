import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { stream } from 'berkeley'
import { closing, coded, leavesNoFd } from '../util/index.js'

leavesNoFd()

describe('updateKeys()', () => {
  test('updateKeys() refuses every argument that is not a boolean', async (t) => {
    const [a, b] = await stream.unix.pair()
    for (const sock of [a, b]) closing(t, sock)
    for (const wrong of [Symbol('s'), 1n, {}, null] as never[])
      assert.throws(() => a.updateKeys(wrong), coded('ERR_INVALID_ARG_TYPE'))
  })
})
