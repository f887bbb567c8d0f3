import assert from 'node:assert/strict'
import { closeSync, openSync } from 'node:fs'
import { describe, it } from 'node:test'
import { AddrInfo, AGAIN, SHUT_RD, SHUT_RDWR, SHUT_WR, SOCK_DGRAM, SOCK_STREAM, socket } from 'berkeley/llsocket'
import { sys } from '#internal/constants/lookup.js'
import { native } from '#internal/native/sockets.js'
import { closing, coded, countFds, ipv4, leavesNoFd } from '../util/index.js'
import { accepted, connecting, create, listener, pair, received } from './common.js'

leavesNoFd()

describe('close()', () => {
  it('close() closes once, and a second call does nothing (H01)', (t) => {
    const [a] = pair(t, SOCK_STREAM)
    const fd = a.fd()
    a.close()
    assert.equal(a.fd(), -1)
    const reused = openSync('/dev/null', 'r')
    assert.equal(reused, fd)
    a.close()
    a.close(SHUT_RDWR)
    a[Symbol.dispose]()
    closeSync(reused)
  })

  it('close() with an argument shuts down first, also for a duplicate (H43)', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    const twin = closing(t, a.dup())
    a.close(SHUT_WR)
    assert.equal(b.recv(), null)
    b.send('x')
    assert.equal(received(twin), 'x')
  })

  it('close() without an argument does not shut down a shared socket (H43)', (t) => {
    const server = listener(t, ipv4.address())
    const twin = closing(t, server.dup())
    const address = server.getsockname()
    server.close()
    connecting(t, address)
    accepted(t, twin)
  })

  it('close() closes the socket even when the shutdown fails, and throws that error', (t) => {
    const before = countFds()
    const s = create(t, ipv4.address(), SOCK_STREAM)
    assert.throws(() => s.close(SHUT_RDWR), coded('ENOTCONN', { syscall: 'shutdown' }))
    assert.deepEqual([s.fd(), countFds()], [-1, before])
  })

  it('close() closes the socket even when its argument is wrong, and throws', (t) => {
    const before = countFds()
    for (const [bad, code] of [
      [3, 'ERR_INVALID_ARG_VALUE'],
      [-1, 'ERR_INVALID_ARG_VALUE'],
      ['1', 'ERR_INVALID_ARG_TYPE'],
    ] as const) {
      const [a, b] = pair(t, SOCK_STREAM)
      assert.throws(() => a.close(bad as never), coded(code))
      assert.equal(a.fd(), -1)
      assert.equal(b.recv(), null)
      b.close()
      assert.equal(countFds(), before)
    }
  })

  it("socket.close() with a wrong argument closes nothing: the number is the caller's", (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    const fd = a.unwrap()
    for (const bad of [3, -1, '1']) assert.throws(() => socket.close(fd, bad as never), { name: 'TypeError' })
    assert.equal(b.recv(), AGAIN)
    socket.close(fd)
  })

  it('close() is called at the end of a `using` block', () => {
    let fd: number
    {
      using s = socket.create(AddrInfo.inet('127.0.0.1', 0, { socktype: SOCK_DGRAM }))
      fd = s.fd()
    }
    assert.ok(native.fcntl(fd, sys.F_GETFD, 0) < 0)
  })
})

describe('descriptors closed by their number', () => {
  it('close() throws EBADF when the descriptor was closed by its number (H05)', () => {
    const [a, b] = socket.pair(SOCK_STREAM, true)
    closeSync(a.fd())
    assert.throws(() => a.send('x'), coded('EBADF'))
    assert.throws(() => a.recv(), coded('EBADF'))
    assert.throws(() => a.close(), coded('EBADF', { syscall: 'close' }))
    a.close()
    b.close()
  })

  it('close() does not close another socket that has got the same number (H05)', () => {
    const [a, b] = socket.pair(SOCK_STREAM, true)
    const fd = a.fd()
    closeSync(fd)
    const [c, d] = socket.pair(SOCK_STREAM, true)
    assert.equal(c.fd(), fd)
    assert.throws(() => a.send('to the wrong peer'), coded('EBADF'))
    a.close()
    c.send('x')
    assert.equal(received(d), 'x')
    for (const s of [b, c, d]) s.close()
  })
})

describe('bare descriptors', () => {
  it('socket.close() closes a bare descriptor and refuses one that has an owner', () => {
    const [a, b] = socket.pair(SOCK_STREAM, true)
    assert.throws(() => socket.close(a.fd()), coded('EBUSY', { message: /has a close\(\) of its own/ }))
    socket.close(a.unwrap())
    assert.equal(b.recv(), null)
    const fd = b.unwrap()
    assert.throws(() => socket.close(fd, 9), coded('ERR_INVALID_ARG_VALUE'))
    socket.close(fd, SHUT_RDWR)
    assert.throws(() => socket.close(fd), coded('EBADF'))
    assert.throws(() => socket.close(-1), coded('ERR_OUT_OF_RANGE'))
  })

  it('socket.shutdown() and socket.close() throw EBADF for numbers that are not open', () => {
    assert.throws(() => socket.shutdown(987654, SHUT_RD), coded('EBADF'))
    assert.throws(() => socket.close(987654), coded('EBADF'))
  })
})
