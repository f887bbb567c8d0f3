// Packet sockets: frames of lo, with their addresses.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import {
  AddrInfo,
  AF_PACKET,
  ARPHRD_LOOPBACK,
  CmsgHdr,
  dgram,
  ETH_P_ALL,
  ETH_P_IP,
  if_nametoindex,
  MsgHdr,
  PACKET_HOST,
  PACKET_OUTGOING,
  type PacketAuxData,
  packet,
  SOCK_DGRAM,
  SOCK_RAW,
} from 'berkeley'
import { closing, leavesNoFd, within } from '../util/index.js'
import { otherNamespace, withoutNamespaces, withoutSocket } from './kernel.js'

leavesNoFd()

const skip = withoutSocket(AF_PACKET, SOCK_RAW)
const lo = if_nametoindex('lo')

/** The protocol of experiments, RFC 5342: no other program sends it. */
const ETH_P_EXPERIMENT = 0x88b5

async function sniffer(t: TestContext, options: packet.Options): Promise<packet.Socket> {
  const sock = closing(t, await packet.Socket.create({ ifindex: 'lo', ...options }))
  sock.deadlines(5000, 5000)
  await sock.bind()
  return sock
}

/** The next frame that holds some bytes. */
async function frameWith(sock: packet.Socket, bytes: string) {
  for await (const [frame, from] of sock) if (frame.includes(bytes)) return { frame, from }
  throw new Error('the socket was closed')
}

