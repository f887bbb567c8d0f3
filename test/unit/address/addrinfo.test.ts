// Addresses: made from their parts without a resolver, read back from the kernel's bytes, refused where they are ambiguous.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import { AddrInfo, adoptSockaddr } from '#internal/address/addrinfo.js'
import { interfaceIndex } from '#internal/address/interface-index.js'
import {
  AF_INET,
  AF_INET6,
  AF_NETLINK,
  AF_PACKET,
  AF_UNIX,
  AF_VSOCK,
  NI_NUMERICHOST,
  NI_NUMERICSERV,
  SOCK_DGRAM,
  SOCK_STREAM,
} from '#internal/constants/exported.generated.js'
import { abstractName, coded, thrownBy } from '../../util/index.js'

const INVALID = coded('ERR_INVALID_ARG_VALUE')
const WRONG_TYPE = coded('ERR_INVALID_ARG_TYPE')
const RANGE = coded('ERR_OUT_OF_RANGE')
const numericNames = NI_NUMERICHOST | NI_NUMERICSERV

/** Spellings that some parser somewhere takes for 127.0.0.1 or the like, and that are no dotted quad. */
const ambiguous = [
  '127.1',
  '127.0.1',
  '2130706433',
  '0x7f000001',
  '0x7f.0.0.1',
  '0177.0.0.1',
  '017700000001',
  '127.0.0.01',
  '127.0.0.001',
  '127.0.0.1.',
  '.127.0.0.1',
  '127.0.0',
  '127.0.0.0.1',
  '127.0.0.256',
  '256.0.0.1',
  '1e2.0.0.1',
  '-1.0.0.1',
  '+1.0.0.1',
  ' 127.0.0.1',
  '127.0.0.1 ',
  '127.0.0.1\n',
  '127 .0.0.1',
  '127..0.1',
  '１２７.0.0.1',
  '127。0。0。1',
  '١٢٧.0.0.1',
  '[127.0.0.1]',
  '127.0.0.1:80',
  '127.0.0.1%lo',
  '127.0.0.1/8',
  'localhost',
  '',
  '*',
  'a.b.c.d',
]

describe('AddrInfo.inet()', () => {
  it('AddrInfo.inet() keeps address, port and family', () => {
    const ai = AddrInfo.inet('192.0.2.1', 8080)
    assert.deepEqual([ai.family, ai.addr, ai.port], [AF_INET, '192.0.2.1', 8080])
    assert.deepEqual([ai.path, ai.scopeid, ai.flowinfo, ai.canonname], [undefined, undefined, undefined, undefined])
    assert.deepEqual([...ai.sockaddr.subarray(2, 8)], [0x1f, 0x90, 192, 0, 2, 1])
    assert.equal(String(ai), '192.0.2.1:8080')
  })

  it('AddrInfo.inet() accepts a port as digits, and 0 by default', () => {
    assert.equal(AddrInfo.inet('0.0.0.0', '53').port, 53)
    assert.equal(AddrInfo.inet('255.255.255.255').port, 0)
  })

  for (const text of ambiguous)
    it(`AddrInfo.inet() refuses ${JSON.stringify(text)} (H56)`, () => assert.throws(() => AddrInfo.inet(text), INVALID))

  it('AddrInfo.inet() refuses a NUL at every position (H57)', () => {
    const host = '127.0.0.1'
    for (let at = 0; at <= host.length; at++)
      assert.throws(() => AddrInfo.inet(`${host.slice(0, at)}\0${host.slice(at)}`), INVALID)
    assert.throws(() => AddrInfo.inet('127.0.0.1\0.evil.example'), INVALID)
  })

  it('AddrInfo.inet() refuses invalid ports (H59)', () => {
    for (const port of ['80abc', ' 80', '1e3', 65536, -1, 80.5, ''])
      assert.throws(() => AddrInfo.inet('127.0.0.1', port), RANGE)
    assert.throws(() => AddrInfo.inet('127.0.0.1', null as never), WRONG_TYPE)
  })
})

