// The life of a socket: made, named, connected, shared, given away, closed.
import assert from 'node:assert/strict'
import { closeSync, openSync } from 'node:fs'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import {
  AddrInfo,
  AF_INET,
  AF_UNIX,
  AGAIN,
  IPPROTO_TCP,
  IPPROTO_UDP,
  MsgHdr,
  SHUT_RD,
  SHUT_RDWR,
  SHUT_WR,
  SO_PEERCRED,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  SOL_SOCKET,
  SOMAXCONN,
  Socket,
  socket,
} from 'berkeley/llsocket'
import { native } from '#internal/native/sockets.js'
import {
  abstractName,
  closing,
  coded,
  countFds,
  eachFamily,
  ipv4,
  leavesNoFd,
  runScript,
  tempFolder,
  thrownBy,
} from '../util/index.js'
import { accepted, connecting, create, got, listener, pair, received, tcpPair } from './sockets.js'

leavesNoFd()

const { sys } = await import('#internal/constants/lookup.js')
const isCloexec = (fd: number): boolean => (native.fcntl(fd, sys.F_GETFD, 0) & sys.FD_CLOEXEC) !== 0
const unixTypes = [
  ['stream', SOCK_STREAM],
  ['dgram', SOCK_DGRAM],
  ['seqpacket', SOCK_SEQPACKET],
] as const

describe('create', () => {
  it('makes a socket of the family, type and protocol of the address', (t) => {
    const s = closing(t, socket.create(AddrInfo.inet('127.0.0.1', 0, { socktype: SOCK_DGRAM, protocol: IPPROTO_UDP })))
    assert.deepEqual([s.family(), s.socktype(), s.protocol()], [AF_INET, SOCK_DGRAM, IPPROTO_UDP])
    assert.deepEqual([s.nonblock(), s.cloexec()], [false, true])
  })

  it('makes it non-blocking when asked to', (t) => {
    const s = create(t, ipv4.address(), SOCK_STREAM, true)
    assert.equal(s.isnonblock(), true)
    assert.equal(s.nonblock(false), false)
    assert.equal(s.nonblock(true), true)
  })

  it('reports what the kernel does not have', () => {
    const nothing = AddrInfo.raw(Buffer.from([0xf0, 0, 0, 0]), { socktype: SOCK_STREAM })
    assert.throws(() => socket.create(nothing), coded('EAFNOSUPPORT', { syscall: 'socket' }))
    assert.throws(() => socket.create(AddrInfo.inet('127.0.0.1', 0, { socktype: 77 })), coded('EINVAL'))
    assert.throws(() => socket.create(AddrInfo.inet('127.0.0.1')), coded('ESOCKTNOSUPPORT'))
  })
})

describe('pair', () => {
  for (const [name, type] of unixTypes)
    it(`makes two connected ${name} sockets, close-on-exec (H20)`, (t) => {
      const [a, b] = pair(t, type, false)
      assert.deepEqual([a.family(), a.socktype(), a.protocol()], [AF_UNIX, type, 0])
      assert.deepEqual([a.nonblock(), b.nonblock(), a.cloexec(), b.cloexec()], [false, false, true, true])
      assert.equal(a.send('hello'), 5)
      assert.equal(received(b), 'hello')
    })

  it('reports what the kernel does not have', () => {
    assert.throws(() => socket.pair(SOCK_STREAM, false, 4711), coded('EPROTONOSUPPORT', { syscall: 'socketpair' }))
  })
})

