// sendmsg() and recvmsg(): pieces, the end, flags, addresses. Control messages have a file of their own.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AddrInfo,
  AGAIN,
  MSG_EOR,
  MSG_OOB,
  MSG_PEEK,
  MSG_TRUNC,
  MsgHdr,
  SO_PASSCRED,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  SOL_SOCKET,
} from 'berkeley/llsocket'
import { abstractName, coded, eachFamily, ipv4, leavesNoFd, thrownBy } from '../util/index.js'
import { create, outgoing, pair, receive, room, tcpPair, types, udpPair } from './common.js'

leavesNoFd()

for (const [name, type] of types)
  describe(name, () => {
    it('sendmsg() sends pieces as one message, and recvmsg() fills its pieces in order', (t) => {
      const [a, b] = pair(t, type)
      const out = outgoing('ab', '', 'cdef')
      assert.equal(a.sendmsg(out), 6)
      assert.equal(out.bytes(), 6, 'the message stays as it is')
      const msg = room(1, 3, 10, 5)
      assert.equal(receive(b, msg), 6)
      assert.deepEqual(
        [0, 1, 2, 3].map((i) => String(msg.get(i))),
        ['a', 'bcd', 'ef', ''],
      )
      assert.deepEqual([msg.bytes(), String(msg.concat()), msg.name()], [6, 'abcdef', null])
    })

    it('recvmsg() returns AGAIN and leaves the message unchanged when nothing has arrived', (t) => {
      const [, b] = pair(t, type)
      const msg = room(4)
      assert.equal(b.recvmsg(msg), AGAIN)
      assert.equal(msg.bytes(), 4)
    })

    it('recvmsg() can use the same message again with all its room', (t) => {
      const [a, b] = pair(t, type)
      const msg = room(2, 8)
      for (const text of ['x', '0123456789', 'yz']) {
        a.send(text)
        assert.equal(receive(b, msg), text.length)
        assert.equal(String(msg.concat()), text)
      }
    })

    it('sendmsg() throws an error and raises no signal after the peer has closed', (t) => {
      const [a, b] = pair(t, type)
      b.close()
      assert.ok(['EPIPE', 'ECONNREFUSED'].includes(thrownBy(() => a.sendmsg(outgoing('x')))['code'] as string))
    })
  })

describe('the end', () => {
  for (const [name, type] of [types[0], types[2]])
    it(`recvmsg() returns null at the end of a ${name} socket`, (t) => {
      const [a, b] = pair(t, type)
      a.close()
      assert.equal(b.recvmsg(room(1)), null)
    })

  it('recvmsg() returns null at the end of a TCP connection', (t) => {
    const [a, b] = tcpPair(t, ipv4)
    a.close()
    assert.equal(receive(b, room(1)), null)
  })

  it('recvmsg() returns null at the end also when the kernel adds credentials', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    b.setsockopt(SOL_SOCKET, SO_PASSCRED, true)
    a.send('last')
    a.close()
    assert.equal(b.recvmsg(room(10)), 4)
    assert.equal(b.recvmsg(room(10)), null)
    assert.equal(b.recvmsg(room(10)), null)
  })

  it('recvmsg() without room returns 0, not null (H32)', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    a.send('x')
    assert.equal(b.recvmsg(new MsgHdr()), 0)
    assert.equal(b.recvmsg(outgoing('')), 0)
    assert.equal(b.recvmsg(outgoing('', '')), 0)
    assert.equal(String(b.recv()), 'x')
  })

  it('recvmsg() returns 0 for an empty datagram (H32)', (t) => {
    const [a, b] = pair(t, SOCK_DGRAM)
    a.sendmsg(new MsgHdr())
    assert.equal(b.recvmsg(room(4)), 0)
    a.close()
    assert.equal(b.recvmsg(room(4)), AGAIN)
  })
})

