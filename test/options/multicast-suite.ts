// Run by multicast.test.ts, in a network namespace of its own.
// Memberships and sources: by name and by index of the interface, seen in what arrives.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { describe, it } from 'node:test'
import { dgram } from 'berkeley'
import * as ll from 'berkeley/llsocket'
import { type Keep, keeper, missing } from './sockets.js'

const GROUP6 = 'ff01::77:7'

const interfaceNamed = (name: string) => ll.device.getifaddrs()[name]

/**
 * Where IPv6 multicast can be sent without leaving the host. The loopback device seldom has a route for it; but a
 * group of interface-local scope (ff01::) leaves by no interface at all, and comes back to its members on that
 * interface.
 */
function interface6(): { name: string; source: string } | undefined {
  for (const [name, addresses = []] of Object.entries(networkInterfaces()))
    for (const { address, family } of addresses)
      if (family === 'IPv6' && !address.startsWith('fe80') && canSend6(name, address)) return { name, source: address }
  return undefined
}

function canSend6(name: string, source: string): boolean {
  const sock = ll.socket.create(ll.AddrInfo.inet6(source, 0, { socktype: ll.SOCK_DGRAM }))
  try {
    sock.bind()
    sock.mcastif(name)
    sock.sendto('x', ll.AddrInfo.inet6(GROUP6, 9))
    return true
  } catch {
    return false
  } finally {
    sock.close()
  }
}

const place6 = interface6()

const families = {
  IPv4: {
    family: ll.AF_INET,
    address: ll.AddrInfo.inet,
    any: '0.0.0.0',
    mcgroup: '239.255.77.7',
    ifname: 'lo',
    source: '127.0.0.1',
    stranger: '192.0.2.9',
    foreign: ['ff01::1', 'EAFNOSUPPORT'],
    skip: false as const,
    deaf: false as const,
  },
  IPv6: {
    family: ll.AF_INET6,
    address: ll.AddrInfo.inet6,
    any: '::',
    mcgroup: GROUP6,
    ifname: place6?.name ?? 'lo',
    source: place6?.source ?? '::1',
    stranger: '2001:db8::9',
    foreign: ['127.0.0.1', 'EINVAL'],
    skip: missing('udp6') ?? (false as const),
    deaf: place6 ? (false as const) : 'no interface here has a route for IPv6 multicast',
  },
}

