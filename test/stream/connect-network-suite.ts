// Run by connect-network.test.ts, in a network namespace of its own.
import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { describe, type TestContext, test } from 'node:test'
import { type AddrInfo, AF_INET, connect, IPPROTO_MPTCP, listen, MSG_FASTOPEN, stream, tls } from 'berkeley'
import type { Socket as LowSocket } from 'berkeley/llsocket'
import { threadPoller } from '#internal/engine/choose-poller.js'
import { kernelSince } from '../options/sockets.js'
import { tlscfg, trust } from '../tls/common.js'
import { closing, countFds, leavesNoFd, run, within } from '../util/index.js'
import { answering, errorOf, freePort, Starts, tcp6 } from './addresses.js'
import { file, portOf, tcp } from './common.js'

leavesNoFd()

// It has a descriptor of its own, which must not be counted during a test.
threadPoller()

/** In the network of the first interface, where nobody answers. */
const absent = (port: number): AddrInfo[] => [
  tcp6('fd00:99::8', port),
  tcp6('fd00:99::9', port),
  tcp('10.99.0.8', port),
]

describe('addresses of hosts that are not there', () => {
  test('a client connects although the first family, or the first addresses of both, lead nowhere', async (t) => {
    const server = await answering(t, '10.99.0.1')
    const live = server.getsockname()
    const [a, b, c] = absent(live.port) as [AddrInfo, AddrInfo, AddrInfo]
    const orders: [addresses: AddrInfo[], tried: AddrInfo[]][] = [
      [
        [a, b, live],
        [a, live],
      ],
      [
        [a, b, c, live],
        [a, c, b, live],
      ],
      [
        [c, live],
        [c, live],
      ],
    ]
    for (const [addresses, tried] of orders) {
      const before = countFds()
      const starts = new Starts()
      const client = await connect({ addresses, timeout: 20_000, prepare: starts.prepare })
      assert.equal(String(client.getpeername()), String(live))
      assert.deepEqual(starts.addresses, tried.map(String))
      const [first = 0, second = 0] = starts.times
      assert.ok(second - first >= 249, `${second - first} ms`)
      await client.close()
      assert.equal(countFds(), before)
      closing(t, await server.accept())
    }
  })

  test('an address that the network refuses is passed by at once, and its error is kept', async (t) => {
    const server = await answering(t, '10.99.0.1')
    const live = server.getsockname()
    const refused = ['10.98.0.1', '10.98.0.2', '10.98.0.3', '10.97.0.1'].map((host) => tcp(host, live.port))
    const options = { attemptDelay: 60_000, timeout: 20_000 }
    closing(t, await connect({ addresses: [...refused, live], ...options }))
    const error = await errorOf(connect({ addresses: refused, ...options }))
    assert.deepEqual(
      error.errors?.map(({ code }) => code),
      ['EHOSTUNREACH', 'EACCES', 'EINVAL', 'ENETUNREACH'],
    )
  })

  test('connect() of hosts that are not there ends by its deadline with an error for each', async () => {
    const before = countFds()
    const list = absent(80)
    const error = await errorOf(connect({ addresses: list, attemptDelay: 20, timeout: 600 }))
    assert.equal(error.name, 'TimeoutError')
    assert.equal(error.errors?.length, list.length)
    assert.equal(countFds(), before)
  })

  test('the kernel says itself that a host is not there, and connect() has that error without a deadline', async () => {
    const [, , c] = absent(80) as [AddrInfo, AddrInfo, AddrInfo]
    const error = await within(errorOf(connect({ addresses: [c, tcp('10.98.0.1', 80)] })), 'the answer of the kernel')
    assert.deepEqual(
      error.errors?.map(({ code, address }) => [code, address]),
      [
        ['EHOSTUNREACH', '10.99.0.8'],
        ['EHOSTUNREACH', '10.98.0.1'],
      ],
    )
  })

  test('TLS runs with the host that is there, and no other one', async (t) => {
    const server = closing(t, await listen({ host: '10.99.0.1', tlscfg }))
    const addresses = [...absent(portOf(server)), server.getsockname()]
    const connecting = connect({ addresses, tlscfg: trust, timeout: 20_000 })
    const peer = closing(t, await server.accept())
    await peer.handshake()
    assert.equal(closing(t, await connecting).getpeername().addr, '10.99.0.1')
  })
})

