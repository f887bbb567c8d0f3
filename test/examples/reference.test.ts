import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, type Socket as NodeSocket } from 'node:net'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { AddrInfo, dgram, proxyProtocol, SOCK_SEQPACKET, stream } from 'berkeley'
import { available, type Child, closing, type Ending, leavesNoFd, root, run, start, tempFolder } from '../util/index.js'

leavesNoFd()

const HOST = '127.0.0.1'
const GROUP = '239.255.0.251'

/** For suites in which some tests wait for a deadline to pass. */
const SIDE_BY_SIDE = { concurrency: 3 }

const program = (name: string): string => join(root, 'build', 'examples', `${name}.js`)

/** Starts a server and waits until it says where it listens: its path, or its address and port. */
async function serve(
  t: TestContext,
  name: string,
  ...args: string[]
): Promise<Child & { place: string; port: string }> {
  const server = start(t, process.execPath, [program(name), ...args])
  const [, place = ''] = await server.waitForOutput(/^listening on (\S+)\n/m)
  return Object.assign(server, { place, port: place.slice(place.lastIndexOf(':') + 1) })
}

/** Ends a server by Ctrl-C; returns what it said after the line with its address. */
async function interrupt(server: Child): Promise<string> {
  server.process.kill('SIGINT')
  const { code, signal, stdout, stderr } = await server.ended
  assert.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: '' })
  return stdout.replace(/^listening on .*\n/, '')
}

/** Runs a program that is to succeed, and returns what it said. */
async function answerOf(name: string, args: string[] = [], input = ''): Promise<string> {
  const { code, stdout, stderr } = await run(process.execPath, [program(name), ...args], { input })
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
  return stdout
}

/** Runs a program that is to fail: with status 1, a line on stderr that names the reason, and no word on stdout. */
async function failureOf(name: string, args: string[], line: RegExp): Promise<void> {
  const { code, stdout, stderr } = await run(process.execPath, [program(name), ...args])
  assert.deepEqual({ code, stdout }, { code: 1, stdout: '' }, stderr)
  assert.match(stderr, line)
}

/** The line on stderr that names a failure. */
const reason = (message: string, kind = 'SystemError'): RegExp => new RegExp(`^${kind}: ${message}$`, 'm')

/** What a foreign client hears in answer to one message. */
async function foreign(t: TestContext, command: string, args: string[], message: string): Promise<void> {
  const client = start(t, command, args)
  client.write(message)
  await client.waitForOutput(new RegExp(message))
  await client.stop()
}

/** The port of a TCP server that listens, or is only bound: then connections are refused, and the port stays taken. */
async function portOfServer(t: TestContext, listens: boolean): Promise<string> {
  const server = closing(t, await stream.inet.Server.create({ host: HOST }))
  if (listens) server.listen()
  return String(server.getsockname().port)
}

/** A UDP port that does not answer: its socket has a peer, itself, and the kernel refuses what others send. */
async function deadUdpPort(t: TestContext): Promise<string> {
  const sock = closing(t, await dgram.inet.Socket.create({ host: HOST, port: 0 }))
  await sock.bind()
  const { port } = sock.getsockname()
  await sock.connect({ host: HOST, port })
  return String(port)
}

/** A UDP port that was free just now. */
async function freeUdpPort(): Promise<string> {
  await using sock = await dgram.inet.Socket.create({ host: HOST, port: 0 })
  await sock.bind()
  return String(sock.getsockname().port)
}

/** A client of Node's own. */
async function nodeClient(t: TestContext, port: string): Promise<NodeSocket> {
  const client = connect(Number(port), HOST).on('error', () => {})
  t.after(() => client.destroy())
  await once(client, 'connect')
  return client
}

/** A server of socat that sends everything back; returns its port. */
async function socatEcho(t: TestContext): Promise<string> {
  const socat = start(t, 'socat', ['-d', '-d', `TCP4-LISTEN:0,bind=${HOST}`, 'PIPE'])
  const [, port = ''] = await socat.waitForOutput(/listening on .*:(\d+)/)
  return port
}

