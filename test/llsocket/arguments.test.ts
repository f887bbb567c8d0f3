// Wrong arguments, and methods called on wrong objects: always an exception with Node's code, never a crash or a guess.
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
  SO_RCVBUF,
  SOCK_STREAM,
  SOL_SOCKET,
  Socket,
  SystemError,
  socket,
} from 'berkeley/llsocket'
import { native } from '#internal/native/sockets.js'
import { coded, leavesNoFd, thrownBy } from '../util/index.js'
import { pair } from './common.js'

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

const gone = (): Buffer => {
  const memory = new Uint8Array(8)
  structuredClone(memory.buffer, { transfer: [memory.buffer] })
  return memory as Buffer
}

const nothing = null as never

describe('arguments', () => {
  for (const [method, [right, ...parameters]] of Object.entries(methods))
    for (const [at, name, kind] of parameters)
      it(`${method}() checks its argument ${name} before it does anything`, (t) => {
        const [a, b] = pair(t, SOCK_STREAM)
        const call = (a as unknown as Record<string, (...args: unknown[]) => unknown>)[method]
        refused((...args) => call?.apply(a, args), right, at, name, kind)
        // close() closes in any case.
        assert.equal(a.fd() > 0, method !== 'close', 'still open')
        assert.equal(b.recv(), method === 'close' ? null : AGAIN, 'nothing was sent')
      })

  for (const [name, [right, ...parameters]] of Object.entries(functions))
    for (const [at, argument, kind] of parameters)
      it(`socket.${name}() checks its argument ${argument}`, () => {
        const call = (socket as unknown as Record<string, (...args: unknown[]) => unknown>)[name]
        assert.ok(call)
        refused(call, right, at, argument, kind)
      })

  it('writev() and readv() name the element of a list that is wrong', (t) => {
    const [a] = pair(t, SOCK_STREAM)
    assert.throws(() => a.writev(['x', 5 as never]), coded('ERR_INVALID_ARG_TYPE', { message: /"data\[1\]"/ }))
    assert.throws(() => a.readv([room(), 'x' as never]), coded('ERR_INVALID_ARG_TYPE', { message: /"buffers\[1\]"/ }))
    assert.throws(() => a.readv([new Uint8Array(0)]), coded('ERR_OUT_OF_RANGE', { message: /"buffers\[0\]"/ }))
  })

  it('getsockopt() and setsockopt() refuse unknown kinds and values', (t) => {
    const [a] = pair(t, SOCK_STREAM)
    for (const kind of ['nothing', 'constructor', '__proto__', 5, null])
      assert.throws(() => a.getsockopt(SOL_SOCKET, SO_RCVBUF, kind as never), coded('ERR_INVALID_ARG_VALUE'))
    for (const value of [null, undefined, {}, Symbol('s')])
      assert.throws(() => a.setsockopt(SOL_SOCKET, SO_RCVBUF, value), coded('ERR_INVALID_ARG_TYPE'))
  })

  it('send() and recv() use the default for an undefined argument', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    assert.equal(a.send('x', undefined as never), 1)
    assert.equal(String(b.recv(undefined, undefined as never)), 'x')
  })
})

describe('receivers (H87)', () => {
  for (const [name, prototype] of classes)
    it(`every method of ${name} throws when it is called on another object`, () => {
      for (const [key, method] of functionsOf(prototype))
        for (const receiver of receivers(prototype)) hasNoPower(method, receiver, `${name}.${key}`)
    })

  it('a subclass may override and use the methods', (t) => {
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

describe('wrong options and names', () => {
  it('AddrInfo refuses wrong options, and its methods wrong addresses', () => {
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

  it('getsockopt() and CmsgHdr.of() refuse names that are not strings', (t) => {
    const [a] = pair(t, SOCK_STREAM)
    for (const name of [Symbol('name'), Object.create(null), 7, nothing] as never[]) {
      assert.throws(() => a.getsockopt(SOL_SOCKET, SO_RCVBUF, name), coded('ERR_INVALID_ARG_VALUE'))
      assert.throws(() => CmsgHdr.of(name, nothing), coded('ERR_INVALID_ARG_VALUE'))
      assert.equal(isSupported(name), false)
    }
  })

  it('AddrInfo and options refuse memory that was transferred away, and proxies (H37)', (t) => {
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

  it('MsgHdr throws when its memory was transferred away, and can still be inspected (H37)', () => {
    const memory = new Uint8Array(8)
    const msg = new MsgHdr()
    msg.add(memory)
    structuredClone(memory.buffer, { transfer: [memory.buffer] })
    assert.throws(() => msg.consume(3), coded('ERR_INVALID_STATE'))
    assert.throws(() => msg.concat(), coded('ERR_INVALID_STATE'))
    assert.match(inspect(msg), /^MsgHdr/)
  })
})
