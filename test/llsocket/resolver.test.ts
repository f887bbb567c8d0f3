// getaddrinfo: what is a number is never guessed, what is a name is asked for knowingly, what is neither is refused.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import {
  AddrInfo,
  AF_INET,
  AF_INET6,
  AF_UNIX,
  AI_CANONNAME,
  AI_NUMERICHOST,
  AI_NUMERICSERV,
  AI_PASSIVE,
  IPPROTO_TCP,
  IPPROTO_UDP,
  inet,
  NI_NAMEREQD,
  NI_NUMERICHOST,
  SOCK_DGRAM,
  SOCK_STREAM,
  unix,
} from 'berkeley/llsocket'
import { resolve, resolveSync } from '#internal/address/resolver.js'
import { coded, leavesNoFd, thrownBy, withoutIpv6 } from '../util/index.js'

leavesNoFd()

const stream = (host?: string | null, port?: string | number | null, ...flags: number[]): AddrInfo[] =>
  inet.getaddrinfo(host, port, SOCK_STREAM, 0, ...flags)
const services = existsSync('/etc/services') ? readFileSync('/etc/services', 'utf8') : ''
const noServices = /^http\s+80\/tcp/m.test(services) ? false : 'this machine has no /etc/services'

describe('getaddrinfo', () => {
  it('answers numbers with what they are', () => {
    const [ai, ...more] = stream('192.0.2.1', 80)
    assert.ok(ai)
    assert.deepEqual(
      [ai.family, ai.socktype, ai.protocol, ai.addr, ai.port],
      [AF_INET, SOCK_STREAM, IPPROTO_TCP, '192.0.2.1', 80],
    )
    assert.equal(more.length, 0)
    assert.equal(ai.canonname, undefined)
    assert.equal(String(stream('2001:db8::1', '443')[0]), '[2001:db8::1]:443')
  })

  it('answers for every type of socket when none is asked for', () => {
    const types = inet.getaddrinfo('127.0.0.1', 80).map((ai) => ai.socktype)
    assert.ok(types.includes(SOCK_STREAM) && types.includes(SOCK_DGRAM))
  })

  it('keeps type and protocol', () => {
    const [ai] = inet.getaddrinfo('127.0.0.1', 53, SOCK_DGRAM, IPPROTO_UDP)
    assert.deepEqual([ai?.socktype, ai?.protocol], [SOCK_DGRAM, IPPROTO_UDP])
  })

  it('knows localhost', () => {
    for (const ai of stream('localhost', 1)) assert.ok(['127.0.0.1', '::1'].includes(String(ai.addr)))
  })

  it('without a host is the loopback address, with AI_PASSIVE the wildcard', () => {
    const addresses = (list: AddrInfo[]): unknown[] => list.map((ai) => ai.addr)
    for (const host of [undefined, null, '']) {
      assert.ok(addresses(stream(host, 80)).includes('127.0.0.1'))
      assert.ok(addresses(stream(host, 80, AI_PASSIVE)).includes('0.0.0.0'))
    }
    assert.deepEqual(addresses(stream('192.0.2.1', 80, AI_PASSIVE)), ['192.0.2.1'])
  })

  it('with neither host nor port is refused', () => {
    for (const nothing of [undefined, null, ''])
      assert.throws(() => stream(nothing, nothing), coded('EAI_NONAME', { syscall: 'getaddrinfo' }))
  })

  it('gives the canonical name on request', () => {
    const [ai] = stream('localhost', 80, AI_CANONNAME)
    assert.equal(typeof ai?.canonname, 'string')
  })

  it('OR-s its flags', () => {
    assert.equal(stream('127.0.0.1', '80', AI_NUMERICHOST, AI_NUMERICSERV).length, 1)
    assert.throws(() => stream('127.0.0.1', 'http', AI_NUMERICHOST, AI_NUMERICSERV), coded('EAI_NONAME'))
  })

  it('names what was asked for', () => {
    const error = thrownBy(() => stream('no-such-host.invalid', 80))
    assert.deepEqual(
      [error.name, error['syscall'], error['address'], error['port']],
      ['SystemError', 'getaddrinfo', 'no-such-host.invalid', 80],
    )
    assert.match(String(error['code']), /^EAI_(NONAME|AGAIN|FAIL|NODATA)$/)
    assert.equal(typeof error['errno'], 'number')
    assert.match(error.message, /^getaddrinfo EAI_\w+ no-such-host\.invalid:80: ./)
  })
})

describe('getaddrinfo6', () => {
  it('gives IPv6 addresses only', { skip: withoutIpv6() }, () => {
    for (const ai of inet.getaddrinfo6(null, 80, SOCK_STREAM)) assert.deepEqual([ai.family, ai.addr], [AF_INET6, '::1'])
    assert.throws(
      () => inet.getaddrinfo6('127.0.0.1', 80),
      (error: { code: string }) => /^EAI_(ADDRFAMILY|NONAME)$/.test(error.code),
    )
  })
})