describe('stream-inet-server and stream-inet-client', SIDE_BY_SIDE, () => {
  test('stream-inet-server answers client after client until Ctrl-C', async (t) => {
    const server = await serve(t, 'stream-inet-server', HOST, '0')
    assert.match(server.place, /^127\.0\.0\.1:\d+$/)
    for (let i = 0; i < 2; i++)
      assert.equal(await answerOf('stream-inet-client', [HOST, server.port]), 'received: hello\n')
    assert.equal(await interrupt(server), 'received: hello\n'.repeat(2))
  })

  test('stream-inet-server survives a client that says nothing and one that resets the connection', async (t) => {
    const server = await serve(t, 'stream-inet-server', HOST, '0')
    const silent = await nodeClient(t, server.port)
    silent.end()
    await server.waitForOutput(/^closed by peer\n/m)
    const broken = await nodeClient(t, server.port)
    broken.resetAndDestroy()
    await server.waitForOutput(/^SystemError: recv ECONNRESET\n/m)
    assert.equal(await answerOf('stream-inet-client', [HOST, server.port]), 'received: hello\n')
    assert.equal(await interrupt(server), 'closed by peer\nSystemError: recv ECONNRESET\nreceived: hello\n')
  })

  test('stream-inet-server gives up on a silent client after a while and serves the next one', async (t) => {
    const server = await serve(t, 'stream-inet-server', HOST, '0')
    await nodeClient(t, server.port)
    const next = await nodeClient(t, server.port)
    next.write('patience')
    const [data] = await once(next, 'data')
    assert.equal(String(data), 'patience')
    assert.equal(await interrupt(server), 'TimeoutError: recv ETIMEDOUT: the deadline passed\nreceived: patience\n')
  })

  test('stream-inet-client tells the end of the connection from an error', async (t) => {
    const server = closing(t, await stream.inet.Server.create({ host: HOST }))
    server.listen()
    const { port } = server.getsockname()
    const answer = answerOf('stream-inet-client', [HOST, String(port)])
    const polite = await server.accept()
    assert.equal(String(await polite.recv()), 'hello')
    await polite.close()
    assert.equal(await answer, 'closed by peer\n')

    const failure = failureOf('stream-inet-client', [HOST, String(port)], reason('recv ECONNRESET'))
    const rude = await server.accept()
    await rude.recv()
    rude.linger(0) // a close that breaks off
    await rude.close()
    await failure
  })

  test('stream-inet-client and stream-inet-server end with status 1 and the reason when they fail', async (t) => {
    const dead = await portOfServer(t, false)
    await failureOf('stream-inet-client', [HOST, dead], reason(`connect ECONNREFUSED ${HOST}:${dead}`))
    const taken = await portOfServer(t, true)
    await failureOf('stream-inet-server', [HOST, taken], reason(`bind EADDRINUSE ${HOST}:${taken}`))
  })

  test('stream-inet-server answers nc', { skip: available('nc') }, async (t) => {
    const server = await serve(t, 'stream-inet-server', HOST, '0')
    const { code, stdout } = await run('nc', ['-N', HOST, server.port], { input: 'from nc' })
    assert.deepEqual({ code, stdout }, { code: 0, stdout: 'from nc' })
  })

  test('stream-inet-client gets its answer from socat', { skip: available('socat') }, async (t) => {
    assert.equal(await answerOf('stream-inet-client', [HOST, await socatEcho(t)]), 'received: hello\n')
  })
})

/** What server and client both say, for each kind of connection, and how socat is told of the kind. */
const UNIX = [
  { server: 'stream-unix-server', client: 'stream-unix-client', said: 'received: hello\n', option: '' },
  {
    server: 'seqpacket-unix-server',
    client: 'seqpacket-unix-client',
    said: 'received: hello\nreceived: world\nclosed by peer\n',
    option: `,socktype=${SOCK_SEQPACKET}`,
  },
]

