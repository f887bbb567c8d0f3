import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import { SOCK_DGRAM } from 'berkeley/llsocket'
import { ipv4, leavesNoFd } from '../util/index.js'
import { pair, tcpPair } from './common.js'

leavesNoFd()

describe('inspect()', () => {
  it('inspect() shows the descriptor, family, type and both names', (t) => {
    const [a, b] = tcpPair(t, ipv4)
    assert.equal(
      inspect(a),
      `Socket { fd ${a.fd()}, AF_INET, SOCK_STREAM, local ${a.getsockname()}, peer ${b.getsockname()} }`,
    )
    const raw = /^Socket \{ fd \d+, AF_UNIX, SOCK_DGRAM \}$/
    assert.match(inspect(pair(t, SOCK_DGRAM)[0]), raw)
  })
})
