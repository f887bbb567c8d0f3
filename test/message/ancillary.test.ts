import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  AddrInfo,
  type AncillaryName,
  CmsgHdr,
  dgram,
  IPPROTO_IP,
  MSG_ERRQUEUE,
  MsgHdr,
  SCM_TIMESTAMP,
  SOL_SOCKET,
  stream,
} from 'berkeley'
import { available, closing, closingAll, eachFamily, leavesNoFd, start } from '../util/index.js'

leavesNoFd()

type Test = Parameters<typeof closing>[0]

async function bound(t: Test, host: string): Promise<dgram.inet.Socket> {
  const sock = closing(t, await dgram.inet.Socket.create({ host, port: 0 }))
  await sock.bind()
  return sock
}

/** Sends one datagram with control messages, and gives back what arrived. */
async function delivered(from: dgram.Socket, to: dgram.Socket, ...cmsgs: CmsgHdr[]): Promise<MsgHdr> {
  const msg = new MsgHdr()
  msg.name(to.getsockname())
  msg.add('payload')
  for (const cmsg of cmsgs) msg.control().push(cmsg)
  await from.sendmsg(msg)
  const got = new MsgHdr()
  got.addn(100)
  assert.equal(await to.recvmsg(got), 7)
  return got
}

eachFamily(({ name, loopback, address }) => {
  const v6 = name === 'IPv6'
  const names = v6
    ? ({ hops: 'hoplimit', service: 'tclass', info: 'pktinfo6', error: 'recverr6' } as const)
    : ({ hops: 'ttl', service: 'tos', info: 'pktinfo', error: 'recverr' } as const)

  test('sendmsg() sets hop limit and type of service of one datagram, and recvmsg() reads them', async (t) => {
    const [a, b] = [await bound(t, loopback), await bound(t, loopback)]
    b.recvttl(true)
    b.recvtos(true)
    const got = await delivered(a, b, CmsgHdr.of(names.hops, 7), CmsgHdr.of(names.service, 0x28))
    assert.equal(got.control().value(names.hops), 7)
    assert.equal(got.control().value(names.service), 0x28)
    const plain = await delivered(a, b)
    assert.equal(plain.control().value(names.hops), 64)
    assert.equal(plain.control().value('ttl'), 64)
    if (!v6) assert.equal(plain.control().value('hoplimit'), undefined)
  })

  test('recvmsg() reads the interface and the address that a datagram arrived at', async (t) => {
    const [a, b] = [await bound(t, loopback), await bound(t, loopback)]
    b.pktinfo(true)
    const info = (await delivered(a, b)).control().value(names.info)
    assert.equal(info?.ifindex, 1)
    assert.equal(info?.addr?.addr, loopback)
    if (!v6) assert.equal(info?.local?.addr, loopback)
  })

  test('sendmsg() sends from the address that a control message chooses', async (t) => {
    const wildcard = v6 ? '::' : '0.0.0.0'
    const [a, b] = [await bound(t, wildcard), await bound(t, loopback)]
    const from = v6 ? '::1' : '127.0.0.9'
    const addr = v6 ? AddrInfo.inet6(from) : AddrInfo.inet(from)
    const got = await delivered(a, b, CmsgHdr.of(names.info, { addr }))
    assert.equal(got.name()?.addr, from)
    assert.equal(got.name()?.port, a.getsockname().port)
  })

  for (const host of [v6 ? '::' : '0.0.0.0', undefined])
    test(`the pktinfo of a datagram, given back as it is, sends the answer from where the datagram was sent to (${host ?? 'both families'}) (H155)`, async (t) => {
      const to = v6 ? '::1' : '127.0.0.9'
      const server = closing(t, await dgram.inet.Socket.create(host === undefined ? { port: 0 } : { host, port: 0 }))
      server.pktinfo(true)
      await server.bind()
      const { port } = server.getsockname()
      const client = await bound(t, loopback)
      await client.sendto('question', v6 ? AddrInfo.inet6(to, port) : AddrInfo.inet(to, port))
      const got = new MsgHdr()
      got.addn(100)
      await server.recvmsg(got)
      const info = got.control().value('pktinfo')
      assert.ok(info)
      assert.deepEqual([info.ifindex, info.addr.addr, info.local.addr], [1, to, to])
      const answer = new MsgHdr()
      answer.name(got.name())
      answer.add('answer')
      answer.control().push(CmsgHdr.of('pktinfo', info))
      await server.sendmsg(answer)
      const [, from] = await client.recvfrom()
      assert.deepEqual([from.addr, from.port], [to, port])
    })

  test('a name of both families finds what arrived, and `recverr` the errors of IPv6', async (t) => {
    const gone = await bound(t, loopback)
    const { port } = gone.getsockname()
    await gone.close()
    const sock = closing(t, await dgram.inet.Socket.create({ host: loopback, port }))
    sock.recverr(true)
    await sock.connect()
    await sock.send('lost')
    await sock.hangup({ timeout: 5000 })
    const got = new MsgHdr()
    got.addn(100)
    await sock.recvmsg(got, MSG_ERRQUEUE)
    assert.equal(got.control().value('recverr')?.code, 'ECONNREFUSED')
    const [a, b] = [await bound(t, loopback), await bound(t, loopback)]
    b.recvttl(true)
    b.recvtos(true)
    const control = (await delivered(a, b, CmsgHdr.of(names.service, 0x28))).control()
    assert.deepEqual([control.value('ttl'), control.value('tos')], [64, 0x28])
  })

  test('recvmsg() reads an error that the network reported from the error queue (H35)', async (t) => {
    const gone = await bound(t, loopback)
    const port = gone.getsockname().port as number
    await gone.close()
    const sock = closing(t, await dgram.inet.Socket.create({ host: loopback, port }))
    sock.recverr(true)
    await sock.connect()
    await sock.send('lost')
    await assert.rejects(sock.recv(), { code: 'ECONNREFUSED' })
    const got = new MsgHdr()
    got.addn(100)
    assert.equal(await sock.recvmsg(got, MSG_ERRQUEUE), 4)
    const error = got.control().value(names.error)
    assert.equal(error?.code, 'ECONNREFUSED')
    assert.equal(error?.offender?.addr, loopback)
    assert.equal(got.name()?.port, port)
    assert.equal(address().addr, loopback)
  })
})

