import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32c } from '#internal/proxy-protocol/crc32c.js'

test('crc32c() is that of RFC 3720', () => {
  assert.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa)
  assert.equal(crc32c(Buffer.alloc(32, 0xff)), 0x62a8ab43)
  assert.equal(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e)
  assert.equal(crc32c(Buffer.alloc(0)), 0)
})
