import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  CMSG_SPACE,
  CmsgHdr,
  IP_PKTINFO,
  IP_RECVTTL,
  IP_TTL,
  IPPROTO_IP,
  MSG_CTRUNC,
  SCM_CREDENTIALS,
  SCM_TIMESTAMP,
  SO_PASSCRED,
  SOCK_DGRAM,
  SOL_SOCKET,
} from 'berkeley/llsocket'
import { ipv4, leavesNoFd } from '../util/index.js'
import { got, outgoing, pair, receive, room, udpPair } from './common.js'

leavesNoFd()

describe('control messages', () => {
  it('recvmsg() receives the raw bytes of a timestamp', (t) => {
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

  it('recvmsg() receives the credentials of the sender', (t) => {
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

  it('sendmsg() sends a control message, and recvmsg() receives several kinds at once', (t) => {
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

  it('recvmsg() replaces the control messages of the previous receive', (t) => {
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

  it('recvmsg() sets MSG_CTRUNC when control messages do not fit (H70)', (t) => {
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

  it('sendmsg() leaves control messages of odd lengths for the kernel to judge (H80)', (t) => {
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