describe('times', () => {
  test('three timestamps of different precision give the same moment', async (t) => {
    const [a, b] = [await bound(t, '127.0.0.1'), await bound(t, '127.0.0.1')]
    const isNow = (ns: bigint | undefined): void => {
      const apart = Math.abs(Number(ns) / 1e6 - Date.now())
      assert.ok(apart < 60_000, `${apart} ms apart`)
    }
    b.timestamp(true)
    isNow((await delivered(a, b)).control().value('timestamp'))
    b.timestampns(true)
    isNow((await delivered(a, b)).control().value('timestampns'))
    // SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE
    b.timestamping(0x18)
    const times = (await delivered(a, b)).control().value('timestamping')
    isNow(times?.software)
    assert.equal(times?.hardware, 0n)
  })
})

describe('unix', () => {
  test('recvmsg() reads the credentials of the sender, and those that it claims', async (t) => {
    const [a, b] = closingAll(t, await dgram.unix.pair())
    b.passcred(true)
    const own = { pid: process.pid, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
    await a.send('x')
    const got = new MsgHdr()
    got.addn(10)
    await b.recvmsg(got)
    assert.deepEqual(got.control().value('credentials'), own)
    const msg = new MsgHdr()
    msg.add('x')
    msg.control().push(CmsgHdr.of('credentials', own))
    await a.sendmsg(msg)
    await b.recvmsg(got)
    assert.deepEqual(got.control().value('credentials'), own)
  })
})

describe('TCP and UDP', () => {
  test('sendmsg() cuts a large send into segments, and recvmsg() reads them joined with their size', async (t) => {
    const [a, b] = [await bound(t, '127.0.0.1'), await bound(t, '127.0.0.1')]
    b.udpgro(true)
    const msg = new MsgHdr()
    msg.name(b.getsockname())
    msg.add(Buffer.alloc(5000, 'z'))
    msg.control().push(CmsgHdr.of('segment', 1000))
    assert.equal(await a.sendmsg(msg), 5000)
    const got = new MsgHdr()
    got.addn(65_536)
    assert.equal(await b.recvmsg(got), 5000)
    assert.equal(got.control().value('gro'), 1000)
  })

  test('recvmsg() reads how much is left in the queue of a stream', async (t) => {
    const server = closing(t, await stream.inet.Server.create({ host: '127.0.0.1' }))
    server.listen()
    const port = server.getsockname().port as number
    const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port }))
    const peer = closing(t, await server.accept())
    peer.tcpinq(true)
    await client.send('0123456789')
    const got = new MsgHdr()
    got.addn(4)
    assert.equal(await peer.recvmsg(got), 4)
    assert.equal(got.control().value('inq'), 6)
  })
})

