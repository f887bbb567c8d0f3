// Control messages with a typed value: what is put in comes out, and bytes that are no such value are an error.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AddrInfo,
  type AncillaryName,
  type AncillaryValue,
  CmsgHdr,
  CmsgHdrs,
  IP_ORIGDSTADDR,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_ORIGDSTADDR,
  SCM_SECURITY,
  SOL_SOCKET,
} from 'berkeley'
import { placeOf } from '#internal/message/ancillary.js'
import { coded } from '../../util/index.js'

const ipv4 = AddrInfo.inet('192.0.2.7')
const ipv6 = AddrInfo.inet6('2001:db8::7')

/** Values that are sent and received in the same shape, at both ends of their range. */
const same: { [N in AncillaryName]?: readonly AncillaryValue<N>[] } = {
  segment: [0, 1400, 0xffff],
  gro: [0, 1400],
  inq: [0, 70_000],
  mark: [0, 0xffffffff],
  priority: [0, 6],
  rxqovfl: [0, 0xffffffff],
  ttl: [0, 255],
  tos: [0, 255],
  hoplimit: [0, 255],
  tclass: [0, 255],
  txtime: [0n, 2n ** 63n, 2n ** 64n - 1n],
  credentials: [
    { pid: 1, uid: 0, gid: 0 },
    { pid: 7, uid: 0xffffffff, gid: 0xffffffff },
  ],
}

const typed = (name: AncillaryName, value: unknown): CmsgHdr => CmsgHdr.of(name, value as never)
const raw = (name: AncillaryName, data: Uint8Array): CmsgHdr => new CmsgHdr(...placeOf(name), data)

