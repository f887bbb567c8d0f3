import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AF_UNIX, SHUT_WR, SOCK_STREAM } from 'berkeley/llsocket'
import { closing, coded, ipv4, leavesNoFd } from '../util/index.js'
import { create, listener, pair, received } from './common.js'

leavesNoFd()

describe('dup()', () => {
  it('dup() gives another descriptor of the same socket', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    const twin = closing(t, a.dup())
    assert.notEqual(twin.fd(), a.fd())
    assert.deepEqual([twin.family(), twin.socktype(), twin.protocol(), twin.cloexec()], [AF_UNIX, SOCK_STREAM, 0, true])
    a.close()
    twin.send('still open')
    assert.equal(received(b), 'still open')
    twin.close()
    assert.equal(b.recv(), null)
  })

  it('dup() shares O_NONBLOCK (H44) and shutdown() (H43) with the original', (t) => {
    const [a, b] = pair(t, SOCK_STREAM, false)
    const twin = closing(t, a.dup())
    twin.nonblock(true)
    assert.equal(a.isnonblock(), true)
    twin.shutdown(SHUT_WR)
    assert.throws(() => a.send('x'), coded('EPIPE'))
    assert.equal(b.recv(), null)
  })

  it('dup() remembers the address that it is given', (t) => {
    const server = listener(t, ipv4.address())
    const s = create(t, ipv4.address(), SOCK_STREAM, false)
    const twin = closing(t, s.dup(server.getsockname()))
    assert.equal(twin.connect(), undefined)
    assert.ok(s.getpeername().equals(server.getsockname()))
    assert.throws(() => s.dup({} as never), coded('ERR_INVALID_ARG_TYPE'))
  })
})