describe('names', () => {
  test('a control message knows its name, and an unknown one stays bytes', () => {
    const cmsg = CmsgHdr.of('ttl', 3)
    assert.equal(cmsg.level(), IPPROTO_IP)
    assert.equal(cmsg.name(), 'ttl')
    assert.equal(cmsg.value('ttl'), 3)
    assert.equal(cmsg.value('tos'), undefined)
    const other = new CmsgHdr(12345, 1, 'raw')
    assert.equal(other.name(), undefined)
    assert.equal(String(other.data()), 'raw')
    assert.equal(CmsgHdr.rights(0).name(), undefined)
  })

  test('CmsgHdr.of() refuses wrong values before any system call', () => {
    const wrong: [AncillaryName, unknown][] = [
      ['ttl', 256],
      ['ttl', -1],
      ['ttl', 1.5],
      ['ttl', '5'],
      ['segment', 65_536],
      ['pktinfo', { ifindex: -1 }],
      ['pktinfo', { addr: '127.0.0.1' }],
      ['pktinfo', null],
      ['credentials', { pid: 1, uid: 0 }],
      ['credentials', undefined],
      ['txtime', 5],
    ]
    for (const [name, value] of wrong)
      assert.throws(() => CmsgHdr.of(name, value as never), { code: /^ERR_(OUT_OF_RANGE|INVALID_ARG_TYPE)$/ }, name)
    assert.throws(() => CmsgHdr.of('pktinfo6', { addr: AddrInfo.inet('127.0.0.1') }), { code: 'EAFNOSUPPORT' })
    assert.throws(() => CmsgHdr.of('nonsense' as never, 1 as never), {
      code: 'ERR_INVALID_ARG_VALUE',
      message: /"name"/,
    })
    assert.throws(() => CmsgHdr.of('timestamp', 1n as never), { code: 'ENOPROTOOPT' })
  })

  test('value() throws for data that is too short instead of guessing (H80)', () => {
    for (let length = 0; length < 16; length++)
      assert.throws(() => new CmsgHdr(SOL_SOCKET, SCM_TIMESTAMP, Buffer.alloc(length)).value('timestamp'), {
        code: 'EINVAL',
      })
  })
})

test('python3 sends control messages that recvmsg() reads', { skip: available('python3') }, async (t) => {
  const sock = await bound(t, '127.0.0.1')
  sock.recvtos(true)
  const { port } = sock.getsockname()
  const code = `
import socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.sendmsg([b"x"], [(socket.IPPROTO_IP, socket.IP_TOS, struct.pack("i", 0x10))], 0, ("127.0.0.1", ${port}))
`
  start(t, 'python3', ['-c', code])
  const got = new MsgHdr()
  got.addn(10)
  await sock.recvmsg(got)
  assert.equal(got.control().value('tos'), 0x10)
})
