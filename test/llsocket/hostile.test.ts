// Wrong arguments, wrong receivers, memory that moves: always an exception with Node's code, never a crash or a guess.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import {
  AddrInfo,
  AGAIN,
  CmsgHdr,
  CmsgHdrs,
  isSupported,
  MsgHdr,
  SHUT_RD,
  SO_RCVBUF,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
  Socket,
  SystemError,
  socket,
} from 'berkeley/llsocket'
import { native } from '#internal/native/sockets.js'
import { coded, leavesNoFd, runScript, thrownBy } from '../util/index.js'
import { pair } from './sockets.js'

leavesNoFd()

const loopback = AddrInfo.inet('127.0.0.1', 9)
const room = (): Buffer => Buffer.alloc(8)

/** What is wrong with an argument of each kind: values of a wrong type, values of the right type that are out of range. */
const wrong = {
  int: {
    types: ['1', null, true, 1n, {}, [], Symbol('s'), () => 1],
    ranges: [1.5, Number.NaN, Infinity, 2 ** 31, -(2 ** 31) - 1],
  },
  fd: { types: ['1', null, true, 1n, {}, undefined], ranges: [-1, 1.5, Number.NaN, 2 ** 31] },
  positive: { types: ['1', null, true, 1n, {}], ranges: [0, -1, 1.5, Number.NaN] },
  offset: { types: ['1', null, true, 1n, {}], ranges: [-1, 1.5, Number.NaN, 2 ** 53] },
  flag: { types: ['1', null, true, 1n, {}], ranges: [1.5, Number.NaN, 2 ** 31] },
  boolean: { types: [0, 1, 'true', null, {}], ranges: [] },
  data: { types: [undefined, null, 5, true, {}, ['x'], new ArrayBuffer(4), { length: 1 }], ranges: [] },
  into: { types: [undefined, null, 5, 'x', {}, [1], new ArrayBuffer(4)], ranges: [new Uint8Array(0)] },
  array: { types: [undefined, null, 5, 'x', {}, { length: 1, 0: 'x' }, new Uint8Array(4), new Set()], ranges: [] },
  address: { types: [null, 5, 'x', {}, { sockaddr: Buffer.alloc(16) }, Buffer.alloc(16)], ranges: [] },
  message: { types: [undefined, null, 5, 'x', {}, []], ranges: [] },
} as const

type Kind = keyof typeof wrong

/** Every argument of every method: its place, its name in messages, its kind; and arguments that are right. */
const methods: Record<string, [right: unknown[], ...parameters: [at: number, name: string, kind: Kind][]]> = {
  dup: [[], [0, 'ai', 'address']],
  bind: [[], [0, 'ai', 'address']],
  connect: [[], [0, 'ai', 'address']],
  shutdown: [[], [0, 'how', 'int']],
  close: [[], [0, 'how', 'int']],
  listen: [[], [0, 'backlog', 'int']],
  send: [['x'], [0, 'msg', 'data'], [1, 'flags', 'flag']],
  sendto: [
    ['x', loopback],
    [0, 'msg', 'data'],
    [1, 'ai', 'address'],
    [2, 'flags', 'flag'],
  ],
  writev: [[['x']], [0, 'data', 'array'], [1, 'flags', 'flag']],
  sendmsg: [[new MsgHdr()], [0, 'msg', 'message'], [1, 'flags', 'flag']],
  sendfile: [
    [0, 1, 0],
    [0, 'fd', 'fd'],
    [1, 'bytes', 'positive'],
    [2, 'offset', 'offset'],
  ],
  recv: [[10], [0, 'bufsize', 'positive'], [1, 'flags', 'flag']],
  recvinto: [[room()], [0, 'buffer', 'into'], [1, 'flags', 'flag']],
  recvfrom: [[10], [0, 'bufsize', 'positive'], [1, 'flags', 'flag']],
  readv: [[[room()]], [0, 'buffers', 'array'], [1, 'flags', 'flag']],
  recvmsg: [[new MsgHdr()], [0, 'msg', 'message'], [1, 'flags', 'flag']],
  sendfd: [
    [0, undefined],
    [0, 'fd', 'fd'],
    [1, 'ai', 'address'],
    [2, 'flags', 'flag'],
  ],
  recvfd: [[], [0, 'flags', 'flag']],
  recvable: [[], [0, 'msec', 'int']],
  sendable: [[], [0, 'msec', 'int']],
  nonblock: [[], [0, 'enable', 'boolean']],
  cloexec: [[], [0, 'enable', 'boolean']],
  getsockopt: [
    [SOL_SOCKET, SO_RCVBUF, 'int'],
    [0, 'level', 'int'],
    [1, 'name', 'int'],
  ],
  setsockopt: [
    [SOL_SOCKET, SO_RCVBUF, 4096],
    [0, 'level', 'int'],
    [1, 'name', 'int'],
  ],
}

