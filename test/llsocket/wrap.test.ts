import assert from 'node:assert/strict'
import { closeSync, openSync } from 'node:fs'
import { describe, it } from 'node:test'
import { AF_INET, AF_UNIX, IPPROTO_TCP, SOCK_SEQPACKET, SOCK_STREAM, Socket, socket } from 'berkeley/llsocket'
import { native } from '#internal/native/sockets.js'
import { closing, coded, countFds, ipv4, leavesNoFd } from '../util/index.js'
import { listener, pair, received } from './common.js'

leavesNoFd()

describe('wrap() and unwrap()', () => {
  it('unwrap() gives the descriptor away, and wrap() adopts it again', (t) => {
    const [a, b] = pair(t, SOCK_SEQPACKET)
    const fd = a.unwrap()
    assert.equal(a.fd(), -1)
    assert.throws(() => a.send('x'), coded('EBADF'))
    const again = closing(t, socket.wrap(fd))
    assert.deepEqual(
      [again.fd(), again.family(), again.socktype(), again.isnonblock()],
      [fd, AF_UNIX, SOCK_SEQPACKET, true],
    )
    again.send('x')
    assert.equal(received(b), 'x')
  })

  it('the constructor takes nothing over when its arguments are wrong', (t) => {
    const [a] = pair(t, SOCK_STREAM)
    const fd = a.unwrap()
    assert.throws(() => Reflect.construct(Socket, [fd]), coded('ERR_INVALID_ARG_TYPE'))
    closing(t, socket.wrap(fd))
  })

  it('wrap() learns family, type and protocol from the kernel', (t) => {
    const server = listener(t, ipv4.address())
    const wrapped = closing(t, socket.wrap(server.unwrap()))
    assert.deepEqual([wrapped.family(), wrapped.socktype(), wrapped.protocol()], [AF_INET, SOCK_STREAM, IPPROTO_TCP])
  })

  it('wrap() sets O_NONBLOCK, clears it, or leaves it unchanged', (t) => {
    const [a] = pair(t, SOCK_STREAM, false)
    let fd = a.unwrap()
    for (const [asked, is] of [
      [undefined, false],
      [true, true],
      [undefined, true],
      [false, false],
    ] as const) {
      const s = socket.wrap(fd, asked)
      assert.equal(s.isnonblock(), is)
      fd = s.unwrap()
    }
    assert.throws(() => socket.wrap(fd, 1 as never), coded('ERR_INVALID_ARG_TYPE'))
    assert.equal(native.close(fd), 0, 'a failed wrap leaves the descriptor to the caller')
  })

  it('wrap() makes the descriptor close-on-exec', (t) => {
    const [a] = pair(t, SOCK_STREAM)
    a.cloexec(false)
    assert.equal(closing(t, socket.wrap(a.unwrap())).cloexec(), true)
  })

  it('wrap() refuses a descriptor that has an owner (H06)', (t) => {
    const [a] = pair(t, SOCK_STREAM)
    assert.throws(() => socket.wrap(a.fd()), coded('EBUSY', { syscall: 'wrap' }))
    a.send('x')
  })

  it('wrap() refuses a descriptor that is not a socket (H08)', (t) => {
    const before = countFds()
    const files = ['/dev/null', '/', '/proc/self/status'].map((path) => openSync(path, 'r'))
    t.after(() => files.map((fd) => closeSync(fd)))
    for (const fd of files) assert.throws(() => socket.wrap(fd), coded('ENOTSOCK', { syscall: 'wrap' }))
    assert.equal(countFds(), before + files.length)
    assert.throws(() => socket.wrap(987654), coded('EBADF'))
  })

  it('unwrap() throws EBADF when it is called twice or after close()', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    const fd = a.unwrap()
    assert.throws(() => a.unwrap(), coded('EBADF', { syscall: 'unwrap' }))
    b.close()
    assert.throws(() => b.unwrap(), coded('EBADF'))
    native.close(fd)
  })
})
