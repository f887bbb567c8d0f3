// Sockets of any kind, by their numbers: datagrams, streams, raw ones, and those that are not there.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import {
  AddrInfo,
  AF_CAN,
  AF_INET,
  AF_INET6,
  AF_UNIX,
  can,
  createSocket,
  dgram,
  ICMP_ECHO,
  ICMP_ECHOREPLY,
  ICMPV6_ECHO_REPLY,
  ICMPV6_ECHO_REQUEST,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_MPTCP,
  IPPROTO_SCTP,
  IPPROTO_UDPLITE,
  MsgHdr,
  raw,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  seqpacket,
  stream,
} from 'berkeley'
import { AddrInfo as LowAddress, socket } from 'berkeley/llsocket'
import { closing, leavesNoFd, run, tempFolder, withoutIpv6 } from '../util/index.js'
import { otherNamespace, withoutNamespaces, withoutSocket } from './kernel.js'

leavesNoFd()

const here = (port = 0): AddrInfo => AddrInfo.inet('127.0.0.1', port)

async function bound(t: TestContext, options: dgram.any.Options): Promise<dgram.any.Socket> {
  const sock = closing(t, await dgram.any.Socket.create(options))
  sock.deadlines(5000, 5000)
  await sock.bind()
  return sock
}

describe('sockets of any family', () => {
  it('UDP-Lite sends and receives as UDP does', {
    skip: withoutSocket(AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE),
  }, async (t) => {
    const options = { protocol: IPPROTO_UDPLITE, address: here() }
    const [a, b] = [await bound(t, options), await bound(t, options)]
    assert.equal(a.protocol(), IPPROTO_UDPLITE)
    a.udplitesendcscov(8)
    await a.sendto('partly checked', b.getsockname())
    const [data, from] = await b.recvfrom()
    assert.equal(String(data), 'partly checked')
    assert.ok(from?.equals(a.getsockname()))
    await b.connect(from as AddrInfo)
    await b.send('answer')
    assert.equal(String(await a.recv()), 'answer')
    await b.connect(null)
    await assert.rejects(b.send('nobody'), { code: 'EDESTADDRREQ' })
  })

  for (const [name, protocol] of [
    ['multipath TCP', IPPROTO_MPTCP],
    ['SCTP', IPPROTO_SCTP],
    ['TCP', 0],
  ] as const)
    it(`a stream of ${name} binds, listens, accepts and connects`, {
      skip: withoutSocket(AF_INET, SOCK_STREAM, protocol),
    }, async (t) => {
      const server = closing(t, await stream.any.Socket.create({ protocol, address: here() }))
      await server.bind()
      server.listen()
      const client = closing(t, await stream.any.Socket.create({ family: AF_INET, protocol }))
      const [peer] = await Promise.all([server.accept(), client.connect(server.getsockname(), { timeout: 5000 })])
      closing(t, peer)
      await client.send('hello')
      assert.equal(String(await peer.recv()), 'hello')
      await client.close()
      for await (const _ of peer) assert.fail('there is nothing left')
    })

  it('serve() and connections() of a stream of any family', async (t) => {
    const server = closing(t, await stream.any.Socket.create({ address: here() }))
    await server.bind()
    server.listen()
    const serving = server.serve(async (conn) => {
      for await (const data of conn) await conn.send(data)
    })
    const client = closing(t, await stream.any.Socket.create({ address: server.getsockname() }))
    await client.connect(undefined, { timeout: 5000 })
    await client.writev(['an ', 'echo'])
    assert.equal(String(await client.recv({ timeout: 5000 })), 'an echo')
    await client.close()
    await server.close()
    await serving
  })

  it('a connection that is refused or takes too long rejects', async (t) => {
    const free = closing(t, await stream.any.Socket.create({ address: here() }))
    await free.bind()
    const client = closing(t, await stream.any.Socket.create({ family: AF_INET }))
    await assert.rejects(client.connect(free.getsockname()), { code: 'ECONNREFUSED', syscall: 'connect' })
    await assert.rejects(client.connect(), { code: 'EDESTADDRREQ' })
    await client.close()
    await assert.rejects(client.connect(free.getsockname()), { code: 'EBADF' })
    await assert.rejects(client.bind(here()), { code: 'EBADF' })
  })

  it('a seqpacket socket of any family keeps boundaries', async (t) => {
    const path = `${tempFolder(t)}/s`
    const address = AddrInfo.unix(path)
    const server = closing(t, await seqpacket.any.Socket.create({ address }))
    await server.bind()
    server.listen()
    const client = closing(t, await seqpacket.any.Socket.create({ address }))
    await client.connect()
    const peer = closing(t, await server.accept({ timeout: 5000 }))
    await client.send('one')
    await client.send('two')
    const records: string[] = []
    for await (const record of peer) if (records.push(String(record)) === 2) break
    await client.send('three')
    await client.close()
    await peer.forEach((record) => records.push(String(record)))
    assert.deepEqual(records, ['one', 'two', 'three'])
  })

  it('createSocket() makes the class of the type', async (t) => {
    const made = await Promise.all(
      [SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM].map((type) => createSocket({ family: AF_UNIX, type })),
    )
    for (const sock of made) closing(t, sock)
    const [a, b, c] = made
    assert.ok(a instanceof stream.any.Socket && b instanceof seqpacket.any.Socket && c instanceof dgram.any.Socket)
    const byAddress = closing(t, await createSocket({ address: here().with({ socktype: SOCK_STREAM }) }))
    assert.ok(byAddress instanceof stream.any.Socket)
  })

  it('dgram.inet takes the protocol', { skip: withoutSocket(AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE) }, async (t) => {
    const where = { host: '127.0.0.1', port: 0, protocol: IPPROTO_UDPLITE }
    const [a, b] = [await dgram.inet.Socket.create(where), await dgram.inet.Socket.create(where)]
    for (const sock of [a, b]) await closing(t, sock).bind()
    assert.equal(a.protocol(), IPPROTO_UDPLITE)
    await a.sendto('lite', b.getsockname())
    assert.equal(String(await b.recv({ timeout: 5000 })), 'lite')
    await assert.rejects(dgram.inet.Socket.create({ ...where, protocol: 200 }), { code: 'EPROTONOSUPPORT' })
    await assert.rejects(dgram.inet.Socket.create({ ...where, protocol: -1 }), { code: 'ERR_OUT_OF_RANGE' })
  })

  it('a family or protocol that the kernel lacks is named in the error', async () => {
    await assert.rejects(createSocket({ family: 9999, type: SOCK_DGRAM }), { code: 'EAFNOSUPPORT', message: /9999/ })
    await assert.rejects(createSocket({ family: AF_INET, type: SOCK_STREAM, protocol: 200 }), {
      code: 'EPROTONOSUPPORT',
      message: /AF_INET, SOCK_STREAM, 200/,
    })
    const noCan = withoutSocket(AF_CAN, SOCK_RAW, 1)
    // It may have the family without the protocol.
    const error = { code: /^E(AF|PROTO)NOSUPPORT$/, message: /AF_CAN, SOCK_RAW, CAN_RAW/ }
    if (noCan) await assert.rejects(can.Socket.create(), error)
  })

  it('wrong options are refused before a socket is made', async () => {
    const wrong: object[] = [{}, { family: '2' }, { family: AF_INET, type: SOCK_STREAM }, { family: AF_INET, type: -1 }]
    wrong.push({ family: AF_INET, protocol: -1 }, { family: AF_INET, address: '127.0.0.1' }, { address: {} })
    wrong.push({ family: AF_INET6, address: here() }, { family: AF_INET, netns: {} }, { family: AF_INET, netns: '' })
    wrong.push({ family: AF_INET, netns: -1 }, { family: AF_INET, netns: 'a\0b' }, { family: AF_INET, proto: 1 })
    for (const options of wrong)
      await assert.rejects(dgram.any.Socket.create(options), /^(TypeError|RangeError)/, JSON.stringify(options))
  })
})