for (const [title, facts] of Object.entries(families)) {
  const { family, address, any, mcgroup, ifname, source, stranger, foreign, skip, deaf } = facts
  const ifindex = ll.device.getifaddrs()[ifname]?.index ?? 0

  const udp = (keep: Keep, host = any, port = 0) => {
    const sock = keep(ll.socket.create(address(host, port, { socktype: ll.SOCK_DGRAM }), true))
    sock.bind()
    return sock
  }

  /** A socket that sends to the group, and one that may be a member. */
  const company = (keep: Keep) => {
    const member = udp(keep)
    member.multicastall(false)
    const sender = udp(keep, source)
    sender.mcastif(ifname)
    const there = address(mcgroup, member.getsockname().port ?? 0)
    const hears = () => {
      sender.sendto('x', there)
      return member.recvable(20) && member.recv() !== ll.AGAIN
    }
    return { member, sender, hears }
  }

  describe(`multicast on ${title}`, { skip }, () => {
    it('a member of a group receives its datagrams until it leaves', { skip: deaf }, (t) => {
      const { member, hears } = company(keeper(t))
      assert.equal(hears(), false)
      for (const by of [ifname, ifindex]) {
        assert.equal(member.mcastjoin(mcgroup, by), undefined)
        assert.equal(hears(), true)
        assert.equal(member.mcastleave(address(mcgroup), by), undefined)
        assert.equal(hears(), false)
      }
    })

    it('a member of one source receives datagrams of that source only', { skip: deaf }, (t) => {
      const { member, hears } = company(keeper(t))
      member.mcastjoinsrc(mcgroup, stranger, ifname)
      assert.equal(hears(), false)
      member.mcastjoinsrc(mcgroup, address(source), ifindex)
      assert.equal(hears(), true)
      member.mcastleavesrc(mcgroup, source, ifname)
      assert.equal(hears(), false)
      member.mcastleavesrc(mcgroup, stranger, ifname)
      assert.throws(() => member.mcastleavesrc(mcgroup, stranger, ifname), { syscall: 'setsockopt' })
    })

    it('a member that blocks a source receives none of its datagrams', { skip: deaf }, (t) => {
      const { member, hears } = company(keeper(t))
      member.mcastjoin(mcgroup, ifname)
      member.mcastblocksrc(mcgroup, source, ifname)
      assert.equal(hears(), false)
      assert.throws(() => member.mcastblocksrc(mcgroup, source, ifname), { code: 'EADDRNOTAVAIL' })
      member.mcastunblocksrc(mcgroup, source, ifname)
      assert.equal(hears(), true)
      assert.throws(() => member.mcastunblocksrc(mcgroup, source, ifname), { code: 'EADDRNOTAVAIL' })
    })

    it('a member follows a filter that is set as a whole', { skip: deaf }, (t) => {
      const { member, hears } = company(keeper(t))
      member.mcastjoin(mcgroup, ifname)
      const steps: [mode: number, sources: string[], heard: boolean][] = [
        [ll.MCAST_INCLUDE, [stranger], false],
        [ll.MCAST_INCLUDE, [stranger, source], true],
        [ll.MCAST_EXCLUDE, [source], false],
        [ll.MCAST_EXCLUDE, [], true],
        [ll.MCAST_INCLUDE, [], false],
      ]
      for (const [mode, sources, heard] of steps) {
        member.mcastmsfilter(mcgroup, mode, sources, ifname)
        assert.equal(hears(), heard, `mode ${mode}, sources ${sources}`)
      }
    })

    it('mcastsources() reads back the sources of a membership', (t) => {
      const sock = udp(keeper(t))
      assert.throws(() => sock.mcastsources(mcgroup, 'lo'), { code: 'EADDRNOTAVAIL', syscall: 'getsockopt' })
      sock.mcastjoin(mcgroup, 'lo')
      assert.deepEqual(sock.mcastsources(mcgroup, 'lo'), { mode: ll.MCAST_EXCLUDE, sources: [] })
      for (const [mode, sources] of [
        [ll.MCAST_EXCLUDE, [source, stranger]],
        [ll.MCAST_INCLUDE, [stranger]],
      ] as const) {
        sock.mcastmsfilter(mcgroup, mode, sources, 'lo')
        const read = sock.mcastsources(mcgroup, 'lo')
        assert.equal(read.mode, mode)
        assert.deepEqual(read.sources.map(({ addr }) => addr).sort(), [...sources].sort())
      }
      for (const wrong of ['', 'x', 1, null, undefined])
        assert.throws(() => sock.mcastsources(wrong as never), /^(TypeError|RangeError)/)
      assert.throws(() => sock.mcastsources(mcgroup, 'no-such-if'), { code: 'ENODEV' })
    })

    it('a sender decides whether its datagrams come back to the host', { skip: deaf }, (t) => {
      const { member, sender, hears } = company(keeper(t))
      member.mcastjoin(mcgroup, ifname)
      assert.equal(sender.mcastloop(false), false)
      assert.equal(hears(), ifname === 'lo', 'the loopback device brings back everything that it is given')
      assert.equal(sender.mcastloop(true), true)
      assert.equal(hears(), true)
    })

    it('mcastjoin() throws for a group joined before, and mcastleave() for one not joined', (t) => {
      const sock = udp(keeper(t))
      sock.mcastjoin(mcgroup, 'lo')
      assert.throws(() => sock.mcastjoin(mcgroup, 'lo'), { code: 'EADDRINUSE' })
      sock.mcastleave(mcgroup, 'lo')
      assert.throws(() => sock.mcastleave(mcgroup, 'lo'), { code: 'EADDRNOTAVAIL' })
    })

    it('mcast methods throw for a missing interface and refuse wrong arguments', (t) => {
      const sock = udp(keeper(t))
      const wrong: [() => void, string][] = [
        [() => sock.mcastjoin(mcgroup, 'no-such-one'), 'ENODEV'],
        [() => sock.mcastjoin(mcgroup, 99_999), 'ENODEV'],
        [() => sock.mcastjoin(mcgroup, ''), 'ERR_INVALID_ARG_VALUE'],
        [() => sock.mcastjoin(mcgroup, 'a-name-longer-than-any'), 'ERR_INVALID_ARG_VALUE'],
        [() => sock.mcastjoin(mcgroup, 1.5), 'ERR_OUT_OF_RANGE'],
        [() => sock.mcastjoin(mcgroup, -1), 'ERR_OUT_OF_RANGE'],
        [() => sock.mcastjoin('all-of-you', 'lo'), 'ERR_INVALID_ARG_VALUE'],
        [() => sock.mcastjoin(foreign[0] as string, 'lo'), foreign[1] as string],
        [() => sock.mcastjoin(undefined as never), 'ERR_INVALID_ARG_TYPE'],
        [() => sock.mcastjoin(source, 'lo'), 'EINVAL'],
        [() => sock.mcastjoinsrc(mcgroup, 7 as never), 'ERR_INVALID_ARG_TYPE'],
        [() => sock.mcastmsfilter(mcgroup, 2, []), 'ERR_OUT_OF_RANGE'],
        [() => sock.mcastmsfilter(mcgroup, ll.MCAST_INCLUDE, source as never), 'ERR_INVALID_ARG_TYPE'],
        [() => sock.mcastmsfilter(mcgroup, ll.MCAST_INCLUDE, Array(65).fill(source)), 'ERR_OUT_OF_RANGE'],
        [() => sock.mcastif('no-such-one'), 'ENODEV'],
        [() => sock.mcastif(true as never), 'ERR_INVALID_ARG_TYPE'],
      ]
      for (const [act, code] of wrong) assert.throws(act, { code })
      assert.throws(() => sock.mcastjoin(mcgroup, 'no-such-one'), /no-such-one/)
      assert.equal(sock.mcastif(), null)
    })

    it('mcastif() reads back the interface that was set by name, by index, or not at all', (t) => {
      const sock = udp(keeper(t))
      assert.equal(sock.mcastif('lo'), 'lo')
      assert.equal(sock.mcastif(null), null)
      assert.equal(sock.mcastif(1), 'lo')
      assert.equal(sock.mcastif(0), null)
    })

    it('mcast methods refuse addresses of a family that the socket does not carry, as text or not', (t) => {
      const sock = keeper(t)(ll.socket.create(address(any, 0, { socktype: ll.SOCK_DGRAM }), true))
      if (family === ll.AF_INET6) sock.v6only(true)
      const [other, source] = family === ll.AF_INET ? ['ff01::1', 'fd00::1'] : ['239.1.1.1', '192.0.2.1']
      const refused = { code: 'EAFNOSUPPORT', syscall: 'setsockopt', address: other }
      const make = family === ll.AF_INET ? ll.AddrInfo.inet6 : ll.AddrInfo.inet
      for (const spelling of [other, make(other)]) {
        for (const method of ['mcastjoin', 'mcastleave'] as const)
          assert.throws(() => sock[method](spelling, 'lo'), refused)
        for (const method of ['mcastjoinsrc', 'mcastleavesrc', 'mcastblocksrc', 'mcastunblocksrc'] as const)
          assert.throws(() => sock[method](spelling, source, 'lo'), refused)
        assert.throws(() => sock.mcastmsfilter(spelling, ll.MCAST_INCLUDE, [], 'lo'), refused)
      }
      assert.throws(() => sock.mcastjoinsrc(mcgroup, source, 'lo'), { code: 'EAFNOSUPPORT', address: source })
      assert.throws(() => sock.mcastmsfilter(mcgroup, ll.MCAST_INCLUDE, [source], 'lo'), { code: 'EAFNOSUPPORT' })
    })
  })
}