const functions: Record<string, [right: unknown[], ...parameters: [at: number, name: string, kind: Kind][]]> = {
  create: [
    [loopback.with({ socktype: SOCK_STREAM }), false],
    [0, 'ai', 'address'],
    [1, 'nonblock', 'boolean'],
  ],
  pair: [
    [SOCK_STREAM, false, 0],
    [0, 'socktype', 'int'],
    [1, 'nonblock', 'boolean'],
    [2, 'protocol', 'int'],
  ],
  wrap: [[0], [0, 'fd', 'fd']],
  shutdown: [
    [0, 0],
    [0, 'fd', 'fd'],
    [1, 'how', 'int'],
  ],
  close: [[0], [0, 'fd', 'fd'], [1, 'how', 'int']],
}

function refused(call: (...args: unknown[]) => unknown, right: unknown[], at: number, name: string, kind: Kind): void {
  const replaced = (value: unknown): unknown[] => Object.assign([...right], { [at]: value })
  for (const value of wrong[kind].types) {
    const error = thrownBy(() => call(...replaced(value)))
    assert.deepEqual(
      [error.name, error['code']],
      ['TypeError', 'ERR_INVALID_ARG_TYPE'],
      `${String(value)}: ${error.message}`,
    )
    assert.ok(error.message.includes(`"${name}"`), error.message)
  }
  for (const value of wrong[kind].ranges) {
    const error = thrownBy(() => call(...replaced(value)))
    assert.deepEqual(
      [error.name, error['code']],
      ['RangeError', 'ERR_OUT_OF_RANGE'],
      `${String(value)}: ${error.message}`,
    )
    assert.ok(error.message.includes(`"${name}"`), error.message)
  }
}

describe('every argument', () => {
  for (const [method, [right, ...parameters]] of Object.entries(methods))
    for (const [at, name, kind] of parameters)
      it(`${name} of ${method}() is checked, by name, before anything is done`, (t) => {
        const [a, b] = pair(t, SOCK_STREAM)
        const call = (a as unknown as Record<string, (...args: unknown[]) => unknown>)[method]
        refused((...args) => call?.apply(a, args), right, at, name, kind)
        assert.ok(a.fd() > 0, 'still open')
        assert.equal(b.recv(), AGAIN, 'nothing was sent')
      })

  for (const [name, [right, ...parameters]] of Object.entries(functions))
    for (const [at, argument, kind] of parameters)
      it(`${argument} of socket.${name}() is checked, by name`, () => {
        const call = (socket as unknown as Record<string, (...args: unknown[]) => unknown>)[name]
        assert.ok(call)
        refused(call, right, at, argument, kind)
      })

  it('of a list of memory is named by its place', (t) => {
    const [a] = pair(t, SOCK_STREAM)
    assert.throws(() => a.writev(['x', 5 as never]), coded('ERR_INVALID_ARG_TYPE', { message: /"data\[1\]"/ }))
    assert.throws(() => a.readv([room(), 'x' as never]), coded('ERR_INVALID_ARG_TYPE', { message: /"buffers\[1\]"/ }))
    assert.throws(() => a.readv([new Uint8Array(0)]), coded('ERR_OUT_OF_RANGE', { message: /"buffers\[0\]"/ }))
  })

  it('that names a kind of option is one that there is', (t) => {
    const [a] = pair(t, SOCK_STREAM)
    for (const kind of ['nothing', 'constructor', '__proto__', 5, null])
      assert.throws(() => a.getsockopt(SOL_SOCKET, SO_RCVBUF, kind as never), coded('ERR_INVALID_ARG_VALUE'))
    for (const value of [null, undefined, {}, Symbol('s')])
      assert.throws(() => a.setsockopt(SOL_SOCKET, SO_RCVBUF, value), coded('ERR_INVALID_ARG_TYPE'))
  })

  it('that is left out takes its default', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    assert.equal(a.send('x', undefined as never), 1)
    assert.equal(String(b.recv(undefined, undefined as never)), 'x')
  })
})

