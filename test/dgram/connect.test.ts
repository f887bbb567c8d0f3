import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { AddrInfo, AF_INET, dgram } from 'berkeley'
import { native } from '#internal/native/sockets.js'
import { available, closing, eachFamily, leavesNoFd, run, tempFolder, withoutIpv6 } from '../util/index.js'
import { bound, portOf } from './common.js'

leavesNoFd()

eachFamily(({ loopback }) => {
  test('connect() sets the peer, and connect(null) removes it', async (t) => {
    const server = await bound(t, loopback)
    const client = closing(t, await dgram.inet.Socket.create({ host: loopback, port: portOf(server) }))
    await client.connect()
    await client.send('to the peer')
    assert.equal(String((await server.recvfrom())[0]), 'to the peer')
    await client.connect(null)
    assert.throws(() => client.getpeername(), { code: 'ENOTCONN' })
    await client.connect({ host: loopback, port: portOf(server) })
    assert.equal(client.getpeername().port, portOf(server))
  })
})

const unableToIsolate = available('unshare') || available('ip') || (process.getuid?.() !== 0 && 'namespaces need root')

/** Whether a datagram of a stranger arrives at that port, as only on a socket without a peer. */
async function hears(sock: dgram.inet.Socket, to: AddrInfo): Promise<void> {
  const stranger = await dgram.inet.Socket.create({ family: to.family })
  try {
    await stranger.sendto('x', to)
    assert.equal(String((await sock.recvfrom())[0]), 'x')
  } finally {
    await stranger.close()
  }
}

eachFamily(({ loopback, wildcard, family, address }) => {
  for (const host of [loopback, wildcard])
    test(`connect(null) leaves a socket that bind() gave a free port of ${host} where it was`, async (t) => {
      const peer = await bound(t, loopback)
      const sock = await bound(t, host)
      const before = String(sock.getsockname())
      for (let i = 0; i < 3; i++) {
        await sock.connect({ host: loopback, port: portOf(peer) })
        await sock.connect(null)
        assert.equal(String(sock.getsockname()), before)
        assert.throws(() => sock.getpeername(), { code: 'ENOTCONN' })
      }
      await hears(sock, address(portOf(sock)))
    })

  test('connect(null) leaves a port that sendto() chose, and takes a peer of none back without an error', async (t) => {
    const peer = await bound(t, loopback)
    const sock = closing(t, await dgram.inet.Socket.create({ family }))
    await sock.connect(null)
    await sock.sendto('x', peer.getsockname())
    const port = portOf(sock)
    await sock.connect({ host: loopback, port: portOf(peer) })
    await sock.connect(null)
    assert.equal(String(sock.getsockname()), String(AddrInfo[family === AF_INET ? 'inet' : 'inet6'](wildcard, port)))
    await hears(sock, address(port))
  })

  test('connect(null) leaves a socket bound to its device', async (t) => {
    const peer = await bound(t, loopback)
    const sock = await bound(t, loopback)
    assert.equal(sock.bindtodevice('lo'), 'lo')
    await sock.connect({ host: loopback, port: portOf(peer) })
    await sock.connect({ host: loopback, port: portOf(peer) })
    assert.equal(sock.bindtodevice(), 'lo')
    await sock.connect(null)
    assert.equal(sock.bindtodevice(), 'lo')
  })

  test('connect(null) rejects with EADDRINUSE when another socket takes the port meanwhile', async (t) => {
    const sock = await bound(t, loopback)
    const port = portOf(sock)
    await sock.connect({ host: loopback, port: 9 })
    const thief = closing(t, await dgram.inet.Socket.create({ family }))
    const { connect, bind } = native
    t.mock.method(native, 'connect', (fd: number, sockaddr: Uint8Array) => {
      const result = connect(fd, sockaddr)
      assert.equal(bind(thief.fd(), address(port).sockaddr), 0)
      return result
    })
    const lost = { code: 'EADDRINUSE', syscall: 'bind', port, message: /lost its port/ }
    await assert.rejects(sock.connect(null), lost)
  })

  test('a peer that is refused leaves the former one', async (t) => {
    const peer = await bound(t, loopback)
    const sock = await bound(t, loopback)
    await sock.connect({ host: loopback, port: portOf(peer) })
    const [before, name] = [String(sock.getpeername()), String(sock.getsockname())]
    const unreachable = family === AF_INET ? '255.255.255.255' : 'fe80::1'
    await assert.rejects(sock.connect({ host: unreachable, port: 9 }), { syscall: 'connect', address: unreachable })
    assert.deepEqual([String(sock.getpeername()), String(sock.getsockname())], [before, name])
    await sock.send('x')
    assert.equal(String((await peer.recvfrom())[0]), 'x')
  })
})

