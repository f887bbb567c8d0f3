// What a call's answer means: a count, AGAIN, or a failure; and what a signal makes of it.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AGAIN, SOCK_STREAM, socket } from 'berkeley/llsocket'
import { sys } from '#internal/constants/lookup.js'
import { attempt } from '#internal/llsocket/again.js'
import { closingAll, leavesNoFd } from '../../util/index.js'

leavesNoFd()

/** A call that gives these answers, one after the other. */
function answering(...answers: number[]): { call: () => number; calls: () => number } {
  const all = answers.length
  return { call: () => answers.shift() ?? assert.fail('one call too many'), calls: () => all - answers.length }
}

describe('attempt()', () => {
  it('attempt() returns counts and failures unchanged', () => {
    for (const answer of [0, 1, 2 ** 40, -sys.EPIPE, -sys.EBADF, -sys.EMSGSIZE])
      assert.equal(attempt(-1, answering(answer).call), answer)
  })

  it('attempt() returns AGAIN for every call that would block', () => {
    for (const errno of [sys.EAGAIN, sys.EWOULDBLOCK, sys.EINPROGRESS, sys.EALREADY])
      assert.equal(attempt(-1, answering(-errno).call), AGAIN)
  })

  it('attempt() calls again after a signal on a non-blocking socket', (t) => {
    const [a] = closingAll(t, socket.pair(SOCK_STREAM, true))
    const { call, calls } = answering(-sys.EINTR, -sys.EINTR, 7)
    assert.equal(attempt(a.fd(), call), 7)
    assert.equal(calls(), 3)
  })

  it('attempt() reports a signal on a blocking socket to the caller (H45)', (t) => {
    const [a] = closingAll(t, socket.pair(SOCK_STREAM))
    const { call, calls } = answering(-sys.EINTR, 7)
    assert.equal(attempt(a.fd(), call), AGAIN)
    assert.equal(calls(), 1)
  })

  it('attempt() gives up on a number that is no longer a socket', () => {
    assert.equal(attempt(-1, answering(-sys.EINTR).call), AGAIN)
  })
})