describe('unix.getaddrinfo', () => {
  it('is a list of one', () => {
    const [ai, ...more] = unix.getaddrinfo('/run/x', SOCK_DGRAM)
    assert.deepEqual([ai?.family, ai?.path, ai?.socktype, more.length], [AF_UNIX, '/run/x', SOCK_DGRAM, 0])
    assert.throws(() => unix.getaddrinfo('x'.repeat(108)), coded('ENAMETOOLONG'))
    assert.throws(() => unix.getaddrinfo('x', 0, 0, 'flag' as never), coded('ERR_INVALID_ARG_TYPE'))
    assert.throws(() => unix.getaddrinfo(undefined as never), coded('ERR_INVALID_ARG_TYPE'))
  })
})

describe('numbers only (H56)', () => {
  const canonical = [
    '0.0.0.0',
    '127.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '2001:DB8::a',
    '::ffff:127.0.0.1',
    'fe80::1%1',
  ]
  for (const host of canonical) it(`takes ${host}`, () => assert.equal(stream(host, 80, AI_NUMERICHOST).length, 1))

  const others = [
    '127.1',
    '127.0.1',
    '1',
    '2130706433',
    '0x7f000001',
    '0x7f.1',
    '0X7F.0.0.1',
    '0177.0.0.1',
    '017700000001',
    '127.0.0.01',
    '127.0.0.1.',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '1.2.3.-4',
    ' 127.0.0.1',
    '127.0.0.1 ',
    '127.0.0.1\t',
    '127.0.0.1\n',
    '１２７.0.0.1',
    '127。0。0。1',
    '127．0．0．1',
    '①27.0.0.1',
    '١٢٧.0.0.1',
    '𝟏𝟐𝟕.0.0.1',
    '[::1]',
    '[127.0.0.1]',
    '::1]',
    ':::',
    '1::2::3',
    '::g',
    '12345::',
    '::127.1',
    '::ffff:0177.0.0.1',
    '::1%',
    'fe80::1%lo%lo',
    '127.0.0.1%lo',
    '::1%nowhere0',
    'localhost',
    '127.0.0.1:80',
    '127.0.0.1/8',
    '*',
    '%lo',
    '-1',
    '+127.0.0.1',
    '1e2.0.0.1',
    '127.0.0.1;',
    '127.0.0.1\\',
  ]
  for (const host of others)
    it(`refuses ${JSON.stringify(host)}`, () => {
      const error = thrownBy(() => stream(host, 80, AI_NUMERICHOST))
      assert.deepEqual([error['code'], error['syscall']], ['EAI_NONAME', 'getaddrinfo'])
    })
})

describe('hosts that are refused before anybody is asked', () => {
  it('have a NUL at whatever position (H57)', () => {
    for (const host of ['127.0.0.1', 'localhost', '::1'])
      for (let at = 0; at <= host.length; at++)
        assert.throws(() => stream(`${host.slice(0, at)}\0${host.slice(at)}`, 80), coded('ERR_INVALID_ARG_VALUE'))
    assert.throws(() => stream('127.0.0.1\0.evil.example', 80), coded('ERR_INVALID_ARG_VALUE', { message: /"host"/ }))
  })

  it('are longer than a name can be (H58)', () => {
    const name = (length: number): string => `${`${'a.'.repeat(200)}`.slice(0, length - 8)}.invalid`
    for (const length of [254, 255, 256, 1024, 1025, 100_000])
      assert.equal(thrownBy(() => stream(name(length).padStart(length, 'a.'), 80))['code'], 'EAI_NONAME')
    const error = thrownBy(() => stream('x.'.repeat(5000), 80))
    assert.match(error.message, /longer than 253/)
    assert.ok(error.message.length < 400)
  })

  it('have a label that is too long (H58)', () => {
    assert.match(thrownBy(() => stream(`${'a'.repeat(64)}.invalid`, 80)).message, /label is longer than 63/)
    // 60 letters, but more than 63 once they are encoded
    assert.equal(thrownBy(() => stream(`${'ä'.repeat(60)}.invalid`, 80))['code'], 'EAI_NONAME')
  })

  it('are no names of any kind', () => {
    for (const host of ['ä b', 'ä\u0001', 'ä%00', '\ud800', '*'])
      assert.equal(thrownBy(() => stream(host, 80))['code'], 'EAI_NONAME', JSON.stringify(host))
  })

  it('are of another type', () => {
    for (const host of [5, {}, [], true, Buffer.from('localhost')])
      assert.throws(() => stream(host as never, 80), coded('ERR_INVALID_ARG_TYPE', { message: /"host"/ }))
  })
})