describe('connecting anew (H114)', () => {
  test('the source address is chosen for the new peer, and the port stays', { skip: unableToIsolate }, async () => {
    const script = `
      import { dgram } from ${JSON.stringify(import.meta.resolve('berkeley'))}
      const sock = await dgram.inet.Socket.create({ host: '0.0.0.0', port: 0 })
      await sock.bind()
      const { port } = sock.getsockname()
      for (const host of ['127.0.0.1', '10.77.7.1', '10.77.7.2', '127.0.0.1']) {
        await sock.connect({ host, port: 9 })
        const local = sock.getsockname()
        console.log(host, local.addr, local.port === port)
      }
      await sock.close()`
    const setup = 'ip link set lo up; ip addr add 10.77.7.1/32 dev lo; ip addr add 10.77.7.2/32 dev lo; exec "$@"'
    const inner = ['sh', '-e', '-c', setup, 'sh', process.execPath, '--input-type=module', '-e', script]
    const { stdout, stderr } = await run('unshare', ['--net', ...inner])
    const expected = ['127.0.0.1', '10.77.7.1', '10.77.7.2', '127.0.0.1'].map((host) => `${host} ${host} true\n`)
    assert.equal(stdout, expected.join(''), stderr)
  })

  test('a source address that bind() was given stays', async (t) => {
    const [one, other] = [await bound(t, '127.0.0.1'), await bound(t, '127.0.0.2')]
    const sock = await bound(t, '127.0.0.3')
    for (const peer of [one, other]) {
      await sock.connect({ host: peer.getsockname().addr, port: portOf(peer) })
      assert.equal(sock.getsockname().addr, '127.0.0.3')
    }
  })

  test('a socket for both families turns from a peer of one to a peer of the other', {
    skip: withoutIpv6(),
  }, async (t) => {
    const peers = [await bound(t, '::1'), await bound(t, '127.0.0.1')]
    const sock = closing(t, await dgram.inet.Socket.create({ port: 0 }))
    await sock.bind()
    const port = portOf(sock)
    for (const peer of [...peers, ...peers]) {
      const { addr } = peer.getsockname()
      await sock.connect({ host: addr, port: portOf(peer) })
      await sock.send(addr)
      const [data, from] = await peer.recvfrom()
      assert.deepEqual([String(data), from.port], [addr, port])
    }
    await sock.connect(null)
    assert.equal(String(sock.getsockname()), `[::]:${port}`)
  })
})

describe('errors of connected sockets', () => {
  test("recv() rejects once with ECONNREFUSED when no socket is bound at the peer's port, and the socket stays usable (H35)", async (t) => {
    const gone = await bound(t)
    const address = gone.getsockname()
    await gone.close()
    const client = closing(t, await dgram.inet.Socket.create({ host: '127.0.0.1', port: address.port as number }))
    await client.connect()
    await client.send('x')
    await assert.rejects(client.recv(), { code: 'ECONNREFUSED' })
    const server = await bound(t)
    await client.connect({ host: '127.0.0.1', port: portOf(server) })
    await client.send('y')
    assert.equal(String(await server.recv()), 'y')
  })

  test('connect() and sendto() reject with ENOENT and the path when no socket is bound there', async (t) => {
    const path = join(tempFolder(t), 'd')
    const client = closing(t, await dgram.unix.Socket.create({ path }))
    await assert.rejects(client.connect(), { message: `connect ENOENT ${path}` })
    await assert.rejects(client.sendto('x', AddrInfo.unix(path)), { code: 'ENOENT', syscall: 'sendto', path })
    await assert.rejects(dgram.unix.Socket.create({ path: 5 as never }), { code: 'ERR_INVALID_ARG_TYPE' })
  })
})
