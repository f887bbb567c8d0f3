// Peers that reset, stall, leave or talk nonsense, and a user who awaits no close: no promise is rejected unseen.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import {
  type AddressInfo,
  createServer,
  type Socket as NodeSocket,
  connect as nodeConnect,
  type Server,
} from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { connect as tlsConnect, createServer as tlsServer } from 'node:tls'
import { connect, listen, options, type stream, tls } from 'berkeley'
import { tlscfg, trust } from '../tls/common.js'
import { leavesNoFd, within } from '../util/index.js'

leavesNoFd()

/** What no call reported. */
const unseen: unknown[] = []
process.on('unhandledRejection', (reason) => unseen.push(reason))
process.on('uncaughtException', (error) => unseen.push(error))

async function nothingUnseen(): Promise<void> {
  // Rejections are reported when the microtasks are done, errors of streams a tick later.
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(unseen.splice(0), [])
}

/** A reset, also of a TLS connection, for which Node has no function. */
function reset(peer: NodeSocket): void {
  if (peer.destroyed) return
  options(peer).linger(0)
  peer.destroy()
}

/** What a peer does once it is connected. */
const peers: Record<string, (peer: NodeSocket) => unknown> = {
  'resets at once': reset,
  'resets after something came': (peer) => peer.once('readable', () => reset(peer)),
  'resets after it sent something': (peer) => peer.write('something', () => reset(peer)),
  'reads nothing': (peer) => peer.pause(),
  'ends its half at once': (peer) => peer.end(),
  'closes at once': (peer) => peer.destroy(),
  'sends garbage': (peer) => peer.write(Buffer.alloc(100_000, 'garbage')),
  'sends garbage and ends': (peer) => peer.end(Buffer.alloc(100_000, 'garbage')),
  'sends garbage and resets': (peer) => peer.write(Buffer.alloc(100_000, 7), () => reset(peer)),
  'sends half a record and ends': (peer) => peer.end(Buffer.from([22, 3, 1, 2, 0, 1])),
}

/** What a user does that looks at nothing but the results of the calls for data. */
const users: Record<string, (sock: stream.inet.Socket) => unknown> = {
  async 'closes at once'(sock) {
    sock.close()
  },
  async 'waits for data and room, and closes'(sock) {
    const ends = [sock.recv(), sock.send(Buffer.alloc(8 << 20)), sock.send('more')].map((call) =>
      call.catch(() => null),
    )
    await new Promise((resolve) => setTimeout(resolve, 20))
    sock.close()
    await Promise.all(ends)
  },
  async 'sends until the deadline, and closes'(sock) {
    sock.deadlines(20, 20)
    await sock.send(Buffer.alloc(32 << 20)).catch(() => 0)
    await sock.recv().catch(() => null)
    sock.close(true, true)
  },
  async 'ends, and disposes'(sock) {
    await sock.end({ signal: AbortSignal.timeout(20) }).catch(() => undefined)
    sock[Symbol.asyncDispose]()
  },
  async 'iterates, and closes in the midst'(sock) {
    setTimeout(() => sock.close(), 10)
    try {
      for await (const data of sock) assert.ok(data.length > 0)
    } catch {
      // Is what the peer did.
    }
  },
  async 'destroys a stream'(sock) {
    const duplex = sock.duplex().on('error', () => {})
    duplex.write(Buffer.alloc(8 << 20))
    duplex.resume()
    setTimeout(() => duplex.destroy(), 10)
    if (!duplex.closed) await once(duplex, 'close').catch(() => undefined)
  },
  async 'ends a stream'(sock) {
    const duplex = sock.duplex().on('error', () => {})
    duplex.end(Buffer.alloc(1 << 20))
    duplex.resume()
    setTimeout(() => duplex.destroy(), 50)
    if (!duplex.closed) await once(duplex, 'close').catch(() => undefined)
  },
  async 'aborts web streams'(sock) {
    const { readable, writable } = sock.web()
    const writer = writable.getWriter()
    const reader = readable.getReader()
    const ends = [writer.write(Buffer.alloc(8 << 20)), reader.read(), writer.closed, reader.closed].map(
      (end: Promise<unknown>) => end.catch(() => null),
    )
    await new Promise((resolve) => setTimeout(resolve, 10))
    writer.abort().catch(() => undefined)
    reader.cancel().catch(() => undefined)
    sock.close()
    await Promise.all(ends.slice(0, 2))
  },
  async 'fails a handshake, and closes'(sock) {
    await sock.handshake({ signal: AbortSignal.timeout(20) }).catch(() => undefined)
    sock.close()
  },
}

type Act = (peer: NodeSocket) => unknown