describe('groups of IPv4 on an IPv6 socket', { skip: missing('udp6') ?? false }, () => {
  const group = '239.255.77.9'
  const spellings = {
    text: group,
    'mapped text': `::ffff:${group}`,
    'an address': ll.AddrInfo.inet(group),
    'a mapped address': ll.AddrInfo.inet6(`::ffff:${group}`),
  }
  const source = '127.0.0.1'
  const sources = [source, `::ffff:${source}`, ll.AddrInfo.inet(source), ll.AddrInfo.inet6(`::ffff:${source}`)]

  const udp = (keep: Keep, ai: ll.AddrInfo) => {
    const sock = keep(ll.socket.create(ai.with({ socktype: ll.SOCK_DGRAM }), true))
    sock.bind()
    return sock
  }

  const company = (t: Parameters<typeof keeper>[0]) => {
    const keep = keeper(t)
    const member = udp(keep, ll.AddrInfo.inet6('::'))
    member.multicastall(false)
    const sender = udp(keep, ll.AddrInfo.inet(source))
    sender.mcastif('lo')
    const hears = () => {
      sender.sendto('x', ll.AddrInfo.inet(group, member.getsockname().port))
      return member.recvable(20) && member.recv() !== ll.AGAIN
    }
    return { member, sender, hears }
  }

  for (const [name, spelling] of Object.entries(spellings)) {
    it(`a member of a group that is given as ${name} receives its datagrams until it leaves`, (t) => {
      const { member, hears } = company(t)
      assert.equal(hears(), false)
      member.mcastjoin(spelling, 'lo')
      assert.equal(hears(), true)
      assert.throws(() => member.mcastjoin(group, 'lo'), { code: 'EADDRINUSE' })
      member.mcastleave(spelling, 'lo')
      assert.equal(hears(), false)
    })

    it(`sources are joined, blocked and filtered in a group that is given as ${name}`, (t) => {
      const { member, hears } = company(t)
      for (const from of sources) {
        member.mcastjoinsrc(spelling, from, 'lo')
        assert.equal(hears(), true)
        member.mcastleavesrc(spelling, from, 'lo')
        assert.equal(hears(), false)
        member.mcastjoin(spelling, 'lo')
        member.mcastblocksrc(spelling, from, 'lo')
        assert.equal(hears(), false)
        member.mcastunblocksrc(spelling, from, 'lo')
        assert.equal(hears(), true)
        member.mcastmsfilter(spelling, ll.MCAST_EXCLUDE, [from], 'lo')
        assert.equal(hears(), false)
        member.mcastleave(spelling, 'lo')
      }
    })
  }

  it('mcastif(), mcastttl() and mcastloop() hold for what an IPv6 socket sends to groups of IPv4', (t) => {
    const keep = keeper(t)
    const receiver = udp(keep, ll.AddrInfo.inet('0.0.0.0'))
    receiver.mcastjoin(group, 'lo')
    receiver.recvttl(true)
    const sender = udp(keep, ll.AddrInfo.inet6('::'))
    assert.equal(sender.mcastif('lo'), 'lo')
    assert.equal(sender.mcastttl(7), 7)
    sender.sendto('x', ll.AddrInfo.inet6(`::ffff:${group}`, receiver.getsockname().port))
    const msg = new ll.MsgHdr()
    msg.addn(8)
    assert.equal(receiver.recvable(1000), true)
    receiver.recvmsg(msg)
    assert.equal(msg.control().value('ttl'), 7)
    assert.equal(sender.mcastloop(false), false)
    assert.equal(sender.getsockopt(ll.IPPROTO_IP, ll.IP_MULTICAST_LOOP, 'int'), 0)
  })

  it('mcastif() throws when IPv6 refuses, and IPv4 keeps the interface that it had', (t) => {
    const sock = udp(keeper(t), ll.AddrInfo.inet6('::'))
    sock.mcastif('lo')
    const before = sock.getsockopt(ll.IPPROTO_IP, ll.IP_MULTICAST_IF, 'bytes').toString('hex')
    assert.throws(() => sock.mcastif(99_999), { syscall: /^(setsockopt|if_indextoname)$/ })
    assert.equal(sock.getsockopt(ll.IPPROTO_IP, ll.IP_MULTICAST_IF, 'bytes').toString('hex'), before)
    assert.equal(sock.mcastif(), 'lo')
  })
})

