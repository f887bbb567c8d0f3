// getnameinfo() of the asynchronous API: what it answers and refuses. A resolver that takes its time is in slow-lookups.test.ts.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AddrInfo, AF_INET, getnameinfo, NI_DGRAM, NI_NAMEREQD, NI_NUMERICHOST, NI_NUMERICSERV } from 'berkeley'
import { noServices } from '../llsocket/common.js'
import { leavesNoFd } from '../util/index.js'

leavesNoFd()

const loopback = AddrInfo.inet('127.0.0.1', 80)

describe('getnameinfo() (H98)', () => {
  for (const [name, ai] of [
    ['IPv4', loopback],
    ['IPv6', AddrInfo.inet6('::1', 443)],
    ['unix', AddrInfo.unix('/run/x')],
    ['vsock', AddrInfo.vsock(2, 1024)],
    ['an address that is too short', AddrInfo.raw(Buffer.from([AF_INET, 0, 0, 80]))],
  ] as const)
    for (const flags of [0, NI_NUMERICHOST, NI_NUMERICSERV, NI_NUMERICHOST | NI_NUMERICSERV, NI_DGRAM])
      test(`getnameinfo() answers as nameinfo() does: ${name}, flags ${flags}`, async () => {
        let expected: unknown
        try {
          expected = ai.nameinfo(flags)
        } catch (error) {
          const { code, syscall } = error as NodeJS.ErrnoException
          return assert.rejects(getnameinfo(ai, flags), { name: 'SystemError', code, syscall })
        }
        assert.deepEqual(await getnameinfo(ai, flags), expected)
      })

  test('getnameinfo() gives names unless it is told otherwise', { skip: noServices }, async () => {
    assert.deepEqual(await getnameinfo(loopback, NI_NUMERICHOST), { host: '127.0.0.1', serv: 'http' })
    assert.deepEqual(await getnameinfo(loopback, NI_NUMERICHOST | NI_NUMERICSERV), { host: '127.0.0.1', serv: '80' })
  })

  test('getnameinfo() rejects when a name is required and none is found', async () => {
    await assert.rejects(getnameinfo(AddrInfo.inet('192.0.2.55', 7), NI_NAMEREQD), {
      name: 'SystemError',
      code: /^EAI_(NONAME|AGAIN|FAIL)$/,
      syscall: 'getnameinfo',
      address: '192.0.2.55',
      port: 7,
    })
  })

  test('getnameinfo() lets the event loop turn although it needs no resolver', async () => {
    let turned = false
    setImmediate(() => {
      turned = true
    })
    for (let i = 0; i < 1000 && !turned; i++) await getnameinfo(loopback, NI_NUMERICHOST | NI_NUMERICSERV)
    assert.ok(turned)
  })

  for (const [name, args, code] of [
    ['no address', [undefined], 'ERR_INVALID_ARG_TYPE'],
    ['text for an address', ['127.0.0.1'], 'ERR_INVALID_ARG_TYPE'],
    ['text for flags', [loopback, '1'], 'ERR_INVALID_ARG_TYPE'],
    ['a fraction for flags', [loopback, 0.5], 'ERR_OUT_OF_RANGE'],
    ['an unknown option', [loopback, 0, { deadline: 1 }], 'ERR_INVALID_ARG_VALUE'],
    ['text for a timeout', [loopback, 0, { timeout: '1' }], 'ERR_INVALID_ARG_TYPE'],
    ['a negative timeout', [loopback, 0, { timeout: -1 }], 'ERR_OUT_OF_RANGE'],
    ['an object for a signal', [loopback, 0, { signal: {} }], 'ERR_INVALID_ARG_TYPE'],
    ['an empty text for a signal', [loopback, 0, { signal: '' }], 'ERR_INVALID_ARG_TYPE'],
  ] as const)
    test(`getnameinfo() rejects ${name}`, async () => {
      await assert.rejects((getnameinfo as (...all: readonly unknown[]) => Promise<unknown>)(...args), { code })
    })

  test('getnameinfo() rejects at once with a signal that is aborted already', async () => {
    await assert.rejects(getnameinfo(loopback, 0, { signal: AbortSignal.abort('reason') }), {
      name: 'AbortError',
      cause: 'reason',
    })
  })
})
