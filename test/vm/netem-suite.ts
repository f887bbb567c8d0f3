// Run by netem.test.ts, in a network namespace of its own, whose addresses are slow or lose packets.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { describe, type TestContext, test } from 'node:test'
import { AddrInfo, connect, dgram, IPPROTO_SCTP, listen, SOCK_STREAM, type stream } from 'berkeley'
import { socket } from 'berkeley/llsocket'
import { threadPoller } from '#internal/engine/choose-poller.js'
import { answering, errorOf, refusing, Starts, tcp6 } from '../stream/addresses.js'
import { drain, file, portOf, sha256, tcp } from '../stream/common.js'
import { tlscfg, trust } from '../tls/common.js'
import { closing, countFds, leavesNoFd, PATIENCE_MS } from '../util/index.js'

leavesNoFd()

// It has a descriptor of its own, which must not be counted during a test.
threadPoller()

const SLOW = '127.0.1.1'
const NOWHERE = '127.0.1.2'
const LOSSY = '127.0.1.3'

/** What a packet to a slow address takes, less what the kernel may count too early: it counts in steps of up to 10 ms. */
const DELAY_MS = 400 - 10

const SIZE = 4 << 20

/** How long something takes. */
async function timed<T>(promise: Promise<T>): Promise<[value: T, milliseconds: number]> {
  const start = performance.now()
  return [await promise, performance.now() - start]
}

/** Both ends of a connection to an address: what the client sends goes there, and its answers come the usual way. */
async function ends(t: TestContext, host: string): Promise<[client: stream.inet.Client, peer: stream.inet.Socket]> {
  const server = await answering(t, host)
  const client = closing(t, await connect({ host, port: portOf(server), timeout: PATIENCE_MS }))
  const peer = closing(t, await server.accept({ timeout: PATIENCE_MS }))
  for (const sock of [client, peer]) sock.deadlines(3 * PATIENCE_MS, 3 * PATIENCE_MS)
  return [client, peer]
}

describe('Happy Eyeballs between a slow family and a fast one (H107)', () => {
  test('the fast family wins although the slow one is tried first, and the loser leaves nothing', async (t) => {
    const server = await answering(t, '127.0.0.1')
    const { port } = server.getsockname()
    const six = await answering(t, '::1', port)
    const before = countFds()
    const starts = new Starts()
    const addresses = [six.getsockname(), server.getsockname()]
    const [client, took] = await timed(connect({ addresses, timeout: PATIENCE_MS, prepare: starts.prepare }))
    assert.equal(client.getpeername().addr, '127.0.0.1')
    assert.ok(took >= 249 && took < 2 * DELAY_MS, `${took} ms`)
    await client.close()
    assert.equal(countFds(), before)
    closing(t, await server.accept())
  })

  test('the slow family wins where the fast one refuses or leads nowhere, and takes its time once', async (t) => {
    const six = await answering(t, '::1')
    const port = portOf(six)
    for (const others of [refusing(port, 1), [tcp(NOWHERE, port)]]) {
      const addresses = [tcp6('::1', port), ...others]
      const [client, took] = await timed(connect({ addresses, timeout: PATIENCE_MS }))
      assert.equal(client.getpeername().addr, '::1')
      assert.ok(took >= 2 * DELAY_MS && took < 4 * DELAY_MS, `${took} ms`)
      await client.close()
      closing(t, await six.accept())
    }
  })

  test('a shorter delay between attempts lets the later one win sooner', async (t) => {
    const server = await answering(t, '127.0.0.1')
    const addresses = [tcp6('::1', portOf(server)), server.getsockname()]
    const [client, took] = await timed(connect({ addresses, attemptDelay: 20, timeout: PATIENCE_MS }))
    assert.equal(client.getpeername().addr, '127.0.0.1')
    assert.ok(took < DELAY_MS, `${took} ms`)
    closing(t, client)
    closing(t, await server.accept())
  })
})

