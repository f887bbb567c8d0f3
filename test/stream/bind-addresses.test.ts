// Which of several addresses a server is bound to, and when another one is tried.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { AddrInfo, AF_INET, AF_INET6, listen, SOCK_STREAM, stream } from 'berkeley'
import { sys } from '#internal/constants/lookup.js'
import { native, type ResolvedAddress } from '#internal/native/sockets.js'
import { closing, leavesNoFd, withoutIpv6 } from '../util/index.js'
import { listening, portOf } from './common.js'

leavesNoFd()

/** What node:net says to the same request. */
const nodeListens = (port: number): Promise<string> =>
  new Promise((said) => {
    const server = net.createServer()
    server.on('error', (error: NodeJS.ErrnoException) => said(error.code as string))
    server.listen(port, () => server.close(() => said('bound')))
  })

/** The resolver answers every lookup of a name with these addresses. */
function answering(t: TestContext, ...list: AddrInfo[]): void {
  const rows = list.map((ai): ResolvedAddress => [ai.family, SOCK_STREAM, 0, ai.sockaddr, undefined])
  t.mock.method(native, 'getaddrinfoAsync', (callback: (answer: ResolvedAddress[]) => void) => {
    setImmediate(callback, rows)
    return 0
  })
}

describe('addresses to bind (H109)', { skip: withoutIpv6() }, () => {
  for (const taken of ['::1', '::', '127.0.0.1', '0.0.0.0'])
    test(`listen() without a host rejects with EADDRINUSE, as node:net does, when the port is taken on ${taken}`, async (t) => {
      const port = portOf(await listening(t, taken))
      assert.equal(await nodeListens(port), 'EADDRINUSE')
      await assert.rejects(listen({ port }), { code: 'EADDRINUSE', syscall: 'bind', address: '::', port })
      await assert.rejects(stream.inet.Server.create({ port }), { code: 'EADDRINUSE' })
    })

  test('listen() on a host of several addresses rejects when the first one is in use, and leaves the others alone', async (t) => {
    const port = portOf(await listening(t, '::1'))
    answering(t, AddrInfo.inet6('::1', port), AddrInfo.inet('127.0.0.1', port))
    await assert.rejects(listen({ host: 'two.example', port }), { code: 'EADDRINUSE', address: '::1', port })
  })

  test('listen() on a host of several addresses binds the first one that this machine has', async (t) => {
    answering(t, AddrInfo.inet6('2001:db8::1'), AddrInfo.inet('192.0.2.1'), AddrInfo.inet('127.0.0.1'))
    const server = closing(t, await listen({ host: 'three.example', port: 0 }))
    assert.equal(server.getsockname().addr, '127.0.0.1')
  })

  test('listen() rejects with the error of the last address when this machine has none of them', async (t) => {
    answering(t, AddrInfo.inet6('2001:db8::1'), AddrInfo.inet('192.0.2.1'))
    await assert.rejects(listen({ host: 'none.example', port: 0 }), { code: 'EADDRNOTAVAIL', address: '192.0.2.1' })
  })

  test('listen() rejects with EACCES, and tries no other family, when the port is privileged', async (t) => {
    const refuse = (_fd: number, address: Uint8Array): number =>
      native.addressParts(address) === AF_INET6 ? -sys.EACCES : 0
    const bind = t.mock.method(native, 'bind', refuse)
    await assert.rejects(listen({ port: 80 }), { code: 'EACCES', address: '::', port: 80 })
    assert.equal(bind.mock.callCount(), 1)
  })

  for (const code of ['EAFNOSUPPORT', 'EADDRNOTAVAIL'] as const)
    test(`listen() without a host binds IPv4 where this machine says ${code} to IPv6`, async (t) => {
      const call = code === 'EAFNOSUPPORT' ? 'socket' : 'bind'
      const original = native[call] as (...args: unknown[]) => number
      const isIpv6 = (args: unknown[]): boolean =>
        call === 'socket' ? args[0] === AF_INET6 : native.addressParts(args[1] as Uint8Array) === AF_INET6
      t.mock.method(native, call, (...args: unknown[]) => (isIpv6(args) ? -sys[code] : original(...args)))
      const server = closing(t, await listen({ port: 0 }))
      assert.equal(server.getsockname().addr, '0.0.0.0')
    })

  test('passive: false is for this machine alone', async (t) => {
    const server = closing(t, await listen({ port: 0, passive: false }))
    assert.match(server.getsockname().addr, /^(::1|127\.0\.0\.1)$/)
  })
})

describe('v6only (H109)', { skip: withoutIpv6() }, () => {
  test('v6only: true leaves the port of IPv4 free, and v6only: false takes it', async (t) => {
    const alone = closing(t, await listen({ port: 0, v6only: true }))
    assert.equal(alone.v6only(), true)
    const port = portOf(alone)
    closing(t, await listen({ host: '0.0.0.0', port }))
    const both = closing(t, await listen({ host: '::', port: 0, v6only: false }))
    assert.equal(both.v6only(), false)
    await assert.rejects(listen({ host: '0.0.0.0', port: portOf(both) }), { code: 'EADDRINUSE' })
  })

  test('v6only: true binds no address of IPv4, and is refused with one', async (t) => {
    const asked = t.mock.method(native, 'getaddrinfoAsync', (..._: unknown[]) => -sys.ENOMEM)
    await assert.rejects(listen({ host: 'some.example', port: 0, v6only: true }), { code: 'ENOMEM' })
    assert.equal(asked.mock.calls[0]?.arguments.at(3), AF_INET6)
    await assert.rejects(listen({ host: '127.0.0.1', port: 0, v6only: true }), { code: /^EAI_/ })
    await assert.rejects(listen({ port: 0, family: AF_INET, v6only: true }), { code: 'ERR_INVALID_ARG_VALUE' })
    await assert.rejects(listen({ port: 0, v6only: 1 as never }), { code: 'ERR_INVALID_ARG_TYPE' })
  })

  test('family: AF_INET6 is for one family only, unless v6only says otherwise', async (t) => {
    for (const [v6only, expected] of [
      [undefined, true],
      [false, false],
      [true, true],
    ] as const) {
      const server = closing(t, await listen({ port: 0, family: AF_INET6, v6only }))
      assert.equal(server.v6only(), expected)
    }
  })

  test('a host keeps what the system says without v6only', async (t) => {
    const server = closing(t, await listen({ host: '::', port: 0 }))
    assert.equal(server.v6only(), readFileSync('/proc/sys/net/ipv6/bindv6only', 'latin1').trim() === '1')
  })
})