describe('ports (H59)', () => {
  it('are numbers from 0 to 65535, or their digits', () => {
    for (const port of [0, 1, 65535, '0', '80', '65535']) assert.equal(stream('127.0.0.1', port)[0]?.port, Number(port))
  })

  for (const port of [
    '80abc',
    ' 80',
    '80 ',
    '1e3',
    '0x50',
    '65536',
    '-1',
    '+1',
    '80.5',
    '80\0',
    '\0',
    'http\0',
    'ht tp',
    '８０',
    '-',
    '_x',
    'a'.repeat(33),
  ])
    it(`are not ${JSON.stringify(port)}`, () =>
      assert.throws(() => stream('127.0.0.1', port), coded('ERR_OUT_OF_RANGE', { message: /"port"/ })))

  it('are not out of range, nor fractions, nor of another type', () => {
    for (const port of [65536, -1, 80.5, Number.NaN, Infinity])
      assert.throws(() => stream('127.0.0.1', port), coded('ERR_OUT_OF_RANGE'))
    for (const port of [{}, [], true, 80n])
      assert.throws(() => stream('127.0.0.1', port as never), coded('ERR_INVALID_ARG_TYPE'))
  })

  it('may be names of services', { skip: noServices }, () => {
    assert.equal(stream('127.0.0.1', 'http')[0]?.port, 80)
    assert.equal(thrownBy(() => stream('127.0.0.1', 'no-such-service'))['code'], 'EAI_SERVICE')
  })
})

describe('the other arguments', () => {
  it('are integers', () => {
    for (const bad of ['1', {}, true]) {
      assert.throws(
        () => inet.getaddrinfo('127.0.0.1', 1, bad as never),
        coded('ERR_INVALID_ARG_TYPE', { message: /"socktype"/ }),
      )
      assert.throws(
        () => inet.getaddrinfo('127.0.0.1', 1, 0, bad as never),
        coded('ERR_INVALID_ARG_TYPE', { message: /"protocol"/ }),
      )
      assert.throws(
        () => inet.getaddrinfo('127.0.0.1', 1, 0, 0, bad as never),
        coded('ERR_INVALID_ARG_TYPE', { message: /"flags"/ }),
      )
    }
    for (const bad of [1.5, 2 ** 31, Number.NaN])
      assert.throws(() => inet.getaddrinfo('127.0.0.1', 1, bad), coded('ERR_OUT_OF_RANGE'))
  })

  it('are judged by the resolver', () => {
    assert.equal(thrownBy(() => inet.getaddrinfo('127.0.0.1', 1, 99))['code'], 'EAI_SOCKTYPE')
    assert.equal(thrownBy(() => resolveSync({ host: '127.0.0.1', port: 1, family: 99 }))['code'], 'EAI_FAMILY')
    assert.equal(thrownBy(() => inet.getaddrinfo('127.0.0.1', 1, 0, 0, 0x40000000))['code'], 'EAI_BADFLAGS')
  })
})

describe('resolving on another thread', () => {
  it('answers as the synchronous form does', async () => {
    for (const question of [
      { host: '127.0.0.1', port: 80 },
      { host: '::1', port: '80', socktype: SOCK_STREAM },
      { host: 'localhost', port: 80, flags: AI_CANONNAME },
      { port: 80, flags: AI_PASSIVE },
    ])
      assert.deepEqual((await resolve(question)).map(String), resolveSync(question).map(String))
  })

  it('fails as the synchronous form does', async () => {
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
      // Without a network, a name that nobody answers for may fail with another code the second time.
      if (question.host === 'no-such-host.invalid')
        await assert.rejects(resolve(question), { name, syscall: 'getaddrinfo' })
      else await assert.rejects(resolve(question), { name, code, ...(errno === undefined ? {} : { errno }), message })
    }
  })

  it('however many addresses are asked for in turn, others have theirs', async () => {
    let isOver = false
    setImmediate(() => {
      isOver = true
    })
    for (let i = 0; i < 1000 && !isOver; i++) await resolve({ host: '127.0.0.1', port: 1 })
    assert.ok(isOver, 'the event loop has turned')
  })

  it('many at once each get their own answer', async () => {
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

describe('nameinfo', () => {
  it('asks for names when it is not told otherwise', { skip: noServices }, () => {
    assert.equal(AddrInfo.inet('127.0.0.1', 80).nameinfo(NI_NUMERICHOST).serv, 'http')
  })

  it('fails where a name is required and there is none', () => {
    const error = thrownBy(() => AddrInfo.inet('192.0.2.55', 1).nameinfo(NI_NAMEREQD))
    assert.match(String(error['code']), /^EAI_(NONAME|AGAIN|FAIL)$/)
    assert.deepEqual([error['syscall'], error['address']], ['getnameinfo', '192.0.2.55'])
  })

  it('of a unix address is its path, and nothing that stands behind it in memory', (t) => {
    try {
      assert.equal(AddrInfo.unix('/run/x').nameinfo().serv, '/run/x')
    } catch (error) {
      assert.equal((error as { code: string }).code, 'EAI_FAMILY')
      return t.skip('this C library has no names for unix addresses')
    }
    const long = `/${'p'.repeat(106)}`
    assert.equal(AddrInfo.unix(long).nameinfo().serv, long)
    for (let i = 0; i < 20; i++) {
      const unended = AddrInfo.raw(Buffer.concat([Buffer.from([AF_UNIX, 0]), Buffer.alloc(22, 'x')]))
      Buffer.from('what others hold in memory ....')
      assert.equal(unended.nameinfo().serv, 'x'.repeat(22))
    }
    const full = AddrInfo.raw(Buffer.concat([Buffer.from([AF_UNIX, 0]), Buffer.alloc(126, 'x')]))
    assert.equal(full.nameinfo().serv, 'x'.repeat(126))
  })
})
