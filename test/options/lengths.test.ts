// Values that are shorter than their type, or longer: what the kernel did not write is never read.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as ll from 'berkeley/llsocket'
import { connection, keeper, sockets } from './sockets.js'

const { IPPROTO_IP, IPPROTO_TCP, SOL_SOCKET } = ll

/** Fills the registers and the stack of the addon with something else. */
function disturb(sock: ll.Socket): void {
  sock.linger(7)
  sock.rcvtimeo(1.5)
  sock.getsockopt(SOL_SOCKET, ll.SO_RCVTIMEO, 'timeval')
  sock.getsockopt(SOL_SOCKET, ll.SO_LINGER, 'linger')
}

describe('a value (H84)', () => {
  it('as bytes is as long as the kernel says, whatever the room', (t) => {
    const sock = sockets.tcp4(keeper(t))
    for (const [level, name, length] of [
      [SOL_SOCKET, ll.SO_KEEPALIVE, 4],
      [SOL_SOCKET, ll.SO_LINGER, 8],
      [SOL_SOCKET, ll.SO_RCVTIMEO, 16],
      [IPPROTO_IP, ll.IP_TOS, 4],
      [IPPROTO_TCP, ll.TCP_CONGESTION, 16],
      [SOL_SOCKET, ll.SO_BINDTODEVICE, 0],
    ] as const) {
      assert.equal(sock.getsockopt(level, name, 'bytes').length, length, `option ${name}`)
      disturb(sock)
      assert.equal(sock.getsockopt(level, name, 'bytes').length, length, `option ${name}, again`)
    }
  })

  it('as text ends with its NUL, and not with what stands behind it', (t) => {
    const sock = sockets.tcp4(keeper(t))
    sock.tcpcongestion('reno')
    for (let i = 0; i < 3; i++) {
      assert.equal(sock.getsockopt(IPPROTO_TCP, ll.TCP_CONGESTION, 'string'), 'reno')
      assert.equal(sock.getsockopt(SOL_SOCKET, ll.SO_BINDTODEVICE, 'string'), '')
      disturb(sock)
    }
  })

  it('that is shorter than the kind is refused, and never completed from memory', (t) => {
    const sock = sockets.tcp4(keeper(t))
    sock.keepalive(true)
    for (const kind of ['linger', 'timeval', 'ucred'] as const)
      for (let i = 0; i < 2; i++) {
        assert.throws(() => sock.getsockopt(SOL_SOCKET, ll.SO_KEEPALIVE, kind), { code: 'EINVAL' }, kind)
        disturb(sock)
      }
    assert.throws(() => sock.getsockopt(SOL_SOCKET, ll.SO_BINDTODEVICE, 'int'), { code: 'EINVAL' })
  })

  it('of 4 bytes as one of 8 has no more than these 4', (t) => {
    const sock = sockets.tcp4(keeper(t))
    sock.mark(0x01020304)
    for (let i = 0; i < 3; i++) {
      assert.equal(sock.getsockopt(SOL_SOCKET, ll.SO_MARK, 'u64'), 0x01020304n)
      disturb(sock)
    }
  })

  it('of a growing structure is the same when it is read again', (t) => {
    const { client, listener } = connection(keeper(t), ll.AF_INET)
    for (const sock of [client, listener]) {
      const first = sock.tcpinfo()
      disturb(sock)
      const second = sock.tcpinfo()
      assert.deepEqual(Object.keys(second), Object.keys(first))
      // What moves is time and nothing else: the connection is idle.
      assert.deepEqual([second.state, second.options, second.snd_mss], [first.state, first.options, first.snd_mss])
    }
  })
})