describe('typed values', () => {
  for (const [name, values] of Object.entries(same) as [AncillaryName, readonly unknown[]][])
    it(`a value of ${name} is decoded as it was encoded`, () => {
      for (const value of values) {
        const cmsg = typed(name, value)
        assert.equal(cmsg.name(), name)
        assert.deepEqual(cmsg.value(name), value)
      }
    })

  it('a pktinfo has the interface and the address to send from', () => {
    const v4 = CmsgHdr.of('pktinfo', { ifindex: 3, addr: ipv4 }).value('pktinfo')
    assert.deepEqual([v4?.ifindex, v4?.local?.addr, v4?.addr?.addr], [3, '192.0.2.7', '0.0.0.0'])
    const v6 = CmsgHdr.of('pktinfo6', { ifindex: 4, addr: ipv6 }).value('pktinfo6')
    assert.deepEqual([v6?.ifindex, v6?.addr?.addr], [4, '2001:db8::7'])
    assert.equal(CmsgHdr.of('pktinfo', {}).value('pktinfo')?.ifindex, 0)
  })

  it('a pktinfo to send is one of the family of its address, and `local` comes before `addr`', () => {
    const v6 = CmsgHdr.of('pktinfo', { ifindex: 4, addr: ipv6 })
    assert.deepEqual([v6.name(), v6.value('pktinfo')?.local.addr], ['pktinfo6', '2001:db8::7'])
    assert.equal(CmsgHdr.of('pktinfo', { addr: AddrInfo.inet6('::ffff:192.0.2.7') }).name(), 'pktinfo')
    const broadcast = AddrInfo.inet('192.0.2.255')
    const v4 = CmsgHdr.of('pktinfo', { ifindex: 3, addr: broadcast, local: ipv4 })
    assert.equal(v4.value('pktinfo')?.local.addr, '192.0.2.7')
  })

  it('a pktinfo of a group of IPv6 is answered from an address that the kernel chooses', () => {
    const received = CmsgHdr.of('pktinfo6', { ifindex: 4, addr: AddrInfo.inet6('ff02::fb') }).value('pktinfo')
    assert.deepEqual([received?.addr.addr, received?.local.addr], ['ff02::fb', '::'])
    const answer = CmsgHdr.of('pktinfo', { ...received })
    assert.deepEqual([answer.name(), answer.value('pktinfo')?.ifindex], ['pktinfo6', 4])
  })

  it('a name of both families is that of IPv6, too, where a value is read', () => {
    const hoplimit = CmsgHdr.of('hoplimit', 7)
    assert.deepEqual([hoplimit.value('ttl'), hoplimit.value('tos'), hoplimit.name()], [7, undefined, 'hoplimit'])
    assert.equal(CmsgHdr.of('tclass', 8).value('tos'), 8)
    assert.equal(CmsgHdr.of('ttl', 7).value('hoplimit'), undefined)
    const both = new CmsgHdrs()
    both.push(hoplimit)
    assert.equal(both.value('ttl'), 7)
    both.push(CmsgHdr.of('ttl', 9))
    assert.deepEqual([both.value('ttl'), both.value('hoplimit')], [9, 7])
  })

  it('a pktinfo refuses addresses of another family and invalid ones', () => {
    assert.throws(() => typed('pktinfo6', { addr: ipv4 }), coded('EAFNOSUPPORT', { address: '192.0.2.7' }))
    assert.throws(() => typed('pktinfo', { local: AddrInfo.unix('/x') }), coded('EAFNOSUPPORT'))
    assert.throws(() => typed('pktinfo', { addr: '192.0.2.7', local: ipv4 }), coded('ERR_INVALID_ARG_TYPE'))
    assert.throws(() => typed('pktinfo', { adress: ipv4 }), coded('ERR_INVALID_ARG_VALUE'))
    assert.throws(() => typed('pktinfo', { addr: '192.0.2.7' }), coded('ERR_INVALID_ARG_TYPE'))
    assert.throws(() => typed('pktinfo', null), coded('ERR_INVALID_ARG_TYPE'))
    assert.throws(() => typed('txtime', 5), coded('ERR_INVALID_ARG_TYPE'))
  })

  it('a value that is only received is an address, or a text up to its NUL', () => {
    const from = (level: number, type: number, ai: AddrInfo): CmsgHdr => new CmsgHdr(level, type, ai.sockaddr)
    assert.equal(from(IPPROTO_IP, IP_ORIGDSTADDR, ipv4).value('origdstaddr')?.addr, '192.0.2.7')
    assert.equal(from(IPPROTO_IPV6, IPV6_ORIGDSTADDR, ipv6).value('origdstaddr6')?.addr, '2001:db8::7')
    assert.equal(
      new CmsgHdr(SOL_SOCKET, SCM_SECURITY, 'system_u:object_r\0rest').value('security'),
      'system_u:object_r',
    )
  })

  it('a value that is only received cannot be sent', () => {
    for (const name of ['origdstaddr', 'security', 'timestamp', 'recverr'] as const)
      assert.throws(() => typed(name, 1), coded('ENOPROTOOPT'))
  })

  it('value() of another name is undefined, and of an unknown name an error', () => {
    assert.equal(CmsgHdr.of('ttl', 5).value('tos'), undefined)
    for (const name of ['nothing', 'constructor'])
      assert.throws(() => typed(name as never, 1), coded('ERR_INVALID_ARG_VALUE'))
  })

  const layouts: AncillaryName[] = [
    'timestamp',
    'timestampns',
    'timestamping',
    'recverr',
    'recverr6',
    'pktinfo',
    'pktinfo6',
  ]
  /** The kernel writes some of these numbers as one byte. */
  const numbers: AncillaryName[] = ['gro', 'inq', 'ttl', 'tos', 'hoplimit', 'tclass']
  for (const name of [...Object.keys(same), ...layouts] as AncillaryName[])
    it(`a value of ${name} with bytes missing is an error (H80)`, () => {
      for (const length of numbers.includes(name) ? [0] : [0, 1])
        assert.throws(() => raw(name, Buffer.alloc(length)).value(name), coded('EINVAL', { syscall: 'cmsg' }))
    })
})
