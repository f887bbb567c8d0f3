// What observers are told: the channels of node:diagnostics_channel, and NODE_DEBUG=berkeley.
import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, test } from 'node:test'
import { connect, type DiagnosticsMessages, listen, SystemError, seqpacket, stream, TimeoutError, tls } from 'berkeley'
import { hostAuthority, hostConfig } from '../tls/common.js'
import { abstractName, closing, eventually, leavesNoFd, run, runScript, script } from '../util/index.js'

leavesNoFd()

type Name = keyof DiagnosticsMessages
type Test = Parameters<typeof closing>[0]

const NAMES: readonly Name[] = ['berkeley.connect', 'berkeley.accept', 'berkeley.close', 'berkeley.error']

/** What is told while a test runs. */
function listening(t: Test, act: (name: Name, message: never) => void): void {
  for (const name of NAMES) {
    const listener = (message: unknown): void => act(name, message as never)
    subscribe(name, listener)
    t.after(() => unsubscribe(name, listener))
  }
}

function recording(t: Test): [Name, Record<string, unknown>][] {
  const told: [Name, Record<string, unknown>][] = []
  listening(t, (name, message) => told.push([name, message]))
  return told
}

const byName = ([one]: unknown[], [other]: unknown[]): number => String(one).localeCompare(String(other))