for (const { server: serverName, client: clientName, said, option } of UNIX)
  describe(`${serverName} and ${clientName}`, () => {
    test(`${serverName} listens at ./example.sock and removes the file, so that a second one can start`, async (t) => {
      const cwd = tempFolder(t)
      for (let i = 0; i < 2; i++) {
        const server = start(t, process.execPath, [program(serverName)], { cwd })
        await server.waitForOutput(/^listening on \.\/example\.sock\n/)
        const client = await run(process.execPath, [program(clientName)], { cwd })
        assert.deepEqual(client, { code: 0, signal: null, stdout: said, stderr: '' } satisfies Ending)
        await server.waitForOutput(new RegExp(`${said}$`))
        assert.equal(await interrupt(server), said)
        assert.deepEqual(readdirSync(cwd), [])
      }
    })

    test(`${clientName} and ${serverName} end with status 1 and the reason when they fail`, async (t) => {
      const path = join(tempFolder(t), 's')
      await failureOf(clientName, [path], reason(`connect ENOENT ${path}`))
      writeFileSync(path, '')
      await failureOf(serverName, [path], reason(`bind EADDRINUSE ${path}`))
      assert.ok(existsSync(path))
      await failureOf(clientName, [path], reason(`connect ECONNREFUSED ${path}`))
    })

    test(`${serverName} answers socat, and ${clientName} gets its answer from socat`, {
      skip: available('socat'),
    }, async (t) => {
      const folder = tempFolder(t)
      const server = await serve(t, serverName, join(folder, 's'))
      await foreign(t, 'socat', ['-', `UNIX-CONNECT:${server.place}${option}`], 'from socat')
      const socat = start(t, 'socat', ['-d', '-d', `UNIX-LISTEN:${join(folder, 'f')}${option}`, 'PIPE'])
      await socat.waitForOutput(/listening on/)
      assert.match(await answerOf(clientName, [join(folder, 'f')]), /^received: hello/)
    })
  })

describe('pairs', () => {
  for (const [name, said] of [
    ['stream-unix-pair', 'received: hello\nclosed by peer\n'],
    ['dgram-unix-pair', 'received: hello\nreceived: world\n'],
    ['seqpacket-unix-pair', 'received: hello\nreceived: world\nclosed by peer\n'],
  ] as const)
    test(`${name} exchanges its messages`, async () => assert.equal(await answerOf(name), said))
})

describe('dgram-inet-server, dgram-inet-client-connect and dgram-inet-client-sendto', SIDE_BY_SIDE, () => {
  test('dgram-inet-server answers both clients until Ctrl-C', async (t) => {
    const server = await serve(t, 'dgram-inet-server', HOST, '0')
    const to = [HOST, server.port]
    assert.equal(await answerOf('dgram-inet-client-connect', to), 'received: hello\n')
    assert.equal(await answerOf('dgram-inet-client-sendto', to), `received from ${server.place}: hello\n`)
    assert.match(await interrupt(server), /^(received from 127\.0\.0\.1:\d+: hello\n){2}$/)
  })

  test('dgram-inet-client-connect is told when no server listens, and dgram-inet-client-sendto times out', async (t) => {
    const to = [HOST, await deadUdpPort(t)]
    await Promise.all([
      failureOf('dgram-inet-client-connect', to, /^SystemError: recv ECONNREFUSED/m),
      failureOf('dgram-inet-client-sendto', to, reason('recvfrom ETIMEDOUT: the deadline passed', 'TimeoutError')),
    ])
  })

  test('dgram-inet-server ends with status 1 and the reason when the address is in use', async (t) => {
    const server = await serve(t, 'dgram-inet-server', HOST, '0')
    await failureOf('dgram-inet-server', [HOST, server.port], reason(`bind EADDRINUSE ${server.place}`))
  })

  test('dgram-inet-server answers nc', { skip: available('nc') }, async (t) => {
    const server = await serve(t, 'dgram-inet-server', HOST, '0')
    await foreign(t, 'nc', ['-u', HOST, server.port], 'from nc')
  })

  test('both clients of dgram-inet-server get their answers from socat', { skip: available('socat') }, async (t) => {
    const port = await freeUdpPort()
    const socat = start(t, 'socat', ['-ddd', `UDP4-RECVFROM:${port},bind=${HOST},fork`, 'EXEC:cat'])
    await socat.waitForOutput(/receiving on/)
    assert.equal(await answerOf('dgram-inet-client-connect', [HOST, port]), 'received: hello\n')
    assert.equal(await answerOf('dgram-inet-client-sendto', [HOST, port]), `received from ${HOST}:${port}: hello\n`)
  })
})

