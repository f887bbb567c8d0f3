// Options by numbers, with the kind of their value: what each kind reads and takes.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as ll from 'berkeley/llsocket'
import { leavesNoFd } from '../util/index.js'
import { keeper, sockets } from './sockets.js'

leavesNoFd()

describe('getsockopt() and setsockopt()', () => {
  it('setsockopt() chooses the kind by the type of the value', (t) => {
    const sock = sockets.tcp4(keeper(t))
    const word = Buffer.from(Int32Array.of(1).buffer)
    for (const value of [1, true, word]) {
      sock.setsockopt(ll.SOL_SOCKET, ll.SO_KEEPALIVE, 0)
      sock.setsockopt(ll.SOL_SOCKET, ll.SO_KEEPALIVE, value)
      assert.equal(sock.getsockopt(ll.SOL_SOCKET, ll.SO_KEEPALIVE, 'bool'), true)
      assert.deepEqual(sock.getsockopt(ll.SOL_SOCKET, ll.SO_KEEPALIVE, 'bytes'), word)
    }
    sock.setsockopt(ll.SOL_SOCKET, ll.SO_MAX_PACING_RATE, 2n ** 33n)
    assert.equal(sock.getsockopt(ll.SOL_SOCKET, ll.SO_MAX_PACING_RATE, 'u64'), 2n ** 33n)
    sock.setsockopt(ll.IPPROTO_TCP, ll.TCP_CONGESTION, 'reno')
    assert.equal(sock.getsockopt(ll.IPPROTO_TCP, ll.TCP_CONGESTION, 'string'), 'reno')
  })

  it('setsockopt() and getsockopt() accept a kind by name', (t) => {
    const sock = sockets.tcp4(keeper(t))
    sock.setsockopt(ll.SOL_SOCKET, ll.SO_LINGER, 5, 'linger')
    assert.equal(sock.getsockopt(ll.SOL_SOCKET, ll.SO_LINGER, 'linger'), 5)
    sock.setsockopt(ll.SOL_SOCKET, ll.SO_MARK, 0xffffffff, 'u32')
    assert.equal(sock.getsockopt(ll.SOL_SOCKET, ll.SO_MARK, 'u32'), 0xffffffff)
    sock.setsockopt(ll.IPPROTO_TCP, ll.TCP_KEEPINTVL, 7, 'seconds')
    assert.equal(sock.getsockopt(ll.IPPROTO_TCP, ll.TCP_KEEPINTVL, 'seconds'), 7)
  })

  it('setsockopt() rounds a time up to the next microsecond, also over a whole second', (t) => {
    const sock = sockets.tcp4(keeper(t))
    const bytes = (): [bigint, bigint] => {
      const read = sock.getsockopt(ll.SOL_SOCKET, ll.SO_RCVTIMEO, 'bytes')
      return [read.readBigInt64LE(0), read.readBigInt64LE(8)]
    }
    for (const [seconds, sec] of [
      [0.9999999, 1n],
      [1.9999999, 2n],
    ] as const) {
      sock.setsockopt(ll.SOL_SOCKET, ll.SO_RCVTIMEO, seconds, 'timeval')
      assert.deepEqual(bytes(), [sec, 0n], `${seconds}`)
    }
    for (const seconds of [1e-6, 1e-9, 1e-12, Number.MIN_VALUE]) {
      sock.setsockopt(ll.SOL_SOCKET, ll.SO_RCVTIMEO, 0, 'timeval')
      sock.setsockopt(ll.SOL_SOCKET, ll.SO_RCVTIMEO, seconds, 'timeval')
      assert.ok(bytes()[1] > 0n, `${seconds} s would be no timeout at all`)
    }
  })

  it('setsockopt() of kind "address" refuses everything that is not an AddrInfo', (t) => {
    const sock = sockets.tcp4(keeper(t))
    const ai = ll.AddrInfo.inet('127.0.0.1', 80)
    for (const bad of [undefined, '127.0.0.1', ai.sockaddr, Object.create(ai)])
      assert.throws(() => sock.setsockopt(ll.IPPROTO_IP, 80, bad, 'address'), { code: 'ERR_INVALID_ARG_TYPE' })
    // SO_ORIGINAL_DST can only be read, and only where a firewall has redirected the connection.
    assert.throws(() => sock.setsockopt(ll.IPPROTO_IP, 80, ai, 'address'), { code: 'ENOPROTOOPT' })
  })

  it('setsockopt() throws an error for a kind that can only be read', (t) => {
    const keep = keeper(t)
    const [a] = ll.socket.pair(ll.SOCK_STREAM).map(keep) as [ll.Socket, ll.Socket]
    assert.equal(a.getsockopt(ll.SOL_SOCKET, ll.SO_PEERCRED, 'ucred').pid, process.pid)
    assert.throws(() => a.setsockopt(ll.SOL_SOCKET, ll.SO_PEERCRED, { pid: 1, uid: 0, gid: 0 }, 'ucred'), {
      code: 'ENOPROTOOPT',
      message: /can only be read/,
    })
  })
})
