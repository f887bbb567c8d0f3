// Options of an IPv6 socket that carries IPv4 too: they hold for the packets of both families, or are refused.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { AddrInfo, connect, dgram, listen, options } from 'berkeley'
import * as ll from 'berkeley/llsocket'
import { sys } from '#internal/constants/lookup.js'
import { native } from '#internal/native/sockets.js'
import { optionTables } from '#internal/options/index.js'
import type { AnyRow } from '#internal/options/option.js'
import { closing } from '../util/index.js'
import { capable, type Keep, keeper, missing, option } from './sockets.js'

const { AF_INET6, IPPROTO_IP, IPPROTO_IPV6, SOCK_DGRAM } = ll

const udp6 = (keep: Keep, v6only = false): ll.Socket => {
  const sock = keep(ll.socket.create(AddrInfo.inet6('::', 0, { socktype: SOCK_DGRAM }), true))
  sock.v6only(v6only)
  return sock
}

/** A value of each kind, other than the one that a new socket has. */
const samples: Record<string, unknown> = {
  minttl: 3,
  mtudiscover: ll.IP_PMTUDISC_DO,
  tos: 0xb8,
  ttl: 9,
  unicastif: 1,
  mcastif: 'lo',
  mcastttl: 7,
}

const rows = Object.entries({ ...optionTables.ip, ...optionTables.multicast } as Record<string, AnyRow>).filter(
  ([, row]) => row.families === 'both' && row.access === 'rw',
)

/** What the option of one level has, read by its numbers. */
function valueAt(sock: ll.Socket, row: AnyRow, level: number): string {
  const location = level === IPPROTO_IPV6 ? row.location6 : row.location
  return sock.getsockopt(level, location?.place?.option as number, 'bytes').toString('hex')
}