eachFamily((family) => {
  it('binds, listens, connects, accepts; every name is the real one', (t) => {
    const server = create(t, family.address(), SOCK_STREAM)
    server.bind()
    const bound = server.getsockname()
    assert.notEqual(bound.port, 0)
    assert.deepEqual([bound.addr, bound.socktype], [family.loopback, SOCK_STREAM])
    assert.equal(server.acceptconn(), false)
    server.listen()
    assert.equal(server.acceptconn(), true)
    const client = connecting(t, bound)
    const peer = accepted(t, server)
    assert.ok(client.getpeername().equals(bound))
    assert.ok(peer.getsockname().equals(bound), 'not the address of the peer')
    assert.ok(peer.getpeername().equals(client.getsockname()), 'not the requested address')
    assert.ok([client, peer, server].every((s) => s.cloexec()))
    assert.deepEqual([peer.family(), peer.socktype()], [family.family, SOCK_STREAM])
  })

  it('accepts non-blocking connections on a non-blocking listener, blocking ones on a blocking one (H48)', (t) => {
    const server = listener(t, family.address())
    for (const mode of [true, false]) {
      server.nonblock(mode)
      connecting(t, server.getsockname())
      assert.equal(accepted(t, server).nonblock(), mode)
    }
  })

  it('accepts a bare descriptor, close-on-exec, of the caller', (t) => {
    const server = listener(t, family.address())
    assert.equal(server.acceptfd(), AGAIN)
    assert.equal(server.accept(), AGAIN)
    const client = connecting(t, server.getsockname())
    assert.ok(server.recvable(5000))
    const fd = got(server.acceptfd())
    assert.equal(isCloexec(fd), true)
    const peer = closing(t, socket.wrap(fd))
    client.send('x')
    assert.equal(received(peer), 'x')
  })

  it('tells a refused connection by error(), which clears it (H49)', (t) => {
    const gone = listener(t, family.address())
    const address = gone.getsockname()
    gone.close()
    const client = create(t, address, SOCK_STREAM)
    let error: unknown
    try {
      if (client.connect() === AGAIN) assert.ok(client.sendable(5000))
      error = client.error()
    } catch (failure) {
      error = -(failure as { errno: number }).errno
    }
    assert.equal(error, sys.ECONNREFUSED)
    assert.equal(client.error(), 0)
  })

  it('names the address when a blocking connect is refused', (t) => {
    const gone = listener(t, family.address())
    const address = gone.getsockname()
    gone.close()
    const client = create(t, address, SOCK_STREAM, false)
    const error = thrownBy(() => client.connect())
    assert.deepEqual(
      [error['code'], error['syscall'], error['address'], error['port']],
      ['ECONNREFUSED', 'connect', family.loopback, address.port],
    )
    assert.equal(error.message, `connect ECONNREFUSED ${address}`)
  })

  it('names the address when it is taken', (t) => {
    const server = listener(t, family.address())
    const second = create(t, server.getsockname(), SOCK_STREAM)
    assert.throws(() => second.bind(), coded('EADDRINUSE', { syscall: 'bind', port: server.getsockname().port }))
  })

  it('refuses a second bind, a second connect, and accepting without listening', (t) => {
    const client = create(t, listener(t, family.address()).getsockname(), SOCK_STREAM, false)
    client.connect()
    assert.throws(() => client.bind(family.address()), coded('EINVAL'))
    assert.throws(() => client.connect(client.getpeername()), coded('EISCONN', { syscall: 'connect' }))
    const idle = create(t, family.address(), SOCK_STREAM)
    assert.throws(() => idle.accept(), coded('EINVAL', { syscall: 'accept' }))
    assert.throws(() => idle.getpeername(), coded('ENOTCONN', { syscall: 'getpeername' }))
  })

  it('shares no port unless it was asked to (H54)', (t) => {
    const one = create(t, family.address(), SOCK_DGRAM)
    assert.deepEqual([one.reuseaddr(), one.reuseport()], [false, false])
    one.bind()
    const two = create(t, one.getsockname(), SOCK_DGRAM)
    assert.throws(() => two.bind(), coded('EADDRINUSE'))
  })

  it('connects a datagram socket again and again, and to nothing', (t) => {
    const one = create(t, family.address(), SOCK_DGRAM)
    one.bind()
    const two = create(t, family.address(), SOCK_DGRAM)
    two.connect(one.getsockname())
    assert.ok(two.getpeername().equals(one.getsockname()))
    two.connect(AddrInfo.raw(Buffer.alloc(16)))
    assert.throws(() => two.getpeername(), coded('ENOTCONN'))
  })
})

describe('listen', () => {
  it('takes any backlog of an int (H69)', (t) => {
    const server = create(t, ipv4.address(), SOCK_STREAM)
    server.bind()
    for (const backlog of [0, -1, 1, SOMAXCONN, SOMAXCONN + 1, 0x7fffffff, -0x80000000]) server.listen(backlog)
    connecting(t, server.getsockname())
    accepted(t, server)
    for (const bad of [2 ** 31, 1.5, Number.NaN]) assert.throws(() => server.listen(bad), coded('ERR_OUT_OF_RANGE'))
  })

  it('is refused on a datagram socket', (t) => {
    const s = create(t, ipv4.address(), SOCK_DGRAM)
    assert.throws(() => s.listen(), coded('EOPNOTSUPP', { syscall: 'listen' }))
  })
})

