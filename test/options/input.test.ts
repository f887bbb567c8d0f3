// Wrong values: a TypeError or a RangeError before the kernel is asked, and the option is what it was.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as ll from 'berkeley/llsocket'
import { Location } from '#internal/constants/lookup.js'
import { optionTables } from '#internal/options/index.js'
import * as kind from '#internal/options/kinds/index.js'
import { type AnyRow, defineOptions, type OptionTable, optionTarget, rw } from '#internal/options/option.js'
import { type Fact, facts } from './facts.js'
import { keeper, missing, option, type SocketName, sockets } from './sockets.js'

const notNumbers: unknown[] = ['1', '', null, true, 1n, {}, [], [1], () => 1, Symbol('1'), new Date(0), Buffer.alloc(4)]
const notWhole: unknown[] = [1.5, -0.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e300]
const beyondInt: unknown[] = [2 ** 31, -(2 ** 31) - 1, 2 ** 32, 2 ** 53]
const notBytes: unknown[] = ['text', 1, null, true, {}, [1, 2], new ArrayBuffer(4), new DataView(new ArrayBuffer(4))]

const number = [...notNumbers, ...notWhole, ...beyondInt]
const natural = [...number, -1]

/** Values that a kind must refuse, by what documentation calls the kind. */
const wrong: Record<string, readonly unknown[]> = {
  int: number,
  flags: number,
  bytes: natural,
  seconds: natural,
  milliseconds: natural,
  microseconds: natural,
  fd: natural,
  'interface index': natural,
  u32: [...notNumbers, ...notWhole, -1, 2 ** 32],
  boolean: [0, 1, 'true', '', null, 1n, {}, [], Number.NaN],
  'u64 (bigint)': ['1', null, true, {}, [], 1.5, Number.NaN, 2 ** 53, -1, -1n, 2n ** 64n],
  'seconds (fractional)': [...notNumbers, Number.NaN, Number.POSITIVE_INFINITY, -1, -1e-9, 2 ** 31],
  'seconds or null': [...notNumbers.filter((value) => value !== null), ...notWhole, ...beyondInt],
  '[low, high]': [1, '1-2', null, {}, [], [1], [1, 2, 3], [1.5, 2], [-1, 2], [1, 65536], ['1', '2']],
  '{ clockid, flags }': [
    1,
    null,
    'monotonic',
    {},
    { clockid: 1 },
    { clockid: 1.5, flags: 0 },
    { clockid: 1, flags: -1 },
  ],
  string: [1, null, true, {}, Buffer.from('reno'), 'a\0b', 'x'.repeat(16)],
  Buffer: notBytes,
  'Buffer of 16 or 32 bytes': [...notBytes, Buffer.alloc(0), Buffer.alloc(15), Buffer.alloc(33)],
  'BPF program': [...notBytes, [], '', '1', [[1, 2]], Buffer.alloc(0), Buffer.alloc(7), Buffer.alloc(8)],
  'BPF program or fd': [...notBytes.filter((value) => typeof value !== 'number'), -1, 1.5, Buffer.alloc(8)],
  'flow label': [...natural, 0, 0x100000],
  'ICMPv6 types': [...notNumbers.filter((value) => !Array.isArray(value)), [-1], [256], [1.5], ['1']],
  '{ id, type } or null': [
    ...notNumbers,
    1,
    { id: 1 },
    { id: 0, type: 0 },
    { id: 65536, type: 0 },
    { id: 1, type: -1 },
  ],
  '{ id, mask }[]': [1, null, {}, [1], [{ id: 1 }], [{ id: -1, mask: 0 }], [{ id: 1, mask: 2 ** 32 }]],
  'interface name or null': ['', 'a\0b', 'x'.repeat(16), true, {}, 1.5],
}

/** Kinds whose wrong arguments are tried where the kind is tried. */
const elsewhere = /mcaddr|addr|ifname|expires|mss|snd_wl1|none/