describe('dgram-unix-server and dgram-unix-client', () => {
  test('dgram-unix-server and dgram-unix-client remove their files, so that a second run can start', async (t) => {
    const cwd = tempFolder(t)
    for (let i = 0; i < 2; i++) {
      const server = start(t, process.execPath, [program('dgram-unix-server')], { cwd })
      await server.waitForOutput(/^listening on \.\/example\.sock\n/)
      const client = await run(process.execPath, [program('dgram-unix-client')], { cwd })
      assert.deepEqual(client, { code: 0, signal: null, stdout: 'received: hello\n', stderr: '' })
      assert.deepEqual(readdirSync(cwd), ['example.sock'])
      assert.equal(await interrupt(server), 'received from ./example2.sock: hello\n')
      assert.deepEqual(readdirSync(cwd), [])
    }
  })

  test('dgram-unix-client and dgram-unix-server end with status 1 and the reason when they fail, and leave no file', async (t) => {
    const folder = tempFolder(t)
    const [taken, own] = [join(folder, 's'), join(folder, 'c')]
    await failureOf('dgram-unix-client', [taken, own], reason(`connect ENOENT ${taken}`))
    writeFileSync(taken, '')
    await failureOf('dgram-unix-server', [taken], reason(`bind EADDRINUSE ${taken}`))
    await failureOf('dgram-unix-client', [own, taken], reason(`bind EADDRINUSE ${taken}`))
    assert.deepEqual(readdirSync(folder), ['s'])
  })

  test('dgram-unix-server receives a long datagram whole and survives senders that cannot be answered', async (t) => {
    const folder = tempFolder(t)
    const server = await serve(t, 'dgram-unix-server', join(folder, 's'))
    const nameless = closing(t, await dgram.unix.Socket.create())
    await nameless.connect({ path: server.place })
    await nameless.send('no name')
    await server.waitForOutput(/^received from a socket without a name: no name\n/m)
    await nameless.send(Buffer.alloc(70_000, 'x'))
    await server.waitForOutput(/name: x{70000}\n/)
    const other = closing(t, await dgram.unix.Socket.create({ path: join(folder, 'o') }))
    const busy = closing(t, await dgram.unix.Socket.create({ path: join(folder, 'b') }))
    await other.bind()
    await busy.bind()
    await busy.connect({ path: other.getsockname().path as string }) // and receives from no other
    await busy.sendto('deaf', AddrInfo.unix(server.place))
    await server.waitForOutput(/^SystemError: sendto EPERM .*\/b\n/m)
    assert.equal(await answerOf('dgram-unix-client', [server.place, join(folder, 'c')]), 'received: hello\n')
    await interrupt(server)
  })

  test('dgram-unix-server answers socat, and dgram-unix-client gets its answer from socat', {
    skip: available('socat'),
  }, async (t) => {
    const folder = tempFolder(t)
    const server = await serve(t, 'dgram-unix-server', join(folder, 's'))
    await foreign(t, 'socat', ['-', `UNIX-SENDTO:${server.place},bind=${join(folder, 'n')}`], 'from socat')
    const socat = start(t, 'socat', ['-ddd', `UNIX-RECVFROM:${join(folder, 'f')}`, 'EXEC:cat'])
    await socat.waitForOutput(/receiving on/)
    assert.equal(await answerOf('dgram-unix-client', [join(folder, 'f'), join(folder, 'c')]), 'received: hello\n')
  })
})