describe('a unix socket', () => {
  it('listens on a path, and leaves the file to its owner', (t) => {
    const ai = AddrInfo.unix(`${tempFolder(t)}/s`)
    const server = listener(t, ai)
    const client = connecting(t, ai)
    const peer = accepted(t, server)
    assert.equal(client.getpeername().path, ai.path)
    assert.equal(client.getsockname().path, '')
    assert.equal(peer.getpeername().path, '', 'an unnamed peer')
    assert.deepEqual(client.getsockopt(SOL_SOCKET, SO_PEERCRED, 'ucred').pid, process.pid)
    server.close()
    const second = create(t, ai, SOCK_STREAM)
    assert.throws(() => second.bind(), coded('EADDRINUSE', { path: ai.path }))
    assert.throws(() => second.connect(), coded('ECONNREFUSED', { path: ai.path }))
    assert.throws(() => second.connect(AddrInfo.unix(`${ai.path}-not`)), coded('ENOENT'))
  })

  it('answers AGAIN while the backlog of the listener is full (H50)', (t) => {
    const server = create(t, AddrInfo.unix(abstractName()), SOCK_STREAM)
    server.bind()
    server.listen(0)
    const outcomes = [1, 2, 3].map(() => create(t, server.getsockname(), SOCK_STREAM).connect(server.getsockname()))
    assert.deepEqual(outcomes, [undefined, AGAIN, AGAIN])
  })
})

describe('dup', () => {
  it('is another descriptor of the same socket', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    const twin = closing(t, a.dup())
    assert.notEqual(twin.fd(), a.fd())
    assert.deepEqual([twin.family(), twin.socktype(), twin.protocol(), twin.cloexec()], [AF_UNIX, SOCK_STREAM, 0, true])
    a.close()
    twin.send('still open')
    assert.equal(received(b), 'still open')
    twin.close()
    assert.equal(b.recv(), null)
  })

  it('shares O_NONBLOCK (H44), and shutdown (H43)', (t) => {
    const [a, b] = pair(t, SOCK_STREAM, false)
    const twin = closing(t, a.dup())
    twin.nonblock(true)
    assert.equal(a.isnonblock(), true)
    twin.shutdown(SHUT_WR)
    assert.throws(() => a.send('x'), coded('EPIPE'))
    assert.equal(b.recv(), null)
  })

  it('remembers the address that it is given', (t) => {
    const server = listener(t, ipv4.address())
    const s = create(t, ipv4.address(), SOCK_STREAM, false)
    const twin = closing(t, s.dup(server.getsockname()))
    assert.equal(twin.connect(), undefined)
    assert.ok(s.getpeername().equals(server.getsockname()))
    assert.throws(() => s.dup({} as never), coded('ERR_INVALID_ARG_TYPE'))
  })
})

