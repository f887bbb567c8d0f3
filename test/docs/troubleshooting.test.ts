// Every error that docs/troubleshooting.md explains is made here, as a user would make it.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import * as berkeley from 'berkeley'
import { AddrInfo, connect, dgram, listen, packet, raw, seqpacket, stream } from 'berkeley'
import { socket } from 'berkeley/llsocket'
import { closing, leavesNoFd, root, run, script, tempFolder, within } from '../util/index.js'

leavesNoFd()

type Experiment = (t: TestContext) => unknown

const loopback = { host: '127.0.0.1', port: 0 }
const UNREACHED = 1

async function pair(t: TestContext): Promise<[stream.unix.Socket, stream.unix.Socket]> {
  const [a, b] = await stream.unix.pair()
  return [closing(t, a), closing(t, b)]
}

async function datagrams(t: TestContext): Promise<dgram.inet.Socket> {
  const sock = closing(t, await dgram.inet.Socket.create(loopback))
  await sock.bind()
  return sock
}

const server = async (t: TestContext): Promise<stream.inet.Server> => closing(t, await listen(loopback))

async function connected(t: TestContext): Promise<[stream.inet.Client, stream.inet.Socket]> {
  const listener = await server(t)
  const conn = closing(t, await connect({ host: '127.0.0.1', port: listener.getsockname().port }))
  return [conn, closing(t, await listener.accept())]
}

/** Does something with the rights of a user who has none, if this one has all. */
async function unprivileged(act: () => unknown): Promise<void> {
  const isRoot = process.geteuid?.() === 0
  if (isRoot) process.seteuid?.(65534)
  try {
    await act()
  } finally {
    if (isRoot) process.seteuid?.(0)
  }
}

/** Runs a program that has few descriptors, and throws what it says. */
async function fewDescriptors(code: string): Promise<void> {
  const { stderr } = await run('sh', ['-c', 'ulimit -n 40 && exec "$0" "$@"', process.execPath, ...script(code)])
  throw new Error(stderr)
}

const SKIPPED = Symbol()