/** Numbers that a row of its own range refuses before the kernel does. */
const ranges: [on: SocketName, name: string, values: readonly number[]][] = [
  ['tcp4', 'buflock', [-1, 4]],
  ['tcp4', 'incomingcpu', [-2]],
  ['udp4', 'peekoff', [-2]],
  ['tcp4', 'txrehash', [-2, 2, 255]],
  ['udp4', 'mcastttl', [-2, 256]],
  ['udp6', 'mcastttl', [-2, 256]],
  ['udp4', 'ttl', [-2, 256]],
  ['udp4', 'tos', [-2, 256]],
  ['udp4', 'minttl', [-1, 256]],
  ['udp4', 'mtudiscover', [-1, 6]],
  ['udp4', 'udpsegment', [-1, 65536]],
  ['tcp4', 'tcprepair', [-2, 2]],
  ['tcp4', 'tcpsavesyn', [-1, 3]],
  ['tcp4', 'tcplinger2', [-2]],
]

/** Numbers that fit the type and that the kernel refuses by itself. */
const refused: [on: SocketName, name: string, value: unknown, code: string][] = [
  ['tcp4', 'tcpkeepalive', 0, 'EINVAL'],
  ['tcp4', 'tcpkeepalive', 32768, 'EINVAL'],
  ['tcp4', 'tcpkeepintvl', 0, 'EINVAL'],
  ['tcp4', 'tcpkeepcnt', 128, 'EINVAL'],
  ['tcp4', 'tcpkeepcnt', -1, 'EINVAL'],
  ['tcp4', 'tcpsyncnt', 128, 'EINVAL'],
  ['tcp4', 'tcpmaxseg', 87, 'EINVAL'],
  ['tcp4', 'tcpmaxseg', 32768, 'EINVAL'],
  ['tcp4', 'sndlowat', 1, 'ENOPROTOOPT'],
  ['tcp4', 'ttl', 0, 'EINVAL'],
  ['udp4', 'ipoptions', Buffer.alloc(41), 'EINVAL'],
  ['udp4', 'bindtodevice', 'no-such', 'ENODEV'],
  ['udp4', 'unicastif', 99_999, 'EADDRNOTAVAIL'],
  ['udp4', 'localportrange', [40010, 40000], 'EINVAL'],
  ['udp4', 'txtime', { clockid: 1, flags: 4 }, 'EINVAL'],
  ['udp6', 'mtu', 1279, 'EINVAL'],
  ['raw6', 'ipv6checksum', 1, 'EINVAL'],
]

function refusesBefore(sock: ll.Socket, name: string, value: unknown): void {
  const codes = /^ERR_(INVALID_ARG_TYPE|OUT_OF_RANGE|INVALID_ARG_VALUE)$/
  const shown = typeof value === 'bigint' ? `${value}n` : String(value)
  assert.throws(
    () => option(sock, name, value),
    (error: Error & { code: string }) =>
      (error instanceof TypeError || error instanceof RangeError) && codes.test(error.code),
    `${name}(${shown})`,
  )
}

/** What an option reads as, or the code it refuses with. */
function state(sock: ll.Socket, name: string, row: AnyRow): unknown {
  if (row.access === 'wo') return undefined
  try {
    return option(sock, name)
  } catch (error) {
    return (error as ll.SystemError).code
  }
}

for (const [table, rows] of Object.entries(optionTables) as [string, OptionTable][])
  describe(`wrong values for options of ${table} (H83)`, () => {
    for (const [name, row] of Object.entries(rows)) {
      if (row.access === 'ro' || elsewhere.test(row.kind.name)) continue
      const known = [facts[table]?.rows[name] ?? {}].flat() as Fact[]
      const on = (known[0]?.on ?? facts[table]?.on ?? ['tcp4'])[0] as SocketName
      it(`${name}() refuses wrong values of the kind ${row.kind.name}`, { skip: missing(on) ?? false }, (t) => {
        const values = wrong[row.kind.name]
        assert.ok(values, `no wrong values are known for the kind ${row.kind.name}`)
        const sock = sockets[on](keeper(t))
        const before = state(sock, name, row)
        for (const value of values) refusesBefore(sock, name, value)
        if (!known[0]?.moves) assert.deepEqual(state(sock, name, row), before)
      })
    }
  })

describe('ranges', () => {
  for (const [on, name, values] of ranges)
    it(`${name}() on ${on} refuses numbers outside its range`, { skip: missing(on) ?? false }, (t) => {
      const sock = sockets[on](keeper(t))
      for (const value of values) refusesBefore(sock, name, value)
    })
})

