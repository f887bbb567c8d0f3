import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { AddrInfo, seqpacket, stream, tls } from 'berkeley'
import { socket as low, SOCK_STREAM } from 'berkeley/llsocket'
import { sys } from '#internal/constants/lookup.js'
import { root } from '../tls/pki.js'
import { abstractName, closing, coded, countFds, leavesNoFd, tempFolder } from '../util/index.js'
import { conversation, portOf, refusing } from './common.js'

leavesNoFd()

const { pem: cert, keyPem: key } = root()

/** A property that is good once. */
function changing(name: string, good: unknown, ...later: unknown[]): object {
  const answers = [good, ...later]
  return Object.defineProperty({}, name, {
    enumerable: true,
    get: () => (answers.length > 1 ? answers.shift() : answers[0]),
  })
}

describe('options of create()', () => {
  test('create() refuses an unknown option instead of ignoring it', async () => {
    const refused = { code: 'ERR_INVALID_ARG_VALUE', message: /no property "(hots|tlscfg|host)"/ }
    await assert.rejects(stream.inet.Server.create({ hots: '127.0.0.1' } as never), refused)
    await assert.rejects(seqpacket.unix.Client.create({ path: '/x', tlscfg: {} } as never), refused)
    await assert.rejects(stream.unix.Server.create({ path: '/x', host: 'x' } as never), refused)
  })

  test('create() refuses options that are empty or missing', async () => {
    for (const options of [{ host: '', port: 1 }, { host: 'x', port: '' }, { host: 'x', port: 0 }, { host: 'x' }])
      await assert.rejects(stream.inet.Client.create(options as never), {
        code: /^ERR_/,
        message: /options\.(host|port)/,
      })
    await assert.rejects(stream.inet.Server.create({ host: '' }), { code: 'ERR_INVALID_ARG_VALUE' })
    for (const options of [{ path: '' }, { path: 'a', pathname: 'b' }])
      await assert.rejects(stream.unix.Server.create(options as never), { code: 'ERR_INVALID_ARG_VALUE' })
  })

  test('create() of a unix socket rejects with a TypeError when it gets no path', async () => {
    await assert.rejects(stream.unix.Server.create({} as never), {
      code: 'ERR_INVALID_ARG_TYPE',
      message: /"options.path"/,
    })
    await assert.rejects(stream.unix.Client.create(null as never), {
      code: 'ERR_INVALID_ARG_TYPE',
      message: /"options"/,
    })
    await assert.rejects(stream.unix.Client.create({ path: '/a\0b' }), { code: 'ERR_INVALID_ARG_VALUE' })
  })

  test('create() switches TCP_NODELAY on unless the option says otherwise', async (t) => {
    const [client, peer] = await conversation(t)
    assert.equal(client.tcpnodelay(), true)
    assert.equal(peer.tcpnodelay(), true)
    const server = closing(t, await stream.inet.Server.create({ host: '127.0.0.1', tcpnodelay: false }))
    server.listen()
    const slow = closing(
      t,
      await stream.inet.Client.create({ host: '127.0.0.1', port: portOf(server), tcpnodelay: false }),
    )
    assert.equal(slow.tcpnodelay(), false)
    assert.equal(closing(t, await server.accept()).tcpnodelay(), false)
  })

  test('create() reads tlscfg once: one that is gone at the second read does not make a server without TLS', async (t) => {
    const options = Object.defineProperties(
      { path: abstractName() },
      Object.getOwnPropertyDescriptors(changing('tlscfg', { cert, key }, undefined)),
    )
    const server = closing(t, await tls.unix.Server.create(options as never))
    server.listen()
    const client = closing(t, await stream.unix.Client.create({ path: server.getsockname().path as string }))
    const peer = closing(t, await server.accept())
    assert.deepEqual([peer.encrypted, client.encrypted], [true, false])
  })
})

describe('prepare()', () => {
  test('prepare() is called with each new socket of a client and may set options and bind it', async (t) => {
    const server = closing(t, await stream.inet.Server.create({ host: '127.0.0.1' }))
    server.listen()
    const { port } = server.getsockname()
    const client = closing(
      t,
      await stream.inet.Client.create({
        host: '127.0.0.1',
        port,
        prepare(sock, ai) {
          assert.equal(ai.port, port)
          sock.rcvbuf(8192)
          sock.bind(AddrInfo.inet('127.0.0.7'))
        },
      }),
    )
    assert.equal(client.rcvbuf(), 16_384)
    assert.equal(client.getsockname().addr, '127.0.0.7')
    assert.equal(closing(t, await server.accept()).getpeername().addr, '127.0.0.7')
    await client.connect()
    assert.equal(client.getsockname().addr, '127.0.0.7')
  })

  test('prepare() of a server is called before bind()', async (t) => {
    const bound: string[] = []
    const prepare = (sock: { getsockname(): AddrInfo }): void => void bound.push(String(sock.getsockname()))
    closing(t, await stream.inet.Server.create({ host: '127.0.0.1', prepare }))
    closing(t, await stream.unix.Server.create({ path: join(tempFolder(t), 's'), prepare }))
    assert.deepEqual(bound, ['0.0.0.0:0', ''])
  })

  test('create() rejects with what prepare() throws and leaves nothing open', async () => {
    const boom = new Error('boom')
    const prepare = (): never => {
      throw boom
    }
    await assert.rejects(stream.inet.Server.create({ host: '127.0.0.1', prepare }), boom)
    await assert.rejects(stream.inet.Client.create({ host: '127.0.0.1', port: 1, prepare }), boom)
    const refused = { code: 'ERR_INVALID_ARG_TYPE', message: /options.prepare/ }
    await assert.rejects(stream.inet.Server.create({ prepare: 5 as never }), refused)
    await assert.rejects(stream.inet.Client.create({ port: 1, prepare: 5 as never }), refused)
  })
})

describe('errors of the kernel', () => {
  test('create() closes the client when the kernel refuses an option', async (t) => {
    const server = closing(t, await stream.inet.Server.create({ host: '127.0.0.1' }))
    server.listen()
    const { port } = server.getsockname()
    const before = countFds()
    await refusing(
      t,
      'setsockopt',
      () => true,
      () => stream.inet.Client.create({ host: '127.0.0.1', port }),
    )
    assert.equal(countFds(), before)
  })

  test('create() closes the server when the kernel refuses to make it non-blocking', async (t) => {
    const before = countFds()
    const isAsked = (_fd: number, command: number): boolean => command === sys.F_GETFL
    await refusing(t, 'fcntl', isAsked, () => stream.inet.Server.create({ host: '127.0.0.1' }))
    assert.equal(countFds(), before)
  })
})

describe('the constructor', () => {
  for (const wrong of [7, 'x', {}, Object.create(null), Symbol('s'), null] as never[])
    test(`the constructor refuses ${String(typeof wrong)} as a TLS session and leaves the descriptor to the caller`, (t) => {
      const [a, b] = low.pair(SOCK_STREAM, true)
      for (const sock of [a, b]) closing(t, sock)
      assert.throws(() => new stream.unix.Socket(a, wrong), coded('ERR_INVALID_ARG_TYPE'))
      assert.ok(a.fd() >= 0)
    })
})
