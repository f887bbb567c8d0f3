import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SHUT_RD, SHUT_RDWR, SHUT_WR, SOCK_STREAM, socket } from 'berkeley/llsocket'
import { coded, ipv4, leavesNoFd } from '../util/index.js'
import { create, pair, received, tcpPair } from './common.js'

leavesNoFd()

describe('shutdown()', () => {
  it('shutdown() of writing is the end for the peer, which can still send (H42)', (t) => {
    const [a, b] = tcpPair(t, ipv4)
    a.shutdown(SHUT_WR)
    assert.ok(b.recvable(5000))
    assert.equal(b.recv(), null)
    assert.equal(b.recv(), null, 'and stays the end')
    b.send('reply')
    assert.equal(received(a), 'reply')
    assert.throws(() => a.send('x'), coded('EPIPE', { syscall: 'send' }))
  })

  it('shutdown() of reading keeps the data that has arrived', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    a.send('before')
    b.shutdown(SHUT_RD)
    assert.equal(received(b), 'before')
    assert.equal(b.recv(), null)
    assert.throws(() => a.send('after'), coded('EPIPE'))
  })

  it('shutdown() of a number ends both directions by default', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    socket.shutdown(a.fd())
    assert.equal(b.recv(), null)
    assert.throws(() => b.send('x'), coded('EPIPE'))
  })

  it('shutdown() ends both directions by default', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    a.shutdown()
    assert.equal(b.recv(), null)
    assert.equal(a.recv(), null)
  })

  it('shutdown() throws the error of the kernel and refuses wrong numbers', (t) => {
    const s = create(t, ipv4.address(), SOCK_STREAM)
    assert.throws(() => s.shutdown(), coded('ENOTCONN', { syscall: 'shutdown' }))
    for (const bad of [3, -1]) assert.throws(() => s.shutdown(bad), coded('ERR_INVALID_ARG_VALUE'))
  })

  it('shutdown() accepts a bare descriptor', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    socket.shutdown(a.fd(), SHUT_WR)
    assert.equal(b.recv(), null)
    assert.throws(() => socket.shutdown(987654, SHUT_RDWR), coded('EBADF'))
    assert.throws(() => socket.shutdown(a.fd(), 7), coded('ERR_INVALID_ARG_VALUE'))
  })
})
