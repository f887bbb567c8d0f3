// listen and connect, with each other and with other programs.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { closeSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { connect, dgram, listen, seqpacket, stream } from 'berkeley'
import { ownAddress, plainEnvironment } from '../interop/common.js'
import {
  abstractName,
  available,
  closing,
  leavesNoFd,
  PATIENCE_MS,
  run,
  start,
  tempFolder,
  withoutIpv6,
} from '../util/index.js'
import { certificates, listening, startTool, TOOL, tool } from './common.js'

leavesNoFd()

describe('berkeley connect', () => {
  test('connect passes megabytes of input on unchanged, and its end', async (t) => {
    const data = randomBytes(5_000_000)
    const { child, port } = await listening(t, ['listen', 'tcp:127.0.0.1:0', '--echo', '--max', '1'])
    const bytes: Buffer[] = []
    const client = startTool(t, ['connect', `tcp:127.0.0.1:${port}`])
    client.process.stdout?.removeAllListeners('data')
    client.process.stdout?.setEncoding('latin1').on('data', (text: string) => bytes.push(Buffer.from(text, 'latin1')))
    client.process.stdin?.end(data)
    assert.equal((await client.ended).code, 0)
    assert.ok(Buffer.concat(bytes).equals(data))
    assert.equal((await child.ended).code, 0)
  })

  test('connect ends when the other side does, although its input goes on', async (t) => {
    const server = closing(t, await listen({ host: '127.0.0.1', port: 0 }))
    const client = startTool(t, ['connect', `tcp:localhost:${server.getsockname().port}`])
    const conn = closing(t, await server.accept())
    client.write('question')
    assert.equal(String(await conn.recv()), 'question')
    await conn.send('answer')
    await conn.close()
    const { code, stdout, stderr } = await client.ended
    assert.deepEqual([code, stdout, stderr], [0, 'answer', ''])
  })

  test('connect speaks to unix streams, seqpackets and datagrams, by path and abstract name', async (t) => {
    const folder = tempFolder(t)
    const name = abstractName().slice(1)
    const places: [string, string, string][] = [
      ['unix', join(folder, 'a'), ''],
      ['unix-abstract', `${name}u`, ''],
      ['seqpacket', join(folder, 'b'), ''],
      ['seqpacket-abstract', `${name}s`, ''],
      ['unixgram', join(folder, 'c'), '--wait=0.2'],
      ['unixgram-abstract', `${name}g`, '--wait=0.2'],
    ]
    for (const [kind, place, wait] of places) {
      const { child } = await listening(t, ['listen', '--echo', '--max', '1', `${kind}:${place}`])
      const args = ['connect', `${kind}:${place}`, ...(wait ? [wait] : [])]
      const { code, stdout, stderr } = await tool(args, { input: 'to and fro' })
      assert.deepEqual([code, stdout, stderr], [0, 'to and fro', ''], kind)
      assert.equal((await child.ended).code, 0)
    }
  })

  test('connect --lines sends each line as a message, and writes each message as a line', async (t) => {
    const path = abstractName()
    const server = closing(t, await listen({ path, type: 'seqpacket' }))
    const client = startTool(t, ['connect', '-l', `seqpacket-abstract:${path.slice(1)}`])
    const conn = closing(t, await server.accept())
    client.write('one\ntwo\n\nlast')
    client.endInput()
    const records: string[] = []
    for (let data = await conn.recv(); data !== null && records.length < 4; data = await conn.recv())
      records.push(String(data))
    // A record without bytes cannot be told from the end.
    assert.deepEqual(records.slice(0, 2), ['one', 'two'])
    await conn.send('first')
    await conn.send('second')
    await conn.close()
    assert.equal((await client.ended).stdout, 'first\nsecond\n')
  })

  test('connect --lines over UDP sends a datagram for each line', async (t) => {
    const sock = closing(t, await dgram.inet.Socket.create({ host: '127.0.0.1', port: 0 }))
    await sock.bind()
    sock.deadlines(PATIENCE_MS)
    const client = startTool(t, ['connect', '-l', '-w', '0.3', `udp:127.0.0.1:${sock.getsockname().port}`])
    client.write('one\ntwo\n')
    const [one, from] = await sock.recvfrom()
    const two = await sock.recv()
    assert.deepEqual([`${one}`, `${two}`], ['one', 'two'])
    await sock.sendto('answer', from)
    await client.waitForOutput(/answer\n/)
    client.endInput()
    assert.equal((await client.ended).code, 0)
  })

  test('connect says what went wrong, in words and as JSON, with status 1', async (t) => {
    const address = ownAddress()
    const place = `tcp:${address.host}:${address.port}`
    const refusal = `connect ECONNREFUSED ${address.host}:${address.port}`
    const inWords = await tool(['connect', place], { input: '' })
    assert.deepEqual([inWords.code, inWords.stdout, inWords.stderr], [1, '', `berkeley: ${refusal}\n`])
    const asJson = await tool(['connect', place, '--json'], { input: '' })
    const error = { event: 'error', name: 'SystemError', code: 'ECONNREFUSED', message: refusal }
    assert.deepEqual([asJson.code, JSON.parse(asJson.stderr)], [1, error])
    const path = join(tempFolder(t), 'gone')
    assert.match((await tool(['connect', `unix:${path}`], { input: '' })).stderr, /^berkeley: connect ENOENT .*gone\n$/)
    const missing = await tool(['connect', 'tls:127.0.0.1:1', '--ca', path], { input: '' })
    assert.equal(missing.code, 1)
    assert.match(missing.stderr, /ENOENT: no such file/)
  })

  test('connect --timeout ends an attempt that nobody answers', async (t) => {
    const path = abstractName()
    const server = closing(t, await stream.unix.Server.create({ path }))
    server.listen(0)
    const filler = [await stream.unix.Client.create({ path })]
    closing(t, { close: () => Promise.all(filler.map((client) => client.close())) })
    const { code, stderr } = await tool(['connect', '-t', '0.2', `unix-abstract:${path.slice(1)}`], { input: '' })
    assert.equal(code, 1)
    assert.match(stderr, /^berkeley: connect ETIMEDOUT/)
  })

  test('connect sets options before it connects', async (t) => {
    const server = closing(t, await listen({ host: '127.0.0.1', port: 0 }))
    const { port } = server.getsockname()
    const client = startTool(t, [
      'connect',
      `tcp4:127.0.0.1:${port}`,
      '--set',
      'tcpmaxseg=600',
      '--set',
      'keepalive=true',
      '-v',
    ])
    const conn = closing(t, await server.accept())
    assert.ok(conn.tcpinfo().snd_mss <= 600)
    await conn.close()
    assert.match(
      (await client.ended).stderr,
      /connected to tcp4:127\.0\.0\.1:\d+\nberkeley: 1 connection, 0 B received, 0 B sent/,
    )
  })

  test('connect takes a connection that it inherits', async (t) => {
    const [ours, theirs] = await stream.unix.pair()
    closing(t, ours)
    const fd = theirs.detach()
    const child = startTool(t, ['connect', 'fd:3'], { stdio: ['pipe', 'pipe', 'pipe', fd] })
    closeSync(fd)
    child.write('over three')
    assert.equal(String(await ours.recv()), 'over three')
    await ours.close()
    assert.equal((await child.ended).code, 0)
  })

  test('SIGINT and SIGTERM end a conversation with a summary, status 130 and 143', async (t) => {
    const server = closing(t, await listen({ host: '127.0.0.1', port: 0 }))
    for (const [signal, status] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const) {
      const client = startTool(t, ['connect', `tcp:127.0.0.1:${server.getsockname().port}`])
      const conn = closing(t, await server.accept())
      client.write('abc')
      assert.equal(String(await conn.recv()), 'abc')
      client.process.kill(signal)
      const { code, stderr } = await client.ended
      assert.equal(code, status)
      assert.match(stderr, /^berkeley: 1 connection, 0 B received, 3 B sent, \d+\.\d s\n$/)
      assert.equal(await conn.recv().catch(() => null), null)
    }
  })

  test('a reader that goes ends it with status 141', async (t) => {
    const server = closing(t, await listen({ host: '127.0.0.1', port: 0 }))
    const { port } = server.getsockname()
    const client = startTool(t, ['connect', '-n', `tcp:127.0.0.1:${port}`])
    const conn = closing(t, await server.accept())
    client.process.stdout?.destroy()
    const sending = (async () => {
      for (let i = 0; i < 1000; i++) await conn.send(Buffer.alloc(65536))
    })()
    await assert.rejects(sending, { code: /^(EPIPE|ECONNRESET)$/ })
    const { code, stderr } = await client.ended
    assert.deepEqual([code, stderr], [141, ''])
  })
})