describe('link-local addresses', () => {
  test('a client connects to and from link-local addresses with their zones', async (t) => {
    const server = await answering(t, 'fe80::2%far0')
    const port = portOf(server)
    const ways: stream.inet.ClientOptions[] = [
      { host: 'fe80::2%near0', port },
      { host: 'fe80::2%near0', port, localAddress: 'fe80::1%near0' },
      { host: 'a.example', port, lookup: async () => [{ address: 'fe80::2%near0', family: 6 }] },
      { addresses: [tcp6('fe80::2%near0', port)], localAddress: 'fe80::1%near0', localPort: await freePort() },
      // The zone of our own end is that of the other one.
      { host: 'fe80::2', port, localAddress: 'fe80::1%near0' },
    ]
    for (const way of ways) {
      const client = closing(t, await connect({ timeout: 5000, ...way }))
      assert.match(String(client.getpeername()), /^\[fe80::2%\d+\]/)
      assert.match(String(client.getsockname()), /^\[fe80::/)
      assert.ok(client.getsockname().scopeid)
      await client.close()
      closing(t, await server.accept())
    }
    const addresses = [tcp6('fe80::2%near0', port)]
    await assert.rejects(connect({ addresses, localAddress: 'fe80::1' }), { syscall: 'bind', code: 'EINVAL' })
    await assert.rejects(connect({ addresses, localAddress: 'fe80::1%nowhere' }), { code: 'ENODEV' })
  })
})

describe('TCP Fast Open', () => {
  const prepare = (sock: LowSocket): void => void sock.tcpfastopenconnect(true)

  async function fastServer(t: TestContext, options: object = {}): Promise<stream.inet.Server> {
    const server = closing(t, await stream.inet.Server.create({ host: '127.0.0.1', ...options }))
    server.tcpfastopen(16)
    server.listen()
    return server
  }

  /** A client whose connection waits for its first data: it has met the server before, and has its cookie. */
  async function waiting(t: TestContext, server: stream.inet.Server): Promise<stream.inet.Client> {
    const { port } = server.getsockname()
    for (let i = 0; ; i++) {
      const client = closing(t, await connect({ host: '127.0.0.1', port, prepare, timeout: 5000 }))
      if (hasNoPeer(client)) return client
      assert.ok(i < 3, 'a cookie')
      await client.send('what is the cookie?')
      const peer = await server.accept()
      await peer.recv()
      await Promise.all([client.close(), peer.close()])
    }
  }

  function hasNoPeer(client: stream.inet.Client): boolean {
    try {
      client.getpeername()
      return false
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'ENOTCONN')
      return true
    }
  }

  /** The cookies are forgotten. */
  const forget = (): Promise<unknown> => run('ip', ['tcp_metrics', 'flush'])

  /** The SYN was acknowledged with its data. */
  const TCPI_OPT_SYN_DATA = 32

  test('every connect() resolves at once, and the data goes with the SYN from the second one on', async (t) => {
    const server = await fastServer(t)
    const { port } = server.getsockname()
    for (let i = 0; i < 4; i++) {
      const client = closing(t, await connect({ host: '127.0.0.1', port, prepare, timeout: 5000 }))
      assert.equal(await client.send(`message ${i}`), `message ${i}`.length)
      const peer = closing(t, await within(server.accept(), 'the connection'))
      assert.equal(String(await peer.recv()), `message ${i}`)
      await peer.send('back')
      assert.equal(String(await client.recv()), 'back')
      assert.equal((client.tcpinfo().options & TCPI_OPT_SYN_DATA) !== 0, i > 0)
    }
  })

  test('a connection without a peer yet begins with whatever is sent first', async (t) => {
    const server = await fastServer(t)
    const content = Buffer.alloc(300_000, 'content')
    type First = [what: string, act: (client: stream.inet.Client) => Promise<unknown>]
    const sendfile: First = ['sendfile', (client) => client.sendfile(file(t, content), content.length)]
    const firsts: First[] = [
      ['send', (client) => client.send(content)],
      // Older kernels do not begin a connection by it: docs/platforms.md.
      ...(kernelSince('6.5') ? [sendfile] : []),
      [
        'a duplex',
        async (client) => {
          const duplex = client.duplex()
          await new Promise((written) => duplex.write(content, written))
          duplex.destroy()
        },
      ],
    ]
    for (const [what, act] of firsts) {
      const client = await waiting(t, server)
      // Receiving first: it waits until there is something.
      const answer = what === 'a duplex' ? undefined : client.recv()
      const done = act(client)
      const peer = closing(t, await within(server.accept(), what))
      let count = 0
      while (count < content.length) count += (await within(peer.recv(), what))?.length ?? Number.NaN
      await within(done, what)
      assert.equal(count, content.length, what)
      if (!answer) continue
      await peer.send('thanks')
      assert.equal(String(await answer), 'thanks')
    }
  })

  test('send() waits for the connection when the cookie is gone meanwhile', async (t) => {
    const server = await fastServer(t)
    const client = await waiting(t, server)
    await forget()
    assert.equal(await within(client.send('late'), 'sending'), 4)
    assert.equal(String(await closing(t, await server.accept()).recv()), 'late')
  })

  test('the refusal of a server that is gone is an error of the first calls, because connect() sent nothing', async (t) => {
    const server = await fastServer(t)
    const client = await waiting(t, server)
    await server.close()
    const failure = await within(
      client.send('anybody?').then(
        () => errorOf(client.recv()),
        (error: unknown) => error as Error,
      ),
      'the refusal',
    )
    assert.equal((failure as { code?: string }).code, 'ECONNREFUSED')
  })

  test('the hello of TLS goes with the SYN, also when it has to wait for the connection', async (t) => {
    const server = await fastServer(t, { tlscfg })
    const plain = await fastServer(t)
    await waiting(t, plain)
    const { port } = server.getsockname()
    const connecting = connect({ host: '127.0.0.1', port, prepare, tlscfg: trust, timeout: 5000 })
    const peer = closing(t, await server.accept())
    await peer.handshake()
    const client = closing(t, await connecting)
    assert.notEqual(client.tcpinfo().options & TCPI_OPT_SYN_DATA, 0)
    await client.send('over TLS')
    assert.equal(String(await peer.recv()), 'over TLS')
    // Without a cookie the SYN leaves alone, and send(2) says EINPROGRESS.
    const late = await waiting(t, plain)
    await forget()
    const wrapping = errorOf(tls.wrap(late, trust))
    const accepted = await within(plain.accept(), 'the connection')
    assert.ok(((await within(accepted.recv(), 'the hello')) ?? '').length > 0)
    await accepted.close()
    await within(wrapping, 'the end of the handshake')
  })

  test('a connection that prepare() has begun itself is taken as it is', async (t) => {
    const server = await fastServer(t)
    const { port } = server.getsockname()
    const begins: [what: string, (sock: LowSocket, ai: AddrInfo) => void][] = [
      ['with data', (sock, ai) => void sock.sendto('early', ai, MSG_FASTOPEN)],
      ['without data', (sock, ai) => void sock.connect(ai)],
      [
        'without a peer yet',
        (sock, ai) => {
          sock.tcpfastopenconnect(true)
          sock.connect(ai)
        },
      ],
    ]
    for (const [what, begin] of begins)
      for (let i = 0; i < 2; i++) {
        const client = closing(t, await within(connect({ host: '127.0.0.1', port, prepare: begin }), what))
        // Without a cookie nothing went with the SYN.
        await client.send('late')
        const peer = closing(t, await server.accept())
        let text = ''
        while (!text.endsWith('late')) text += String(await within(peer.recv(), what))
        assert.match(text, what === 'with data' ? /^(early)?late$/ : /^late$/)
      }
  })

  test('with TCP Fast Open the first of several addresses counts as connected, because nothing is sent before the first send', async (t) => {
    const server = await fastServer(t)
    await waiting(t, server)
    const starts = new Starts()
    const both = (sock: LowSocket, ai: AddrInfo): void => {
      prepare(sock)
      starts.prepare(sock, ai)
    }
    const addresses = [tcp('127.0.0.1', await freePort()), server.getsockname()]
    const client = closing(t, await connect({ addresses, prepare: both, timeout: 5000 }))
    assert.equal(starts.addresses.length, 1)
    assert.ok(hasNoPeer(client))
  })
})

describe('multipath TCP that is turned off', () => {
  const path = '/proc/sys/net/mptcp/enabled'

  test('a client or server of multipath TCP fails, and does not use TCP instead', {
    skip: !existsSync(path) && 'no multipath TCP in this kernel',
  }, async (t) => {
    writeFileSync(path, '0')
    t.after(() => writeFileSync(path, '1'))
    const server = await answering(t, '127.0.0.1')
    const message = /^socket E(NOPROTOOPT|PROTONOSUPPORT): AF_INET, SOCK_STREAM, IPPROTO_MPTCP$/
    const options = { host: '127.0.0.1', family: AF_INET, protocol: IPPROTO_MPTCP }
    await assert.rejects(connect({ ...options, port: portOf(server) }), { message })
    await assert.rejects(listen(options), { message })
  })
})