describe('a receiver that is none (H87)', () => {
  const classes: [string, object][] = [
    ['Socket', Socket.prototype],
    ['MsgHdr', MsgHdr.prototype],
    ['CmsgHdr', CmsgHdr.prototype],
    ['CmsgHdrs', CmsgHdrs.prototype],
    ['AddrInfo', AddrInfo.prototype],
  ]
  const receivers = (prototype: object): unknown[] => [
    undefined,
    null,
    5,
    'x',
    {},
    [],
    Object.create(prototype),
    new Proxy({}, {}),
    native,
  ]

  /** The functions of a class and of its base, getters included. */
  function functionsOf(prototype: object): [string, (...args: unknown[]) => unknown][] {
    const chain = [prototype, Object.getPrototypeOf(prototype) as object].filter((p) => p !== Object.prototype)
    return chain
      .flatMap((p) => Object.entries(Object.getOwnPropertyDescriptors(p)))
      .filter(([name, { value, get }]) => name !== 'constructor' && typeof (get ?? value) === 'function')
      .map(([name, { value, get }]) => [name, get ?? value])
  }

  /** A few methods of the base look at their arguments only, and say nothing about the receiver; the others throw. */
  function hasNoPower(method: (...args: unknown[]) => unknown, receiver: unknown, name: string): void {
    let result: unknown
    try {
      result = Reflect.apply(method, receiver, [])
    } catch (error) {
      const isOurs = error instanceof TypeError || error instanceof RangeError || error instanceof SystemError
      assert.ok(isOurs, `${name}: ${error}`)
      return
    }
    assert.ok(!(result instanceof Socket), name)
  }

  for (const [name, prototype] of classes)
    it(`is refused by every method of ${name}`, () => {
      for (const [key, method] of functionsOf(prototype))
        for (const receiver of receivers(prototype)) hasNoPower(method, receiver, `${name}.${key}`)
    })

  it('may be a subclass', (t) => {
    class Mine extends Socket {
      override send(msg: string): number | typeof AGAIN {
        return super.send(`<${msg}>`)
      }
    }
    const [a, b] = pair(t, SOCK_STREAM)
    const mine = Reflect.construct(Mine, [
      a.unwrap(),
      { family: a.family(), socktype: SOCK_STREAM, protocol: 0 },
    ]) as Mine
    mine.send('x')
    assert.equal(String(b.recv()), '<x>')
    mine.close()
  })
})