describe('AddrInfo.inet6()', () => {
  it('AddrInfo.inet6() keeps all parts', () => {
    const ai = AddrInfo.inet6('2001:DB8::1', 443, { flowinfo: 0xfffff, scopeid: 7, socktype: SOCK_STREAM, protocol: 6 })
    assert.deepEqual([ai.family, ai.addr, ai.port], [AF_INET6, '2001:db8::1', 443])
    assert.deepEqual([ai.flowinfo, ai.scopeid, ai.socktype, ai.protocol], [0xfffff, 7, SOCK_STREAM, 6])
    assert.equal(String(ai), '[2001:db8::1%7]:443')
  })

  it('AddrInfo.inet6() normalises like inet_ntop()', () => {
    for (const [text, canonical] of [
      ['::', '::'],
      ['0:0:0:0:0:0:0:1', '::1'],
      ['::ffff:127.0.0.1', '::ffff:127.0.0.1'],
      ['2001:0db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ])
      assert.equal(AddrInfo.inet6(text as string).addr, canonical)
  })

  for (const text of [
    '',
    '1',
    ':',
    ':::',
    '1::2::3',
    '::g',
    '[::1]',
    '::1]:80',
    '::1 ',
    ' ::1',
    '12345::',
    '::127.1',
    '::ffff:0177.0.0.1',
    '::1/64',
    '::1%',
    '127.0.0.1',
    '1:2:3:4:5:6:7:8:9',
    '：：1',
    'fe80::1%lo%junk',
    '%lo',
    'fe80::1%\0',
  ])
    it(`AddrInfo.inet6() refuses ${JSON.stringify(text)} (H56)`, () =>
      assert.throws(() => AddrInfo.inet6(text), INVALID))

  it('AddrInfo.inet6() accepts zones by index and by name (H60)', () => {
    assert.equal(AddrInfo.inet6('fe80::1%1').scopeid, 1)
    assert.equal(AddrInfo.inet6('fe80::1%lo').scopeid, interfaceIndex('x', 'lo'))
    assert.equal(AddrInfo.inet6('fe80::1%4294967295').scopeid, 0xffffffff)
  })

  it('AddrInfo.inet6() refuses zones that do not exist or are too long (H60)', () => {
    const error = thrownBy(() => AddrInfo.inet6('fe80::1%nowhere0'))
    assert.deepEqual(
      [error['code'], error['syscall'], error['address']],
      ['ENODEV', 'if_nametoindex', 'fe80::1%nowhere0'],
    )
    assert.throws(() => AddrInfo.inet6('fe80::1%abcdefghijklmnop'), INVALID)
    for (const zone of ['4294967296', '99999999999', ''])
      assert.throws(() => AddrInfo.inet6(`fe80::1%${zone}`), INVALID)
    assert.throws(() => AddrInfo.inet6('fe80::1%lo\0'), INVALID)
  })

  it('AddrInfo.inet6() refuses a scopeid that contradicts the zone', () => {
    const lo = interfaceIndex('x', 'lo')
    assert.equal(AddrInfo.inet6('fe80::1%lo', 0, { scopeid: lo }).scopeid, lo)
    assert.equal(AddrInfo.inet6('fe80::1%lo', 0, { scopeid: 0 }).scopeid, lo)
    assert.equal(AddrInfo.inet6('fe80::1', 0, { scopeid: 7 }).scopeid, 7)
    assert.throws(() => AddrInfo.inet6('fe80::1%lo', 0, { scopeid: lo + 1 }), INVALID)
  })

  it('AddrInfo.inet6() checks the bounds of flowinfo and scopeid (H60)', () => {
    for (const flowinfo of [-1, 0x10000000, 1.5, Number.NaN])
      assert.throws(() => AddrInfo.inet6('::1', 0, { flowinfo }), RANGE)
    for (const scopeid of [-1, 2 ** 32, 0.5]) assert.throws(() => AddrInfo.inet6('::1', 0, { scopeid }), RANGE)
    assert.throws(() => AddrInfo.inet6('::1', 0, { scopeid: 'lo' as never }), WRONG_TYPE)
  })
})

describe('AddrInfo.unix()', () => {
  for (const length of [1, 106, 107])
    it(`AddrInfo.unix() accepts a path of ${length} bytes (H61)`, () => {
      const path = `/${'p'.repeat(length - 1)}`
      const ai = AddrInfo.unix(path)
      assert.equal(ai.path, path)
      assert.equal(ai.sockaddr.length, 2 + length + 1, 'with the NUL behind it')
      assert.equal(ai.sockaddr.at(-1), 0)
    })

  for (const length of [108, 109, 110, 1000])
    it(`AddrInfo.unix() refuses a path of ${length} bytes (H61)`, () => {
      const error = thrownBy(() => AddrInfo.unix('p'.repeat(length)))
      assert.equal(error['code'], 'ENAMETOOLONG')
      assert.equal(error['path'], 'p'.repeat(length))
    })

  it('AddrInfo.unix() counts bytes and not letters (H61)', () => {
    assert.equal(AddrInfo.unix(`p${'ä'.repeat(53)}`).path, `p${'ä'.repeat(53)}`)
    assert.throws(() => AddrInfo.unix('ä'.repeat(54)), coded('ENAMETOOLONG'))
    assert.throws(() => AddrInfo.unix(`${'p'.repeat(106)}€`), coded('ENAMETOOLONG'))
    assert.throws(() => AddrInfo.unix(`${'p'.repeat(105)}€`), coded('ENAMETOOLONG'))
    assert.equal(AddrInfo.unix(`${'p'.repeat(104)}€`).sockaddr.length, 110)
  })

  for (const length of [1, 2, 107, 108])
    it(`AddrInfo.unix() keeps an abstract name of ${length} bytes exactly (H63)`, () => {
      const name = `\0${'a'.repeat(length - 1)}`
      const ai = AddrInfo.unix(name)
      assert.equal(ai.path, name)
      assert.equal(ai.sockaddr.length, 2 + length, 'no NUL behind it')
    })

  it('AddrInfo.unix() refuses an abstract name of 109 bytes (H63)', () => {
    assert.throws(() => AddrInfo.unix(`\0${'a'.repeat(108)}`), coded('ENAMETOOLONG'))
  })

  it('AddrInfo.unix() keeps every byte of an abstract name, NULs too (H62)', () => {
    for (const name of ['\0a\0b', '\0a\0', '\0\0', '\0\0\0x']) assert.equal(AddrInfo.unix(name).path, name)
    assert.equal(AddrInfo.unix('\0a').equals(AddrInfo.unix('\0a\0')), false)
  })

  it('AddrInfo.unix() refuses a NUL in a path at every position but the first (H62)', () => {
    for (const path of ['a\0', 'a\0b', '/tmp/x\0', '/\0']) {
      assert.throws(() => AddrInfo.unix(path), INVALID)
      assert.throws(() => AddrInfo.unix(Buffer.from(path)), INVALID)
    }
  })

  it('AddrInfo.unix() keeps bytes that are not text as bytes (H62)', () => {
    for (const bytes of [[0x2f, 0xff, 0xfe], [0, 0x80, 0xff], [0xc3]]) {
      const path = AddrInfo.unix(Uint8Array.from(bytes)).path
      assert.ok(Buffer.isBuffer(path))
      assert.deepEqual([...path], bytes)
    }
    assert.equal(AddrInfo.unix(Buffer.from('/ä')).path, '/ä')
  })

  it('AddrInfo.unix() makes the unnamed address of an empty path', () => {
    const ai = AddrInfo.unix('')
    assert.equal(ai.path, '')
    assert.equal(ai.sockaddr.length, 2)
  })

  it('AddrInfo.unix() copies the bytes that it gets', () => {
    const bytes = Buffer.from('/run/x')
    const ai = AddrInfo.unix(bytes)
    bytes.fill(0)
    assert.equal(ai.path, '/run/x')
  })

  it('AddrInfo.unix() refuses other types', () => {
    for (const path of [undefined, null, 5, {}, ['/x'], new ArrayBuffer(2), new Uint16Array(2)])
      assert.throws(() => AddrInfo.unix(path as never), WRONG_TYPE)
  })

  it('toString() shows unix names so that they can be read', () => {
    assert.equal(String(AddrInfo.unix('/run/a.sock')), '/run/a.sock')
    assert.equal(String(AddrInfo.unix('\0name')), '@name')
    assert.equal(String(AddrInfo.unix('\0a\0\n')), '@a\\x00\\x0a')
    assert.equal(String(AddrInfo.unix(Buffer.from([0x2f, 0x80]))), '/\\x80')
  })
})

describe('AddrInfo.vsock()', () => {
  it('AddrInfo.vsock() keeps context id and port, 32 bits each', () => {
    const ai = AddrInfo.vsock(0xffffffff, 0xfffffffe)
    assert.deepEqual([ai.family, ai.addr, ai.port], [AF_VSOCK, '4294967295', 0xfffffffe])
    assert.equal(String(AddrInfo.vsock(2, 1024)), '2:1024')
  })

  it('AddrInfo.vsock() refuses numbers out of range', () => {
    for (const bad of [-1, 2 ** 32, 1.5, Number.NaN]) {
      assert.throws(() => AddrInfo.vsock(bad, 1), RANGE)
      assert.throws(() => AddrInfo.vsock(1, bad), RANGE)
    }
    assert.throws(() => AddrInfo.vsock('2' as never, 1), WRONG_TYPE)
  })
})

describe('AddrInfo.raw()', () => {
  it('AddrInfo.raw() copies the bytes of any family', () => {
    const bytes = Buffer.alloc(12)
    bytes.writeUInt16LE(AF_NETLINK)
    bytes.writeUInt32LE(4711, 4)
    const ai = AddrInfo.raw(bytes)
    bytes.fill(0)
    assert.equal(ai.family, AF_NETLINK)
    assert.equal(ai.sockaddr.readUInt32LE(4), 4711)
    assert.deepEqual([ai.addr, ai.port, ai.path], [undefined, undefined, undefined])
    assert.deepEqual([ai.pid, ai.groups], [4711, 0])
    assert.equal(String(ai), 'netlink:4711')
    assert.equal(String(AddrInfo.raw(Buffer.of(38, 0, 1))), 'AF_ALG')
  })

  it('AddrInfo.raw() reads hardware bytes and interface of a packet address', () => {
    const bytes = Buffer.alloc(20)
    bytes.writeUInt16LE(AF_PACKET)
    bytes.writeInt32LE(3, 4)
    bytes[11] = 6
    bytes.set([2, 0x42, 0xac, 0x11, 0, 2], 12)
    const ai = AddrInfo.raw(bytes)
    assert.deepEqual([ai.addr, ai.scopeid, ai.port], ['02:42:ac:11:00:02', 3, undefined])
  })

  it('AddrInfo.raw() survives addresses that are cut short or have a false length (H80)', () => {
    for (const family of [AF_INET, AF_INET6, AF_UNIX, AF_VSOCK, AF_PACKET])
      for (let length = 2; length <= 128; length++) {
        const bytes = Buffer.alloc(length, 0xff)
        bytes.writeUInt16LE(family)
        const ai = AddrInfo.raw(bytes)
        assert.equal(ai.family, family)
        for (const part of [ai.addr, ai.port, ai.scopeid, ai.flowinfo, ai.path, String(ai), inspect(ai)])
          assert.notEqual(part, null)
      }
  })

  it('AddrInfo.raw() refuses what is not an address', () => {
    for (const length of [0, 1, 129]) assert.throws(() => AddrInfo.raw(Buffer.alloc(length)), RANGE)
    for (const value of [null, 'x', [1, 2], new ArrayBuffer(16)])
      assert.throws(() => AddrInfo.raw(value as never), WRONG_TYPE)
  })
})

describe('AddrInfo', () => {
  it('AddrInfo is made only by its static methods', () => {
    assert.throws(() => Reflect.construct(AddrInfo, []), TypeError)
    assert.throws(() => (Object.create(AddrInfo.prototype) as AddrInfo).family, TypeError)
  })

  it('equals() compares the address and not the type', () => {
    const one = AddrInfo.inet('127.0.0.1', 80, { socktype: SOCK_STREAM })
    assert.equal(one.equals(AddrInfo.inet('127.0.0.1', 80, { socktype: SOCK_DGRAM })), true)
    assert.equal(one.equals(AddrInfo.inet('127.0.0.1', 81)), false)
    assert.equal(one.equals(AddrInfo.unix('/x')), false)
  })

  it('with() gives the same address for another type', () => {
    const stream = AddrInfo.inet('127.0.0.1', 80, { socktype: SOCK_STREAM, protocol: 6, canonname: 'c' })
    const dgram = stream.with({ socktype: SOCK_DGRAM, protocol: 17 })
    assert.deepEqual([dgram.socktype, dgram.protocol, dgram.canonname], [SOCK_DGRAM, 17, 'c'])
    assert.deepEqual([stream.socktype, stream.protocol], [SOCK_STREAM, 6])
    assert.ok(dgram.equals(stream))
  })

  it('AddrInfo checks the options of an address', () => {
    assert.throws(() => AddrInfo.inet('127.0.0.1', 0, { socktype: 1.5 }), RANGE)
    assert.throws(() => AddrInfo.unix('/x', { protocol: 'tcp' as never }), WRONG_TYPE)
  })

  it('nameinfo() gives numbers without a resolver', () => {
    assert.deepEqual(AddrInfo.inet('192.0.2.7', 80).nameinfo(numericNames), { host: '192.0.2.7', serv: '80' })
    assert.deepEqual(AddrInfo.inet6('2001:db8::7', 443).nameinfo(NI_NUMERICHOST, NI_NUMERICSERV), {
      host: '2001:db8::7',
      serv: '443',
    })
  })

  it('nameinfo() throws for addresses that the resolver has no names for', () => {
    const error = thrownBy(() => AddrInfo.raw(Buffer.from([99, 0, 0, 0])).nameinfo(numericNames))
    assert.deepEqual([error['code'], error['syscall']], ['EAI_FAMILY', 'getnameinfo'])
    assert.throws(() => AddrInfo.inet('192.0.2.7').nameinfo('x' as never), WRONG_TYPE)
  })

  it('AddrInfo can be inspected and written as JSON', () => {
    const ai = AddrInfo.inet6('::1', 80, { socktype: SOCK_STREAM })
    assert.equal(inspect(ai), "AddrInfo '[::1]:80' (AF_INET6 SOCK_STREAM)")
    assert.equal(JSON.stringify(ai), '{"family":"AF_INET6","addr":"::1","port":80}')
    assert.equal(JSON.stringify(AddrInfo.unix('\0x')), '{"family":"AF_UNIX","path":"\\u0000x"}')
  })

  it('path tells two names apart that differ only after a NUL', () => {
    const name = abstractName()
    assert.notEqual(AddrInfo.unix(name).path, AddrInfo.unix(`${name}\0`).path)
  })

  it('adoptSockaddr() adopts the bytes of an address without a copy', () => {
    const { sockaddr } = AddrInfo.inet('127.0.0.1', 5)
    assert.equal(adoptSockaddr(sockaddr).sockaddr, sockaddr)
  })
})

describe('interfaceIndex()', () => {
  it('interfaceIndex() accepts names and indices', () => {
    assert.equal(interfaceIndex('ifname', 0), 0)
    assert.equal(interfaceIndex('ifname', 7), 7)
    assert.ok(interfaceIndex('ifname', 'lo') > 0)
  })

  it('interfaceIndex() refuses everything else', () => {
    assert.throws(() => interfaceIndex('ifname', 'nowhere0'), coded('ENODEV'))
    for (const bad of ['', 'x'.repeat(16), 'lo\0', 'ääääääää'])
      assert.throws(() => interfaceIndex('ifname', bad), INVALID)
    for (const bad of [-1, 1.5]) assert.throws(() => interfaceIndex('ifname', bad), RANGE)
    for (const bad of [null, undefined, {}]) assert.throws(() => interfaceIndex('ifname', bad), WRONG_TYPE)
  })
})
