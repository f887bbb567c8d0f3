// Descriptors together with the data of a stream.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AGAIN, CmsgHdr, MsgHdr, SOCK_STREAM } from 'berkeley/llsocket'
import { coded, countFds, ipv4, leavesNoFd } from '../util/index.js'
import { file, inbox, pair, pass, received, tcpPair } from './common.js'

leavesNoFd()

describe('descriptors and data (H77)', () => {
  it('recvmsg() reads up to the message that carries descriptors', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    a.send('before')
    pass(a, [file(t)], 'with')
    a.send('after')
    pass(a, [file(t)], 'again')
    const msg = inbox(100)
    const seen: [string, number][] = []
    for (;;) {
      const count = b.recvmsg(msg)
      if (count === AGAIN) break
      seen.push([String(msg.concat()), [...msg.control()].flatMap((cmsg) => cmsg.fds()).length])
    }
    msg.control().clear()
    assert.equal(seen.map(([text]) => text).join(''), 'beforewithafteragain')
    assert.deepEqual(seen.filter(([, fds]) => fds > 0).length, 2, 'never two in one')
  })

  it('sendmsg() passes descriptors once when the rest of the data is sent later', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    a.sndbuf(4608)
    const passed = file(t)
    const before = countFds()
    const out = new MsgHdr()
    out.add(Buffer.alloc(100_000, 'd'))
    out.control().push(CmsgHdr.rights(passed, passed, passed))
    const msg = inbox(100_000)
    let [bytes, fds] = [0, 0]
    while (bytes < 100_000) {
      const sent = out.bytes() > 0 ? a.sendmsg(out) : AGAIN
      if (sent !== AGAIN) {
        out.consume(sent)
        out.control().clear()
      }
      const count = b.recvmsg(msg)
      if (count === AGAIN || count === null) continue
      bytes += count
      fds += [...msg.control()].flatMap((cmsg) => cmsg.fds()).length
    }
    msg.control().clear()
    assert.equal(fds, 3)
    assert.equal(countFds(), before)
  })

  it('recvmsg() without room for data receives the descriptors and keeps the data (H78)', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    pass(a, [file(t)], 'data')
    const msg = new MsgHdr()
    assert.equal(b.recvmsg(msg), 0)
    assert.equal([...msg.control()].flatMap((cmsg) => cmsg.fds()).length, 1)
    msg.control().clear()
    assert.equal(received(b), 'data')
  })

  it('sendmsg() throws EINVAL for descriptors without data, which the kernel would lose (H73)', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    const out = new MsgHdr()
    out.control().push(CmsgHdr.rights(file(t)))
    assert.throws(() => a.sendmsg(out), coded('EINVAL', { syscall: 'sendmsg' }))
    assert.equal(b.recvmsg(inbox()), AGAIN)
    const [tcp] = tcpPair(t, ipv4)
    out.add('x')
    assert.throws(() => tcp.sendmsg(out), coded('EOPNOTSUPP', { syscall: 'sendmsg' }))
  })
})