describe('pieces', () => {
  it('sendmsg() and recvmsg() accept 1024 pieces', (t) => {
    const [a, b] = pair(t, SOCK_DGRAM)
    assert.equal(a.sendmsg(outgoing(...Array(1024).fill('x'))), 1024)
    const msg = room(...Array(1024).fill(1))
    assert.equal(b.recvmsg(msg), 1024)
    assert.equal(String(msg.concat()), 'x'.repeat(1024))
  })

  it('consume() removes what was sent, so that the rest can be sent later', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    a.sndbuf(4608)
    const pieces = Array.from({ length: 50 }, (_, i) => Buffer.alloc(1000, i))
    const out = outgoing(...pieces)
    const arrived: Buffer[] = []
    while (out.bytes() > 0) {
      const sent = a.sendmsg(out)
      if (sent !== AGAIN) out.consume(sent)
      const part = b.recv()
      if (part !== AGAIN && part !== null) arrived.push(part)
    }
    for (let part = b.recv(); part !== AGAIN && part !== null; part = b.recv()) arrived.push(part)
    assert.deepEqual(Buffer.concat(arrived), Buffer.concat(pieces))
  })
})

describe('flags', () => {
  it('flags() has MSG_TRUNC when a message was cut (H33)', (t) => {
    const [a, b] = pair(t, SOCK_DGRAM)
    a.send('12345678')
    const msg = room(2, 2)
    assert.equal(b.recvmsg(msg), 4)
    assert.equal(msg.flags() & MSG_TRUNC, MSG_TRUNC)
    assert.equal(String(msg.concat()), '1234')
    a.send('1234')
    b.recvmsg(msg)
    assert.equal(msg.flags() & MSG_TRUNC, 0)
  })

  it('recvmsg() with MSG_TRUNC returns the whole length, and the message holds what fits', (t) => {
    const [a, b] = pair(t, SOCK_DGRAM)
    a.send('12345678')
    const msg = room(3)
    assert.equal(b.recvmsg(msg, MSG_TRUNC, MSG_PEEK), 8)
    assert.equal(String(msg.concat()), '123')
    assert.equal(msg.bytes(), 3)
  })

  it('flags() has nothing but what the kernel reports', (t) => {
    const [a, b] = pair(t, SOCK_SEQPACKET)
    a.sendmsg(outgoing('x'), MSG_EOR)
    const msg = room(4)
    b.recvmsg(msg)
    assert.ok([0, MSG_EOR].includes(msg.flags()), 'close-on-exec is not echoed')
  })

  it('sendmsg() passes its flags to the kernel', (t) => {
    const [a, b] = tcpPair(t, ipv4)
    a.sendmsg(outgoing('!'), MSG_OOB)
    assert.ok(b.recvable(0) || b.sendable())
    const [c] = pair(t, SOCK_DGRAM)
    assert.throws(() => c.sendmsg(outgoing('!'), MSG_OOB), coded('EOPNOTSUPP', { syscall: 'sendmsg' }))
  })
})

eachFamily((family) => {
  it('sendmsg() sends to the name of the message, and recvmsg() sets the name of the sender', (t) => {
    const [a, b] = udpPair(t, family)
    const out = outgoing('x')
    out.name(a.getsockname())
    assert.equal(b.sendmsg(out), 1)
    const msg = room(4)
    msg.name(AddrInfo.unix('/old'))
    assert.equal(receive(a, msg), 1)
    assert.ok(msg.name()?.equals(b.getsockname()))
    assert.equal(msg.name()?.family, family.family)
  })

  it('sendmsg() throws an error that has the name of the message', (t) => {
    const [a] = udpPair(t, family)
    const out = outgoing(Buffer.alloc(70_000))
    out.name(family.address(9))
    assert.throws(() => a.sendmsg(out), coded('EMSGSIZE', { address: family.loopback, port: 9 }))
  })
})

describe('the name', () => {
  it('recvmsg() gives the exact abstract name of the sender', (t) => {
    const [to, from] = [AddrInfo.unix(abstractName()), AddrInfo.unix(`${abstractName()}\0x`)]
    const a = create(t, from, SOCK_DGRAM)
    const b = create(t, to, SOCK_DGRAM)
    a.bind()
    b.bind()
    const out = outgoing('x')
    out.name(to)
    a.sendmsg(out)
    const msg = room(1)
    b.recvmsg(msg)
    assert.equal(msg.name()?.path, from.path)
  })

  it('sendmsg() with a name throws EISCONN on a connected stream', (t) => {
    const [a] = pair(t, SOCK_STREAM)
    const out = outgoing('x')
    out.name(AddrInfo.unix('\0x'))
    assert.throws(() => a.sendmsg(out), coded('EISCONN', { path: '@x' }))
  })
})
