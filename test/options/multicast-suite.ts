// Run by multicast.test.ts, in a network namespace of its own.
// Memberships and sources: by name and by index of the interface, seen in what arrives.
import assert from 'node:assert/strict'
import { networkInterfaces } from 'node:os'
import { describe, it } from 'node:test'
import * as ll from 'berkeley/llsocket'
import { type Keep, keeper, missing } from './sockets.js'

const GROUP6 = 'ff01::77:7'

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
    foreign: '::1',
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
    foreign: '127.0.0.1',
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
        [() => sock.mcastjoin(foreign, 'lo'), 'ERR_INVALID_ARG_VALUE'],
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

    it('mcastjoin() refuses an address of the other family', (t) => {
      const sock = udp(keeper(t))
      const other = family === ll.AF_INET ? ll.AddrInfo.inet6('ff01::1') : ll.AddrInfo.inet('239.1.1.1')
      assert.throws(() => sock.mcastjoin(other, 'lo'), { code: 'EAFNOSUPPORT' })
    })
  })
}

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
    assert.throws(() => sock.joinanycast('127.0.0.1', 'lo'), { code: 'ERR_INVALID_ARG_VALUE' })
  })
})
