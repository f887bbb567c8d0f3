// Sockets and pairs: how they are made, and that no child inherits them.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AddrInfo,
  AF_INET,
  AF_UNIX,
  IPPROTO_UDP,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOCK_STREAM,
  type Socket,
  socket,
} from 'berkeley/llsocket'
import { closing, closingAll, coded, ipv4, leavesNoFd, runScript } from '../util/index.js'
import { create, listener, pair, received, types } from './common.js'

leavesNoFd()

describe('create()', () => {
  it('create() makes a socket of the family, type and protocol of the address', (t) => {
    const s = closing(t, socket.create(AddrInfo.inet('127.0.0.1', 0, { socktype: SOCK_DGRAM, protocol: IPPROTO_UDP })))
    assert.deepEqual([s.family(), s.socktype(), s.protocol()], [AF_INET, SOCK_DGRAM, IPPROTO_UDP])
    assert.deepEqual([s.nonblock(), s.cloexec()], [false, true])
  })

  it('create() makes a non-blocking socket when asked to', (t) => {
    const s = create(t, ipv4.address(), SOCK_STREAM, true)
    assert.equal(s.isnonblock(), true)
    assert.equal(s.nonblock(false), false)
    assert.equal(s.nonblock(true), true)
  })

  it('create() throws the error of the kernel for families and types that it does not have', () => {
    const nothing = AddrInfo.raw(Buffer.from([0xf0, 0, 0, 0]), { socktype: SOCK_STREAM })
    assert.throws(() => socket.create(nothing), coded('EAFNOSUPPORT', { syscall: 'socket' }))
    assert.throws(() => socket.create(AddrInfo.inet('127.0.0.1', 0, { socktype: 77 })), coded('EINVAL'))
    assert.throws(() => socket.create(AddrInfo.inet('127.0.0.1')), coded('ESOCKTNOSUPPORT'))
  })

  it('create() of a raw socket throws EPERM without the privilege', {
    skip: process.getuid?.() === 0 ? 'root has it' : false,
  }, () => {
    assert.throws(
      () => socket.create(AddrInfo.inet('127.0.0.1', 0, { socktype: SOCK_RAW, protocol: 1 })),
      coded('EPERM'),
    )
  })
})

describe('pair()', () => {
  for (const [name, type] of types)
    it(`pair() makes two connected ${name} sockets that are close-on-exec (H20)`, (t) => {
      const [a, b] = pair(t, type, false)
      assert.deepEqual([a.family(), a.socktype(), a.protocol()], [AF_UNIX, type, 0])
      assert.deepEqual([a.nonblock(), b.nonblock(), a.cloexec(), b.cloexec()], [false, false, true, true])
      assert.equal(a.send('hello'), 5)
      assert.equal(received(b), 'hello')
    })

  it('pair() throws the error of the kernel for a protocol that it does not have', () => {
    assert.throws(() => socket.pair(SOCK_STREAM, false, 4711), coded('EPROTONOSUPPORT', { syscall: 'socketpair' }))
  })
})

describe('flags beside the type', () => {
  for (const flags of [SOCK_NONBLOCK, SOCK_CLOEXEC, SOCK_NONBLOCK | SOCK_CLOEXEC]) {
    it(`pair() of a type with the flags ${flags} makes streams without message boundaries`, (t) => {
      const [a, b] = closingAll(t, socket.pair(SOCK_STREAM | flags))
      a.send('0123456789')
      assert.deepEqual([b.socktype(), String(b.recv(4)), String(b.recv(10))], [SOCK_STREAM, '0123', '456789'])
    })

    it(`create() of a type with the flags ${flags} shows no memory that nothing was received into`, (t) => {
      const server = listener(t, ipv4.address())
      const { port = 0 } = server.getsockname()
      const client = closing(t, socket.create(AddrInfo.inet('127.0.0.1', port, { socktype: SOCK_STREAM | flags })))
      client.connect()
      assert.equal(server.recvable(1000), true)
      const peer = closing(t, server.accept() as Socket)
      peer.send('hello world')
      assert.equal(client.recvable(1000), true)
      assert.deepEqual([String(client.recv(4)), String(client.recv())], ['hell', 'o world'])
    })
  }
})

describe('children', () => {
  it('a child process inherits no socket and no received descriptor (H20)', async () => {
    const { stdout, code } = await runScript(`
      import { execFileSync } from 'node:child_process'
      import { AddrInfo, SOCK_STREAM, socket } from 'berkeley/llsocket'
      const count = () => execFileSync('/bin/sh', ['-c', 'ls /proc/self/fd | wc -l']).toString().trim()
      const before = count()
      const [a, b] = socket.pair(SOCK_STREAM)
      const server = socket.create(AddrInfo.inet('127.0.0.1', 0, { socktype: SOCK_STREAM }))
      server.bind(); server.listen()
      const client = socket.create(server.getsockname())
      client.connect()
      const conn = server.accept(), twin = conn.dup()
      a.sendfd(0)
      const received = b.recvfd()
      console.log(before === count(), received > 0)
    `)
    assert.deepEqual([stdout, code], ['true true\n', 0])
  })
})