describe('wrap and unwrap', () => {
  it('give a descriptor away and take it back', (t) => {
    const [a, b] = pair(t, SOCK_SEQPACKET)
    const fd = a.unwrap()
    assert.equal(a.fd(), -1)
    assert.throws(() => a.send('x'), coded('EBADF'))
    const again = closing(t, socket.wrap(fd))
    assert.deepEqual(
      [again.fd(), again.family(), again.socktype(), again.isnonblock()],
      [fd, AF_UNIX, SOCK_SEQPACKET, true],
    )
    again.send('x')
    assert.equal(received(b), 'x')
  })

  it('learns family, type and protocol from the kernel', (t) => {
    const server = listener(t, ipv4.address())
    const wrapped = closing(t, socket.wrap(server.unwrap()))
    assert.deepEqual([wrapped.family(), wrapped.socktype(), wrapped.protocol()], [AF_INET, SOCK_STREAM, IPPROTO_TCP])
  })

  it('sets O_NONBLOCK, clears it, or leaves it as it is', (t) => {
    const [a] = pair(t, SOCK_STREAM, false)
    let fd = a.unwrap()
    for (const [asked, is] of [
      [undefined, false],
      [true, true],
      [undefined, true],
      [false, false],
    ] as const) {
      const s = socket.wrap(fd, asked)
      assert.equal(s.isnonblock(), is)
      fd = s.unwrap()
    }
    assert.throws(() => socket.wrap(fd, 1 as never), coded('ERR_INVALID_ARG_TYPE'))
    assert.equal(native.close(fd), 0, 'a failed wrap leaves the descriptor to the caller')
  })

  it('makes what it adopts close-on-exec', (t) => {
    const [a] = pair(t, SOCK_STREAM)
    a.cloexec(false)
    assert.equal(closing(t, socket.wrap(a.unwrap())).cloexec(), true)
  })

  it('refuses what is owned already (H06)', (t) => {
    const [a] = pair(t, SOCK_STREAM)
    assert.throws(() => socket.wrap(a.fd()), coded('EBUSY', { syscall: 'wrap' }))
    a.send('x')
  })

  it('refuses what is no socket (H08)', (t) => {
    const before = countFds()
    const files = ['/dev/null', '/', '/proc/self/status'].map((path) => openSync(path, 'r'))
    t.after(() => files.map((fd) => closeSync(fd)))
    for (const fd of files) assert.throws(() => socket.wrap(fd), coded('ENOTSOCK', { syscall: 'wrap' }))
    assert.equal(countFds(), before + files.length)
    assert.throws(() => socket.wrap(987654), coded('EBADF'))
  })

  it('cannot be given away twice, nor after close', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    const fd = a.unwrap()
    assert.throws(() => a.unwrap(), coded('EBADF', { syscall: 'unwrap' }))
    b.close()
    assert.throws(() => b.unwrap(), coded('EBADF'))
    native.close(fd)
  })
})

describe('shutdown', () => {
  it('of writing is the end for the peer, who can still send (H42)', (t) => {
    const [a, b] = tcpPair(t, ipv4)
    a.shutdown(SHUT_WR)
    assert.ok(b.recvable(5000))
    assert.equal(b.recv(), null)
    assert.equal(b.recv(), null, 'and stays the end')
    b.send('reply')
    assert.equal(received(a), 'reply')
    assert.throws(() => a.send('x'), coded('EPIPE', { syscall: 'send' }))
  })

  it('of reading lets what has arrived be read', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    a.send('before')
    b.shutdown(SHUT_RD)
    assert.equal(received(b), 'before')
    assert.equal(b.recv(), null)
    assert.throws(() => a.send('after'), coded('EPIPE'))
  })

  it('is of both directions by default', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    a.shutdown()
    assert.equal(b.recv(), null)
    assert.equal(a.recv(), null)
  })

  it('reports what the kernel says, and refuses other numbers', (t) => {
    const s = create(t, ipv4.address(), SOCK_STREAM)
    assert.throws(() => s.shutdown(), coded('ENOTCONN', { syscall: 'shutdown' }))
    for (const bad of [3, -1]) assert.throws(() => s.shutdown(bad), coded('ERR_INVALID_ARG_VALUE'))
  })

  it('of bare descriptors', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    socket.shutdown(a.fd(), SHUT_WR)
    assert.equal(b.recv(), null)
    assert.throws(() => socket.shutdown(987654, SHUT_RDWR), coded('EBADF'))
    assert.throws(() => socket.shutdown(a.fd(), 7), coded('ERR_INVALID_ARG_VALUE'))
  })
})