/** A server of Node's, each of whose connections does the same. */
async function peerServer(
  t: TestContext,
  act: Act,
  server: Server = createServer({ allowHalfOpen: true }),
): Promise<number> {
  const open = new Set<NodeSocket>()
  server.on('secureConnection' in server ? 'secureConnection' : 'connection', (peer: NodeSocket) => {
    open.add(peer.on('error', () => {}))
    act(peer)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const peer of open) peer.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** A client of Node's that does it once it is connected. */
function peerClient(t: TestContext, peer: NodeSocket, event: string, act: Act): void {
  peer.on('error', () => {})
  peer.once(event, () => act(peer))
  t.after(() => peer.destroy())
}

const away = { host: '127.0.0.1' }

/** Connections of this library to a peer that does as `act` says: by each way to get one. */
const ways: Record<string, (t: TestContext, act: Act) => Promise<stream.inet.Socket | undefined>> = {
  async 'a client'(t, act) {
    return connect({ ...away, port: await peerServer(t, act) }).catch(() => undefined)
  },
  async 'an accepted connection'(t, act) {
    const server = await listen(away)
    peerClient(t, nodeConnect({ ...away, port: server.getsockname().port, allowHalfOpen: true }), 'connect', act)
    const sock = await server.accept()
    server.close()
    return sock
  },
  async 'a client with TLS, after the handshake'(t, act) {
    const { cert, key } = tlscfg
    const server = tlsServer({ cert, key, allowHalfOpen: true } as object)
    server.on('secureConnection', act)
    server.on('tlsClientError', () => {})
    const port = await peerServer(t, () => {}, server)
    return connect({ ...away, port, tlscfg: trust, timeout: 1000 }).catch(() => undefined)
  },
  async 'an accepted connection with TLS, after the handshake'(t, act) {
    const server = await listen({ ...away, tlscfg })
    const { port } = server.getsockname()
    peerClient(t, tlsConnect({ ...away, port, ca: trust.ca, servername: 'localhost' }), 'secureConnect', act)
    const sock = await server.accept()
    await sock.handshake().catch(() => undefined)
    server.close()
    return sock
  },
  async 'a client with TLS, whose handshake fails'(t, act) {
    const port = await peerServer(t, act)
    return connect({ ...away, port, tlscfg: trust, timeout: 30 }).catch(() => undefined)
  },
  async 'an accepted connection with TLS, whose handshake fails'(t, act) {
    const server = await listen({ ...away, tlscfg: { ...tlscfg, handshakeTimeout: 30 } })
    peerClient(t, nodeConnect({ ...away, port: server.getsockname().port, allowHalfOpen: true }), 'connect', act)
    const sock = await server.accept()
    server.close()
    return sock
  },
  async 'tls.wrap() of a client'(t, act) {
    // A peer may have reset the connection before anybody was told that there is one.
    const sock = await connect({ ...away, port: await peerServer(t, act) }).catch(() => undefined)
    if (sock === undefined) return undefined
    const signal = AbortSignal.timeout(30)
    return tls.wrap(sock, { ca: trust.ca }, { servername: 'localhost', signal }).catch(() => undefined)
  },
}

describe('hostile peers (H95)', () => {
  for (const [way, open] of Object.entries(ways))
    for (const [peer, act] of Object.entries(peers))
      test(`no rejection is unseen: ${way}, and the peer ${peer}`, async (t) => {
        for (const [user, use] of Object.entries(users)) {
          const sock = await open(t, act)
          if (sock) await within(Promise.resolve(use(sock)), user)
        }
        await nothingUnseen()
      })

  test('no rejection is unseen when the last close is over', async () => {
    await new Promise((resolve) => setTimeout(resolve, 1200)) // it may take a second
    await nothingUnseen()
  })
})

describe('a close that the peer does not hear of (H95)', () => {
  for (const [name, end] of [
    ['close()', (sock: stream.inet.Socket) => sock.close()],
    ['close(true, true)', (sock: stream.inet.Socket) => sock.close(true, true)],
    ['asyncDispose', (sock: stream.inet.Socket) => sock[Symbol.asyncDispose]()],
    ['duplex().destroy()', (sock: stream.inet.Socket) => once(sock.duplex().destroy(), 'close')],
  ] as const) {
    test(`${name} resolves after the peer has reset the connection`, async (t) => {
      for (const way of ['a client', 'an accepted connection', 'a client with TLS, after the handshake']) {
        const sock = await ways[way]?.(t, (peer) => setTimeout(() => reset(peer), 5))
        await sock?.recv().catch(() => null)
        await end(sock as stream.inet.Socket)
      }
    })

    test(`${name} resolves although the peer does not read`, async (t) => {
      for (const way of [
        'a client with TLS, after the handshake',
        'an accepted connection with TLS, after the handshake',
      ]) {
        const sock = (await ways[way]?.(t, (peer) => peer.pause())) as stream.inet.Socket
        sock.deadlines(0, 50)
        await assert.rejects(sock.send(Buffer.alloc(64 << 20)), { name: 'TimeoutError' })
        await end(sock)
      }
    })
  }
})