describe('memory (H37)', () => {
  const detached = (): Uint8Array => {
    const view = new Uint8Array(16)
    structuredClone(view.buffer, { transfer: [view.buffer] })
    return view
  }
  const gone = coded('ERR_INVALID_STATE')

  it('that was transferred away is neither sent nor filled', (t) => {
    const [a, b] = pair(t, SOCK_DGRAM)
    a.send('waiting')
    b.send('waiting')
    const calls: (() => unknown)[] = [
      () => a.send(detached()),
      () => a.sendto(detached(), AddrInfo.unix('\0x')),
      () => a.writev(['x', detached()]),
      () => a.recvinto(detached()),
      () => a.readv([room(), detached()]),
      () => new MsgHdr().add(detached()),
      () => new CmsgHdr(1, 1, detached()),
    ]
    for (const call of calls) assert.throws(call, gone)
    assert.equal(String(b.recv()), 'waiting')
    assert.equal(b.recv(), AGAIN, 'no empty datagram went instead')
    assert.equal(String(a.recv()), 'waiting')
  })

  it('that goes while the arguments are read is not used', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    const view = new Uint8Array(16)
    const list = [view, 'x'] as (Uint8Array | string)[]
    Object.defineProperty(list, 1, {
      get() {
        structuredClone(view.buffer, { transfer: [view.buffer] })
        return 'x'
      },
    })
    assert.throws(() => a.writev(list), Error)
    assert.equal(b.recv(), AGAIN)
  })

  it('that is resizable is used as large as it is', {
    skip: 'resize' in ArrayBuffer.prototype ? false : 'no resizable ArrayBuffer',
  }, (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    const resizable = ArrayBuffer as unknown as new (
      length: number,
      options: object,
    ) => ArrayBuffer & { resize(n: number): void }
    const buffer = new resizable(8, { maxByteLength: 64 })
    const view = new Uint8Array(buffer)
    assert.equal(a.send(view), 8)
    buffer.resize(32)
    assert.equal(a.send(view), 32)
    buffer.resize(4)
    assert.equal(a.send(view), 4)
    assert.equal((b.recv() as Buffer).length, 44)
    const tail = new Uint8Array(buffer, 2, 2)
    buffer.resize(3)
    assert.throws(() => a.send(tail), gone)
    assert.throws(() => a.recvinto(tail), gone)
    buffer.resize(0)
    assert.equal(a.send(view), 0)
  })

  it('that is shared is used where it is', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    const shared = new Uint8Array(new SharedArrayBuffer(4)).fill(65)
    assert.equal(a.send(shared), 4)
    const into = new Uint8Array(new SharedArrayBuffer(8), 2)
    assert.equal(b.recvinto(into), 4)
    assert.equal(Buffer.from(into).toString('latin1'), 'AAAA\0\0')
  })

  it('of every kind of view is used', (t) => {
    const [a, b] = pair(t, SOCK_DGRAM)
    for (const type of [
      Int8Array,
      Uint8ClampedArray,
      Int16Array,
      Int32Array,
      Float32Array,
      Float64Array,
      BigInt64Array,
    ]) {
      const view = new type(2)
      assert.equal(a.send(view), view.byteLength)
      assert.equal(b.recvinto(view), view.byteLength)
    }
    assert.equal(a.send(new DataView(new ArrayBuffer(6), 1, 3)), 3)
    assert.equal(b.recvinto(new DataView(new ArrayBuffer(6), 1, 3)), 3)
  })

  it('cannot be widened by a view that lies about itself', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    const liar = new Uint8Array(4)
    for (const key of ['length', 'byteLength', 'byteOffset']) Object.defineProperty(liar, key, { value: 1_000_000 })
    for (const call of [() => a.send(liar), () => a.recvinto(liar)]) {
      try {
        call()
      } catch (error) {
        assert.ok(error instanceof RangeError || error instanceof TypeError)
      }
    }
    const got = b.recv()
    assert.ok(got === AGAIN || (got !== null && got.length <= 4))
  })
})