describe('multicast-receiver and multicast-sender', SIDE_BY_SIDE, () => {
  test('every multicast-receiver of the group receives, and multicast-sender gets an answer', async (t) => {
    const one = await serve(t, 'multicast-receiver', GROUP, '0')
    const two = await serve(t, 'multicast-receiver', GROUP, one.port)
    assert.equal(one.place, `${GROUP}:${one.port}`)
    const said = await answerOf('multicast-sender', [GROUP, one.port])
    assert.equal(said, `received from ${HOST}:${one.port}: hello\n`)
    for (const member of [one, two]) {
      await member.waitForOutput(/hello/)
      assert.match(await interrupt(member), /^received from 127\.0\.0\.1:\d+: hello\n$/)
    }
  })

  test('multicast-sender and multicast-receiver end with status 1 and the reason when they fail', async () => {
    const port = await freeUdpPort()
    await Promise.all([
      failureOf('multicast-sender', [GROUP, port], reason('recvfrom ETIMEDOUT: the deadline passed', 'TimeoutError')),
      failureOf('multicast-sender', [GROUP, port, 'none'], reason('if_nametoindex ENODEV: none')),
    ])
    await failureOf('multicast-receiver', [GROUP, port, 'none'], reason('if_nametoindex ENODEV: none'))
    await failureOf('multicast-receiver', [HOST, port], /^SystemError: setsockopt EINVAL/m)
  })

  test('multicast-receiver answers socat, and multicast-sender gets its answer from socat', {
    skip: available('socat'),
  }, async (t) => {
    const member = await serve(t, 'multicast-receiver', GROUP, '0')
    await foreign(t, 'socat', ['-', `UDP4-DATAGRAM:${GROUP}:${member.port},ip-multicast-if=${HOST}`], 'from socat')
    await interrupt(member)
    const membership = `ip-add-membership=${GROUP}:${HOST}`
    const socat = start(t, 'socat', ['-ddd', `UDP4-RECVFROM:${member.port},${membership}`, 'EXEC:cat'])
    await socat.waitForOutput(/receiving on/)
    const said = await answerOf('multicast-sender', [GROUP, member.port])
    assert.equal(said, `received from ${HOST}:${member.port}: hello\n`)
  })
})

describe('proxy-protocol-server', () => {
  test('it tells each client who it is, and goes on after one that sends no header', async (t) => {
    const server = await serve(t, 'proxy-protocol-server', HOST, '0')
    const stranger = await nodeClient(t, server.port)
    stranger.write('GET / HTTP/1.1')
    await server.waitForOutput(/^ProxyProtocolError: .*\n/m)
    const source = AddrInfo.inet('192.0.2.1', 1025)
    const client = await nodeClient(t, server.port)
    client.write(proxyProtocol.header({ source, destination: AddrInfo.inet('198.51.100.2', 443) }))
    client.write('hello\r\n')
    assert.equal(String((await once(client, 'data'))[0]), '192.0.2.1:1025 says: hello\n')
    client.destroy()
    assert.match(await interrupt(server), /^192\.0\.2\.1:1025 by 127\.0\.0\.1:\d+$/m)
  })
})