describe('options of an IPv6 socket (H110)', { skip: missing('udp6') ?? false }, () => {
  it('there are rows of which such a socket has both', () => {
    assert.ok(rows.length >= 15, `${rows.length} rows`)
  })

  for (const [name, row] of rows) {
    const skip = name === 'transparent' && !capable('CAP_NET_ADMIN') && 'it needs CAP_NET_ADMIN'

    it(`${name}() is set for both families, or for IPv6 alone where the socket is for that alone`, { skip }, (t) => {
      const keep = keeper(t)
      const [both, alone] = [udp6(keep), udp6(keep, true)]
      const value = samples[name] ?? !option(both, name)
      const before = valueAt(alone, row, IPPROTO_IP)
      assert.notEqual(option(both, name), value)
      // The default of IPv4 may be another one on such a socket.
      if (row.kind.name === 'boolean') option(both, name, !value)
      const other = valueAt(both, row, IPPROTO_IP)
      for (const sock of [both, alone]) assert.equal(option(sock, name, value), value)
      assert.notEqual(valueAt(both, row, IPPROTO_IP), other)
      assert.equal(valueAt(both, row, IPPROTO_IPV6), valueAt(alone, row, IPPROTO_IPV6))
      // Of these the kernel has but one bit for both levels.
      if (name !== 'freebind' && name !== 'transparent') assert.equal(valueAt(alone, row, IPPROTO_IP), before)
    })

    it(`${name}() leaves both families as they were when one of them refuses`, { skip }, (t) => {
      const sock = udp6(keeper(t))
      const value = samples[name] ?? !option(sock, name)
      const levels = [IPPROTO_IP, IPPROTO_IPV6]
      const before = levels.map((level) => valueAt(sock, row, level))
      const { setsockopt } = native
      for (const refusing of levels) {
        const refuse = t.mock.method(native, 'setsockopt', (...args: Parameters<typeof setsockopt>) =>
          args[1] === refusing ? -sys.EPERM : setsockopt(...args),
        )
        assert.throws(() => option(sock, name, value), { code: 'EPERM' })
        refuse.mock.restore()
        assert.deepEqual(
          levels.map((level) => valueAt(sock, row, level)),
          before,
        )
      }
    })
  }

  it('a value that one family does not take is refused for both', (t) => {
    const sock = udp6(keeper(t))
    assert.throws(() => sock.ttl(0), { code: 'EINVAL' })
    assert.equal(sock.ttl(), 64)
    assert.equal(sock.getsockopt(IPPROTO_IPV6, ll.IPV6_UNICAST_HOPS, 'int'), 64)
  })

  it('tos(-1) and ttl(-1) set the default for both families', (t) => {
    const sock = udp6(keeper(t))
    sock.tos(0xb8)
    sock.ttl(3)
    assert.equal(sock.tos(-1), 0)
    assert.equal(sock.ttl(-1), 64)
    assert.equal(sock.getsockopt(IPPROTO_IP, ll.IP_TOS, 'int'), 0)
    assert.equal(sock.getsockopt(IPPROTO_IP, ll.IP_TTL, 'int'), 64)
  })

  it('a raw socket, which never carries IPv4, has its own options alone', { skip: missing('icmp6') ?? false }, (t) => {
    const sock = keeper(t)(
      ll.socket.create(AddrInfo.inet6('::', 0, { socktype: ll.SOCK_RAW, protocol: ll.IPPROTO_ICMPV6 }), true),
    )
    assert.equal(sock.tos(8), 8)
    assert.equal(sock.recvttl(true), true)
  })

  it('a signature for an IPv4 peer holds on an IPv6 listener in every spelling', (t) => {
    const sock = keeper(t)(ll.socket.create(AddrInfo.inet6('::', 0, { socktype: ll.SOCK_STREAM })))
    const spellings = ['192.0.2.1', '::ffff:192.0.2.1', AddrInfo.inet('192.0.2.1'), AddrInfo.inet6('::ffff:192.0.2.1')]
    try {
      sock.tcpmd5sig('192.0.2.1', 'key')
    } catch (error) {
      assert.equal((error as ll.SystemError).code, 'ENOPROTOOPT')
      return t.skip('this kernel has no TCP_MD5SIG')
    }
    for (const spelling of spellings) {
      sock.tcpmd5sig(spelling, '')
      assert.throws(() => sock.tcpmd5sig(spelling, ''), { code: 'ENOENT' })
      sock.tcpmd5sig(spelling, 'key')
    }
  })
})

/** A bound datagram socket of every address, and one for each family. */
async function company(t: TestContext) {
  const bound = async (given: dgram.inet.Options) => {
    const sock = closing(t, await dgram.inet.Socket.create(given))
    await sock.bind()
    sock.deadlines(5000, 5000)
    return sock
  }
  const all = await bound({ port: 0 })
  const peers = [await bound({ host: '127.0.0.1', port: 0 }), await bound({ host: '::1', port: 0 })] as const
  return { all, peers, port: all.getsockname().port }
}

async function received(sock: dgram.inet.Socket, flags = 0): Promise<ll.MsgHdr> {
  const msg = new ll.MsgHdr()
  msg.addn(64)
  await sock.recvmsg(msg, flags)
  return msg
}

