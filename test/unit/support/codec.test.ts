// Values in the registers: written and read again, and never half written.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { registers, registers64 } from '#internal/native/sockets.js'
import { credentialsCodec, integerCodec, nanosecondsCodec } from '#internal/support/codec.js'

describe('codecs', () => {
  it('read what they have written', () => {
    const byte = integerCodec('int', 0, 255)
    byte.write(255)
    assert.equal(byte.read(), 255)
    credentialsCodec.write({ pid: 1, uid: 2, gid: 3 })
    assert.deepEqual(credentialsCodec.read(), { pid: 1, uid: 2, gid: 3 })
  })

  it('read nanoseconds that a double would round', () => {
    registers64[0] = 2n ** 60n + 1n
    assert.equal(nanosecondsCodec('timespec').read(), 2n ** 60n + 1n)
  })

  it('refuse a value before they write any of it', () => {
    registers.fill(7, 0, 3)
    assert.throws(() => integerCodec('int', 0, 255).write(256), { code: 'ERR_OUT_OF_RANGE' })
    assert.throws(() => credentialsCodec.write({ pid: 1, uid: 2, gid: -1 }), { code: 'ERR_OUT_OF_RANGE' })
    assert.throws(() => credentialsCodec.write(undefined as never), { code: 'ERR_INVALID_ARG_TYPE' })
    assert.deepEqual([...registers.subarray(0, 3)], [7, 7, 7])
  })
})
