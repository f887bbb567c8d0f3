// listen() and accept().
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AGAIN, SOCK_DGRAM, SOCK_STREAM, SOMAXCONN, socket } from 'berkeley/llsocket'
import { closing, coded, eachFamily, ipv4, leavesNoFd } from '../util/index.js'
import { accepted, connecting, create, got, isCloexec, listener, received } from './common.js'

leavesNoFd()

describe('listen()', () => {
  it('listen() accepts every int as its backlog (H69)', (t) => {
    const server = create(t, ipv4.address(), SOCK_STREAM)
    server.bind()
    for (const backlog of [0, -1, 1, SOMAXCONN, SOMAXCONN + 1, 0x7fffffff, -0x80000000]) server.listen(backlog)
    connecting(t, server.getsockname())
    accepted(t, server)
    for (const bad of [2 ** 31, 1.5, Number.NaN]) assert.throws(() => server.listen(bad), coded('ERR_OUT_OF_RANGE'))
  })

  it('listen() throws EOPNOTSUPP on a datagram socket', (t) => {
    const s = create(t, ipv4.address(), SOCK_DGRAM)
    assert.throws(() => s.listen(), coded('EOPNOTSUPP', { syscall: 'listen' }))
  })
})

eachFamily((family) => {
  it('accept() gives a connection whose names are the real addresses', (t) => {
    const server = create(t, family.address(), SOCK_STREAM)
    server.bind()
    const bound = server.getsockname()
    assert.notEqual(bound.port, 0)
    assert.deepEqual([bound.addr, bound.socktype], [family.loopback, SOCK_STREAM])
    assert.equal(server.acceptconn(), false)
    server.listen()
    assert.equal(server.acceptconn(), true)
    const client = connecting(t, bound)
    const peer = accepted(t, server)
    assert.ok(client.getpeername().equals(bound))
    assert.ok(peer.getsockname().equals(bound), 'not the address of the peer')
    assert.ok(peer.getpeername().equals(client.getsockname()), 'not the requested address')
    assert.ok([client, peer, server].every((s) => s.cloexec()))
    assert.deepEqual([peer.family(), peer.socktype()], [family.family, SOCK_STREAM])
  })

  it('accept() gives a connection that is non-blocking like the listener (H48)', (t) => {
    const server = listener(t, family.address())
    for (const mode of [true, false]) {
      server.nonblock(mode)
      connecting(t, server.getsockname())
      assert.equal(accepted(t, server).nonblock(), mode)
    }
  })

  it('acceptfd() gives a bare descriptor that is close-on-exec and belongs to the caller', (t) => {
    const server = listener(t, family.address())
    assert.equal(server.acceptfd(), AGAIN)
    assert.equal(server.accept(), AGAIN)
    const client = connecting(t, server.getsockname())
    assert.ok(server.recvable(5000))
    const fd = got(server.acceptfd())
    assert.equal(isCloexec(fd), true)
    const peer = closing(t, socket.wrap(fd))
    client.send('x')
    assert.equal(received(peer), 'x')
  })
})
