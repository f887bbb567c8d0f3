import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import net, { connect as connectNet, createServer, type Socket as NodeSocket } from 'node:net'
import { describe, test } from 'node:test'
import { IPPROTO_TCP, options, SO_PROTOCOL, SOL_SOCKET, stream, TCP_USER_TIMEOUT } from 'berkeley'
import { leavesNoFd } from '../util/index.js'

leavesNoFd()

interface Bound {
  fd(): number
  close(): void
}

/** Node 26 has it. */
const { BoundSocket } = net as { BoundSocket?: new (options: object) => Bound }

describe('options() of Node sockets', () => {
  test('options() reads and sets the options of a net.Socket and a net.Server', async (t) => {
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

  test('options() sets the options of a dgram.Socket for IPv4 and IPv6', async (t) => {
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

  test('options() reads and sets the options of a net.BoundSocket, until it is closed or adopted', {
    skip: BoundSocket === undefined && 'this Node has no net.BoundSocket',
  }, async (t) => {
    const make = (): Bound => new (BoundSocket as new (options: object) => Bound)({ port: 0, host: '127.0.0.1' })
    const bound = make()
    const own = options(bound)
    assert.equal(own.tcpusertimeout(1234), 1234)
    const server = createServer()
    server.listen(bound as never)
    await once(server, 'listening')
    assert.equal(options(server).tcpusertimeout(), 1234)
    assert.throws(() => own.tcpusertimeout(), { code: 'EBADF' })
    await new Promise((closed) => server.close(closed))
    const closed = make()
    closed.close()
    assert.throws(() => options(closed).rcvbuf(), { code: 'EBADF' })
    const fooling = Object.assign(make(), { fd: () => 0 })
    t.after(() => fooling.close())
    assert.equal(options(fooling).getsockopt(SOL_SOCKET, SO_PROTOCOL, 'int'), IPPROTO_TCP)
  })

  test('options() reads and sets the options of the socket below duplex()', async () => {
    const [a, b] = await stream.unix.pair()
    const duplex = a.duplex()
    assert.equal(options(duplex).peercred().pid, process.pid)
    assert.equal(options(duplex).passcred(true), true)
    assert.equal(a.passcred(), true)
    duplex.destroy()
    await once(duplex, 'close')
    assert.throws(() => options(duplex).rcvbuf(), { code: 'EBADF' })
    await b.close()
  })

  test('options() refuses everything that is not a Node socket', () => {
    for (const wrong of [null, undefined, {}, 5, 'x', process.stdin.fd])
      assert.throws(() => options(wrong as never), { code: 'ERR_INVALID_ARG_TYPE', message: /"socket"/ })
  })
})