describe('close', () => {
  it('is done once; a second one does nothing (H01)', (t) => {
    const [a] = pair(t, SOCK_STREAM)
    const fd = a.fd()
    a.close()
    assert.equal(a.fd(), -1)
    const reused = openSync('/dev/null', 'r')
    assert.equal(reused, fd)
    a.close()
    a.close(SHUT_RDWR)
    a[Symbol.dispose]()
    closeSync(reused)
  })

  it('shuts down first when asked, also for a duplicate elsewhere (H43)', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    const twin = closing(t, a.dup())
    a.close(SHUT_WR)
    assert.equal(b.recv(), null)
    b.send('x')
    assert.equal(received(twin), 'x')
  })

  it('does not shut down a shared socket when not asked (H43)', (t) => {
    const server = listener(t, ipv4.address())
    const twin = closing(t, server.dup())
    const address = server.getsockname()
    server.close()
    connecting(t, address)
    accepted(t, twin)
  })

  it('closes even when the shutdown fails, and reports that', (t) => {
    const before = countFds()
    const s = create(t, ipv4.address(), SOCK_STREAM)
    assert.throws(() => s.close(SHUT_RDWR), coded('ENOTCONN', { syscall: 'shutdown' }))
    assert.deepEqual([s.fd(), countFds()], [-1, before])
  })

  it('checks its argument before anything is done', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    for (const bad of [3, -1]) assert.throws(() => a.close(bad), coded('ERR_INVALID_ARG_VALUE'))
    assert.throws(() => a.close('1' as never), coded('ERR_INVALID_ARG_TYPE'))
    a.send('open')
    assert.equal(received(b), 'open')
  })

  it('of a bare descriptor', () => {
    const [a, b] = socket.pair(SOCK_STREAM, true)
    assert.throws(() => socket.close(a.fd()), coded('EBUSY', { message: /has a close\(\) of its own/ }))
    socket.close(a.unwrap())
    assert.equal(b.recv(), null)
    const fd = b.unwrap()
    assert.throws(() => socket.close(fd, 9), coded('ERR_INVALID_ARG_VALUE'))
    socket.close(fd, SHUT_RDWR)
    assert.throws(() => socket.close(fd), coded('EBADF'))
    assert.throws(() => socket.close(-1), coded('ERR_OUT_OF_RANGE'))
  })

  it('survives that the number was closed behind its back (H05)', () => {
    const [a, b] = socket.pair(SOCK_STREAM, true)
    closeSync(a.fd())
    assert.throws(() => a.send('x'), coded('EBADF'))
    assert.throws(() => a.recv(), coded('EBADF'))
    assert.throws(() => a.close(), coded('EBADF', { syscall: 'close' }))
    a.close()
    b.close()
  })

  it('loses a number that came again to another socket (H05)', () => {
    const [a, b] = socket.pair(SOCK_STREAM, true)
    const fd = a.fd()
    closeSync(fd)
    const [c, d] = socket.pair(SOCK_STREAM, true)
    assert.equal(c.fd(), fd)
    assert.throws(() => a.send('to the wrong peer'), coded('EBADF'))
    a.close()
    c.send('x')
    assert.equal(received(d), 'x')
    for (const s of [b, c, d]) s.close()
  })

  it('happens at the end of a `using` block', () => {
    let fd: number
    {
      using s = socket.create(AddrInfo.inet('127.0.0.1', 0, { socktype: SOCK_DGRAM }))
      fd = s.fd()
    }
    assert.ok(native.fcntl(fd, sys.F_GETFD, 0) < 0)
  })
})

describe('a closed socket', () => {
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

  it('has every method that is tested here', () => {
    for (const name of [...Object.keys(needed), ...answers]) assert.ok(name in Socket.prototype, name)
    assert.ok(methods().length > 40)
  })

  for (const name of methods())
    it(`answers EBADF to ${name}(), and leaves the next owner of its number alone (H01)`, () => {
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

  it('still says what it was', (t) => {
    const [a] = pair(t, SOCK_STREAM)
    a.close()
    assert.deepEqual([a.fd(), a.family(), a.socktype(), a.protocol()], [-1, AF_UNIX, SOCK_STREAM, 0])
    assert.equal(inspect(a), 'Socket { fd closed, AF_UNIX, SOCK_STREAM }')
  })
})

describe('inspection', () => {
  it('shows descriptor, family, type and both names', (t) => {
    const [a, b] = tcpPair(t, ipv4)
    assert.equal(
      inspect(a),
      `Socket { fd ${a.fd()}, AF_INET, SOCK_STREAM, local ${a.getsockname()}, peer ${b.getsockname()} }`,
    )
    const raw = /^Socket \{ fd \d+, AF_UNIX, SOCK_DGRAM \}$/
    assert.match(inspect(pair(t, SOCK_DGRAM)[0]), raw)
  })
})

describe('children', () => {
  it('inherit nothing (H20)', async () => {
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

describe('a raw socket', () => {
  it('needs a privilege, and says so', { skip: process.getuid?.() === 0 ? 'root has it' : false }, () => {
    assert.throws(
      () => socket.create(AddrInfo.inet('127.0.0.1', 0, { socktype: SOCK_RAW, protocol: 1 })),
      coded('EPERM'),
    )
  })
})
