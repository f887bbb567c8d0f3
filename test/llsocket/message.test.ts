// sendmsg and recvmsg: pieces, addresses, flags, control messages.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AddrInfo,
  AGAIN,
  CMSG_SPACE,
  CmsgHdr,
  IP_PKTINFO,
  IP_RECVTTL,
  IP_TTL,
  IPPROTO_IP,
  MSG_CTRUNC,
  MSG_EOR,
  MSG_OOB,
  MSG_PEEK,
  MSG_TRUNC,
  MsgHdr,
  SCM_CREDENTIALS,
  SCM_TIMESTAMP,
  SO_PASSCRED,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  SOL_SOCKET,
  type Socket,
} from 'berkeley/llsocket'
import { abstractName, coded, eachFamily, ipv4, leavesNoFd, thrownBy } from '../util/index.js'
import { create, got, pair, tcpPair, udpPair } from './sockets.js'

leavesNoFd()

function outgoing(...parts: (string | Uint8Array)[]): MsgHdr {
  const msg = new MsgHdr()
  for (const part of parts) msg.add(part)
  return msg
}

function room(...sizes: number[]): MsgHdr {
  const msg = new MsgHdr()
  for (const size of sizes) msg.addn(size)
  return msg
}

/** What recvmsg says, waiting for it. */
function receive(s: Socket, msg: MsgHdr, ...flags: number[]): ReturnType<Socket['recvmsg']> {
  assert.ok(s.recvable(5000), 'nothing arrives')
  return s.recvmsg(msg, ...flags)
}

const kinds = [
  ['stream', SOCK_STREAM],
  ['dgram', SOCK_DGRAM],
  ['seqpacket', SOCK_SEQPACKET],
] as const

for (const [name, type] of kinds)
  describe(name, () => {
    it('sends pieces as one, and fills rooms in order', (t) => {
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

    it('answers AGAIN, and leaves the message alone then', (t) => {
      const [, b] = pair(t, type)
      const msg = room(4)
      assert.equal(b.recvmsg(msg), AGAIN)
      assert.equal(msg.bytes(), 4)
    })

    it('can be received into the same message again, with all its room', (t) => {
      const [a, b] = pair(t, type)
      const msg = room(2, 8)
      for (const text of ['x', '0123456789', 'yz']) {
        a.send(text)
        assert.equal(receive(b, msg), text.length)
        assert.equal(String(msg.concat()), text)
      }
    })

    it('closed: EPIPE, EOPNOTSUPP or the like, never a signal', (t) => {
      const [a, b] = pair(t, type)
      b.close()
      assert.ok(['EPIPE', 'ECONNREFUSED'].includes(thrownBy(() => a.sendmsg(outgoing('x')))['code'] as string))
    })
  })

describe('the end', () => {
  for (const [name, type] of [kinds[0], kinds[2]])
    it(`of a ${name} is null, and not 0`, (t) => {
      const [a, b] = pair(t, type)
      a.close()
      assert.equal(b.recvmsg(room(1)), null)
    })

  it('of TCP is null', (t) => {
    const [a, b] = tcpPair(t, ipv4)
    a.close()
    assert.equal(receive(b, room(1)), null)
  })

  it('is null also where the kernel sends credentials along with it', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    b.setsockopt(SOL_SOCKET, SO_PASSCRED, true)
    a.send('last')
    a.close()
    assert.equal(b.recvmsg(room(10)), 4)
    assert.equal(b.recvmsg(room(10)), null)
    assert.equal(b.recvmsg(room(10)), null)
  })

  it('is not what a message without room says (H32)', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    a.send('x')
    assert.equal(b.recvmsg(new MsgHdr()), 0)
    assert.equal(b.recvmsg(outgoing('')), 0)
    assert.equal(b.recvmsg(outgoing('', '')), 0)
    assert.equal(String(b.recv()), 'x')
  })

  it('does not exist for datagrams: an empty one is 0 (H32)', (t) => {
    const [a, b] = pair(t, SOCK_DGRAM)
    a.sendmsg(new MsgHdr())
    assert.equal(b.recvmsg(room(4)), 0)
    a.close()
    assert.equal(b.recvmsg(room(4)), AGAIN)
  })
})

