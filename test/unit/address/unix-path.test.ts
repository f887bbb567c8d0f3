import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pathBytes, pathText, textOrBytes } from '#internal/address/unix-path.js'

describe('a unix path', () => {
  it('is text where it is valid UTF-8, and bytes otherwise', () => {
    assert.equal(textOrBytes(Buffer.from('/tmp/\u00e4')), '/tmp/\u00e4')
    const bytes = Buffer.of(0x2f, 0xff)
    assert.equal(textOrBytes(bytes), bytes)
  })

  it('is copied from text or bytes, and nothing else', () => {
    const given = Buffer.from('/a')
    const copy = pathBytes(given)
    given[1] = 0x62
    assert.equal(String(copy), '/a')
    assert.equal(String(pathBytes('/b')), '/b')
    for (const bad of [1, null, undefined, {}, new Uint16Array(2)])
      assert.throws(() => pathBytes(bad), { code: 'ERR_INVALID_ARG_TYPE' })
  })

  it('is shown with an @ for the NUL of an abstract name, and without control characters', () => {
    assert.equal(pathText('\0name'), '@name')
    assert.equal(pathText('/a\x1b[2J\0'), '/a\\x1b[2J\\x00')
    assert.equal(pathText(Buffer.of(0x2f, 0x07, 0xe4)), '/\\x07\u00e4')
  })
})
