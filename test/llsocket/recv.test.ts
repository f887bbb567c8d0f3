// recv() and its variants on streams.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AGAIN,
  MSG_DONTWAIT,
  MSG_OOB,
  MSG_PEEK,
  MSG_TRUNC,
  MSG_WAITALL,
  SOCK_DGRAM,
  SOCK_STREAM,
} from 'berkeley/llsocket'
import { coded, ipv4, leavesNoFd, thrownBy } from '../util/index.js'
import { pair, received, receivedExactly, streams, tcpPair } from './common.js'

leavesNoFd()

describe('streams', () => {
  for (const [name, make] of streams) {
    it(`send() and recv() on ${name} carry bytes both ways`, (t) => {
      const [a, b] = make(t)
      assert.equal(a.send('hello ä'), 8)
      assert.equal(received(b), 'hello ä')
      assert.equal(b.send(Buffer.from([0, 255])), 2)
      assert.ok(a.recvable(5000))
      assert.deepEqual(a.recv(), Buffer.from([0, 255]))
    })

    it(`recv() on ${name} returns AGAIN when nothing has arrived, and null at the end (H32)`, (t) => {
      const [a, b] = make(t)
      assert.deepEqual(
        [b.recv(), b.recvfrom(), b.recvinto(Buffer.alloc(1)), b.readv([Buffer.alloc(1)])],
        [AGAIN, AGAIN, AGAIN, AGAIN],
      )
      assert.deepEqual([b.recvable(), b.sendable()], [false, true])
      a.close()
      assert.equal(b.recvable(5000), true)
      assert.deepEqual(
        [b.recv(), b.recvfrom(), b.recvinto(Buffer.alloc(1)), b.readv([Buffer.alloc(1)])],
        [null, null, 0, 0],
      )
    })

    it(`recv() on ${name} throws ECONNRESET after a reset, which is not the end (H29, H30)`, (t) => {
      const [a, b] = make(t)
      a.send('unread')
      assert.ok(b.recvable(5000))
      b.close()
      assert.ok(a.recvable(5000))
      assert.throws(() => a.recv(), coded('ECONNRESET', { syscall: 'recv' }))
      assert.equal(a.recv(), null)
    })

    it(`recv() on ${name} with MSG_PEEK leaves the data in the queue`, (t) => {
      const [a, b] = make(t)
      a.send('abc')
      assert.ok(b.recvable(5000))
      assert.equal(String(b.recv(2, MSG_PEEK)), 'ab')
      assert.equal(String(b.recv(10, MSG_PEEK, MSG_DONTWAIT)), 'abc')
      assert.equal(String(b.recv(1)), 'a')
      assert.equal(String(b.recv()), 'bc')
    })

    it(`recv() on ${name} refuses MSG_TRUNC, which would discard data unseen`, (t) => {
      const [a, b] = make(t)
      a.send('abc')
      assert.ok(b.recvable(5000))
      for (const recv of [() => b.recv(10, MSG_TRUNC), () => b.recvfrom(10, MSG_PEEK, MSG_TRUNC)])
        assert.throws(recv, coded('ERR_INVALID_ARG_VALUE'))
      assert.equal(String(b.recv()), 'abc')
    })
  }
})

describe('blocking sockets', () => {
  it('recv() with MSG_WAITALL fills the whole buffer on a blocking socket', (t) => {
    const [a, b] = pair(t, SOCK_STREAM, false)
    a.send('abc')
    a.send('def')
    assert.equal(String(b.recv(6, MSG_WAITALL)), 'abcdef')
  })

  it('recv() and send() on a blocking socket return AGAIN with MSG_DONTWAIT or after their timeout', (t) => {
    const [a, b] = pair(t, SOCK_STREAM, false)
    assert.equal(b.recv(1, MSG_DONTWAIT), AGAIN)
    b.rcvtimeo(0.02)
    assert.equal(b.recv(), AGAIN)
    a.sndtimeo(0.02)
    a.sndbuf(4096)
    a.send(Buffer.alloc(1_000_000))
    assert.equal(a.send('x'), AGAIN)
  })
})

describe('urgent data (H41)', () => {
  it('recv() stops at the mark of urgent data, and atmark() tells', (t) => {
    const [a, b] = tcpPair(t, ipv4)
    a.send('ab')
    assert.equal(a.send('c!', MSG_OOB), 2)
    a.send('d')
    assert.ok(b.recvable(5000))
    assert.equal(b.atmark(), false)
    assert.equal(String(receivedExactly(b, 3)), 'abc')
    assert.equal(b.atmark(), true)
    assert.equal(String(b.recv(10, MSG_OOB)), '!')
    assert.equal(String(b.recv()), 'd')
    assert.throws(() => b.recv(1, MSG_OOB), coded('EINVAL'))
  })

  it('recv() delivers urgent data in line when asked to', (t) => {
    const [a, b] = tcpPair(t, ipv4)
    b.oobinline(true)
    a.send('a')
    a.send('!', MSG_OOB)
    assert.equal(String(receivedExactly(b, 1)), 'a')
    assert.equal(b.atmark(), true)
    assert.equal(received(b), '!')
  })

  it('atmark() throws on a socket that has no urgent data', (t) => {
    const [a] = pair(t, SOCK_DGRAM)
    const error = thrownBy(() => a.atmark())
    assert.ok(['EOPNOTSUPP', 'ENOTTY'].includes(error['code'] as string))
    assert.equal(error['syscall'], 'sockatmark')
  })
})
