import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sys } from '#internal/constants/lookup.js'
import { ipv4, leavesNoFd } from '../util/index.js'
import { tcpPair } from './common.js'

leavesNoFd()

describe('error()', () => {
  it('error() returns 0 without an error', (t) => {
    const [a] = tcpPair(t, ipv4)
    assert.equal(a.error(), 0)
  })

  it('error() returns a reset and clears it (H49)', async (t) => {
    const [a, b] = tcpPair(t, ipv4)
    b.linger(0)
    b.close()
    assert.ok(a.recvable(5000))
    assert.equal(a.error(), sys.ECONNRESET)
    assert.equal(a.error(), 0)
    assert.equal(a.recv(), null)
  })
})