describe('refusals of the kernel', () => {
  for (const [on, name, value, code] of refused)
    it(`${name}() on ${on} throws ${code} when the kernel refuses the value`, { skip: missing(on) ?? false }, (t) => {
      const sock = sockets[on](keeper(t))
      const before = name === 'mtu' ? undefined : option(sock, name)
      assert.throws(() => option(sock, name, value), { code, syscall: 'setsockopt' })
      if (name !== 'mtu') assert.deepEqual(option(sock, name), before)
    })
})

describe('ipv6pktinfo()', { skip: missing('udp6') ?? false }, () => {
  it('ipv6pktinfo() refuses wrong addresses and interfaces', (t) => {
    const sock = sockets.udp6(keeper(t))
    const wrong: [() => void, string][] = [
      [() => sock.ipv6pktinfo(undefined as never), 'ERR_INVALID_ARG_TYPE'],
      [() => sock.ipv6pktinfo('::1', 7.5), 'ERR_OUT_OF_RANGE'],
      [() => sock.ipv6pktinfo(7 as never), 'ERR_INVALID_ARG_TYPE'],
      [() => sock.ipv6pktinfo('nowhere'), 'ERR_INVALID_ARG_VALUE'],
      [() => sock.ipv6pktinfo('127.0.0.1'), 'EAFNOSUPPORT'],
      [() => sock.ipv6pktinfo(ll.AddrInfo.inet('127.0.0.1')), 'EAFNOSUPPORT'],
      [() => sock.ipv6pktinfo('::1', 'no-such'), 'ENODEV'],
    ]
    for (const [act, code] of wrong) assert.throws(act, { code })
  })
})

describe('option methods', () => {
  it('an option that the kernel sets and cannot tell returns what was given (H173)', {
    skip: missing('netlink') ?? false,
  }, (t) => {
    class Asking {
      declare member: (value?: number) => number
      constructor(readonly sock: ll.Socket) {}
      [optionTarget](syscall: string) {
        return this.sock[optionTarget](syscall)
      }
    }
    // Groups are joined by one option, and listed by another.
    defineOptions(Asking, { member: rw(new Location('SOL_NETLINK', 'NETLINK_ADD_MEMBERSHIP'), kind.range(1)) })
    const sock = sockets.netlink(keeper(t))
    const asking = new Asking(sock)
    assert.equal(asking.member(3), 3)
    assert.deepEqual(sock.netlinklistmemberships(), [3])
    assert.throws(() => asking.member(), { code: 'ENOPROTOOPT', syscall: 'getsockopt' })
    assert.throws(() => asking.member(9999), { code: 'EINVAL', syscall: 'setsockopt' })
  })

  it('an option method reads the value when its argument is undefined', (t) => {
    const sock = sockets.tcp4(keeper(t))
    assert.equal(sock.keepalive(undefined as never), false)
  })

  it('an option method refuses an object that is not a socket', () => {
    const { keepalive } = ll.Socket.prototype
    for (const self of [undefined, null, {}, 7])
      assert.throws(() => Reflect.apply(keepalive, self, []), { code: 'ERR_INVALID_ARG_TYPE' })
  })

  it('an option method throws EBADF on a closed socket', (t) => {
    const sock = sockets.tcp4(keeper(t))
    sock.close()
    assert.throws(() => sock.keepalive(), { code: 'EBADF', syscall: 'getsockopt' })
    assert.throws(() => sock.keepalive(true), { code: 'EBADF', syscall: 'setsockopt' })
  })

  it('an option method names the option in its errors', (t) => {
    const sock = sockets.unix(keeper(t))
    assert.throws(() => sock.tcpnodelay(), /getsockopt EOPNOTSUPP: TCP_NODELAY/)
    assert.throws(() => sock.tcpnodelay(true), /setsockopt EOPNOTSUPP: TCP_NODELAY/)
  })
})

describe('multicast options on streams', () => {
  for (const where of ['tcp4', 'tcp6', 'connected4', 'unix'] as const)
    it(`every method of multicast refuses ${where}`, { skip: missing(where) ?? false }, (t) => {
      const sock = sockets[where](keeper(t))
      const refused = { code: 'EOPNOTSUPP', message: /multicast needs a datagram or raw socket/ }
      for (const [name, row] of Object.entries(optionTables.multicast)) {
        assert.throws(() => option(sock, name, '239.1.2.3', '192.0.2.1', []), refused)
        if (row.access !== 'wo') assert.throws(() => option(sock, name), refused)
      }
    })
})
