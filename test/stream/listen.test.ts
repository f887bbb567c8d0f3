// From create() of a server to its first connection: binding, listening, the backlog.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { stream } from 'berkeley'
import { threadPoller } from '#internal/engine/choose-poller.js'
import { abstractName, closing, closingAll, leavesNoFd, tempFolder, withoutIpv6 } from '../util/index.js'
import { listening, portOf, watched } from './common.js'

leavesNoFd()

// It has a descriptor of its own, which must not be counted during a test.
threadPoller()

describe('bind and listen', () => {
  test('create() sets SO_REUSEADDR unless the option says otherwise', async (t) => {
    const on = closing(t, await stream.inet.Server.create({ host: '127.0.0.1', reuseport: true }))
    const off = closing(t, await stream.inet.Server.create({ host: '127.0.0.1', reuseaddr: false }))
    assert.equal(on.reuseaddr(), true)
    assert.equal(on.reuseport(), true)
    assert.equal(off.reuseaddr(), false)
    assert.equal(off.reuseport(), false)
    assert.equal(off.isnonblock(), true)
    assert.equal(off.cloexec(), true)
  })

  test('create() rejects with EADDRINUSE and the address when the address is in use', async (t) => {
    const server = await listening(t)
    await assert.rejects(stream.inet.Server.create({ host: '127.0.0.1', port: portOf(server) }), {
      code: 'EADDRINUSE',
      syscall: 'bind',
      address: '127.0.0.1',
      port: portOf(server),
    })
  })

  test('a server without a host accepts IPv6 and IPv4 connections', { skip: withoutIpv6() }, async (t) => {
    const server = closing(t, await stream.inet.Server.create())
    server.listen()
    const { port } = server.getsockname()
    for (const host of ['127.0.0.1', '::1']) {
      const client = closing(t, await stream.inet.Client.create({ host, port }))
      await client.send(host)
      assert.equal(String(await closing(t, await server.accept()).recv()), host)
    }
  })

  for (const [kind, pathOf] of [
    ['a path', (folder: string) => join(folder, 's')],
    ['an abstract name', () => abstractName()],
    ['a path given as bytes', (folder: string) => Buffer.from(join(folder, 's'))],
  ] as const)
    test(`a unix server accepts connections at ${kind}`, async (t) => {
      const path = pathOf(tempFolder(t))
      const server = closing(t, await stream.unix.Server.create({ path }))
      server.listen()
      assert.equal(String(server.getsockname().path), String(path))
      const client = closing(t, await stream.unix.Client.create({ pathname: path }))
      const peer = closing(t, await server.accept())
      assert.ok(peer instanceof stream.unix.Socket)
      await client.send('hello')
      assert.equal((await peer.recv())?.toString(), 'hello')
    })

  test('a socket is not in the epoll set before a call has to wait (H09)', async (t) => {
    const servers = await Promise.all(
      Array.from({ length: 50 }, () => stream.inet.Server.create({ host: '127.0.0.1' })),
    )
    closingAll(t, servers)
    for (const server of servers.slice(25)) server.listen()
    const known = new Set(watched())
    assert.deepEqual(
      servers.map((server) => server.fd()).filter((fd) => known.has(fd)),
      [],
    )
  })
})
