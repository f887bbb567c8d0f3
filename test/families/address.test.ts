// Addresses of packet, netlink, CAN and vsock: typed in both directions, and never made up.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AddrInfo,
  AF_CAN,
  AF_INET,
  AF_INET6,
  AF_NETLINK,
  AF_PACKET,
  AF_VSOCK,
  ARPHRD_ETHER,
  CAN_EFF_FLAG,
  ETH_P_ARP,
  if_nametoindex,
  PACKET_BROADCAST,
  RTMGRP_LINK,
  SOCK_RAW,
} from 'berkeley'

const lo = if_nametoindex('lo')
const isRefusal = (error: Error & { code?: string }): boolean => /^ERR_(INVALID_ARG|OUT_OF_RANGE)/.test(`${error.code}`)

describe('addresses of every family', () => {
  it('AddrInfo.packet() keeps all parts of the address', () => {
    const parts = { ifindex: 3, protocol: ETH_P_ARP, hatype: ARPHRD_ETHER, pkttype: PACKET_BROADCAST }
    const ai = AddrInfo.packet({ ...parts, addr: '02:42:AC:11:00:02', socktype: SOCK_RAW })
    assert.deepEqual(
      [ai.family, ai.ifindex, ai.ethertype, ai.hatype, ai.pkttype, ai.addr, ai.scopeid, ai.socktype, ai.protocol],
      [AF_PACKET, 3, ETH_P_ARP, ARPHRD_ETHER, PACKET_BROADCAST, '02:42:ac:11:00:02', 3, SOCK_RAW, 0],
    )
    assert.ok(ai.equals(AddrInfo.packet({ ...parts, addr: Buffer.from('0242ac110002', 'hex') })))
    assert.equal(AddrInfo.packet({ ifindex: 'lo' }).ifindex, lo)
    assert.equal(String(ai), '02:42:ac:11:00:02%3')
    assert.equal(AddrInfo.packet({ addr: Buffer.alloc(20, 1) }).addr?.length, 20 * 3 - 1)
    assert.deepEqual(ai.toJSON(), {
      family: 'AF_PACKET',
      addr: '02:42:ac:11:00:02',
      ifindex: 3,
      ethertype: ETH_P_ARP,
      hatype: ARPHRD_ETHER,
      pkttype: PACKET_BROADCAST,
    })
  })

  it('AddrInfo.netlink() keeps port and groups, 32 bits each', () => {
    const ai = AddrInfo.netlink({ pid: 0xffffffff, groups: 0x80000000 })
    assert.deepEqual([ai.family, ai.pid, ai.groups, ai.port], [AF_NETLINK, 0xffffffff, 0x80000000, undefined])
    assert.deepEqual([AddrInfo.netlink().pid, AddrInfo.netlink().groups], [0, 0])
    assert.equal(String(AddrInfo.netlink({ groups: RTMGRP_LINK })), 'netlink:0,0x1')
    assert.deepEqual(AddrInfo.netlink({ pid: 1 }).toJSON(), { family: 'AF_NETLINK', pid: 1, groups: 0 })
  })

  it('AddrInfo.can() keeps interface and identifiers', () => {
    const ai = AddrInfo.can({ ifindex: 7, rxid: 0x123, txid: CAN_EFF_FLAG + 1 })
    assert.deepEqual([ai.family, ai.ifindex, ai.rxid, ai.txid], [AF_CAN, 7, 0x123, CAN_EFF_FLAG + 1])
    assert.equal(ai.scopeid, undefined)
    assert.equal(String(AddrInfo.can({ ifindex: 7 })), 'AF_CAN%7')
  })

  it('AddrInfo.vsock() has a context id, which other addresses have not', () => {
    assert.deepEqual([AddrInfo.vsock(2, 1024).cid, AddrInfo.vsock(2, 1024).port], [2, 1024])
    assert.equal(AddrInfo.inet('127.0.0.1').cid, undefined)
  })

  it('parts of an address of another family are undefined', () => {
    const { ifindex, ethertype, hatype, pkttype, pid, groups, rxid, txid, cid } = AddrInfo.inet6('::1', 1, {
      scopeid: 1,
    })
    assert.deepEqual([ifindex, ethertype, hatype, pkttype, pid, groups, rxid, txid, cid], new Array(9).fill(undefined))
  })

  it('an address with fewer bytes than its family has is not read as zeros (H134)', () => {
    const cut = (ai: AddrInfo, bytes: number): AddrInfo => AddrInfo.raw(ai.sockaddr.subarray(0, bytes))
    const whole: [AddrInfo, number][] = [
      [AddrInfo.inet('192.0.2.1', 80), 15],
      [AddrInfo.inet6('2001:db8::1', 80, { flowinfo: 1, scopeid: 2 }), 27],
      [AddrInfo.packet({ ifindex: 1, protocol: 1, hatype: 1, pkttype: 1, addr: '01:02:03:04:05:06' }), 11],
      [AddrInfo.packet({ ifindex: 1, protocol: 1, hatype: 1, pkttype: 1, addr: '01:02:03:04:05:06' }), 17],
      [AddrInfo.netlink({ pid: 1, groups: 1 }), 11],
      [AddrInfo.can({ ifindex: 1, rxid: 1, txid: 1 }), 7],
      [AddrInfo.vsock(2, 1024), 15],
    ]
    for (const [ai, bytes] of whole)
      for (const length of [2, bytes]) {
        const { family, addr, port, scopeid, flowinfo, ifindex, ethertype, hatype, pkttype } = cut(ai, length)
        const { pid, groups, rxid, txid, cid } = cut(ai, length)
        assert.equal(family, ai.family)
        assert.deepEqual(
          [addr, port, scopeid, flowinfo, ifindex, ethertype, hatype, pkttype, pid, groups, rxid, txid, cid],
          new Array(13).fill(undefined),
          `${ai} in ${length} bytes`,
        )
      }
  })

  it('an address names what an error is about', () => {
    for (const family of [AF_INET, AF_INET6, AF_VSOCK]) assert.ok(family > 0)
    assert.deepEqual(AddrInfo.netlink({ pid: 7 }).context(), { address: 'netlink:7', port: undefined })
    assert.deepEqual(AddrInfo.can({ ifindex: 7 }).context(), { address: 'AF_CAN%7', port: undefined })
  })

  it('makers refuse wrong values before anything is made of them', () => {
    const wrong: [string, () => unknown][] = [
      ['negative index', () => AddrInfo.packet({ ifindex: -1 })],
      ['empty name', () => AddrInfo.packet({ ifindex: '' })],
      ['long name', () => AddrInfo.can({ ifindex: 'x'.repeat(16) })],
      ['swapped protocol', () => AddrInfo.packet({ protocol: 0x10000 })],
      ['hatype', () => AddrInfo.packet({ hatype: 65536 })],
      ['pkttype', () => AddrInfo.packet({ pkttype: 256 })],
      ['addr as text', () => AddrInfo.packet({ addr: '02:42' as never, pkttype: 1.5 })],
      ['addr of half bytes', () => AddrInfo.packet({ addr: '02:4' })],
      ['addr of another kind', () => AddrInfo.packet({ addr: 7 as never })],
      ['long addr', () => AddrInfo.packet({ addr: Buffer.alloc(33) })],
      ['pid', () => AddrInfo.netlink({ pid: 2 ** 32 })],
      ['negative pid', () => AddrInfo.netlink({ pid: -1 })],
      ['groups as list', () => AddrInfo.netlink({ groups: [1] as never })],
      ['rxid', () => AddrInfo.can({ rxid: 2 ** 32 })],
      ['no object', () => AddrInfo.packet(1 as never)],
      ['unknown field', () => AddrInfo.packet({ index: 1 } as never)],
    ]
    for (const [what, make] of wrong) assert.throws(make, isRefusal, what)
    assert.throws(() => AddrInfo.packet({ ifindex: 'no-such-if' }), { code: 'ENODEV', syscall: 'if_nametoindex' })
  })
})
