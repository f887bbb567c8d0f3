// Options of packet sockets that take more than one socket, or more than one value.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, it } from 'node:test'
import * as ll from 'berkeley/llsocket'
import { type Keep, keeper, missing, sockets } from './sockets.js'

const { AddrInfo, socket } = ll
const skip = missing('packet') ?? false
const lo = ll.device.if_nametoindex('lo')

/** A packet socket that receives IPv4 of lo. */
function sniffer(keep: Keep): ll.Socket {
  const sock = sockets.packet(keep)
  sock.bind(AddrInfo.packet({ ifindex: lo, protocol: ll.ETH_P_IP }))
  return sock
}

/** Sends datagrams of as many different senders over lo, and returns how many frames each socket has received. */
function shares(keep: Keep, count: number, ...sniffers: ll.Socket[]): number[] {
  const sink = keep(socket.create(AddrInfo.inet('127.0.0.1', 0, { socktype: ll.SOCK_DGRAM }), true))
  sink.bind()
  for (let i = 0; i < count; i++) {
    const from = socket.create(AddrInfo.inet('127.0.0.1', 0, { socktype: ll.SOCK_DGRAM }), true)
    from.sendto('x', sink.getsockname())
    from.close()
  }
  return sniffers.map((sock) => {
    let frames = 0
    for (let got = sock.recvfrom(); got !== ll.AGAIN && got !== null; got = sock.recvfrom())
      if (got[1]?.pkttype !== ll.PACKET_OUTGOING && isTo(got[0], sink.getsockname().port as number)) frames++
    return frames
  })
}

/** How many ask lo for all frames. */
function promiscuity(): number {
  const { stdout } = spawnSync('ip', ['-d', 'link', 'show', 'lo'], { encoding: 'utf8' })
  return Number(/promiscuity (\d+)/.exec(stdout)?.[1])
}

const isTo = (frame: Buffer, port: number): boolean => frame.length > 38 && frame.readUInt16BE(36) === port

describe('options of packet sockets', { skip }, () => {
  it('packetaddmembership() lets the device hear all until packetdropmembership()', (t) => {
    const sock = sniffer(keeper(t))
    const before = promiscuity()
    sock.packetaddmembership('lo', ll.PACKET_MR_PROMISC)
    assert.equal(promiscuity(), before + 1)
    sock.packetdropmembership(lo, ll.PACKET_MR_PROMISC)
    assert.equal(promiscuity(), before)
    sock.packetaddmembership(lo, ll.PACKET_MR_MULTICAST, '01:00:5e:00:00:01')
    sock.packetdropmembership(lo, ll.PACKET_MR_MULTICAST, Buffer.from('01005e000001', 'hex'))
  })

  it('packetaddmembership() refuses a wrong interface, kind or address', (t) => {
    const sock = sniffer(keeper(t))
    const add = sock.packetaddmembership.bind(sock) as (...args: unknown[]) => void
    assert.throws(() => add('no-such-if', ll.PACKET_MR_PROMISC), { code: 'ENODEV' })
    assert.throws(() => add(0, ll.PACKET_MR_PROMISC), { code: 'ERR_OUT_OF_RANGE' })
    assert.throws(() => add(lo, 4), { code: 'ERR_OUT_OF_RANGE' })
    assert.throws(() => add(lo, ll.PACKET_MR_PROMISC, '01:00:5e:00:00:01'), { code: 'ERR_INVALID_ARG_VALUE' })
    assert.throws(() => add(lo, ll.PACKET_MR_MULTICAST), { code: 'ERR_INVALID_ARG_VALUE' })
    for (const wrong of ['01:00', '01:00:5e:00:00', Buffer.alloc(7)])
      assert.throws(() => add(lo, ll.PACKET_MR_MULTICAST, wrong), { code: 'EINVAL' }, String(wrong))
    for (const wrong of ['', '0', 'zz:00:00:00:00:00', '01:00:5e:00:00:0', Buffer.alloc(33), 7])
      assert.throws(() => add(lo, ll.PACKET_MR_MULTICAST, wrong), /^(TypeError|RangeError)/, String(wrong))
  })

  it('packetfanout() shares the frames among the sockets of a group', (t) => {
    const keep = keeper(t)
    const pair = [sniffer(keep), sniffer(keep)] as const
    assert.equal(pair[0].packetfanout(), null)
    for (const sock of pair) {
      const group = { id: process.pid % 65536 || 1, type: ll.PACKET_FANOUT_LB }
      assert.deepEqual(sock.packetfanout(group), group)
    }
    const [first = 0, second = 0] = shares(keep, 20, ...pair)
    assert.equal(first + second, 20)
    assert.ok(first > 0 && second > 0, `${first} and ${second}`)
    assert.throws(() => pair[0].packetfanout({ id: 1, type: 0 }), { code: 'EALREADY' })
    assert.throws(() => sockets.packet(keep).packetfanout({ id: 1, type: 0 }), { code: 'EINVAL' })
  })

  it('packetfanoutdata() chooses the socket by a program', (t) => {
    const keep = keeper(t)
    const pair = [sniffer(keep), sniffer(keep)] as const
    const group = { id: (process.pid % 65535) + 1, type: ll.PACKET_FANOUT_CBPF }
    for (const sock of pair) sock.packetfanout(group)
    pair[0].packetfanoutdata([[0x06, 0, 0, 1]])
    assert.deepEqual(shares(keep, 8, ...pair), [0, 8])
    assert.throws(() => pair[0].packetfanoutdata(0), { code: 'EINVAL' })
  })

  it('packetrolloverstats() counts in a group', (t) => {
    const sock = sniffer(keeper(t))
    sock.packetfanout({ id: (process.pid % 65535) + 1, type: ll.PACKET_FANOUT_ROLLOVER })
    assert.deepEqual(sock.packetrolloverstats(), { all: 0n, huge: 0n, failed: 0n })
  })

  it('packetstatistics() counts the frames since it was last read, and those that were dropped', (t) => {
    const keep = keeper(t)
    const sock = sniffer(keep)
    sock.rcvbuf(1)
    const [received = 0] = shares(keep, 50, sock)
    const { packets, drops } = sock.packetstatistics()
    assert.ok(packets >= 50, String(packets))
    assert.ok(drops > 0 && received < 50, `${drops} dropped, ${received} received`)
    assert.ok(sock.packetstatistics().packets < packets)
  })
})
