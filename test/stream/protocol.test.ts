// Streams of other protocols than TCP: multipath TCP, and SCTP where the kernel has it.
import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { connect, IPPROTO_MPTCP, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP, listen, SystemError, stream } from 'berkeley'
import { AddrInfo, SOCK_STREAM, socket } from 'berkeley/llsocket'
import { SocketKind } from '#internal/descriptor/kind.js'
import { tcpOptions } from '#internal/options/tcp.js'
import { kernelSince } from '../options/sockets.js'
import { tlscfg, trust } from '../tls/common.js'
import { closing, leavesNoFd, withoutIpv6 } from '../util/index.js'
import { answering, errorOf } from './addresses.js'
import { drain, portOf } from './common.js'

leavesNoFd()

/** Why sockets of a protocol cannot be tested here; false where they can. */
function without(protocol: number, name: string): string | false {
  try {
    socket.create(AddrInfo.inet('127.0.0.1', 0, { socktype: SOCK_STREAM, protocol })).close()
    return false
  } catch {
    return `no ${name} in this kernel`
  }
}

const withoutMptcp = without(IPPROTO_MPTCP, 'multipath TCP')
const hasSctp = without(IPPROTO_SCTP, 'SCTP') === false

/** Kernels have multipath TCP for longer than the option that says so. */
const saysMptcp = kernelSince('6.9')

async function mptcp(
  t: TestContext,
): Promise<[server: stream.inet.Server, client: stream.inet.Client, peer: stream.inet.Socket]> {
  const server = closing(t, await listen({ host: '127.0.0.1', protocol: IPPROTO_MPTCP }))
  const client = closing(t, await connect({ host: '127.0.0.1', port: portOf(server), protocol: IPPROTO_MPTCP }))
  return [server, client, closing(t, await server.accept())]
}

describe('multipath TCP', { skip: withoutMptcp }, () => {
  test('a client and a server of multipath TCP talk, and say what they are', async (t) => {
    const [server, client, peer] = await mptcp(t)
    for (const sock of [server, client, peer]) assert.equal(sock.protocol(), IPPROTO_MPTCP)
    for (const sock of [client, peer]) {
      if (saysMptcp) assert.equal(sock.tcpismptcp(), true)
      else assert.throws(() => sock.tcpismptcp(), { code: 'EOPNOTSUPP' })
      assert.equal(sock.tcpnodelay(), true)
    }
    const data = Buffer.alloc(4 << 20, 'multipath')
    const received = drain(peer)
    await client.send(data)
    client.closew()
    assert.ok((await received).equals(data))
    await peer.send('and back')
    assert.equal(String(await client.recv()), 'and back')
  })

  test('a server of multipath TCP serves clients of TCP by sockets of TCP', async (t) => {
    const [server] = await mptcp(t)
    const client = closing(t, await connect({ host: '127.0.0.1', port: portOf(server) }))
    const peer = closing(t, await server.accept())
    assert.deepEqual([client.protocol(), peer.protocol()], [IPPROTO_TCP, IPPROTO_TCP])
    await client.send('plain')
    assert.equal(String(await peer.recv()), 'plain')
  })

  test('a client of multipath TCP stays one with a server of TCP, and tcpismptcp() says that it fell back', async (t) => {
    const server = await answering(t, '127.0.0.1')
    const client = closing(t, await connect({ host: '127.0.0.1', port: portOf(server), protocol: IPPROTO_MPTCP }))
    assert.equal(client.protocol(), IPPROTO_MPTCP)
    if (saysMptcp) assert.equal(client.tcpismptcp(), false)
    await client.send('plain')
    assert.equal(String(await closing(t, await server.accept()).recv()), 'plain')
  })

  test('wrap() adopts sockets of multipath TCP', async (t) => {
    const [server, client] = await mptcp(t)
    const again = closing(t, await stream.inet.wrap(client.detach()))
    const listener = closing(t, await stream.inet.Server.wrap(server.detach()))
    const next = closing(t, await connect({ addresses: [listener.getsockname()] }))
    const accepted = closing(t, await listener.accept())
    for (const sock of [again, listener, next, accepted]) assert.equal(sock.protocol(), IPPROTO_MPTCP)
  })

  test('a short receive is not taken for the last one', async (t) => {
    const [, client, peer] = await mptcp(t)
    assert.equal(SocketKind.of(peer.fd()).shortReadDrains, false)
    for (let i = 0; i < 200; i++) {
      const waiting = peer.recv()
      await client.send(`message ${i}`)
      assert.equal(String(await waiting), `message ${i}`)
    }
  })

  test('an option of TCP holds on a socket of multipath TCP, or is refused', async (t) => {
    const [, client] = await mptcp(t)
    const target = client as unknown as Record<string, (value?: unknown) => unknown>
    for (const [name, { access }] of Object.entries(tcpOptions)) {
      if (access === 'wo' || name === 'tcprepair') continue
      try {
        const value = target[name]?.()
        const isEmpty = (value as { length?: number }).length === 0
        if (access === 'rw' && !isEmpty) assert.deepEqual(target[name]?.(value), value, name)
      } catch (error) {
        assert.ok(error instanceof SystemError, `${name}: ${error}`)
      }
    }
    client.tcpkeepintvl(7)
    assert.equal(client.tcpkeepintvl(), 7)
  })

  test('TLS runs over multipath TCP', async (t) => {
    const server = closing(t, await listen({ host: '127.0.0.1', protocol: IPPROTO_MPTCP, tlscfg }))
    const options = { host: '127.0.0.1', port: portOf(server), protocol: IPPROTO_MPTCP, tlscfg: trust }
    const connecting = connect(options)
    const peer = closing(t, await server.accept())
    await peer.handshake()
    const client = closing(t, await connecting)
    const received = peer.recv()
    await client.send('over TLS')
    assert.equal(String(await received), 'over TLS')
    assert.equal(client.protocol(), IPPROTO_MPTCP)
    assert.equal(client.getProtocol(), 'TLSv1.3')
  })

  test('addresses say their protocol themselves, and the option is for all of them', {
    skip: withoutIpv6(),
  }, async (t) => {
    const [server] = await mptcp(t)
    const ai = server.getsockname()
    assert.equal(ai.protocol, IPPROTO_MPTCP)
    for (const [options, protocol] of [
      [{}, IPPROTO_MPTCP],
      [{ protocol: IPPROTO_TCP }, IPPROTO_TCP],
    ] as const) {
      const client = closing(t, await connect({ addresses: [ai], ...options }))
      assert.equal(client.protocol(), protocol)
      closing(t, await server.accept())
    }
  })
})

