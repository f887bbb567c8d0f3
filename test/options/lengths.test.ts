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

describe('lengths of values (H84)', () => {
  it('getsockopt() of bytes returns as many as the kernel has', (t) => {
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

  it('getsockopt() of text stops at the NUL and shows none of the memory behind it', (t) => {
    const sock = sockets.tcp4(keeper(t))
    sock.tcpcongestion('reno')
    for (let i = 0; i < 3; i++) {
      assert.equal(sock.getsockopt(IPPROTO_TCP, ll.TCP_CONGESTION, 'string'), 'reno')
      assert.equal(sock.getsockopt(SOL_SOCKET, ll.SO_BINDTODEVICE, 'string'), '')
      disturb(sock)
    }
  })

  it('getsockopt() refuses a value that is shorter than the kind, and never fills it up from memory', (t) => {
    const sock = sockets.tcp4(keeper(t))
    sock.keepalive(true)
    for (const kind of ['linger', 'timeval', 'ucred'] as const)
      for (let i = 0; i < 2; i++) {
        assert.throws(() => sock.getsockopt(SOL_SOCKET, ll.SO_KEEPALIVE, kind), { code: 'EINVAL' }, kind)
        disturb(sock)
      }
    assert.throws(() => sock.getsockopt(SOL_SOCKET, ll.SO_BINDTODEVICE, 'int'), { code: 'EINVAL' })
  })

  it('getsockopt() of 8 bytes returns only the 4 bytes that the kernel wrote', (t) => {
    const sock = sockets.tcp4(keeper(t))
    sock.mark(0x01020304)
    for (let i = 0; i < 3; i++) {
      assert.equal(sock.getsockopt(SOL_SOCKET, ll.SO_MARK, 'u64'), 0x01020304n)
      disturb(sock)
    }
  })

  it('tcpinfo() returns the same fields when it is read again', (t) => {
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