describe('what is no argument at all', () => {
  const gone = (): Buffer => {
    const memory = new Uint8Array(8)
    structuredClone(memory.buffer, { transfer: [memory.buffer] })
    return memory as Buffer
  }
  const nothing = null as never

  it('is refused in the place of the options of an address', () => {
    const ai = AddrInfo.inet('127.0.0.1')
    for (const call of [
      () => AddrInfo.inet('127.0.0.1', 0, nothing),
      () => AddrInfo.inet6('::1', 0, nothing),
      () => AddrInfo.unix('/x', nothing),
      () => AddrInfo.vsock(1, 1, nothing),
      () => AddrInfo.raw(new Uint8Array(4), nothing),
      () => ai.with(nothing),
      () => ai.with({ canonname: 7 as never }),
      () => ai.equals(nothing),
      () => ai.equals({ sockaddr: ai.sockaddr } as never),
    ])
      assert.throws(call, coded('ERR_INVALID_ARG_TYPE'))
  })

  it('is no name of a kind, of a control message or of a constant', (t) => {
    const [a] = pair(t, SOCK_STREAM)
    for (const name of [Symbol('name'), Object.create(null), 7, nothing] as never[]) {
      assert.throws(() => a.getsockopt(SOL_SOCKET, SO_RCVBUF, name), coded('ERR_INVALID_ARG_VALUE'))
      assert.throws(() => CmsgHdr.of(name, nothing), coded('ERR_INVALID_ARG_VALUE'))
      assert.equal(isSupported(name), false)
    }
  })

  it('is memory that is gone, or a proxy of some (H37)', (t) => {
    const [a] = pair(t, SOCK_STREAM)
    assert.throws(() => AddrInfo.raw(gone()), coded('ERR_INVALID_STATE'))
    assert.throws(() => AddrInfo.unix(gone()), coded('ERR_INVALID_STATE'))
    assert.throws(() => a.attachfilter(gone()), coded('ERR_INVALID_STATE'))
    const proxy = new Proxy(new Uint8Array(8), {})
    assert.throws(() => AddrInfo.raw(proxy), coded('ERR_INVALID_ARG_TYPE'))
    assert.throws(() => AddrInfo.unix(proxy), coded('ERR_INVALID_ARG_TYPE'))
    assert.throws(() => a.attachfilter(proxy), coded('ERR_INVALID_ARG_TYPE'))
    assert.throws(() => a.setsockopt(SOL_SOCKET, SO_RCVBUF, proxy), coded('ERR_INVALID_ARG_TYPE'))
  })

  it('is what became of the memory of a message, which can be shown all the same (H37)', () => {
    const memory = new Uint8Array(8)
    const msg = new MsgHdr()
    msg.add(memory)
    structuredClone(memory.buffer, { transfer: [memory.buffer] })
    assert.throws(() => msg.consume(3), coded('ERR_INVALID_STATE'))
    assert.throws(() => msg.outgoing(), coded('ERR_INVALID_STATE'))
    assert.match(inspect(msg), /^MsgHdr/)
  })
})

it('a length that closes the socket when it is read is not read (H01, H37)', (t) => {
  const [a, b] = pair(t, SOCK_STREAM)
  const closes = { get: () => a.close() }
  assert.equal(a.send(Object.defineProperty(Buffer.from('text'), 'length', closes)), 4)
  assert.equal(a.writev([Object.defineProperty(Buffer.from('text'), 'length', closes)]), 4)
  assert.equal(String(b.recv()), 'texttext')
})

describe('lists', () => {
  it('may be proxies, and subclasses, or have holes', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    assert.equal(a.writev(new Proxy(['ab', 'cd'], {})), 4)
    assert.equal(String(b.recv()), 'abcd')
    assert.throws(() => a.writev(Object.assign(['x'], { length: 3 })), Error)
    const throwing = new Proxy(['x'], {
      get: (target, key) => (key === '0' ? assert.fail('no') : Reflect.get(target, key)),
    })
    assert.throws(() => a.writev(throwing), /no/)
    class Odd extends Array<string> {
      static override get [Symbol.species](): never {
        return Object as never
      }
    }
    try {
      a.writev(Odd.from(['x']))
      b.recv()
    } catch (error) {
      assert.ok(error instanceof Error)
    }
    assert.equal(b.recv(), AGAIN)
  })

  it('that are huge are refused, not believed', (t) => {
    const [a] = pair(t, SOCK_STREAM)
    const long = Array.from({ length: 5000 }, () => 'x')
    assert.throws(() => a.writev(long), coded('EMSGSIZE'))
    const [c] = pair(t, SOCK_DGRAM)
    assert.throws(() => c.readv(Array(4096).fill(room())), coded('EMSGSIZE'))
  })
})