describe('diagnostics channels', () => {
  test('connect, accept and close are told with their sockets, for streams and seqpackets', async (t) => {
    for (const options of [
      { host: '127.0.0.1' },
      { path: abstractName() },
      { path: abstractName(), type: 'seqpacket' },
    ]) {
      const told = recording(t)
      const server = await listen(options as { host: string })
      const to = 'path' in options ? options : { ...options, port: server.getsockname().port }
      const [client, conn] = await Promise.all([connect(to as { path: string }), server.accept()])
      const opened = [
        ['berkeley.connect', { socket: client }],
        ['berkeley.accept', { socket: conn, server }],
      ]
      const plain = (): unknown[] => told.map(([name, message]) => [name, { ...message }]).sort(byName)
      assert.deepEqual(plain(), opened.sort(byName))
      told.length = 0
      for (const socket of [client, conn, server]) await socket.close()
      await client.close()
      assert.deepEqual(
        plain(),
        [client, conn, server].map((socket) => ['berkeley.close', { socket }]),
      )
      told.length = 0
    }
  })

  test('a socket that is about to be closed can still be asked', async (t) => {
    const server = closing(t, await listen({ host: '127.0.0.1' }))
    const asked: unknown[] = []
    listening(t, (name, { socket }: { socket: stream.inet.Socket }) => {
      if (name === 'berkeley.close' && socket instanceof stream.inet.Client)
        asked.push(socket.getpeername().port, socket.tcpinfo().state)
    })
    const { port } = server.getsockname()
    await (await connect({ host: '127.0.0.1', port })).close()
    assert.deepEqual(asked.slice(0, 2), [port, 1])
  })

  test('a connection over TLS is told after its handshake', async (t) => {
    const server = closing(t, await listen({ host: '127.0.0.1', tlscfg: hostConfig }))
    const protocols: unknown[] = []
    listening(t, (name, { socket }: { socket: stream.inet.Client }) => {
      if (name === 'berkeley.connect') protocols.push(socket.getProtocol())
    })
    const serving = server.accept().then((conn) => conn.recv().finally(() => conn.close()))
    const { port } = server.getsockname()
    const tlscfg = { ca: hostAuthority.pem, servername: 'host.example' }
    const client = await connect({ host: '127.0.0.1', port, tlscfg })
    await client.close()
    await serving
    assert.deepEqual(protocols, ['TLSv1.3'])
  })

  test('an attempt that fails is told with its error, and every failed call is', async (t) => {
    const path = abstractName()
    const told = recording(t)
    const client = await stream.unix.Client.create({ path }, false)
    const error = await client.connect().catch((error: unknown) => error)
    assert.ok(error instanceof SystemError)
    // The end of connections of the test before may be told meanwhile.
    const isTold = (failure: unknown): boolean =>
      told.some(([name, message]) => name === 'berkeley.error' && message['error'] === failure)
    await eventually(() => isTold(error), 'the error')
    const attempt = told.find(([name, { socket }]) => name === 'berkeley.connect' && socket === client)
    assert.deepEqual({ ...attempt?.[1] }, { socket: client, error })
    const [a, b] = await seqpacket.unix.pair()
    const late = await a.recv({ timeout: 1 }).catch((failure: Error) => failure)
    assert.ok(late instanceof TimeoutError)
    await eventually(() => isTold(late), 'the timeout')
    const ca = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
    const isOfTls = (failure: unknown): boolean => failure instanceof tls.TlsError && failure.syscall === 'tlscfg.ca'
    assert.throws(() => tls.Context.client({ ca }), isOfTls)
    await eventually(() => told.some(([, message]) => isOfTls(message['error'])), 'the error of TLS')
    await Promise.all([a.close(), b.close()])
  })

  test('a failure of a call that may wait names its socket, what it did, and the addresses (H160)', async (t) => {
    const server = closing(t, await listen({ host: '127.0.0.1' }))
    const { port } = server.getsockname()
    const client = closing(t, await connect({ host: '127.0.0.1', port }))
    const conn = closing(t, await server.accept())
    const told: DiagnosticsMessages['berkeley.error'][] = []
    listening(t, (name, message) => name === 'berkeley.error' && told.push(message))
    const failed = async (act: () => unknown): Promise<DiagnosticsMessages['berkeley.error']> => {
      const error = await (async () => act())().catch((failure: unknown) => failure)
      await eventually(() => told.some((message) => message.error === error), String(error))
      return told.find((message) => message.error === error) as DiagnosticsMessages['berkeley.error']
    }
    const late = await failed(() => client.recv({ timeout: 1 }))
    assert.deepEqual([late.socket, late.operation, late.peer?.port], [client, 'recv', port])
    assert.equal(late.local?.port, conn.getpeername().port)
    const loop = await failed(() => client.forEach(() => undefined, { timeout: 1 }))
    assert.deepEqual([loop.socket, loop.operation], [client, 'recv'])
    const waiting = await failed(() => server.accept({ timeout: 1 }))
    assert.deepEqual(
      [waiting.socket, waiting.operation, waiting.local?.port, waiting.peer],
      [server, 'accept', port, undefined],
    )
    const canceled = await failed(() => {
      const receiving = conn.recv()
      void conn.close()
      return receiving
    })
    assert.deepEqual([canceled.socket, (canceled.error as SystemError).code], [conn, 'ECANCELED'])
    const closed = await failed(() => conn.send('x'))
    assert.deepEqual([closed.socket, closed.operation, closed.local], [conn, 'send', undefined])
    const [a, b] = await stream.unix.pair()
    await b.close()
    const duplex = a.duplex({ allowHalfOpen: true })
    duplex.on('error', () => undefined)
    const written = await failed(() => new Promise((_, reject) => duplex.write('x', reject)))
    assert.deepEqual([written.socket, (written.error as SystemError).code], [a, 'EPIPE'])
    duplex.destroy()
  })

  test('a failure without a socket names none: of a lookup, and of the configuration of TLS', async (t) => {
    const told: DiagnosticsMessages['berkeley.error'][] = []
    listening(t, (name, message) => name === 'berkeley.error' && told.push(message))
    const ca = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
    assert.throws(() => tls.Context.client({ ca }))
    await eventually(() => told.length > 0, 'the error')
    assert.deepEqual([told[0]?.operation, told[0]?.socket, told[0]?.local], ['tlscfg.ca', undefined, undefined])
  })

  test('a failure of TLS names the connection', async (t) => {
    const server = closing(t, await listen({ host: '127.0.0.1', tlscfg: hostConfig }))
    const told: DiagnosticsMessages['berkeley.error'][] = []
    listening(t, (name, message) => name === 'berkeley.error' && told.push(message))
    const client = closing(t, await connect({ host: '127.0.0.1', port: server.getsockname().port }))
    const conn = closing(t, await server.accept())
    await client.send('this is no TLS, and never will be'.repeat(10))
    const error = await conn.recv().catch((failure: unknown) => failure)
    assert.ok(error instanceof tls.TlsError)
    await eventually(() => told.some((message) => message.error === error), 'the error')
    assert.equal(told.find((message) => message.error === error)?.socket, conn)
  })

  test('a subscriber may close what it is told of (H133)', async (t) => {
    const server = closing(t, await listen({ path: abstractName() }))
    const closed: Promise<void>[] = []
    let closes = 0
    listening(t, (name, message: { socket?: stream.unix.Socket }) => {
      if (name === 'berkeley.close') closes++
      if (message.socket && message.socket !== (server as unknown)) closed.push(message.socket.close())
    })
    const path = server.getsockname().path as string
    const client = await stream.unix.Client.create({ path })
    const conn = await server.accept()
    await Promise.all(closed)
    assert.deepEqual([client.fd(), conn.fd()], [-1, -1])
    assert.equal(closes, 2)
  })

  test('what a subscriber throws is an uncaught exception, and disturbs no call (H133)', async () => {
    const { stdout, stderr } = await runScript(`
      import { subscribe } from 'node:diagnostics_channel'
      import { stream } from 'berkeley'
      process.on('uncaughtException', (error) => console.log('uncaught', error.message))
      for (const what of ['close', 'error']) subscribe('berkeley.' + what, () => { throw new Error(what) })
      const [a, b] = await stream.unix.pair()
      await a.close()
      console.log('closed', a.fd())
      await a.recv().catch((error) => console.log(error.code))
      await b.close()
    `)
    const lines = stdout.trim().split('\n')
    assert.deepEqual(
      lines.filter((line) => !line.startsWith('uncaught')),
      ['closed -1', 'EBADF'],
      stderr,
    )
    assert.deepEqual(lines.filter((line) => line.startsWith('uncaught')).sort(), [
      'uncaught close',
      'uncaught close',
      'uncaught error',
    ])
  })

  test('NODE_DEBUG=berkeley writes a line for each, and nothing otherwise', async () => {
    const path = abstractName()
    const program = script(`
      import { connect, listen } from 'berkeley'
      const server = await listen({ path: ${JSON.stringify(path)} })
      const [client, conn] = await Promise.all([connect({ path: ${JSON.stringify(path)} }), server.accept()])
      for (const one of [client, conn, server]) await one.close()
      await client.recv().catch(() => undefined)
    `)
    const env = { ...process.env, NODE_DEBUG: 'berkeley' }
    const { stderr } = await run(process.execPath, program, { env })
    const lines = stderr.trim().split('\n')
    const counted = [
      'connect UnixStreamClient',
      'accept UnixStreamSocket',
      'close',
      'error SystemError: recv EBADF',
    ].map((text) => lines.filter((line) => /^BERKELEY \d+: /.test(line) && line.includes(`: ${text}`)).length)
    assert.deepEqual(counted, [1, 1, 3, 1], stderr)
    assert.equal((await run(process.execPath, program)).stderr, '')
  })
})
