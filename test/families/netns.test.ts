// Sockets of another network namespace, and descriptors of other processes.
import assert from 'node:assert/strict'
import { closeSync, openSync } from 'node:fs'
import { describe, it } from 'node:test'
import { Worker } from 'node:worker_threads'
import {
  AddrInfo,
  AF_INET,
  close,
  connect,
  dgram,
  listen,
  pidfd_getfd,
  pidfd_open,
  SOCK_DGRAM,
  SOCK_STREAM,
  stream,
} from 'berkeley'
import { socket } from 'berkeley/llsocket'
import { closing, leavesNoFd, start } from '../util/index.js'
import { otherNamespace, withoutNamespaces } from './kernel.js'

leavesNoFd()

const udp = AddrInfo.inet('127.0.0.1', 0, { socktype: SOCK_DGRAM })

function cookieHere(): bigint {
  const sock = socket.create(udp)
  try {
    return sock.netnscookie()
  } finally {
    sock.close()
  }
}

describe('a socket of another network namespace', { skip: withoutNamespaces() }, () => {
  it('sockets talk in the namespace that they are made in, and the thread stays where it was (H136)', async (t) => {
    const { path } = await otherNamespace(t)
    const before = cookieHere()
    const fd = openSync(path, 'r')
    t.after(() => closeSync(fd))
    const options = { address: AddrInfo.inet('127.0.0.1'), type: SOCK_DGRAM }
    const a = closing(t, await dgram.any.Socket.create({ ...options, netns: path }))
    const b = closing(t, await dgram.any.Socket.create({ ...options, netns: fd }))
    assert.equal(cookieHere(), before)
    assert.equal(a.netnscookie(), b.netnscookie())
    assert.notEqual(a.netnscookie(), before)
    await a.bind()
    await b.bind()
    await a.sendto('within', b.getsockname())
    assert.equal(String(await b.recv({ timeout: 5000 })), 'within')
    const here = closing(t, await dgram.inet.Socket.create())
    await here.sendto('without', a.getsockname())
    await assert.rejects(a.recv({ timeout: 50 }), { name: 'TimeoutError' })
  })

  it('a server of another namespace is not reached from here', async (t) => {
    const { path } = await otherNamespace(t)
    const server = closing(t, await stream.any.Socket.create({ address: AddrInfo.inet('127.0.0.1'), netns: path }))
    await server.bind()
    server.listen()
    const outside = closing(t, await stream.any.Socket.create({ family: AF_INET, type: SOCK_STREAM }))
    await assert.rejects(outside.connect(server.getsockname()), { code: 'ECONNREFUSED' })
    const inside = closing(t, await stream.any.Socket.create({ family: AF_INET, netns: path }))
    await inside.connect(server.getsockname(), { timeout: 5000 })
    closing(t, await server.accept())
  })

  it('clients and servers of each class take a namespace, by path and by descriptor (H174)', async (t) => {
    const { path } = await otherNamespace(t)
    const fd = openSync(path, 'r')
    t.after(() => closeSync(fd))
    const name = '\0berkeley-netns'
    const server = closing(t, await listen({ host: '127.0.0.1', port: 0, netns: path }))
    const unixServer = closing(t, await listen({ path: name, netns: fd }))
    const { port } = server.getsockname()
    for (const netns of [path, fd]) {
      closing(t, await connect({ host: '127.0.0.1', port, netns, timeout: 5000 }))
      closing(t, await server.accept({ timeout: 5000 }))
      closing(t, await connect({ path: name, netns }))
      closing(t, await unixServer.accept({ timeout: 5000 }))
    }
    await assert.rejects(connect({ host: '127.0.0.1', port }), { code: 'ECONNREFUSED' })
    await assert.rejects(connect({ path: name }), { code: 'ECONNREFUSED' })
    const udpServer = closing(t, await dgram.inet.Socket.create({ host: '127.0.0.1', port: 0, netns: path }))
    await udpServer.bind()
    const udpClient = closing(t, await dgram.inet.Socket.create({ netns: path }))
    await udpClient.sendto('inside', udpServer.getsockname())
    assert.equal(String(await udpServer.recv({ timeout: 5000 })), 'inside')
    const log = closing(t, await dgram.unix.Socket.create({ path: '\0berkeley-log', netns: path }))
    await log.bind()
    const logger = closing(t, await dgram.unix.Socket.create({ netns: fd }))
    await logger.sendto('entry', log.getsockname())
    assert.equal(String(await log.recv({ timeout: 5000 })), 'entry')
  })

  it('a namespace that cannot be one is refused, and one that is none is told by its path (H174)', async () => {
    for (const wrong of ['', 'a\0b', -1, 1.5, {}, true])
      for (const make of [
        () => connect({ port: 9, netns: wrong as string }),
        () => listen({ netns: wrong as string }),
        () => listen({ path: '\0x', netns: wrong as string }),
        () => connect({ path: '\0x', netns: wrong as string }),
        () => dgram.inet.Socket.create({ netns: wrong as string }),
        () => dgram.unix.Socket.create({ netns: wrong as string }),
      ])
        await assert.rejects(make, /options\.netns/)
    const none = { code: 'ENOENT', syscall: 'setns', path: '/no/such/file' }
    await assert.rejects(connect({ host: '127.0.0.1', port: 9, netns: '/no/such/file' }), none)
    await assert.rejects(listen({ netns: '/no/such/file' }), none)
  })

  it('socket.create() of llsocket takes a namespace, and a failure leaves nothing behind', async (t) => {
    const { path } = await otherNamespace(t)
    const before = cookieHere()
    const sock = closing(t, socket.create(udp, true, path))
    assert.notEqual(sock.netnscookie(), before)
    assert.equal(sock.cloexec(), true)
    const none = AddrInfo.inet('127.0.0.1', 0, { socktype: SOCK_DGRAM, protocol: 200 })
    assert.throws(() => socket.create(none, true, path), { code: 'EPROTONOSUPPORT', syscall: 'socket' })
    assert.throws(() => socket.create(udp, true, '/no/such/file'), {
      code: 'ENOENT',
      syscall: 'setns',
      path: '/no/such/file',
    })
    assert.throws(() => socket.create(udp, true, '/etc/hostname'), {
      code: 'EINVAL',
      message: /not a network namespace/,
    })
    assert.throws(() => socket.create(udp, true, 1_000_000), { code: 'EBADF', message: /1000000/ })
    assert.throws(() => socket.create(udp, true, 'x'.repeat(5000)), { code: 'ENAMETOOLONG', syscall: 'setns' })
    assert.equal(cookieHere(), before)
  })

  it('a worker may do so, and its sockets are closed with it', async (t) => {
    const { path } = await otherNamespace(t)
    const code = `
      import { AddrInfo, socket } from 'berkeley/llsocket'
      import { parentPort, workerData } from 'node:worker_threads'
      globalThis.kept = socket.create(AddrInfo.inet('127.0.0.1', 0, { socktype: 2 }), true, workerData)
      parentPort.postMessage(kept.netnscookie())`
    const worker = new Worker(
      new URL(
        `data:text/javascript,${encodeURIComponent(code.replaceAll("'berkeley/llsocket'", `'${import.meta.resolve('berkeley/llsocket')}'`))}`,
      ),
      { workerData: path },
    )
    const cookie = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
    assert.notEqual(cookie, cookieHere())
    await worker.terminate()
  })
})

