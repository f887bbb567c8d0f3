// What lookups answer, synchronously and on another thread. What they refuse is in getaddrinfo-arguments.test.ts.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  type AddrInfo,
  AF_INET,
  AF_INET6,
  AF_UNIX,
  AI_CANONNAME,
  AI_NUMERICHOST,
  AI_NUMERICSERV,
  AI_PASSIVE,
  AI_V4MAPPED_CFG,
  IPPROTO_TCP,
  IPPROTO_UDP,
  inet,
  SOCK_DGRAM,
  SOCK_STREAM,
  unix,
} from 'berkeley/llsocket'
import { resolve, resolveSync } from '#internal/address/resolver.js'
import { coded, leavesNoFd, thrownBy, withoutIpv6 } from '../util/index.js'
import { lookup } from './common.js'

leavesNoFd()

describe('getaddrinfo()', () => {
  it('getaddrinfo() returns numeric addresses and ports unchanged', () => {
    const [ai, ...more] = lookup('192.0.2.1', 80)
    assert.ok(ai)
    assert.deepEqual(
      [ai.family, ai.socktype, ai.protocol, ai.addr, ai.port],
      [AF_INET, SOCK_STREAM, IPPROTO_TCP, '192.0.2.1', 80],
    )
    assert.equal(more.length, 0)
    assert.equal(ai.canonname, undefined)
    assert.equal(String(lookup('2001:db8::1', '443')[0]), '[2001:db8::1]:443')
  })

  it('getaddrinfo() returns an address for every type of socket when no type is given', () => {
    const types = inet.getaddrinfo('127.0.0.1', 80).map((ai) => ai.socktype)
    assert.ok(types.includes(SOCK_STREAM) && types.includes(SOCK_DGRAM))
  })

  it('getaddrinfo() keeps the type and the protocol', () => {
    const [ai] = inet.getaddrinfo('127.0.0.1', 53, SOCK_DGRAM, IPPROTO_UDP)
    assert.deepEqual([ai?.socktype, ai?.protocol], [SOCK_DGRAM, IPPROTO_UDP])
  })

  it('getaddrinfo() resolves localhost', () => {
    for (const ai of lookup('localhost', 1)) assert.ok(['127.0.0.1', '::1'].includes(String(ai.addr)))
  })

  it('getaddrinfo() without a host returns the loopback address, with AI_PASSIVE the wildcard', () => {
    const addresses = (list: AddrInfo[]): unknown[] => list.map((ai) => ai.addr)
    for (const host of [undefined, null, '']) {
      assert.ok(addresses(lookup(host, 80)).includes('127.0.0.1'))
      assert.ok(addresses(lookup(host, 80, AI_PASSIVE)).includes('0.0.0.0'))
    }
    assert.deepEqual(addresses(lookup('192.0.2.1', 80, AI_PASSIVE)), ['192.0.2.1'])
  })

  it('getaddrinfo() throws EAI_NONAME with neither host nor port', () => {
    for (const nothing of [undefined, null, ''])
      assert.throws(() => lookup(nothing, nothing), coded('EAI_NONAME', { syscall: 'getaddrinfo' }))
  })

  it('getaddrinfo() returns the canonical name on request', () => {
    const [ai] = lookup('localhost', 80, AI_CANONNAME)
    assert.equal(typeof ai?.canonname, 'string')
  })

  it('getaddrinfo() combines its flags', () => {
    assert.equal(lookup('127.0.0.1', '80', AI_NUMERICHOST, AI_NUMERICSERV).length, 1)
    assert.throws(() => lookup('127.0.0.1', 'http', AI_NUMERICHOST, AI_NUMERICSERV), coded('EAI_NONAME'))
  })

  it('getaddrinfo() throws an error that has the host and the port', () => {
    const error = thrownBy(() => lookup('no-such-host.invalid', 80))
    assert.deepEqual(
      [error.name, error['syscall'], error['address'], error['port']],
      ['SystemError', 'getaddrinfo', 'no-such-host.invalid', 80],
    )
    assert.match(String(error['code']), /^EAI_(NONAME|AGAIN|FAIL|NODATA)$/)
    assert.equal(typeof error['errno'], 'number')
    assert.match(error.message, /^getaddrinfo EAI_\w+ no-such-host\.invalid:80: ./)
  })
})