describe('berkeley listen', () => {
  test('listen connects the first client with the standard streams, and refuses the next', async (t) => {
    const { child, port } = await listening(t, ['listen', 'tcp:127.0.0.1:0'])
    const client = closing(t, await connect({ host: '127.0.0.1', port, timeout: PATIENCE_MS }))
    child.write('from the tool')
    assert.equal(String(await client.recv()), 'from the tool')
    await assert.rejects(connect({ host: '127.0.0.1', port }), { code: 'ECONNREFUSED' })
    await client.send('to the tool')
    await client.close()
    const { code, stdout } = await child.ended
    assert.deepEqual([code, stdout], [0, 'to the tool'])
  })

  test('listen --keep takes one client after the other, until it is interrupted', async (t) => {
    const { child, port } = await listening(t, ['listen', '-k', '-v', 'tcp:127.0.0.1:0'])
    for (const word of ['one ', 'two ', 'three ']) {
      const client = await connect({ host: '127.0.0.1', port, timeout: PATIENCE_MS })
      await client.send(word)
      await client.close()
    }
    await child.waitForOutput(/one two three /)
    child.process.kill('SIGINT')
    const { code, stderr } = await child.ended
    assert.equal(code, 0)
    assert.match(stderr, /berkeley: 3 connections, 14 B received, 0 B sent, /)
  })

  test('listen --echo serves many clients at once, and a broken one disturbs nobody', async (t) => {
    const { child, port } = await listening(t, ['listen', '-e', 'tcp:127.0.0.1:0'])
    const clients = await Promise.all(Array.from({ length: 20 }, () => connect({ host: '127.0.0.1', port })))
    clients[0]?.linger(0)
    await clients[0]?.close()
    for (const [i, client] of clients.entries()) {
      if (i === 0) continue
      await client.send(`client ${i}`)
      assert.equal(String(await client.recv()), `client ${i}`)
      await client.close()
    }
    child.process.kill('SIGTERM')
    const { code, stderr } = await child.ended
    assert.equal(code, 0, stderr)
    assert.match(stderr, /berkeley: 20 connections, /)
  })

  test('a client that resets its connection before it is accepted disturbs nobody', async (t) => {
    const { child, port } = await listening(t, ['listen', '-e', '-v', '-m', '2', 'tcp:127.0.0.1:0'])
    child.process.kill('SIGSTOP')
    const gone = await connect({ host: '127.0.0.1', port })
    gone.linger(0)
    await gone.close()
    child.process.kill('SIGCONT')
    const client = closing(t, await connect({ host: '127.0.0.1', port }))
    await client.send('still there')
    assert.equal(String(await client.recv()), 'still there')
    await client.close()
    assert.equal((await child.ended).code, 0)
  })

  test('listen ends with status 130 when it is interrupted before anybody has come', async (t) => {
    const { child } = await listening(t, ['listen', 'tcp:127.0.0.1:0'])
    child.process.kill('SIGINT')
    assert.equal((await child.ended).code, 130)
  })

  test('listen --json says what happens as JSON, and data as they are', async (t) => {
    const child = startTool(t, ['listen', '--json', 'tcp:127.0.0.1:0'])
    const [, port] = await child.waitForOutput(/"address":"tcp:127\.0\.0\.1:(\d+)"/)
    const client = await connect({ host: '127.0.0.1', port: port as string })
    await client.send('{data}')
    await client.close()
    const { stdout, stderr } = await child.ended
    assert.equal(stdout, '{data}')
    const events = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.deepEqual(
      events.map(({ event }) => event),
      ['listening', 'accepted', 'summary'],
    )
    assert.equal(events[2].received, 6)
  })

  test('listen says that an address is taken', async (t) => {
    const server = closing(t, await listen({ host: '127.0.0.1', port: 0 }))
    const { port } = server.getsockname()
    const { code, stderr } = await tool(['listen', `tcp:127.0.0.1:${port}`], { input: '' })
    assert.equal(code, 1)
    assert.match(stderr, /^berkeley: bind EADDRINUSE 127\.0\.0\.1:\d+\n$/)
  })

  test('listen takes the sender of the first datagram for its client', async (t) => {
    const { child, port } = await listening(t, ['listen', 'udp:127.0.0.1:0', '-v'])
    const sock = closing(t, await dgram.inet.Socket.create({ host: '127.0.0.1', port }))
    sock.deadlines(PATIENCE_MS)
    await sock.connect()
    await sock.send('first')
    await child.waitForOutput(/first/)
    child.write('answer')
    assert.equal(String(await sock.recv()), 'answer')
    child.endInput()
    assert.equal((await child.ended).code, 0)
  })

  test('listen hears a datagram of a sender that is gone, or has no name', async (t) => {
    const name = abstractName().slice(1)
    const child = startTool(t, ['listen', '-l', '-w', '0.1', `unixgram-abstract:${name}`])
    await child.waitForOutput(/listening at/)
    child.process.kill('SIGSTOP')
    const sock = await dgram.unix.Socket.create({ path: `\0${name}` })
    await sock.bind({ path: abstractName() })
    await sock.connect()
    await sock.send('last words')
    await sock.close()
    child.process.kill('SIGCONT')
    child.endInput()
    const { code, stdout } = await child.ended
    assert.deepEqual([code, stdout], [0, 'last words\n'])
  })

  test('listen takes a server that it inherits, and one of systemd by name', async (t) => {
    const server = closing(t, await listen({ path: abstractName() }))
    const path = server.getsockname().path as string
    const inherited = startTool(t, ['listen', 'fd:3'], { stdio: ['pipe', 'pipe', 'pipe', server.fd()] })
    const client = closing(t, await connect({ path }))
    await client.send('inherited')
    await client.close()
    assert.equal((await inherited.ended).stdout, 'inherited')

    const seq = closing(t, await seqpacket.unix.Server.create({ path: abstractName() }))
    seq.listen()
    const command = ['-c', 'LISTEN_PID=$$ exec "$@"', 'sh', process.execPath, TOOL]
    const env = { ...process.env, LISTEN_FDS: '1', LISTEN_FDNAMES: 'records' }
    const child = start(t, 'sh', [...command, 'listen', 'systemd:records'], {
      env,
      stdio: ['pipe', 'pipe', 'pipe', seq.fd()],
    })
    const second = closing(t, await connect({ path: seq.getsockname().path as string, type: 'seqpacket' }))
    await second.send('record')
    await second.close()
    assert.equal((await child.ended).stdout, 'record')
  })
})

