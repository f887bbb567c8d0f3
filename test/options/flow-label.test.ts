// Flow labels of IPv6: leased, sent, and given back.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as ll from 'berkeley/llsocket'
import { keeper, missing, sockets } from './sockets.js'

const { AddrInfo, MsgHdr } = ll

describe('flow labels', { skip: missing('udp6') ?? false }, () => {
  it('a leased label goes with the datagrams to its address', (t) => {
    const keep = keeper(t)
    const [sender, receiver] = [sockets.udp6(keep), sockets.udp6(keep)]
    receiver.bind()
    receiver.flowinfo(true)
    const { port } = receiver.getsockname()
    sender.flowinfosend(true)
    const to = AddrInfo.inet6('::1', port, { flowinfo: 0x12345 })
    sender.flowlabelget('::1', 0x12345)
    sender.sendto('labelled', to)
    const msg = new MsgHdr()
    msg.addn(100)
    receiver.recvmsg(msg)
    const [flow] = [...msg.control()].filter(
      (cmsg) => cmsg.level() === ll.IPPROTO_IPV6 && cmsg.type() === ll.IPV6_FLOWINFO,
    )
    assert.deepEqual(flow?.data(), Buffer.from([0, 1, 0x23, 0x45]))
    sender.flowlabelrenew(0x12345, 20)
    sender.flowlabelput(0x12345)
    assert.throws(() => sender.flowlabelput(0x12345), { code: 'ESRCH' })
    assert.throws(() => sender.flowlabelrenew(0x12345, 20), { code: 'ESRCH' })
  })

  it('a label of one socket alone is not leased to another', (t) => {
    const keep = keeper(t)
    const [first, second] = [sockets.udp6(keep), sockets.udp6(keep)]
    assert.throws(() => first.flowlabelget('::1', 0x54321, { flags: 0 }), { code: 'ENOENT' })
    first.flowlabelget('::1', 0x54321)
    assert.throws(() => second.flowlabelget('::1', 0x54321), { code: 'EPERM' })
    first.flowlabelget('::1', 0x54322, { share: ll.IPV6_FL_S_ANY })
    second.flowlabelget('::1', 0x54322, { share: ll.IPV6_FL_S_ANY })
  })

  it('wrong labels, addresses and options are refused', (t) => {
    const sock = sockets.udp6(keeper(t))
    for (const label of [0, -1, 0x100000, 1.5, '1', undefined])
      assert.throws(() => sock.flowlabelget('::1', label as never), /^(TypeError|RangeError)/)
    for (const addr of ['', 'x', 1, null])
      assert.throws(() => sock.flowlabelget(addr as never, 1), /^(TypeError|RangeError)/)
    for (const options of [{ share: 256 }, { flags: -1 }, { expires: 65536 }, { linger: '1' }, { ttl: 1 }, 1])
      assert.throws(() => sock.flowlabelget('::1', 1, options as never), /^(TypeError|RangeError)/)
    for (const expires of [-1, 65536, '1', undefined])
      assert.throws(() => sock.flowlabelrenew(1, expires as never), /^(TypeError|RangeError)/)
    assert.throws(() => sock.flowlabelget('127.0.0.1', 1), { code: 'EAFNOSUPPORT' })
    assert.throws(() => sockets.udp4(keeper(t)).flowlabelget('::1', 1), { code: 'EAFNOSUPPORT' })
  })
})