describe('getaddrinfo6()', () => {
  it('getaddrinfo6() returns IPv6 addresses only', { skip: withoutIpv6() }, () => {
    for (const ai of inet.getaddrinfo6(null, 80, SOCK_STREAM)) assert.deepEqual([ai.family, ai.addr], [AF_INET6, '::1'])
    assert.throws(
      () => inet.getaddrinfo6('127.0.0.1', 80),
      (error: { code: string }) => /^EAI_(ADDRFAMILY|NONAME)$/.test(error.code),
    )
  })
})

describe('unix.getaddrinfo()', () => {
  it('unix.getaddrinfo() returns one address', () => {
    const [ai, ...more] = unix.getaddrinfo('/run/x', SOCK_DGRAM)
    assert.deepEqual([ai?.family, ai?.path, ai?.socktype, more.length], [AF_UNIX, '/run/x', SOCK_DGRAM, 0])
    assert.throws(() => unix.getaddrinfo('x'.repeat(108)), coded('ENAMETOOLONG'))
    assert.throws(() => unix.getaddrinfo('x', 0, 0, 'flag' as never), coded('ERR_INVALID_ARG_TYPE'))
    assert.throws(() => unix.getaddrinfo(undefined as never), coded('ERR_INVALID_ARG_TYPE'))
  })
})

describe('lookups on another thread', () => {
  it('resolve() gives the same answers as the synchronous call', async () => {
    for (const question of [
      { host: '127.0.0.1', port: 80 },
      { host: '::1', port: '80', socktype: SOCK_STREAM },
      { host: 'localhost', port: 80, flags: AI_CANONNAME },
      { port: 80, flags: AI_PASSIVE },
    ])
      assert.deepEqual((await resolve(question)).map(String), resolveSync(question).map(String))
  })

  it('resolve() fails with the same errors as the synchronous call', async () => {
    for (const question of [
      {},
      { host: 'no-such-host.invalid' },
      { host: '127.1', flags: AI_NUMERICHOST },
      { host: 'a\0b' },
      { host: '127.0.0.1', port: '80abc' },
      { host: '127.0.0.1', port: 'no-such-service' },
      { host: 'fe80::1%no-such-interface', port: 1 },
      { host: '127.0.0.1', port: 1, socktype: 99 },
      { host: '127.0.0.1', port: 1, family: 99 },
      { host: 'localhost', port: 1, socktype: 99 },
      { host: '127.0.0.1', port: 1, flags: 0x40000000 },
    ]) {
      const expected = thrownBy(() => resolveSync(question))
      const { name, code, errno, message } = expected as Error & Record<string, unknown>
      // Without a network, a name without an answer may fail with another code the second time.
      if (question.host === 'no-such-host.invalid')
        await assert.rejects(async () => resolve(question), { name, syscall: 'getaddrinfo' })
      else
        await assert.rejects(async () => resolve(question), {
          name,
          code,
          ...(errno === undefined ? {} : { errno }),
          message,
        })
    }
  })

  it('resolve() of numeric addresses in a row lets the event loop turn', async () => {
    let isOver = false
    setImmediate(() => {
      isOver = true
    })
    for (let i = 0; i < 1000 && !isOver; i++) await resolve({ host: '127.0.0.1', port: 1 })
    assert.ok(isOver, 'the event loop has turned')
  })

  it('resolve() gives each of many simultaneous calls its own answer', async () => {
    const ports = Array.from({ length: 200 }, (_, i) => i)
    const [address, name] = await Promise.all(
      ['127.0.0.1', 'localhost'].map((host) =>
        Promise.all(ports.map((port) => resolve({ host, port, family: AF_INET, socktype: SOCK_STREAM }))),
      ),
    )
    const expected = ports.map((port) => `127.0.0.1:${port}`)
    assert.deepEqual(address?.map(String), expected)
    assert.deepEqual(name?.map(String), expected)
  })
})

describe('flags of lookups that this platform lacks', () => {
  it('they are refused, whatever their numbers mean here', async () => {
    const error = coded('EAI_BADFLAGS', { syscall: 'getaddrinfo', message: /no flag AI_V4MAPPED_CFG/ })
    assert.throws(() => inet.getaddrinfo('127.0.0.1', 1, 0, 0, AI_NUMERICHOST, AI_V4MAPPED_CFG), error)
    await assert.rejects(async () => resolve({ host: 'localhost', flags: AI_V4MAPPED_CFG }), error)
    assert.throws(() => resolveSync({ host: 'localhost', flags: 1 << 20 }), coded('EAI_BADFLAGS'))
  })
})
