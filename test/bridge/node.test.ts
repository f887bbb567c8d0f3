import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect as connectNet, createServer, type Socket as NodeSocket } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { connect, IPPROTO_TCP, listen, options, seqpacket, stream, TCP_USER_TIMEOUT } from 'berkeley'
import { closing, leavesNoFd, tempFolder } from '../util/index.js'

leavesNoFd()

describe('options of sockets that Node owns', () => {
  test('a net.Socket and a net.Server', async (t) => {
    const server = createServer()
    t.after(() => server.close())
    assert.throws(() => options(server).reuseaddr(), { code: 'EBADF' })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    assert.equal(options(server).acceptconn(), true)
    const { port } = server.address() as { port: number }
    const socket = connectNet(port, '127.0.0.1')
    const [[accepted]] = (await Promise.all([once(server, 'connection'), once(socket, 'connect')])) as [
      [NodeSocket],
      unknown,
    ]
    const own = options(socket)
    assert.equal(own.tcpusertimeout(30_000), 30_000)
    assert.equal(own.getsockopt(IPPROTO_TCP, TCP_USER_TIMEOUT, 'int'), 30_000)
    own.setsockopt(IPPROTO_TCP, TCP_USER_TIMEOUT, 5000)
    assert.equal(own.tcpusertimeout(), 5000)
    assert.ok((own.tcpinfo().rtt ?? 0) >= 0)
    assert.equal(own.tos(0x10), 0x10)
    socket.destroy()
    accepted.destroy()
    assert.throws(() => own.rcvbuf(), { code: 'EBADF' })
  })

  test('a dgram.Socket, IPv4 and IPv6', async (t) => {
    for (const [type, host] of [
      ['udp4', '127.0.0.1'],
      ['udp6', '::1'],
    ] as const) {
      const socket = createSocket(type)
      t.after(() => socket.close())
      socket.bind(0, host)
      await once(socket, 'listening')
      assert.equal(options(socket).broadcast(true), true)
      assert.equal(options(socket).mcastttl(3), 3)
    }
  })

  test('anything else is refused', () => {
    for (const wrong of [null, undefined, {}, 5, 'x', process.stdin.fd])
      assert.throws(() => options(wrong as never), { code: 'ERR_INVALID_ARG_TYPE', message: /"socket"/ })
  })
})

describe('listen() and connect()', () => {
  test('pick the class from what they are given', async (t) => {
    const folder = tempFolder(t)
    const tcp = closing(t, await listen({ host: '127.0.0.1', port: 0, backlog: 5 }))
    assert.ok(tcp instanceof stream.inet.Server && tcp.acceptconn())
    const path = join(folder, 's')
    const unix = closing(t, await listen({ path }))
    assert.ok(unix instanceof stream.unix.Server)
    const records = closing(t, await listen({ path: join(folder, 'r'), type: 'seqpacket' }))
    assert.ok(records instanceof seqpacket.unix.Server)
    const { port } = tcp.getsockname()
    assert.ok(closing(t, await connect({ host: '127.0.0.1', port, timeout: 1000 })) instanceof stream.inet.Client)
    assert.ok(closing(t, await connect({ path })) instanceof stream.unix.Client)
    const record = closing(t, await connect({ pathname: join(folder, 'r'), type: 'seqpacket' }))
    await record.send('x')
    assert.equal(String(await closing(t, await records.accept()).recv()), 'x')
  })

  test('refuse what does not go together', async () => {
    await assert.rejects(listen({ port: 0, type: 'seqpacket' } as never), { code: 'ERR_INVALID_ARG_VALUE' })
    await assert.rejects(connect({ path: '/x', type: 'dgram' } as never), { code: 'ERR_INVALID_ARG_VALUE' })
    await assert.rejects(connect({ path: '/x', port: 1 } as never), { code: 'ERR_INVALID_ARG_VALUE' })
    await assert.rejects(listen(null as never), { code: 'ERR_INVALID_ARG_TYPE' })
    await assert.rejects(listen({ port: 0, backlog: 'x' } as never), { code: 'ERR_INVALID_ARG_TYPE' })
  })
})