describe('pieces', () => {
  it('are 1024 at most, and that many go', (t) => {
    const [a, b] = pair(t, SOCK_DGRAM)
    assert.equal(a.sendmsg(outgoing(...Array(1024).fill('x'))), 1024)
    const msg = room(...Array(1024).fill(1))
    assert.equal(b.recvmsg(msg), 1024)
    assert.equal(String(msg.concat()), 'x'.repeat(1024))
  })

  it('may be sent on in parts: consume what went, send the rest', (t) => {
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
  it('say that a message was cut (H33)', (t) => {
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

  it('give the whole length on request, and no more bytes than there is room', (t) => {
    const [a, b] = pair(t, SOCK_DGRAM)
    a.send('12345678')
    const msg = room(3)
    assert.equal(b.recvmsg(msg, MSG_TRUNC, MSG_PEEK), 8)
    assert.equal(String(msg.concat()), '123')
    assert.equal(msg.bytes(), 3)
  })

  it('say MSG_EOR, and hide what the library itself asked for', (t) => {
    const [a, b] = pair(t, SOCK_SEQPACKET)
    a.sendmsg(outgoing('x'), MSG_EOR)
    const msg = room(4)
    b.recvmsg(msg)
    assert.ok([0, MSG_EOR].includes(msg.flags()), 'close-on-exec is not echoed')
  })

  it('go to the kernel', (t) => {
    const [a, b] = tcpPair(t, ipv4)
    a.sendmsg(outgoing('!'), MSG_OOB)
    assert.ok(b.recvable(0) || b.sendable())
    const [c] = pair(t, SOCK_DGRAM)
    assert.throws(() => c.sendmsg(outgoing('!'), MSG_OOB), coded('EOPNOTSUPP', { syscall: 'sendmsg' }))
  })
})

eachFamily((family) => {
  it('a datagram goes to the name of its message, and comes with that of its sender', (t) => {
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

  it('the name of a message is in the error', (t) => {
    const [a] = udpPair(t, family)
    const out = outgoing(Buffer.alloc(70_000))
    out.name(family.address(9))
    assert.throws(() => a.sendmsg(out), coded('EMSGSIZE', { address: family.loopback, port: 9 }))
  })
})

describe('the name', () => {
  it('of a unix datagram is exact', (t) => {
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

  it('on a connected stream is refused by the kernel', (t) => {
    const [a] = pair(t, SOCK_STREAM)
    const out = outgoing('x')
    out.name(AddrInfo.unix('\0x'))
    assert.throws(() => a.sendmsg(out), coded('EISCONN', { path: '@x' }))
  })
})

describe('control messages', () => {
  it('bring times, raw', (t) => {
    const [a, b] = udpPair(t, ipv4)
    b.timestamp(true)
    a.send('x')
    const msg = room(1)
    receive(b, msg)
    const [stamp] = [...msg.control()]
    assert.ok(stamp)
    assert.deepEqual([stamp.level(), stamp.type(), stamp.length], [SOL_SOCKET, SCM_TIMESTAMP, 16])
    const seconds = Number((stamp.data() as Buffer).readBigInt64LE(0))
    assert.ok(Math.abs(seconds - Date.now() / 1000) < 60)
  })

  it('bring who sent it', (t) => {
    const [a, b] = pair(t, SOCK_DGRAM)
    b.setsockopt(SOL_SOCKET, SO_PASSCRED, true)
    a.send('x')
    const msg = room(1)
    b.recvmsg(msg)
    const [who] = [...msg.control()]
    assert.ok(who)
    assert.deepEqual([who.level(), who.type()], [SOL_SOCKET, SCM_CREDENTIALS])
    assert.equal((who.data() as Buffer).readInt32LE(0), process.pid)
  })

  it('of several kinds come together, and go', (t) => {
    const [a, b] = udpPair(t, ipv4)
    b.timestamp(true)
    b.setsockopt(IPPROTO_IP, IP_RECVTTL, true)
    b.setsockopt(IPPROTO_IP, IP_PKTINFO, true)
    const out = outgoing('x')
    out.control().push(new CmsgHdr(IPPROTO_IP, IP_TTL, Buffer.from(Int32Array.of(33).buffer)))
    assert.equal(a.sendmsg(out), 1)
    assert.equal(out.control().length, 1, 'the message stays as it is')
    const msg = room(1)
    receive(b, msg)
    const byType = new Map([...msg.control()].map((cmsg) => [`${cmsg.level()}:${cmsg.type()}`, cmsg.data() as Buffer]))
    assert.equal(byType.size, 3)
    assert.equal(byType.get(`${IPPROTO_IP}:${IP_TTL}`)?.readInt32LE(0), 33)
    assert.deepEqual([...(byType.get(`${IPPROTO_IP}:${IP_PKTINFO}`)?.subarray(8) ?? [])], [127, 0, 0, 1])
  })

  it('are replaced by the next receive', (t) => {
    const [a, b] = udpPair(t, ipv4)
    b.timestamp(true)
    const msg = room(1)
    for (let i = 0; i < 3; i++) {
      a.send('x')
      receive(b, msg)
      assert.equal(msg.control().length, 1)
    }
    b.timestamp(false)
    a.send('x')
    receive(b, msg)
    assert.equal(msg.control().length, 0)
  })

  it('that do not fit are cut, and that is told (H70)', (t) => {
    const [a, b] = udpPair(t, ipv4)
    b.timestamp(true)
    b.setsockopt(IPPROTO_IP, IP_RECVTTL, true)
    const msg = room(1)
    for (const [reserve, whole] of [
      [0, false],
      [CMSG_SPACE(16) - 1, false],
      [CMSG_SPACE(16), false],
      [CMSG_SPACE(16) + CMSG_SPACE(4), true],
    ] as const) {
      msg.control().reserve(reserve)
      a.send('x')
      assert.equal(receive(b, msg), 1)
      assert.equal((msg.flags() & MSG_CTRUNC) === 0, whole, `${reserve} bytes`)
    }
    assert.equal(msg.control().length, 2)
  })

  it('of odd lengths are for the kernel to refuse (H80)', (t) => {
    const [a, b] = udpPair(t, ipv4)
    for (const bytes of [0, 1, 3, 1000]) {
      const out = outgoing('x')
      out.control().push(new CmsgHdr(IPPROTO_IP, IP_TTL, Buffer.alloc(bytes, 1)))
      try {
        a.sendmsg(out)
      } catch (error) {
        assert.ok(['EINVAL', 'ENOBUFS'].includes((error as { code: string }).code))
      }
    }
    const out = outgoing('x')
    out.control().push(new CmsgHdr(4711, 4711, 'unknown'))
    try {
      a.sendmsg(out)
    } catch (error) {
      assert.equal((error as { code: string }).code, 'EINVAL')
    }
    assert.ok(got(b.fd()) > 0)
  })
})