describe('zones', { skip: missing('udp6') ?? false }, () => {
  const udp = (t: Parameters<typeof keeper>[0]) => {
    const sock = keeper(t)(ll.socket.create(ll.AddrInfo.inet6('::', 0, { socktype: ll.SOCK_DGRAM }), true))
    sock.bind()
    return sock
  }
  /** The interfaces on which a socket is a member of that group. */
  const membersOf = (group: string) => {
    const hex = group
      .replace('ff02::', 'ff02')
      .replace(/^(.{4})(.*)$/, (_, a: string, b: string) => a + b.padStart(28, '0'))
    const lines = readFileSync('/proc/net/igmp6', 'latin1').split('\n')
    return lines.filter((line) => line.includes(hex)).map((line) => line.trim().split(/\s+/)[1])
  }
  const index = (name: string) => interfaceNamed(name)?.index as number

  for (const name of ['lo', 'berkeley0', 'berkeley1'])
    it(`the zone of a group is the interface of the membership: ${name}`, (t) => {
      const sock = udp(t)
      const group = 'ff02::1234'
      for (const spelling of [`${group}%${name}`, `${group}%${index(name)}`, ll.AddrInfo.inet6(`${group}%${name}`)]) {
        sock.mcastjoin(spelling)
        assert.deepEqual(membersOf(group), [name])
        assert.throws(() => sock.mcastjoin(group, name), { code: 'EADDRINUSE' })
        sock.mcastleave(spelling, name)
        assert.deepEqual(membersOf(group), [])
        sock.mcastjoinsrc(spelling, 'fd00:77::1')
        assert.deepEqual(membersOf(group), [name])
        sock.mcastleavesrc(spelling, 'fd00:77::1')
        sock.mcastjoinsrc(group, `fe80::1%${name}`)
        assert.deepEqual(membersOf(group), [name])
        sock.mcastleave(spelling)
        sock.mcastjoin(spelling)
        sock.mcastblocksrc(spelling, `fe80::1%${name}`)
        sock.mcastunblocksrc(group, `fe80::1%${name}`)
        sock.mcastmsfilter(spelling, ll.MCAST_INCLUDE, [`fe80::1%${name}`])
        sock.mcastmsfilter(spelling, ll.MCAST_INCLUDE, [])
        assert.deepEqual(membersOf(group), [])
      }
    })

  it('a zone that contradicts the interface or another zone is refused', (t) => {
    const sock = udp(t)
    const group = 'ff02::1234%berkeley0'
    const wrong: (() => void)[] = [
      () => sock.mcastjoin(group, 'berkeley1'),
      () => sock.mcastleave(group, index('berkeley1')),
      () => sock.mcastjoinsrc(group, 'fe80::1%berkeley1'),
      () => sock.mcastjoinsrc('ff02::1234', 'fe80::1%berkeley1', 'berkeley0'),
      () => sock.mcastblocksrc(group, 'fe80::1', 'berkeley1'),
      () => sock.mcastmsfilter(group, ll.MCAST_INCLUDE, ['fe80::1%berkeley0', 'fe80::2%berkeley1']),
      () => sock.ipv6pktinfo('fe80::1%berkeley0', 'berkeley1'),
    ]
    for (const act of wrong) assert.throws(act, { code: 'ERR_INVALID_ARG_VALUE', message: /"ifname".*zone/ })
    const packet = { addr: ll.AddrInfo.inet6('fe80::1%berkeley0'), ifindex: index('berkeley1') }
    assert.throws(() => ll.CmsgHdr.of('pktinfo6', packet), {
      code: 'ERR_INVALID_ARG_VALUE',
      message: /"value.ifindex"/,
    })
    assert.throws(() => ll.AddrInfo.inet6('fe80::1%berkeley0', 0, { scopeid: index('berkeley1') }), {
      code: 'ERR_INVALID_ARG_VALUE',
      message: /"scopeid"/,
    })
    assert.deepEqual(membersOf('ff02::1234'), [])
  })

  it('a zone that is no interface is an error wherever it is given', (t) => {
    const sock = udp(t)
    for (const zone of ['no-such', '99999']) {
      assert.throws(() => sock.mcastjoin(`ff02::1234%${zone}`), { code: 'ENODEV' })
      assert.throws(() => sock.sendto('x', ll.AddrInfo.inet6(`fe80::1%${zone}`, 9)), {
        code: /^(ENODEV|ENXIO|ENETUNREACH)$/,
      })
      const other = ll.AddrInfo.inet6('::', 0, { socktype: ll.SOCK_DGRAM })
      assert.throws(() => keeper(t)(ll.socket.create(other)).bind(ll.AddrInfo.inet6(`fe80::1%${zone}`)), {
        code: /^(ENODEV|ENXIO|EADDRNOTAVAIL)$/,
      })
    }
    assert.throws(() => sock.mcastjoin('ff02::1%99999999999'), { code: /^ERR_|ENODEV/ })
  })

  it('pktinfo of a link-local datagram has the zone, so that its address can be bound and sent from', (t) => {
    const address = 'fe80::77'
    const receiver = udp(t)
    receiver.pktinfo(true)
    const sender = udp(t)
    const here = ll.AddrInfo.inet6(`${address}%berkeley0`, receiver.getsockname().port)
    sender.sendto('x', here)
    assert.equal(receiver.recvable(1000), true)
    const msg = new ll.MsgHdr()
    msg.addn(8)
    receiver.recvmsg(msg)
    const info = msg.control().value('pktinfo6')
    assert.equal(info?.addr?.addr, address)
    assert.equal(info?.addr?.scopeid, index('berkeley0'))
    const reply = new ll.MsgHdr()
    reply.add('y')
    reply.name(msg.name())
    reply.control().push(ll.CmsgHdr.of('pktinfo6', { addr: info?.addr as ll.AddrInfo }))
    receiver.sendmsg(reply)
    assert.equal(sender.recvable(1000), true)
    const [, from] = sender.recvfrom() as [Buffer, ll.AddrInfo]
    assert.equal(from.addr, address)
  })
})