describe('descriptors of other processes', () => {
  it('pidfd_getfd() duplicates a socket of a child, which wrap() adopts', async (t) => {
    const child = start(t, process.execPath, [
      '-e',
      `const s = require('net').createServer(c => c.end('from the child')).listen(0, '127.0.0.1', () => console.log('fd', s._handle.fd))`,
    ])
    const [, number] = await child.waitForOutput(/^fd (\d+)$/m)
    const pidfd = pidfd_open(child.process.pid as number)
    const fd = pidfd_getfd(pidfd, Number(number))
    const server = closing(t, await stream.inet.Server.wrap(fd))
    assert.equal(server.acceptconn(), true)
    assert.equal(server.cloexec(), true)
    await server.close()
    assert.throws(() => pidfd_getfd(pidfd, 9999), { code: 'EBADF', syscall: 'pidfd_getfd', message: /9999/ })
    await child.stop()
    assert.throws(() => pidfd_getfd(pidfd, Number(number)), { code: 'ESRCH' })
    close(pidfd)
    assert.throws(() => pidfd_getfd(pidfd, 1), { code: 'EBADF' })
  })

  it('wrong arguments of pidfd_open() and pidfd_getfd() are refused', () => {
    for (const pid of [0, -1, 1.5, '1', null]) assert.throws(() => pidfd_open(pid as never), /^(TypeError|RangeError)/)
    for (const fd of [-1, 1.5, '1', null]) assert.throws(() => pidfd_getfd(fd as never, 1), /^(TypeError|RangeError)/)
    for (const fd of [-1, 1.5, '1', null]) assert.throws(() => pidfd_getfd(0, fd as never), /^(TypeError|RangeError)/)
    assert.throws(() => pidfd_open(2 ** 31 - 1), { code: 'ESRCH', syscall: 'pidfd_open' })
  })
})
