// What is a number is never guessed, what is neither a number nor a name is refused.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AI_NUMERICHOST, inet } from 'berkeley/llsocket'
import { resolveSync } from '#internal/address/resolver.js'
import { coded, leavesNoFd, thrownBy } from '../util/index.js'
import { lookup, noServices } from './common.js'

leavesNoFd()

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

describe('numbers only (H56)', () => {
  for (const host of canonical)
    it(`getaddrinfo() with AI_NUMERICHOST accepts ${host}`, () =>
      assert.equal(lookup(host, 80, AI_NUMERICHOST).length, 1))

  for (const host of others)
    it(`getaddrinfo() with AI_NUMERICHOST refuses ${JSON.stringify(host)}`, () => {
      const error = thrownBy(() => lookup(host, 80, AI_NUMERICHOST))
      assert.deepEqual([error['code'], error['syscall']], ['EAI_NONAME', 'getaddrinfo'])
    })
})

describe('hosts that are refused before a lookup', () => {
  it('getaddrinfo() refuses a host with a NUL at any position (H57)', () => {
    for (const host of ['127.0.0.1', 'localhost', '::1'])
      for (let at = 0; at <= host.length; at++)
        assert.throws(() => lookup(`${host.slice(0, at)}\0${host.slice(at)}`, 80), coded('ERR_INVALID_ARG_VALUE'))
    assert.throws(() => lookup('127.0.0.1\0.evil.example', 80), coded('ERR_INVALID_ARG_VALUE', { message: /"host"/ }))
  })

  it('getaddrinfo() refuses a host that is longer than a name can be (H58)', () => {
    const name = (length: number): string => `${`${'a.'.repeat(200)}`.slice(0, length - 8)}.invalid`
    for (const length of [254, 255, 256, 1024, 1025, 100_000])
      assert.equal(thrownBy(() => lookup(name(length).padStart(length, 'a.'), 80))['code'], 'EAI_NONAME')
    const error = thrownBy(() => lookup('x.'.repeat(5000), 80))
    assert.match(error.message, /longer than 253/)
    assert.ok(error.message.length < 400)
  })

  it('getaddrinfo() refuses a host with a label that is too long (H58)', () => {
    assert.match(thrownBy(() => lookup(`${'a'.repeat(64)}.invalid`, 80)).message, /label is longer than 63/)
    // 60 letters, but more than 63 once they are encoded
    assert.equal(thrownBy(() => lookup(`${'ä'.repeat(60)}.invalid`, 80))['code'], 'EAI_NONAME')
  })

  it('getaddrinfo() refuses a host that cannot be a name', () => {
    for (const host of ['ä b', 'ä\u0001', 'ä%00', '\ud800', '*'])
      assert.equal(thrownBy(() => lookup(host, 80))['code'], 'EAI_NONAME', JSON.stringify(host))
  })

  it('getaddrinfo() refuses a host that is not a string', () => {
    for (const host of [5, {}, [], true, Buffer.from('localhost')])
      assert.throws(() => lookup(host as never, 80), coded('ERR_INVALID_ARG_TYPE', { message: /"host"/ }))
  })
})

describe('ports (H59)', () => {
  it('getaddrinfo() accepts numbers from 0 to 65535, or their digits, as the port', () => {
    for (const port of [0, 1, 65535, '0', '80', '65535']) assert.equal(lookup('127.0.0.1', port)[0]?.port, Number(port))
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
    it(`getaddrinfo() refuses ${JSON.stringify(port)} as the port`, () =>
      assert.throws(() => lookup('127.0.0.1', port), coded('ERR_OUT_OF_RANGE', { message: /"port"/ })))

  it('getaddrinfo() refuses ports out of range, fractions and other types', () => {
    for (const port of [65536, -1, 80.5, Number.NaN, Infinity])
      assert.throws(() => lookup('127.0.0.1', port), coded('ERR_OUT_OF_RANGE'))
    for (const port of [{}, [], true, 80n])
      assert.throws(() => lookup('127.0.0.1', port as never), coded('ERR_INVALID_ARG_TYPE'))
  })

  it('getaddrinfo() accepts names of services as the port', { skip: noServices }, () => {
    assert.equal(lookup('127.0.0.1', 'http')[0]?.port, 80)
    assert.equal(thrownBy(() => lookup('127.0.0.1', 'no-such-service'))['code'], 'EAI_SERVICE')
  })
})

describe('the other arguments', () => {
  it('getaddrinfo() refuses type, protocol and flags that are not integers', () => {
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

  it('getaddrinfo() throws the error of the resolver for unknown types, families and flags', () => {
    assert.equal(thrownBy(() => inet.getaddrinfo('127.0.0.1', 1, 99))['code'], 'EAI_SOCKTYPE')
    assert.equal(thrownBy(() => resolveSync({ host: '127.0.0.1', port: 1, family: 99 }))['code'], 'EAI_FAMILY')
    assert.equal(thrownBy(() => inet.getaddrinfo('127.0.0.1', 1, 0, 0, 0x40000000))['code'], 'EAI_BADFLAGS')
  })
})