describe('a datagram socket with link-local peers', { skip: missing('udp6') ?? false }, () => {
  it('connect() turns from one link to another, and connect(null) leaves no device behind', async (t) => {
    const sock = await dgram.inet.Socket.create({ host: '::', port: 0 })
    t.after(() => sock.close())
    await sock.bind()
    const { port } = sock.getsockname()
    for (const [address, name] of [
      ['fe80::77', 'berkeley0'],
      ['fe80::78', 'berkeley1'],
      ['fe80::77', 'berkeley0'],
    ] as const) {
      await sock.connect({ host: `${address}%${name}`, port: 9 })
      assert.equal(sock.getpeername().scopeid, interfaceNamed(name)?.index)
      assert.deepEqual([sock.getsockname().addr, sock.getsockname().port], [address, port])
    }
    await sock.connect(null)
    assert.equal(sock.bindtodevice(), null)
    assert.equal(String(sock.getsockname()), `[::]:${port}`)
    sock.bindtodevice('berkeley0')
    await sock.connect({ host: 'fe80::77%berkeley0', port: 9 })
    await sock.connect(null)
    assert.equal(sock.bindtodevice(), 'berkeley0')
  })
})

describe('labels of interfaces', () => {
  const ip = (command: string) => execFileSync('ip', command.split(' '))

  // A label may be any text that begins with the name of the interface: also the name of another one.
  for (const label of ['berkeley0:x', 'berkeley01', 'berkeley0-label'])
    it(`an address with the label ${label} belongs to its interface`, (t) => {
      ip(`addr add 10.77.1.1/24 dev berkeley0 label ${label}`)
      t.after(() => ip('addr del 10.77.1.1/24 dev berkeley0'))
      assert.deepEqual(
        interfaceNamed('berkeley0')?.inet.map(({ address }) => address),
        ['10.77.1.1'],
      )
      assert.equal(ll.device.getifaddrs()[label], undefined)
      const sock = keeper(t)(ll.socket.create(ll.AddrInfo.inet('0.0.0.0', 0, { socktype: ll.SOCK_DGRAM })))
      assert.equal(sock.mcastif('berkeley0'), 'berkeley0')
      assert.equal(sock.mcastif(index('berkeley0')), 'berkeley0')
      sock.mcastif(null)
      sock.setsockopt(ll.IPPROTO_IP, ll.IP_MULTICAST_IF, Buffer.from([10, 77, 1, 1]))
      assert.equal(sock.mcastif(), 'berkeley0')
    })

  it('a label that is the name of another interface gives the address to the right one', (t) => {
    ip('link add berkeley01 type veth peer name berkeley02')
    t.after(() => ip('link del berkeley01'))
    ip('addr add 10.77.2.1/24 dev berkeley0 label berkeley01')
    t.after(() => ip('addr del 10.77.2.1/24 dev berkeley0'))
    assert.deepEqual(
      interfaceNamed('berkeley0')?.inet.map(({ address }) => address),
      ['10.77.2.1'],
    )
    assert.deepEqual(interfaceNamed('berkeley01')?.inet, [])
    const sock = keeper(t)(ll.socket.create(ll.AddrInfo.inet('0.0.0.0', 0, { socktype: ll.SOCK_DGRAM })))
    assert.equal(sock.mcastif('berkeley0'), 'berkeley0')
  })

  const index = (name: string) => interfaceNamed(name)?.index as number
})