describe('echo-server and echo-client', () => {
  /** Says something, and waits until as much has come back. */
  async function echo(client: NodeSocket, text: string): Promise<void> {
    client.write(text)
    let heard = ''
    while (heard.length < text.length) heard += (await once(client, 'data'))[0]
    assert.equal(heard, text)
  }

  test('echo-server serves all clients at once, whatever silent ones do', async (t) => {
    const server = await serve(t, 'echo-server', HOST, '0')
    const clients = await Promise.all(Array.from({ length: 50 }, () => nodeClient(t, server.port)))
    for (const [i, client] of clients.reverse().entries()) await echo(client, `client ${i}`)
    clients[0]?.resetAndDestroy()
    await server.waitForOutput(/^SystemError: recv ECONNRESET\n/m)
    await Promise.all(clients.slice(1).map((client, i) => echo(client, `${i} again`)))
    const ends = clients.slice(1).map((client) => once(client, 'end'))
    assert.equal(await interrupt(server), 'SystemError: recv ECONNRESET\n')
    await Promise.all(ends)
  })

  test('echo-client sends a million characters and gets them back until the end of its input', async (t) => {
    const server = await serve(t, 'echo-server', HOST, '0')
    const input = Array.from({ length: 100_000 }, (_, i) => String(i).padStart(9)).join('\n')
    assert.equal(await answerOf('echo-client', [HOST, server.port], input), input)
    assert.equal(await answerOf('echo-client', [HOST, server.port]), '')
    assert.equal(await interrupt(server), '')
  })

  test('echo-client holds a conversation and ends with the server, also while its input is open', async (t) => {
    const server = await serve(t, 'echo-server', HOST, '0')
    const client = start(t, process.execPath, [program('echo-client'), HOST, server.port])
    for (const words of ['hello\n', 'and again\n']) {
      client.write(words)
      await client.waitForOutput(new RegExp(words))
    }
    assert.equal(await interrupt(server), '')
    const ending = await client.ended
    assert.deepEqual(ending, { code: 0, signal: null, stdout: 'hello\nand again\n', stderr: '' } satisfies Ending)
  })

  test('everywhere prints what comes back', async () => {
    const { code, stdout, stderr } = await run(process.execPath, [join(root, 'build', 'examples', 'everywhere.js')])
    const said = 'an echo over TCP\nthe same connection, by a descriptor that was passed\na datagram\n'
    assert.deepEqual([code, stdout, stderr], [0, said, ''])
  })

  test('echo-client and echo-server end with status 1 and the reason when they fail', async (t) => {
    const dead = await portOfServer(t, false)
    await failureOf('echo-client', [HOST, dead], reason(`connect ECONNREFUSED ${HOST}:${dead}`))
    const taken = await portOfServer(t, true)
    await failureOf('echo-server', [HOST, taken], reason(`bind EADDRINUSE ${HOST}:${taken}`))
  })

  test('echo-server answers nc', { skip: available('nc') }, async (t) => {
    const server = await serve(t, 'echo-server', HOST, '0')
    const { code, stdout } = await run('nc', ['-N', HOST, server.port], { input: 'from nc' })
    assert.deepEqual({ code, stdout }, { code: 0, stdout: 'from nc' })
  })

  test('echo-client gets its answer from socat', { skip: available('socat') }, async (t) => {
    assert.equal(await answerOf('echo-client', [HOST, await socatEcho(t)], 'to socat'), 'to socat')
  })
})

describe('the list of examples', () => {
  const examples = readdirSync(join(root, 'examples')).filter((name) => name.endsWith('.ts'))
  const readme = readFileSync(join(root, 'examples', 'README.md'), 'utf8')

  test('README.md names each example, and no other', () => {
    const listed = [...readme.matchAll(/\]\(([\w-]+\.ts)\)/g)].map(([, name]) => name)
    assert.deepEqual(listed.toSorted(), examples.toSorted())
  })

  test('a test names each example', () => {
    const folder = join(root, 'test', 'examples')
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
    const tests = files.map((name) => readFileSync(join(folder, name), 'utf8'))
    const isNamed = (name: string): boolean => tests.some((text) => new RegExp(`\\b${name}\\b(?!-)`).test(text))
    assert.deepEqual(
      examples.map((name) => name.slice(0, -3)).filter((name) => !isNamed(name)),
      [],
    )
  })
})