describe('deadlines in a slow network (H16)', () => {
  test('connect() ends at its deadline where packets vanish, and a connection that takes a while is made', async (t) => {
    const before = countFds()
    const [error, took] = await timed(errorOf(connect({ addresses: [tcp(NOWHERE, 9)], timeout: 300 })))
    assert.equal(error.name, 'TimeoutError')
    assert.ok(took >= 299 && took < PATIENCE_MS, `${took} ms`)
    assert.equal(countFds(), before)
    const server = await answering(t, SLOW)
    const [client, slowly] = await timed(connect({ host: SLOW, port: portOf(server), timeout: PATIENCE_MS }))
    assert.ok(slowly >= DELAY_MS, `${slowly} ms`)
    closing(t, client)
  })

  test('data that comes after the deadline of recv() is there for the next call', async (t) => {
    const [client, peer] = await ends(t, SLOW)
    const [sent, took] = await timed(client.send('late'))
    assert.equal(sent, 4)
    assert.ok(took < DELAY_MS, `${took} ms`)
    assert.equal((await errorOf(peer.recv({ timeout: 50 }))).name, 'TimeoutError')
    assert.equal(String(await peer.recv()), 'late')
  })

  test('send() whose deadline passes has sent a beginning, whole and in order', async (t) => {
    const [client, peer] = await ends(t, SLOW)
    client.sndbuf(64 << 10)
    const data = randomBytes(SIZE)
    const error = await errorOf(client.send(data, { timeout: 200 }))
    assert.equal(error.name, 'TimeoutError')
    client.closew()
    const received = await drain(peer)
    assert.ok(received.length > 0 && received.length < SIZE, `${received.length} bytes`)
    assert.ok(received.equals(data.subarray(0, received.length)))
  })

  test('a connection whose peer vanishes breaks after tcpusertimeout(), for calls that wait and those that come', async (t) => {
    const [client] = await ends(t, SLOW)
    const vanish = ['qdisc', 'change', 'dev', 'lo', 'parent', '1:2', 'netem']
    execFileSync('tc', [...vanish, 'loss', '100%'])
    t.after(() => execFileSync('tc', [...vanish, 'delay', '400ms', 'loss', '0%']))
    client.tcpusertimeout(500)
    const waiting = errorOf(client.recv())
    await client.send('to nobody')
    assert.equal((await waiting).code, 'ETIMEDOUT')
    assert.equal((await errorOf(client.send('again'))).code, 'EPIPE')
  })
})

describe('large transfers through a network that loses, delays and reorders', () => {
  const data = randomBytes(SIZE)

  test('send() brings all of a stream, however it is lost on the way', async (t) => {
    const [client, peer] = await ends(t, LOSSY)
    const received = drain(peer)
    assert.equal(await client.send(data), SIZE)
    client.closew()
    assert.equal(sha256(await received), sha256(data))
  })

  test('sendfile() and writev() bring all of it, and what comes back is not touched', async (t) => {
    const [client, peer] = await ends(t, LOSSY)
    const received = drain(peer)
    const back = drain(client)
    const answered = peer.send(data).then(() => peer.closew())
    assert.equal(await client.sendfile(file(t, data)), SIZE)
    await client.writev([data.subarray(0, 100_000), data.subarray(100_000)])
    client.closew()
    assert.equal(sha256(await received), sha256(Buffer.concat([data, data])))
    await answered
    assert.equal(sha256(await back), sha256(data))
  })

  test('TLS brings all of it, and its end', async (t) => {
    const server = closing(t, await listen({ host: LOSSY, tlscfg }))
    const calling = connect({ host: LOSSY, port: portOf(server), timeout: PATIENCE_MS, tlscfg: trust })
    const peer = closing(t, await server.accept({ timeout: PATIENCE_MS }))
    await peer.handshake()
    const client = closing(t, await calling)
    const received = drain(peer)
    await client.send(data)
    await client.end()
    assert.equal(sha256(await received), sha256(data))
  })

  test('SCTP brings all of it in order', { skip: !hasSctp() && 'no SCTP in this kernel' }, async (t) => {
    const server = closing(t, await listen({ host: LOSSY, protocol: IPPROTO_SCTP }))
    const client = closing(t, await connect({ host: LOSSY, port: portOf(server), protocol: IPPROTO_SCTP }))
    const peer = closing(t, await server.accept({ timeout: PATIENCE_MS }))
    const part = data.subarray(0, 256 << 10)
    const sending = (async () => {
      for (let at = 0; at < part.length; at += 16_384) await client.send(part.subarray(at, at + 16_384))
      await client.close()
    })()
    assert.equal(sha256(await drain(peer)), sha256(part))
    await sending
  })
})

describe('datagrams that are lost', () => {
  test('a datagram that is lost is sent for sendto(), and recv() ends at its deadline', async (t) => {
    const receiver = closing(t, await dgram.inet.Socket.create({ host: NOWHERE }))
    await receiver.bind()
    const sender = closing(t, await dgram.inet.Socket.create())
    assert.equal(await sender.sendto('lost', receiver.getsockname()), 4)
    await assert.rejects(receiver.recv({ timeout: 100 }), { name: 'TimeoutError' })
  })
})

function hasSctp(): boolean {
  try {
    socket.create(AddrInfo.inet('127.0.0.1', 0, { socktype: SOCK_STREAM, protocol: IPPROTO_SCTP })).close()
    return true
  } catch {
    return false
  }
}