describe('multicast on IPv4', () => {
  it('joining fails at the limit of memberships', (t) => {
    const sock = keeper(t)(ll.socket.create(ll.AddrInfo.inet('0.0.0.0', 0, { socktype: ll.SOCK_DGRAM })))
    const joinAll = () => {
      for (let i = 1; i < 4096; i++) sock.mcastjoin(`239.255.${100 + (i >> 8)}.${i & 255}`, 'lo')
    }
    assert.throws(joinAll, { code: 'ENOBUFS' })
  })
})

describe('multicast on a unix socket', () => {
  it('multicast methods throw on a unix socket', (t) => {
    const keep = keeper(t)
    const [one, other] = ll.socket.pair(ll.SOCK_DGRAM)
    keep(other)
    assert.throws(() => keep(one).mcastjoin('239.1.1.1', 'lo'), { code: 'EOPNOTSUPP' })
  })
})

describe('anycast', { skip: missing('udp6') ?? false }, () => {
  it('anycast works for addresses with a prefix of the interface, and ends once', (t) => {
    const sock = keeper(t)(ll.socket.create(ll.AddrInfo.inet6('::', 0, { socktype: ll.SOCK_DGRAM })))
    assert.throws(() => sock.joinanycast('2001:db8::', 'lo'), { code: /^(EADDRNOTAVAIL|EPERM)$/ })
    assert.throws(() => sock.joinanycast('ff01::1', 'lo'), { code: /^(EINVAL|EPERM)$/ })
    assert.throws(() => sock.leaveanycast('2001:db8::', 'lo'), { code: 'ENOENT' })
    assert.throws(() => sock.joinanycast('127.0.0.1', 'lo'), { code: 'EAFNOSUPPORT' })
    assert.throws(() => sock.joinanycast('nowhere', 'lo'), { code: 'ERR_INVALID_ARG_VALUE', message: /"addr"/ })
    assert.throws(() => sock.joinanycast('fe80::1%berkeley0', 'lo'), { code: 'ERR_INVALID_ARG_VALUE' })
  })
})