describe('a protocol (H109)', () => {
  test('a protocol that the kernel does not have is an error that names it, and never TCP instead', async () => {
    const absent = [IPPROTO_UDP, 255, ...(hasSctp ? [] : [IPPROTO_SCTP])]
    for (const protocol of absent) {
      const message = /^socket E(PROTONOSUPPORT|INVAL)(: AF_INET, SOCK_STREAM, IPPROTO_\w+)?$/
      await assert.rejects(connect({ host: '127.0.0.1', port: 1, protocol }), { message })
      await assert.rejects(listen({ host: '127.0.0.1', protocol }), { message })
    }
    const error = await errorOf(connect({ host: '127.0.0.1', port: 1, protocol: IPPROTO_UDP }))
    assert.equal(error.message, 'socket EPROTONOSUPPORT: AF_INET, SOCK_STREAM, IPPROTO_UDP')
  })

  test('a protocol is a whole number', async () => {
    for (const protocol of [-1, 1.5, 2 ** 31, Number.NaN]) {
      await assert.rejects(connect({ port: 1, protocol }), { name: 'RangeError', message: /options\.protocol/ })
      await assert.rejects(listen({ protocol }), { name: 'RangeError', message: /options\.protocol/ })
    }
    for (const protocol of ['tcp', null, 6n] as unknown as number[]) {
      await assert.rejects(connect({ port: 1, protocol }), { name: 'TypeError', message: /options\.protocol/ })
      await assert.rejects(listen({ protocol }), { name: 'TypeError', message: /options\.protocol/ })
    }
  })

  test('clients and servers of SCTP talk', { skip: !hasSctp && 'no SCTP in this kernel' }, async (t) => {
    const server = closing(t, await listen({ host: '127.0.0.1', protocol: IPPROTO_SCTP }))
    const client = closing(t, await connect({ host: '127.0.0.1', port: portOf(server), protocol: IPPROTO_SCTP }))
    const peer = closing(t, await server.accept())
    assert.deepEqual([client.protocol(), peer.protocol()], [IPPROTO_SCTP, IPPROTO_SCTP])
    await client.send('one to one')
    assert.equal(String(await peer.recv()), 'one to one')
  })
})