describe('the addon itself', () => {
  /**
   * In a child, because what is tested is that it does not die. Descriptors are its own, or none; waits are short; what
   * would close the child's own or wait for ever is left out.
   */
  const fuzz = (seed: number): string => `
    import { native } from '#internal/native/sockets.js'
    let seed = ${seed}
    const random = (below) => { seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0; return Math.floor(seed / 2 ** 32 * below) }
    const pick = (list) => list[random(list.length)]
    native.socketpair(1, 1 | 2048, 0)
    const [a, b] = new Float64Array(native.registers)
    const gone = new Uint8Array(8); structuredClone(gone.buffer, { transfer: [gone.buffer] })
    const hostile = { valueOf() { throw new Error('no') }, toString() { throw new Error('no') }, get length() { throw new Error('no') } }
    const numbers = [0, -0, 1, -1, 2, 3, 16, 127, 128, 255, 4096, 65535, 65536, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 53, -(2 ** 53), 1.5, NaN, Infinity, -Infinity]
    const memory = () => pick([Buffer.alloc(0), Buffer.alloc(random(300), random(256)), new Uint8Array(new SharedArrayBuffer(16)), new Float64Array(4), new DataView(new ArrayBuffer(20), 3), gone, new Uint16Array(new ArrayBuffer(8), 2)])
    const texts = ['', 'x', '127.0.0.1', '::1', 'lo', 'a\\0b', 'x'.repeat(70), 'x'.repeat(5000), '\\ud800', 'é'.repeat(40)]
    const others = () => pick([undefined, null, true, false, 1n, 2n ** 70n, Symbol('s'), {}, [], hostile, () => {}, new Proxy([], {}), new Proxy({}, {}), new ArrayBuffer(8), new Map(), new Date()])
    const list = () => pick([[], [memory()], [memory(), memory(), memory()], Array(1024).fill(Buffer.alloc(1)), Array(1025).fill(Buffer.alloc(1)), new Proxy([Buffer.alloc(1)], {}), [hostile], [, ,], new Array(2 ** 32 - 1), Object.defineProperty([Buffer.alloc(4)], 1, { get() { throw new Error('no') } })])
    const fd = () => pick([a, b, a, b, -1, 987654, 2 ** 31 - 1])
    const any = () => pick([() => pick(numbers), memory, () => pick(texts), others, list, fd])()
    const flags = () => pick([0, 0x40, 0x40, 0x42, 0x60, 0x2040, 0x40000040])
    const likely = {
      recv: () => [fd(), memory(), pick(numbers), pick(numbers), flags()], send: () => [fd(), memory(), pick(numbers), pick(numbers), flags()],
      recvfrom: () => [fd(), memory(), 0, random(40), flags(), memory()], sendto: () => [fd(), memory(), 0, random(40), flags(), memory()],
      sendmsg: () => [fd(), list(), flags(), pick([undefined, memory()]), pick([undefined, memory()])],
      recvmsg: () => [fd(), list(), flags(), pick([undefined, memory()]), pick([undefined, memory()])],
      cmsgAt: () => [memory(), pick(numbers), pick(numbers)], cmsgPut: () => [memory(), pick(numbers), 1, 1, memory()],
      getsockopt: () => [fd(), pick([0, 1, 6, 17, 41]), random(90), random(18) - 1, pick([undefined, memory()])],
      setsockopt: () => [fd(), pick([0, 6, 41]), random(90), random(18) - 1, pick([undefined, memory()]), pick([undefined, memory()])],
      unixAddress: () => [memory(), memory()], inetAddress: () => [pick(texts), pick(numbers), memory()], inet6Address: () => [pick(texts), pick(numbers), pick(numbers), pick(numbers), memory()],
      vsockAddress: () => [pick(numbers), pick(numbers), memory()], addressParts: () => [memory()], addressText: () => [memory()],
      bind: () => [fd(), memory()], connect: () => [fd(), memory()], getsockname: () => [fd(), memory()], getpeername: () => [fd(), memory()],
      accept4: () => [fd(), 0, pick([undefined, memory()])], ifNameToIndex: () => [pick(texts)], ifMtu: () => [pick(texts)], ifIndexToName: () => [pick(numbers)],
      strerror: () => [pick(numbers)], gaiError: () => [pick(numbers)], sendfile: () => [fd(), fd(), pick(numbers), pick(numbers)],
    }
    // What is left out closes descriptors of the child, opens without end, or asks the resolver for minutes.
    const without = new Set(['close', 'closeAsync', 'socket', 'socketpair', 'dup', 'poll', 'listen', 'shutdown', 'getaddrinfoAsync', 'getaddrinfo', 'getnameinfo', 'reactorOpen', 'ledgerKeep', 'ledgerMark', 'setsockopt:1', 'fcntl'])
    const names = Object.keys(native).filter((name) => typeof native[name] === 'function' && !without.has(name))
    let calls = 0, refused = 0
    for (; calls < 60_000; calls++) {
      const name = pick(names)
      const args = likely[name] && random(3) ? likely[name]() : Array.from({ length: random(9) }, any)
      // Waiting for ever is the one thing that a wrong flag could bring about.
      if (name === 'recvmsg' || name === 'sendmsg') args[2] = typeof args[2] === 'number' ? flags() : args[2]
      if (/^(recv|recvfrom|send|sendto)$/.test(name) && typeof args[4] === 'number') args[4] = flags()
      // The numbers below belong to Node, and to this test's report: nothing may be written there.
      for (const i of [0, 1, 2]) if (typeof args[i] === 'number' && args[i] >= 0 && args[i] < a && (i === 0 || /^(sendfile|epollCtl)/.test(name))) args[i] = fd()
      try {
        const result = Reflect.apply(native[name], pick([native, undefined, {}]), args)
        if (typeof result === 'number' && result < 0 && (name === 'accept4' || name === 'recv')) refused++
        if (name === 'accept4' && result >= 0) native.close(result)
      } catch (error) {
        if (!(error instanceof Error)) throw new Error('no exception: ' + String(error))
        refused++
      }
    }
    // Those that were left out, with what cannot do harm.
    for (const name of ['close', 'closeAsync', 'socket', 'socketpair', 'dup', 'poll', 'listen', 'shutdown', 'fcntl', 'ledgerMark', 'getaddrinfo', 'getnameinfo', 'getaddrinfoAsync'])
      for (const bad of [undefined, null, 'x', {}, [], hostile, Symbol('s'), 1n, gone])
        for (const more of [[], [bad], [bad, bad, bad, bad, bad, bad, bad]])
          try { native[name](bad, ...more) } catch (error) { refused++ }
    console.log(calls, refused > 10_000)
  `
  for (const seed of [1, 2, 3])
    it(`survives any arguments whatever (seed ${seed})`, async () => {
      const { stdout, stderr, code, signal } = await runScript(fuzz(seed))
      assert.deepEqual([stdout.trim(), code, signal], ['60000 true', 0, null], stderr)
    })
})

it('shutdown and close of numbers that are not open do nothing else', () => {
  assert.throws(() => socket.shutdown(987654, SHUT_RD), coded('EBADF'))
  assert.throws(() => socket.close(987654), coded('EBADF'))
})
