import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AddrInfo, AGAIN, SOCK_DGRAM, SOCK_STREAM } from 'berkeley/llsocket'
import { sys } from '#internal/constants/lookup.js'
import { abstractName, coded, eachFamily, ipv4, leavesNoFd, thrownBy } from '../util/index.js'
import { create, listener } from './common.js'

leavesNoFd()

eachFamily((family) => {
  it('connect() reports a refused connection by error(), which clears it (H49)', (t) => {
    const gone = listener(t, family.address())
    const address = gone.getsockname()
    gone.close()
    const client = create(t, address, SOCK_STREAM)
    let error: unknown
    try {
      if (client.connect() === AGAIN) assert.ok(client.sendable(5000))
      error = client.error()
    } catch (failure) {
      error = -(failure as { errno: number }).errno
    }
    assert.equal(error, sys.ECONNREFUSED)
    assert.equal(client.error(), 0)
  })

  it('connect() of a blocking socket throws ECONNREFUSED with the address', (t) => {
    const gone = listener(t, family.address())
    const address = gone.getsockname()
    gone.close()
    const client = create(t, address, SOCK_STREAM, false)
    const error = thrownBy(() => client.connect())
    assert.deepEqual(
      [error['code'], error['syscall'], error['address'], error['port']],
      ['ECONNREFUSED', 'connect', family.loopback, address.port],
    )
    assert.equal(error.message, `connect ECONNREFUSED ${address}`)
  })

  it('bind(), connect() and accept() throw when the state of the socket does not allow them', (t) => {
    const client = create(t, listener(t, family.address()).getsockname(), SOCK_STREAM, false)
    client.connect()
    assert.throws(() => client.bind(family.address()), coded('EINVAL'))
    assert.throws(() => client.connect(client.getpeername()), coded('EISCONN', { syscall: 'connect' }))
    const idle = create(t, family.address(), SOCK_STREAM)
    assert.throws(() => idle.accept(), coded('EINVAL', { syscall: 'accept' }))
    assert.throws(() => idle.getpeername(), coded('ENOTCONN', { syscall: 'getpeername' }))
  })

  it('connect() sets the peer of a datagram socket again and again, and removes it', (t) => {
    const one = create(t, family.address(), SOCK_DGRAM)
    one.bind()
    const two = create(t, family.address(), SOCK_DGRAM)
    two.connect(one.getsockname())
    assert.ok(two.getpeername().equals(one.getsockname()))
    two.connect(AddrInfo.raw(Buffer.alloc(16)))
    assert.throws(() => two.getpeername(), coded('ENOTCONN'))
  })
})

describe('unix sockets', () => {
  it('connect() returns AGAIN while the backlog of the listener is full (H50)', (t) => {
    const server = create(t, AddrInfo.unix(abstractName()), SOCK_STREAM)
    server.bind()
    server.listen(0)
    const outcomes = [1, 2, 3].map(() => create(t, server.getsockname(), SOCK_STREAM).connect(server.getsockname()))
    assert.deepEqual(outcomes, [undefined, AGAIN, AGAIN])
  })
})

describe('before connect()', () => {
  it('send() and recv() throw on a stream that is not connected', (t) => {
    const s = create(t, ipv4.address(), SOCK_STREAM)
    assert.throws(() => s.recv(), coded('ENOTCONN'))
    assert.throws(
      () => s.send('x'),
      (error: { code: string }) => ['ENOTCONN', 'EPIPE'].includes(error.code),
    )
    const unix = create(t, AddrInfo.unix(''), SOCK_STREAM)
    assert.throws(() => unix.recv(), coded('EINVAL'))
  })
})
