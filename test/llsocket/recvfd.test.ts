import assert from 'node:assert/strict'
import { closeSync } from 'node:fs'
import { describe, it } from 'node:test'
import { AGAIN, SO_PASSCRED, SO_PASSPIDFD, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET, socket } from 'berkeley/llsocket'
import { closing, coded, countFds, ipv4, leavesNoFd } from '../util/index.js'
import { file, got, listener, pair, pass, received, sameFile, types } from './common.js'

leavesNoFd()

describe('recvfd()', () => {
  for (const [name, type] of [types[0], types[2]])
    it(`recvfd() returns null at the end of a ${name} socket`, (t) => {
      const [a, b] = pair(t, type)
      a.close()
      assert.equal(b.recvfd(), null)
    })

  it('recvfd() throws ENOMSG for an empty datagram, which is not the end', (t) => {
    const [a, b] = pair(t, SOCK_DGRAM)
    a.send('')
    assert.throws(() => b.recvfd(), coded('ENOMSG'))
    assert.equal(b.recvfd(), AGAIN)
  })

  it('recvfd() takes exactly one byte of data from a stream (H73)', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    a.sendfd(file(t))
    a.send('after')
    closeSync(got(b.recvfd()))
    assert.equal(received(b), 'after')
  })

  it('recvfd() ignores credentials, labels and pidfds that come with the descriptor', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    const before = countFds() + 1
    b.setsockopt(SOL_SOCKET, SO_PASSCRED, true)
    try {
      b.setsockopt(SOL_SOCKET, SO_PASSPIDFD, true)
    } catch {
      // Linux before 6.5 has none.
    }
    const passed = file(t)
    a.sendfd(passed)
    const fd = got(b.recvfd())
    assert.equal(sameFile(fd, passed), true)
    assert.equal(countFds(), before + 1)
    closeSync(fd)
    a.send('x')
    assert.throws(() => b.recvfd(), coded('ENOMSG'))
    pass(a, [passed, passed])
    assert.throws(() => b.recvfd(), coded('EMSGSIZE'))
    assert.equal(countFds(), before)
    a.close()
    assert.equal(b.recvfd(), null)
  })

  it('recvfd() gives a number, and wrap() finds out whether it is a socket (H81)', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    const server = listener(t, ipv4.address())
    for (const [passed, code] of [
      [file(t), 'ENOTSOCK'],
      [server.fd(), undefined],
      [a.fd(), undefined],
    ] as const) {
      a.sendfd(passed)
      const fd = got(b.recvfd())
      if (code === undefined) socket.wrap(fd).close()
      else {
        assert.throws(() => socket.wrap(fd), coded(code))
        closeSync(fd)
      }
    }
  })

  it('recvfd() can receive the socket itself that it came over', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    a.sendfd(b.fd())
    const twin = closing(t, socket.wrap(got(b.recvfd())))
    a.send('x')
    assert.equal(received(twin), 'x')
  })
})