const experiments: Readonly<Record<string, Experiment>> = {
  'connect ECONNREFUSED': () => connect({ host: '127.0.0.1', port: UNREACHED }),
  'connect ENOENT': (t) => connect({ path: join(tempFolder(t), 'none') }),
  'connect EACCES': async (t) => {
    const path = join(tempFolder(t), 'closed')
    closing(t, await listen({ path, mode: 0 }))
    await unprivileged(() => connect({ path }))
  },
  'connect EPROTOTYPE': async (t) => {
    const path = join(tempFolder(t), 'seqpacket')
    closing(t, await listen({ path, type: 'seqpacket' }))
    await connect({ path })
  },
  'connect ETIMEDOUT': async (t) => {
    const path = join(tempFolder(t), 'full')
    closing(t, await listen({ path, backlog: 0 }))
    for (;;) closing(t, await connect({ path, timeout: 20 }))
  },
  'connect EALREADY': async (t) => {
    const { port } = (await server(t)).getsockname()
    const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port }, false))
    await Promise.all([client.connect(), client.connect()])
  },
  'connect EDESTADDRREQ': () => new stream.inet.Client().connect(),
  'connect EINVAL': () => connect({ host: 'fe80::1', port: UNREACHED }),
  'getaddrinfo EAI_NONAME': () => connect({ host: 'localhost', port: UNREACHED, numeric: true }),
  'bind EADDRINUSE': async (t) => listen({ host: '127.0.0.1', port: (await server(t)).getsockname().port }),
  'bind EACCES': async (t) => unprivileged(async () => closing(t, await listen({ host: '127.0.0.1', port: 81 }))),
  'bind EADDRNOTAVAIL': () => listen({ host: '192.0.2.1', port: 0 }),
  'bind EINVAL': async (t) => (await datagrams(t)).bind(),
  'AddrInfo.unix ENAMETOOLONG': () => listen({ path: `/tmp/${'x'.repeat(103)}` }),
  'accept EINVAL': async (t) => closing(t, await stream.inet.Server.create(loopback)).accept(),
  'recv EBADF': async (t) => {
    const [a] = await pair(t)
    await a.close()
    await a.recv()
  },
  'send EBADF': async () => (await stream.inet.Client.create({ host: '127.0.0.1', port: 9 }, false)).send('x'),
  'recv ECANCELED': async (t) => {
    const [a] = await pair(t)
    await Promise.all([a.recv(), a.close()])
  },
  'close ECANCELED': async (t) => {
    const [a] = await pair(t)
    a.write(Buffer.alloc(1 << 20))
    await a.close()
  },
  'recv ECONNRESET': async (t) => {
    const [conn, peer] = await connected(t)
    peer.linger(0)
    await peer.close()
    await conn.recv()
  },
  'send EPIPE': async (t) => {
    const [a, b] = await pair(t)
    await b.close()
    await a.send('x')
  },
  'recv ETIMEDOUT': async (t) => (await pair(t))[0].recv({ timeout: 5 }),
  'recv EAGAIN': async (t) => (await pair(t))[0].recv({ flags: berkeley.MSG_DONTWAIT }),
  'recv EMSGSIZE': async (t) => {
    const sock = await datagrams(t)
    await sock.sendto('0123456789', sock.getsockname() as AddrInfo)
    await sock.recv(4)
  },
  'sendto EMSGSIZE': async (t) => {
    const sock = await datagrams(t)
    await sock.sendto(Buffer.alloc(65_508), sock.getsockname() as AddrInfo)
  },
  'send EDESTADDRREQ': async (t) => (await datagrams(t)).send('x'),
  'sendto EACCES': async (t) => (await datagrams(t)).sendto('x', AddrInfo.inet('127.255.255.255', 9)),
  'sendto EAFNOSUPPORT': async (t) => (await datagrams(t)).sendto('x', AddrInfo.inet6('::1', 9)),
  'recv ECONNREFUSED': async (t) => {
    const sock = closing(t, await dgram.inet.Socket.create({ host: '127.0.0.1', port: UNREACHED }))
    await sock.connect()
    await sock.send('x')
    await sock.recv({ timeout: 5000 })
  },
  'recvfrom EOPNOTSUPP': async (t) => {
    const sock = await datagrams(t)
    sock.udpgro(true)
    await sock.recvfrom()
  },
  'recvfd ENOMSG': async (t) => {
    const [a, b] = await pair(t)
    await a.send('x')
    await b.recvfd()
  },
  'detach EBUSY': async (t) => {
    const [a, b] = await pair(t)
    await a.send('one\ntwo')
    await b.reader().until('\n')
    b.detach()
  },
  'wrap EBUSY': async (t) => stream.unix.wrap((await pair(t))[0].fd()),
  'wrap EPROTOTYPE': async (t) => stream.inet.wrap((await pair(t))[0].fd()),
  'wrap EBADF': () => stream.inet.wrap(9999),
  'close EBUSY': async (t) => berkeley.close((await pair(t))[0].fd()),
  'socket EPERM': (t) => unprivileged(async () => closing(t, await packet.Socket.create({ ifindex: 'lo' }))),
  'socket EACCES': (t) => {
    const range = readFileSync('/proc/sys/net/ipv4/ping_group_range', 'utf8').trim()
    if (range !== '1\t0') {
      t.skip(`net.ipv4.ping_group_range is ${range}`)
      return SKIPPED
    }
    return unprivileged(async () =>
      closing(t, await raw.inet.Socket.create({ type: berkeley.SOCK_DGRAM, protocol: berkeley.IPPROTO_ICMP })),
    )
  },
  'socket ESOCKTNOSUPPORT': () => socket.create(AddrInfo.inet('127.0.0.1', 80), true),
  'socket EPROTONOSUPPORT': (t) => {
    const { AF_INET, SOCK_STREAM } = berkeley
    return berkeley.createSocket({ family: AF_INET, type: SOCK_STREAM, protocol: 250 }).then((sock) => closing(t, sock))
  },
  'setsockopt EPERM': async (t) => {
    const [a] = await pair(t)
    await unprivileged(() => a.mark(1))
  },
  'setsockopt EOPNOTSUPP': async (t) =>
    (await pair(t))[0].setsockopt(berkeley.IPPROTO_TCP, berkeley.TCP_NODELAY, true, 'bool'),
  'setsockopt EINVAL': async (t) => (await server(t)).tcpmaxseg(5),
  'if_nametoindex ENODEV': async (t) => (await datagrams(t)).mcastjoin('224.0.0.251', 'none0'),
  'socketpair EMFILE': () =>
    fewDescriptors("import { stream } from 'berkeley'; for (const all = []; ; ) all.push(await stream.unix.pair())"),
  'add ENOBUFS': async (t) => (await pair(t))[0].writev(Array.from({ length: 1025 }, () => 'x')),
  'handshake ERR_SSL_WRONG_VERSION_NUMBER': async (t) => {
    const listener = await server(t)
    const served = listener.serve((conn) => conn.send('hello, this is not TLS'))
    t.after(() => served)
    await connect({ host: '127.0.0.1', port: listener.getsockname().port, tlscfg: {}, timeout: 5000 })
  },
  ERR_INVALID_ARG_VALUE: () => AddrInfo.inet('localhost', 80),
  DataCloneError: async (t) => structuredClone((await seqpacket.unix.pair()).map((sock) => closing(t, sock))),
}

/** The first column of the table of errors. */
function explained(): string[] {
  const page = readFileSync(join(root, 'docs', 'troubleshooting.md'), 'utf8')
  const table = page.slice(page.indexOf('## By error code'))
  return [...table.matchAll(/^\| `(.+?)` \|/gm)].map(([, error = '']) => error)
}

describe('docs/troubleshooting.md', () => {
  it('explains the errors that are tried here (H151)', () => {
    assert.deepEqual(explained().sort(), Object.keys(experiments).sort())
  })

  for (const [error, experiment] of Object.entries(experiments))
    it(`explains ${error}`, async (t) => {
      const outcome = await within(
        Promise.resolve(t)
          .then(experiment)
          .catch((thrown: unknown) => thrown),
        error,
      )
      if (outcome === SKIPPED) return
      assert.ok(outcome instanceof Error, 'nothing was thrown')
      const what = [outcome.name, String(Reflect.get(outcome, 'code')), outcome.message].join(' ')
      assert.ok(what.includes(error), what)
    })
})
