import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import { AddrInfo, AF_UNIX, AGAIN, MsgHdr, SOCK_STREAM, SOL_SOCKET, Socket, socket } from 'berkeley/llsocket'
import { leavesNoFd } from '../util/index.js'
import { pair } from './common.js'

leavesNoFd()

/** Without arguments that matter: EBADF comes first, or the argument is refused. */
const needed: Record<string, unknown[]> = {
  sendto: ['x', AddrInfo.inet('127.0.0.1', 9)],
  send: ['x'],
  writev: [['x']],
  recvinto: [Buffer.alloc(1)],
  readv: [[Buffer.alloc(1)]],
  sendfile: [0, 1],
  sendfd: [0],
  getsockopt: [SOL_SOCKET, 1, 'int'],
  setsockopt: [SOL_SOCKET, 1, 1],
  bind: [AddrInfo.inet('127.0.0.1')],
  connect: [AddrInfo.inet('127.0.0.1')],
}

/** What a closed socket still knows, or what it may do twice. */
const answers = new Set(['constructor', 'fd', 'family', 'socktype', 'protocol', 'close'])

/** Inner parts that ask the kernel nothing. */
const inner = new Set([
  'become',
  'release',
  'retire',
  'endedWith',
  'checkRights',
  'receiveFlags',
  'bufferFlags',
  'uncut',
  'watched',
  'user',
  'buffered',
  'isEnd',
])

function methods(): string[] {
  const names = new Set<string>()
  for (let p: object = Socket.prototype; p !== Object.prototype; p = Object.getPrototypeOf(p) as object)
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(p)))
      if (typeof value === 'function' && !answers.has(name) && !inner.has(name)) names.add(name)
  return [...names]
}

describe('a closed socket', () => {
  it('a closed socket has all methods that these tests call', () => {
    for (const name of [...Object.keys(needed), ...answers]) assert.ok(name in Socket.prototype, name)
    assert.ok(methods().length > 40)
  })

  for (const name of methods())
    it(`${name}() of a closed socket throws EBADF and does not touch the next owner of the number (H01)`, () => {
      const [a, b] = socket.pair(SOCK_STREAM, true)
      const fd = a.fd()
      a.close()
      const [c, d] = socket.pair(SOCK_STREAM, true)
      assert.ok(c.fd() === fd || d.fd() === fd, 'the number is in use again')
      const before = [c.isnonblock(), c.cloexec(), c.rcvbuf()]
      const args = name === 'sendmsg' || name === 'recvmsg' ? [new MsgHdr()] : (needed[name] ?? [])
      const call = (a as unknown as Record<string, (...args: unknown[]) => unknown>)[name]
      assert.throws(() => call?.apply(a, args), { name: 'SystemError', code: 'EBADF' })
      assert.deepEqual([c.isnonblock(), c.cloexec(), c.rcvbuf()], before)
      assert.equal(d.recv(), AGAIN)
      for (const s of [b, c, d]) s.close()
    })

  it('a closed socket still knows its family, type and protocol', (t) => {
    const [a] = pair(t, SOCK_STREAM)
    a.close()
    assert.deepEqual([a.fd(), a.family(), a.socktype(), a.protocol()], [-1, AF_UNIX, SOCK_STREAM, 0])
    assert.equal(inspect(a), 'Socket { fd closed, AF_UNIX, SOCK_STREAM }')
  })
})