describe('packet sockets', { skip }, () => {
  it('a packet socket receives the frames of an interface, with typed addresses', async (t) => {
    const sock = await sniffer(t, { protocol: ETH_P_ALL })
    const { ifindex, ethertype } = sock.getsockname()
    assert.deepEqual([ifindex, ethertype], [lo, ETH_P_ALL])
    const sender = closing(t, await dgram.inet.Socket.create())
    await sender.sendto('a datagram of the test', AddrInfo.inet('127.0.0.1', 9))
    const out = await frameWith(sock, 'a datagram of the test')
    assert.deepEqual(
      [out.from.pkttype, out.from.ethertype, out.from.hatype],
      [PACKET_OUTGOING, ETH_P_IP, ARPHRD_LOOPBACK],
    )
    const back = await frameWith(sock, 'a datagram of the test')
    assert.deepEqual([back.from.pkttype, back.from.ifindex, back.from.addr], [PACKET_HOST, lo, '00:00:00:00:00:00'])
    assert.equal(back.frame.readUInt16BE(12), ETH_P_IP)
  })

  it('a packet socket receives nothing before it is bound (H135)', async (t) => {
    const sock = closing(t, await packet.Socket.create({ ifindex: 'lo', protocol: ETH_P_ALL }))
    const sender = closing(t, await dgram.inet.Socket.create())
    await sender.sendto('too early', AddrInfo.inet('127.0.0.1', 9))
    await assert.rejects(sock.recv({ timeout: 20 }), { name: 'TimeoutError' })
    await sock.bind()
    await sender.sendto('in time', AddrInfo.inet('127.0.0.1', 9))
    sock.deadlines(5000)
    assert.ok((await frameWith(sock, 'in time')).frame.includes('in time'))
  })

  it('a packet socket sends frames, whole or without the header of the link layer', async (t) => {
    const receiver = await sniffer(t, { protocol: ETH_P_EXPERIMENT })
    const whole = await sniffer(t, {})
    const header = Buffer.alloc(14)
    header.writeUInt16BE(ETH_P_EXPERIMENT, 12)
    await whole.sendto(Buffer.concat([header, Buffer.from('whole frame')]), AddrInfo.packet({ ifindex: lo }))
    assert.ok((await frameWith(receiver, 'whole frame')).frame.subarray(14).equals(Buffer.from('whole frame')))
    const bare = await sniffer(t, { type: SOCK_DGRAM })
    const to = AddrInfo.packet({ ifindex: 'lo', protocol: ETH_P_EXPERIMENT, addr: '00:00:00:00:00:00' })
    await bare.sendto('only the data', to)
    const { frame } = await frameWith(receiver, 'only the data')
    assert.equal(frame.readUInt16BE(12), ETH_P_EXPERIMENT)
  })

  it('recvmany() and readv() receive frames', async (t) => {
    const sock = await sniffer(t, { protocol: ETH_P_EXPERIMENT })
    const bare = await sniffer(t, { type: SOCK_DGRAM })
    const addr = AddrInfo.packet({ ifindex: lo, protocol: ETH_P_EXPERIMENT, addr: Buffer.alloc(6) })
    assert.equal(await bare.sendmany(['one', 'two', 'three'].map((data) => ({ data, addr }))), 3)
    const [header, rest] = [Buffer.alloc(14), Buffer.alloc(100)]
    assert.equal(await sock.readv([header, rest]), 17)
    assert.equal(rest.toString('latin1', 0, 3), 'one')
    const batch = await sock.recvmany()
    const frames = [...batch].map((one) => [one.data.toString('latin1', 14), one.addr?.ethertype])
    batch.close()
    assert.deepEqual(frames.slice(0, 2), [
      ['two', ETH_P_EXPERIMENT],
      ['three', ETH_P_EXPERIMENT],
    ])
  })

  it('received frames carry their length and status, if they are asked to', async (t) => {
    const sock = await sniffer(t, { protocol: ETH_P_EXPERIMENT })
    assert.equal(sock.packetauxdata(true), true)
    const bare = await sniffer(t, { type: SOCK_DGRAM })
    await bare.sendto(
      'x'.repeat(86),
      AddrInfo.packet({ ifindex: lo, protocol: ETH_P_EXPERIMENT, addr: Buffer.alloc(6) }),
    )
    const msg = new MsgHdr()
    msg.addn(2000)
    await sock.recvmsg(msg)
    const { len, snaplen, mac, net } = msg.control().value('auxdata') as PacketAuxData
    assert.deepEqual([len, snaplen, mac, net], [100, 100, 0, 14])
    assert.equal(msg.name()?.ethertype, ETH_P_EXPERIMENT)
    assert.throws(() => CmsgHdr.of('auxdata', { len: 1 } as never), { code: 'ENOPROTOOPT' })
  })

  it('a filter leaves out what it does not want', async (t) => {
    const sock = closing(t, await packet.Socket.create({ ifindex: 'lo', protocol: ETH_P_IP, type: SOCK_DGRAM }))
    // ldb [9]; jeq #17, 0, 1; ret #-1; ret #0: UDP alone.
    sock.attachfilter('4\n48 0 0 9\n21 0 1 17\n6 0 0 4294967295\n6 0 0 0\n')
    await sock.bind()
    sock.deadlines(5000)
    const sender = closing(t, await dgram.inet.Socket.create())
    await sender.sendto('wanted', AddrInfo.inet('127.0.0.1', 9))
    const [first] = await sock.recvfrom()
    assert.equal(first[9], 17)
  })

  it('a frame that does not fit is an error that says how long it was', async (t) => {
    const sock = await sniffer(t, { protocol: ETH_P_EXPERIMENT })
    const bare = await sniffer(t, { type: SOCK_DGRAM })
    await bare.sendto(
      'x'.repeat(100),
      AddrInfo.packet({ ifindex: lo, protocol: ETH_P_EXPERIMENT, addr: Buffer.alloc(6) }),
    )
    await assert.rejects(sock.recvfrom({ bufsize: 20 }), { code: 'EMSGSIZE', bytes: 114 })
  })

  it('an address of another family is refused before the kernel misreads it (H134)', async (t) => {
    const sock = await sniffer(t, { protocol: ETH_P_EXPERIMENT })
    const wrong = AddrInfo.inet('127.0.0.1', 9)
    const refused = { code: 'EAFNOSUPPORT', message: /AF_INET for a socket of AF_PACKET/ }
    await assert.rejects(sock.bind(wrong), { ...refused, syscall: 'bind' })
    await assert.rejects(sock.sendto('x', wrong), { ...refused, syscall: 'sendto' })
    await assert.rejects(sock.sendmany([{ data: 'x', addr: wrong }]), { ...refused, syscall: 'sendmmsg' })
    await assert.rejects(sock.connect(wrong), { ...refused, syscall: 'connect' })
  })

  it('wrong options of a packet socket are refused', async () => {
    await assert.rejects(packet.Socket.create({ ifindex: 'no-such-if' }), { code: 'ENODEV' })
    await assert.rejects(packet.Socket.create({ protocol: 65536 }), { code: 'ERR_OUT_OF_RANGE' })
    await assert.rejects(packet.Socket.create({ type: 5 }), { code: 'ERR_INVALID_ARG_VALUE' })
    await assert.rejects(packet.Socket.create({ device: 'lo' } as never), TypeError)
  })

  it('packet.wrap() adopts packet sockets only', async (t) => {
    const sock = await sniffer(t, { protocol: ETH_P_EXPERIMENT })
    const adopted = closing(t, await packet.wrap(sock.detach()))
    assert.equal(adopted.getsockname().ethertype, ETH_P_EXPERIMENT)
    const udp = closing(t, await dgram.inet.Socket.create())
    const fd = udp.dup().detach()
    await assert.rejects(packet.wrap(fd), { code: 'EPROTOTYPE', message: /AF_PACKET with SOCK_RAW or SOCK_DGRAM/ })
    closing(t, await dgram.inet.wrap(fd))
  })

  it('an interface that goes down is reported once, and a loop goes on', { skip: withoutNamespaces() }, async (t) => {
    const { path, shell } = await otherNamespace(
      t,
      'ip link add va type veth peer name vb\nip link set va up\nip link set vb up',
    )
    // Its index, because the names are those of this namespace.
    shell.write('ip -o link show va\n')
    const [, index] = await shell.waitForOutput(/^(\d+): va@/m)
    const sock = closing(
      t,
      await packet.Socket.create({ netns: path, ifindex: Number(index), protocol: ETH_P_EXPERIMENT }),
    )
    await sock.bind()
    shell.write('ip link set va down\n')
    await assert.rejects(sock.recvfrom({ timeout: 5000 }), { code: 'ENETDOWN' })
    const next = sock[Symbol.asyncIterator]().next()
    shell.write('ip link set va up; ip link set va down; ip link set va up; echo up\n')
    await shell.waitForOutput(/^up$/m)
    await sock.close()
    assert.equal((await within(next, 'the end of the loop')).done, true)
  })
})