describe('what a socket for both families exchanges (H110)', { skip: missing('udp6') ?? false }, () => {
  it('tos() and ttl() are on the wire for peers of both families', async (t) => {
    const { all, peers } = await company(t)
    all.tos(0xb8)
    all.ttl(3)
    for (const peer of peers) {
      peer.recvtos(true)
      peer.recvttl(true)
      await all.sendto('x', peer.getsockname())
      const control = (await received(peer)).control()
      assert.equal(control.value('tos') ?? control.value('tclass'), 0xb8)
      assert.equal(control.value('ttl') ?? control.value('hoplimit'), 3)
    }
  })

  it('recvtos(), recvttl() and pktinfo() give control messages for datagrams of both families', async (t) => {
    const { all, peers, port } = await company(t)
    const [four, six] = peers
    all.recvtos(true)
    all.recvttl(true)
    all.pktinfo(true)
    four.ttl(7)
    six.ttl(8)
    await four.sendto('x', AddrInfo.inet('127.0.0.1', port))
    const inet = (await received(all)).control()
    assert.deepEqual([inet.value('tos'), inet.value('ttl')], [0, 7])
    assert.equal(inet.value('pktinfo')?.addr?.addr, '127.0.0.1')
    await six.sendto('x', AddrInfo.inet6('::1', port))
    const inet6 = (await received(all)).control()
    assert.deepEqual([inet6.value('tclass'), inet6.value('hoplimit')], [0, 8])
    assert.equal(inet6.value('pktinfo6')?.addr?.addr, '::1')
  })

  it('control messages choose type of service and hops of one datagram, one of each family', async (t) => {
    const { all, peers } = await company(t)
    for (const peer of peers) {
      peer.recvtos(true)
      peer.recvttl(true)
      const msg = new ll.MsgHdr()
      msg.add('x')
      msg.name(peer.getsockname())
      for (const name of ['tos', 'tclass'] as const) msg.control().push(ll.CmsgHdr.of(name, 0x20))
      for (const name of ['ttl', 'hoplimit'] as const) msg.control().push(ll.CmsgHdr.of(name, 5))
      await all.sendmsg(msg)
      const control = (await received(peer)).control()
      assert.equal(control.value('tos') ?? control.value('tclass'), 0x20)
      assert.equal(control.value('ttl') ?? control.value('hoplimit'), 5)
    }
  })

  it('recverr() queues the errors of peers of both families', async (t) => {
    const { all, peers } = await company(t)
    all.recverr(true)
    for (const peer of peers) {
      const { addr, port } = peer.getsockname()
      await peer.close()
      await all.sendto('x', addr === '::1' ? AddrInfo.inet6(addr, port) : AddrInfo.inet6(`::ffff:${addr}`, port))
      const msg = await received(all, ll.MSG_ERRQUEUE)
      assert.equal(msg.control().value('recverr6')?.code, 'ECONNREFUSED')
      assert.equal(msg.name()?.port, port)
    }
  })

  it('pktinfo of a reply takes a mapped address as the IPv4 address that it is', async (t) => {
    const { all, peers } = await company(t)
    const [four] = peers
    for (const addr of [AddrInfo.inet('127.0.0.9'), AddrInfo.inet6('::ffff:127.0.0.9')]) {
      const msg = new ll.MsgHdr()
      msg.add('x')
      msg.name(four.getsockname())
      msg.control().push(ll.CmsgHdr.of('pktinfo', { addr }))
      await all.sendmsg(msg)
      assert.equal((await four.recvfrom())[1].addr, '127.0.0.9')
    }
  })

  it('options of an accepted connection hold for clients of both families', async (t) => {
    const server = closing(t, await listen({ port: 0 }))
    for (const host of ['127.0.0.1', '::1']) {
      closing(t, await connect({ host, port: server.getsockname().port }))
      const conn = closing(t, await server.accept())
      assert.equal(conn.family(), AF_INET6)
      assert.ok(conn.mtu() >= 65535)
      assert.equal(conn.tos(0xb8), 0xb8)
      assert.equal(conn.ttl(9), 9)
      assert.equal(conn.getsockopt(IPPROTO_IP, ll.IP_TOS, 'int'), 0xb8)
      assert.equal(conn.getsockopt(IPPROTO_IP, ll.IP_TTL, 'int'), 9)
      assert.throws(() => conn.originaldst(), { code: /^(ENOENT|ENOPROTOOPT)$/ })
    }
  })

  it('options of a socket of node:dgram hold for both families too', async (t) => {
    const { createSocket } = await import('node:dgram')
    const socket = createSocket('udp6')
    t.after(() => socket.close())
    await new Promise<void>((bound) => socket.bind(0, () => bound()))
    assert.equal(options(socket).tos(0xb8), 0xb8)
    assert.equal(options(socket).getsockopt(IPPROTO_IP, ll.IP_TOS, 'int'), 0xb8)
  })
})