describe('other programs', () => {
  test('nc and the tool hear each other', { skip: available('nc') }, async (t) => {
    const { child, port } = await listening(t, ['listen', 'tcp:127.0.0.1:0'])
    child.write('tool')
    child.endInput()
    const nc = await run('nc', ['-N', '127.0.0.1', port], { input: 'nc', env: plainEnvironment() })
    assert.equal(nc.stdout, 'tool')
    assert.equal((await child.ended).stdout, 'nc')
    const address = ownAddress()
    const server = start(t, 'nc', ['-v', '-n', '-l', address.host, String(address.port)], { env: plainEnvironment() })
    await server.waitForOutput(/Listening on/)
    server.write('from nc')
    server.endInput()
    const { code } = await tool(['connect', `tcp:${address.host}:${address.port}`, '-w', '0.5'], {
      input: 'from the tool',
    })
    assert.equal(code, 0)
    await server.waitForOutput(/from the tool/)
  })

  test('socat and the tool hear each other over TCP, UDP, unix and IPv6', { skip: available('socat') }, async (t) => {
    const path = join(tempFolder(t), 's')
    const places: [string, (port: string) => string][] = [
      ['tcp:127.0.0.1:0', (port) => `TCP:127.0.0.1:${port}`],
      [`unix:${path}`, () => `UNIX-CONNECT:${path}`],
      ['udp:127.0.0.1:0', (port) => `UDP:127.0.0.1:${port}`],
    ]
    if (!withoutIpv6()) places.push(['tcp6:[::1]:0', (port) => `TCP6:[::1]:${port}`])
    for (const [address, target] of places) {
      const { child, port } = await listening(t, ['listen', '-e', '-m', '1', address])
      const socat = await run('socat', ['-t1', '-', target(port)], { input: 'by socat', env: plainEnvironment() })
      assert.equal(socat.stdout, 'by socat', address)
      assert.equal((await child.ended).code, 0)
    }
    const { host, port } = ownAddress()
    const server = start(t, 'socat', ['-d', '-d', `TCP-LISTEN:${port},bind=${host}`, 'EXEC:cat'], {
      env: plainEnvironment(),
    })
    await server.waitForOutput(/listening on/)
    const { stdout } = await tool(['connect', `tcp:${host}:${port}`], { input: 'echo of cat' })
    assert.equal(stdout, 'echo of cat')
  })

  test('openssl and the tool hear each other over TLS', { skip: available('openssl') }, async (t) => {
    const { cert, key, ca } = certificates(t)
    const { child, port } = await listening(t, [
      'listen',
      'tls:127.0.0.1:0',
      '--cert',
      cert,
      '--key',
      key,
      '-e',
      '-m',
      '1',
    ])
    const args = [
      's_client',
      '-quiet',
      '-verify_return_error',
      '-CAfile',
      ca,
      '-connect',
      `127.0.0.1:${port}`,
      '-servername',
      'localhost',
    ]
    const client = start(t, 'openssl', args, { env: plainEnvironment() })
    client.write('over TLS\n')
    await client.waitForOutput(/over TLS\n/)
    await client.stop()
    await child.ended

    const address = ownAddress()
    const place = `${address.host}:${address.port}`
    const server = start(
      t,
      'openssl',
      ['s_server', '-accept', place, '-cert', cert, '-key', key, '-naccept', '2', '-rev'],
      { env: plainEnvironment() },
    )
    await server.waitForOutput(/ACCEPT/)
    const tls = startTool(t, ['connect', `tls:${place}`, '--ca', ca, '--servername', 'localhost'])
    tls.write('reversed\n')
    await tls.waitForOutput(/desrever/)
    await tls.stop()
    const unknown = await tool(['connect', `tls:${place}`], { input: 'x\n' })
    assert.equal(unknown.code, 1)
    assert.match(unknown.stderr, /^berkeley: .*(UNABLE_TO|self|unable|certificate)/i)
  })
})