describe('raw sockets and ICMP', () => {
  const skipRaw = withoutSocket(AF_INET, SOCK_RAW, IPPROTO_ICMP)

  function echo(type: number): Buffer {
    const message = Buffer.from([type, 0, 0, 0, 0x12, 0x34, 0, 1, ...Buffer.from('payload')])
    let sum = 0
    for (let i = 0; i < message.length; i += 2) sum += (message[i] as number) * 256 + (message[i + 1] ?? 0)
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
    message.writeUInt16BE(~sum & 0xffff, 2)
    return message
  }

  it('a raw socket exchanges ICMP echo, and icmpfilter() leaves out the rest', { skip: skipRaw }, async (t) => {
    const sock = closing(t, await raw.inet.Socket.create({ protocol: IPPROTO_ICMP }))
    sock.deadlines(5000, 5000)
    sock.icmpfilter(~(1 << ICMP_ECHOREPLY) >>> 0)
    await sock.sendto(echo(ICMP_ECHO), here())
    const [packet, from] = await sock.recvfrom()
    assert.equal(from.addr, '127.0.0.1')
    const header = ((packet[0] as number) & 15) * 4
    assert.equal(packet[header], ICMP_ECHOREPLY)
    assert.equal(String(packet.subarray(header + 8)), 'payload')
  })

  it('a raw socket of ICMPv6 receives the types that icmp6filter() does not block', {
    skip: skipRaw || withoutIpv6(),
  }, async (t) => {
    const sock = closing(t, await raw.inet.Socket.create({ protocol: IPPROTO_ICMPV6 }))
    assert.equal(sock.family(), AF_INET6)
    sock.deadlines(5000, 5000)
    const blocked = Array.from({ length: 256 }, (_, type) => type).filter((type) => type !== ICMPV6_ECHO_REPLY)
    assert.deepEqual(sock.icmp6filter(blocked), blocked)
    await sock.sendto(echo(ICMPV6_ECHO_REQUEST), AddrInfo.inet6('::1'))
    const [packet] = await sock.recvfrom()
    assert.equal(packet[0], ICMPV6_ECHO_REPLY)
  })

  it('a socket for ICMP echo needs a group, and no privilege', { skip: withoutNamespaces() }, async (t) => {
    const { path, shell } = await otherNamespace(t)
    await assert.rejects(raw.inet.Socket.create({ protocol: IPPROTO_ICMP, type: SOCK_DGRAM, netns: path }), {
      code: 'EACCES',
      message: /AF_INET, SOCK_DGRAM, IPPROTO_ICMP: net.ipv4.ping_group_range does not admit/,
    })
    shell.write('echo "0 2147483647" > /proc/sys/net/ipv4/ping_group_range; echo admitted\n')
    await shell.waitForOutput(/^admitted$/m)
    const sock = closing(t, await raw.inet.Socket.create({ protocol: IPPROTO_ICMP, type: SOCK_DGRAM, netns: path }))
    sock.deadlines(5000, 5000)
    await sock.sendto(echo(ICMP_ECHO), here())
    const [reply] = await sock.recvfrom()
    assert.deepEqual([reply[0], String(reply.subarray(8))], [ICMP_ECHOREPLY, 'payload'])
  })

  it('raw.inet.wrap() adopts raw sockets, and no others', { skip: skipRaw }, async (t) => {
    const sock = closing(t, await raw.inet.Socket.create({ protocol: IPPROTO_ICMP }))
    const adopted = closing(t, await raw.inet.wrap(sock.detach()))
    assert.equal(adopted.protocol(), IPPROTO_ICMP)
    const tcp = socket.create(LowAddress.inet('127.0.0.1', 0, { socktype: SOCK_STREAM }))
    const fd = tcp.unwrap()
    await assert.rejects(raw.inet.wrap(fd), { code: 'EPROTOTYPE' })
    closing(t, socket.wrap(fd))
  })

  it('what needs a privilege says which one', {
    skip: withoutNamespaces() || (process.getuid?.() === 0 ? false : 'only root can give up privileges'),
  }, async () => {
    const program = `
      import { AF_PACKET, SOCK_RAW, createSocket, raw, IPPROTO_ICMP } from 'berkeley'
      process.setgid(65534)
      process.setgroups([])
      process.setuid(65534)
      const codes = []
      for (const make of [() => createSocket({ family: AF_PACKET, type: SOCK_RAW }), () => raw.inet.Socket.create({ protocol: IPPROTO_ICMP })])
        await make().catch((error) => codes.push(error.code + ' ' + error.message))
      await createSocket({ family: AF_PACKET, type: SOCK_RAW, netns: '/proc/1/ns/net' }).catch((error) => codes.push(error.code + ' ' + error.syscall))
      await createSocket({ family: AF_PACKET, type: SOCK_RAW, netns: '/proc/self/ns/net' }).catch((error) => codes.push(error.code + ' ' + error.message))
      console.log(codes.join('\\n'))`
    const { stdout, stderr, code } = await run(process.execPath, ['--input-type=module', '-e', program])
    assert.equal(code, 0, stderr)
    const lines = stdout.trim().split('\n')
    assert.match(lines[0] as string, /^EPERM .*AF_PACKET, SOCK_RAW.* needs CAP_NET_RAW/)
    assert.match(lines[1] as string, /^EPERM .*AF_INET, SOCK_RAW, IPPROTO_ICMP needs CAP_NET_RAW/)
    assert.match(lines[2] as string, /^(EACCES|EPERM) setns/)
    assert.match(lines[3] as string, /^EPERM .*setns.*CAP_SYS_ADMIN/)
  })

  it('a message to an address of another family is refused before it is sent (H134)', { skip: skipRaw }, async (t) => {
    const sock = closing(t, await dgram.any.Socket.create({ family: 16, type: SOCK_RAW }))
    const msg = new MsgHdr()
    msg.add('x')
    msg.name(here())
    await assert.rejects(sock.sendmsg(msg), { code: 'EAFNOSUPPORT', syscall: 'sendmsg' })
    assert.equal(msg.bytes(), 1)
    const low = closing(t, socket.create(LowAddress.netlink({ socktype: SOCK_RAW }), true))
    for (const call of [
      () => low.bind(here()),
      () => low.connect(here()),
      () => low.sendto('x', here()),
      () => low.sendmsg(msg),
    ])
      assert.throws(call, { code: 'EAFNOSUPPORT' })
  })
})
