// Addresses that the system's resolver did not give: a list of the caller's, or the answer of a lookup function.
import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import dns from 'node:dns'
import type { LookupFunction as NetLookupFunction } from 'node:net'
import { describe, test } from 'node:test'
import {
  AddrInfo,
  AF_INET,
  AF_INET6,
  AI_ADDRCONFIG,
  connect,
  IPPROTO_UDP,
  type LookupFunction as Lookup,
  listen,
  SOCK_DGRAM,
  stream,
} from 'berkeley'
import { hostAuthority, hostConfig } from '../tls/common.js'
import { closing, eventually, leavesNoFd, within, withoutIpv6 } from '../util/index.js'
import { answering, errorOf, freePort, refusing, Starts, tcp6 } from './addresses.js'
import { portOf, tcp } from './common.js'

leavesNoFd()

type Options = stream.inet.ClientOptions

/** What node:net takes is taken. */
const ofNet: NetLookupFunction = dns.lookup

/** Values where a list of addresses is expected. */
const NO_LISTS: unknown[] = [7, true, {}, null, new Set([tcp('127.0.0.1', 1)]), AddrInfo.inet('127.0.0.1', 1)]

/** Values where an address is expected, and the message about each. */
const NO_ADDRESSES: [value: unknown, code: string, message: RegExp][] = [
  [undefined, 'ERR_INVALID_ARG_TYPE', /\[1\]" argument/],
  ['127.0.0.1', 'ERR_INVALID_ARG_TYPE', /\[1\]" argument/],
  [{}, 'ERR_INVALID_ARG_TYPE', /\[1\]\.address" argument/],
  [{ address: 7 }, 'ERR_INVALID_ARG_TYPE', /\[1\]\.address" argument/],
  [{ address: '' }, 'ERR_INVALID_ARG_VALUE', /\[1\]\.address" must be an IPv4 or IPv6 address/],
  [{ address: 'localhost' }, 'ERR_INVALID_ARG_VALUE', /\[1\]\.address" must be an IPv4 or IPv6 address/],
  [{ address: '127.1' }, 'ERR_INVALID_ARG_VALUE', /\[1\]\.address" must be/],
  [{ address: '127.0.0.1\0' }, 'ERR_INVALID_ARG_VALUE', /\[1\]\.address" must not contain a NUL/],
  [{ address: '127.0.0.1', family: 6 }, 'ERR_INVALID_ARG_VALUE', /\[1\]\.family" must be 4 for 127\.0\.0\.1/],
  [{ address: '::1', family: 4 }, 'ERR_INVALID_ARG_VALUE', /\[1\]\.family" must be 6 for ::1/],
  [{ address: '127.0.0.1', family: '4' }, 'ERR_INVALID_ARG_VALUE', /\[1\]\.family" must be 4/],
  [AddrInfo.unix('/x'), 'ERR_INVALID_ARG_VALUE', /\[1\]" must be an IPv4 or IPv6 address for streams/],
  [AddrInfo.vsock(2, 1), 'ERR_INVALID_ARG_VALUE', /\[1\]" must be an IPv4 or IPv6 address for streams/],
  [
    AddrInfo.inet('127.0.0.1', 1, { socktype: SOCK_DGRAM, protocol: IPPROTO_UDP }),
    'ERR_INVALID_ARG_VALUE',
    /\[1\]" must be an IPv4 or IPv6 address for streams/,
  ],
  [
    AddrInfo.raw(tcp('127.0.0.1', 1).sockaddr.subarray(0, 4)),
    'ERR_INVALID_ARG_VALUE',
    /\[1\]" must be an IPv4 or IPv6 address for streams/,
  ],
  // Properties that are inherited do not count.
  [Object.create(AddrInfo.inet('127.0.0.1', 1)), 'ERR_INVALID_ARG_TYPE', /\[1\]\.address" argument/],
  [Object.create({ address: '127.0.0.1' }), 'ERR_INVALID_ARG_TYPE', /\[1\]\.address" argument/],
]

/** What connects by such a list, and how the list is called in messages. */
const WAYS: [what: string, name: string, optionsOf: (list: unknown) => Options][] = [
  ['addresses', 'options.addresses', (list) => ({ addresses: list, port: 1 }) as unknown as Options],
  [
    'a lookup that calls back',
    'the answer of options.lookup',
    (list) => ({ host: 'a.example', port: 1, lookup: (_, __, done) => done(null, list as []) }),
  ],
  [
    'a lookup that returns a promise',
    'the answer of options.lookup',
    (list) => ({ host: 'a.example', port: 1, lookup: async () => list }),
  ],
]

describe('addresses that are given (H108)', () => {
  for (const [what, name, optionsOf] of WAYS) {
    test(`connect() refuses ${what}, if it is no list`, async () => {
      for (const value of NO_LISTS)
        await assert.rejects(connect(optionsOf(value)), {
          code: 'ERR_INVALID_ARG_TYPE',
          message: new RegExp(`^The "${name}" argument must be an Array of addresses`),
        })
    })

    test(`connect() refuses ${what}, if one of them is no address, before any is tried`, async () => {
      const starts = new Starts()
      for (const [value, code, message] of NO_ADDRESSES) {
        const list = [tcp('127.0.0.1', 1), value]
        await assert.rejects(connect({ ...optionsOf(list), prepare: starts.prepare }), { code, message })
      }
      assert.deepEqual(starts.addresses, [])
    })

    test(`connect() by ${what}, an empty one, is EADDRNOTAVAIL`, async () => {
      const error = await errorOf(connect(optionsOf([])))
      assert.equal(error.message, 'connect EADDRNOTAVAIL: no address to connect to')
    })

    test(`connect() by ${what} gives those the port that have none`, async (t) => {
      const server = await answering(t, '127.0.0.1')
      for (const address of [
        { address: '127.0.0.1' },
        { address: '127.0.0.1', family: 4 },
        AddrInfo.inet('127.0.0.1'),
      ]) {
        const options = { ...optionsOf([...refusing(1, 1), address]), port: server.getsockname().port }
        const client = closing(t, await connect(options as Options))
        assert.equal(String(client.getpeername()), String(server.getsockname()))
        closing(t, await server.accept())
      }
    })

    test(`connect() by ${what} leaves the other family out`, { skip: withoutIpv6() }, async () => {
      const port = await freePort()
      const list = [tcp('127.0.9.1', port), tcp6('::1', port), tcp('127.0.9.2', port)]
      const starts = new Starts()
      const options = { ...optionsOf(list), prepare: starts.prepare }
      await assert.rejects(connect({ ...options, family: AF_INET6 } as Options), { code: 'ECONNREFUSED' })
      assert.deepEqual(starts.addresses, [`[::1]:${port}`])
      const none = connect({ ...optionsOf(list.slice(0, 1)), family: AF_INET6 } as Options)
      await assert.rejects(none, { code: 'EAFNOSUPPORT', message: /family of AF_INET6 among 127\.0\.9\.1/ })
      for (const family of [1, 99])
        await assert.rejects(connect({ ...options, family } as Options), { code: 'ERR_INVALID_ARG_VALUE' })
    })

    test(`connect() refuses what only the resolver knows beside ${what}`, async () => {
      for (const [name, value] of [
        ['passive', true],
        ['canonname', true],
        ['numeric', true],
        ['flags', AI_ADDRCONFIG],
      ] as const)
        await assert.rejects(connect({ ...optionsOf([]), [name]: value } as Options), {
          code: 'ERR_INVALID_ARG_VALUE',
          message: new RegExp(`options\\.${name}`),
        })
      await connect({ ...optionsOf([]), passive: false } as Options).catch(({ code }) =>
        assert.equal(code, 'EADDRNOTAVAIL'),
      )
    })
  }

  test('addresses and a lookup exclude each other', async () => {
    const both = { addresses: [tcp('127.0.0.1', 1)], lookup: dns.lookup, port: 1 } as unknown as Options
    await assert.rejects(connect(both), { code: 'ERR_INVALID_ARG_VALUE', message: /not both/ })
  })

  test('addresses need no host and no port if they have ports, and all of them are to have one', async (t) => {
    const server = await answering(t, '127.0.0.1')
    closing(t, await connect({ addresses: [server.getsockname()] }))
    closing(t, await connect({ host: 'db.example', port: 1, addresses: [server.getsockname()] }))
    const portless = [server.getsockname(), AddrInfo.inet('127.0.0.1')]
    await assert.rejects(connect({ addresses: portless }), {
      code: 'ERR_INVALID_ARG_VALUE',
      message: /must have ports/,
    })
    for (const port of [0, '0', -1, 65536, '80abc', 80.5, ''])
      await assert.rejects(connect({ addresses: portless, port }), /"(options\.)?port"/)
  })

  test('a change of the list after the call has no effect', async (t) => {
    const server = await answering(t, '127.0.0.1')
    const addresses = [server.getsockname() as AddrInfo]
    const client = closing(t, await stream.inet.Client.create({ addresses }, false))
    addresses[0] = tcp('127.0.9.1', 1)
    addresses.push(tcp('127.0.9.2', 1))
    for (let i = 0; i < 2; i++) {
      await client.connect()
      assert.equal(String(client.getpeername()), String(server.getsockname()))
      closing(t, await server.accept())
    }
  })

  test('flow label and scope of an address without a port stay', { skip: withoutIpv6() }, async (t) => {
    const server = await answering(t, '::1')
    const seen: unknown[] = []
    const prepare = (_: unknown, ai: AddrInfo): void => void seen.push(ai.scopeid, ai.flowinfo, ai.port)
    const addresses = [AddrInfo.inet6('::1', 0, { flowinfo: 0, scopeid: 1 })]
    closing(t, await connect({ addresses, port: portOf(server), prepare }))
    assert.deepEqual(seen, [1, 0, portOf(server)])
  })
})

describe('a lookup function (H108)', () => {
  test('connect() takes dns.lookup, and any function of its signature', async (t) => {
    const server = await answering(t, '127.0.0.1')
    const { port } = server.getsockname()
    const asked: unknown[] = []
    const lookups: Lookup[] = [
      dns.lookup,
      ofNet,
      (host, options, done) => {
        asked.push(host, options)
        done(null, '127.0.0.1', 4)
      },
      (_, __, done) => void setImmediate(done, null, [{ address: '127.0.0.1', family: 4 }]),
      async () => [{ address: '127.0.0.1' }],
      async (_, __, done) => done(undefined, [tcp('127.0.0.1', port)]),
      () => dns.promises.lookup('127.0.0.1', { all: true }),
    ]
    for (const lookup of lookups) {
      const client = closing(t, await connect({ host: 'localhost', port, lookup, family: AF_INET }))
      assert.equal(String(client.getpeername()), String(server.getsockname()))
    }
    assert.deepEqual(asked, ['localhost', { all: true, family: 4, hints: 0 }])
  })

  test('a lookup is asked for each connect(), with the family, and for localhost without a host', async () => {
    const asked: unknown[] = []
    const lookup: Lookup = (host, { family }, done) => {
      asked.push([host, family])
      done(null, [])
    }
    for (const family of [undefined, 0, AF_INET, AF_INET6])
      await assert.rejects(connect({ port: 1, lookup, family }), { code: 'EADDRNOTAVAIL' })
    const expected = [0, 0, 4, 6].map((family) => ['localhost', family])
    assert.deepEqual(asked, expected)
    const client = await stream.inet.Client.create({ port: 1, lookup }, false)
    for (let i = 0; i < 2; i++) await assert.rejects(client.connect(), { code: 'EADDRNOTAVAIL' })
    assert.equal(asked.length, expected.length + 2)
  })

  test('a lookup is not asked for a host that is an address', async (t) => {
    const server = await answering(t, '127.0.0.1')
    const lookup = (): never => assert.fail('it was asked')
    closing(t, await connect({ host: '127.0.0.1', port: portOf(server), lookup }))
  })

  test('the addresses of a lookup have the ports that it gives, or that of the options, also as the name of a service', async (t) => {
    const server = await answering(t, '127.0.0.1')
    const own = closing(t, await connect({ host: 'a.example', port: 1, lookup: async () => [server.getsockname()] }))
    assert.equal(own.getpeername().port, portOf(server))
    const starts = new Starts()
    const lookup = async (): Promise<object[]> => [{ address: '127.0.9.1' }]
    await errorOf(connect({ host: 'a.example', port: 'http', lookup, prepare: starts.prepare, timeout: 2000 }))
    assert.deepEqual(starts.addresses, ['127.0.9.1:80'])
    await assert.rejects(connect({ host: 'a.example', port: 'no-such-service', lookup }), { syscall: 'getaddrinfo' })
  })

  test('connect() rejects with what a lookup throws, rejects with or calls back', async () => {
    const failure = new Error('no such name')
    const lookups: Lookup[] = [
      () => {
        throw failure
      },
      () => Promise.reject(failure),
      (_, __, done) => done(failure),
      (_, __, done) => void setImmediate(done, failure),
    ]
    for (const lookup of lookups)
      await assert.rejects(connect({ host: 'a.example', port: 1, lookup }), (error) => error === failure)
    await assert.rejects(connect({ host: 'no-such-name.invalid', port: 1, lookup: dns.lookup }), {
      syscall: 'getaddrinfo',
    })
    for (const lookup of [null, 7, 'dns', {}])
      await assert.rejects(connect({ host: 'a.example', port: 1, lookup } as unknown as Options), {
        code: 'ERR_INVALID_ARG_TYPE',
        message: /options\.lookup/,
      })
  })

  test('the first answer of a lookup counts, and later ones are of no consequence', async (t) => {
    const server = await answering(t, '127.0.0.1')
    const list = [server.getsockname()]
    const late: Lookup[] = [
      (_, __, done) => {
        done(null, list)
        done(new Error('too late'))
        done(null, [])
      },
      (_, __, done) => {
        done(null, list)
        throw new Error('too late')
      },
      (_, __, done) => {
        done(null, list)
        return Promise.reject(new Error('too late'))
      },
      async (_, __, done) => {
        setImmediate(done, new Error('too late'))
        return list
      },
    ]
    for (const lookup of late) closing(t, await connect({ host: 'a.example', port: 1, lookup }))
    await new Promise((turn) => setImmediate(turn))
  })

  test('a lookup that never answers is bounded by the deadline, also one that promises nothing', async () => {
    for (const lookup of [() => undefined, async () => undefined, () => new Promise(() => {})])
      await assert.rejects(connect({ host: 'a.example', port: 1, lookup, timeout: 20 }), { name: 'TimeoutError' })
  })

  test('an answer that comes after the deadline is not used', async () => {
    const starts = new Starts()
    let answer: (() => void) | undefined
    const lookup: Lookup = (_, __, done) => {
      answer = () => done(null, [tcp('127.0.0.1', 1)])
    }
    const connecting = connect({ host: 'a.example', port: 1, lookup, timeout: 20, prepare: starts.prepare })
    await assert.rejects(connecting, { name: 'TimeoutError' })
    answer?.()
    await new Promise((turn) => setImmediate(turn))
    assert.deepEqual(starts.addresses, [])
  })

  test('prepare() runs in the context of the call, wherever the lookup calls back', async (t) => {
    const server = await answering(t, '127.0.0.1')
    const storage = new AsyncLocalStorage<string>()
    let answer: (() => void) | undefined
    let seen: string | undefined
    const options: Options = {
      host: 'a.example',
      port: 1,
      lookup: (_, __, done) => {
        answer = () => done(null, [server.getsockname()])
      },
      prepare: () => {
        seen = storage.getStore()
      },
    }
    const connecting = storage.run('the call', () => connect(options))
    await eventually(() => answer !== undefined, 'the lookup')
    storage.run('elsewhere', () => answer?.())
    closing(t, await connecting)
    assert.equal(seen, 'the call')
  })

  test('TLS verifies the host, whatever addresses it has', async (t) => {
    const server = closing(t, await listen({ host: '127.0.0.1', tlscfg: hostConfig }))
    const tlscfg = { ca: hostAuthority.pem }
    const list = [server.getsockname()]
    const ways: Options[] = [
      { host: 'host.example', port: 1, lookup: async () => list },
      { host: 'host.example', addresses: list },
      { servername: 'host.example', addresses: list },
    ]
    for (const options of ways) {
      const connecting = connect({ ...options, tlscfg, timeout: 10_000 })
      const peer = closing(t, await server.accept())
      await peer.handshake()
      assert.equal(closing(t, await connecting).authorized, true)
    }
    const other = connect({ host: 'other.example', addresses: list, tlscfg, timeout: 10_000 })
    other.catch(() => undefined)
    const peer = closing(t, await within(server.accept(), 'the connection'))
    await assert.rejects(peer.handshake())
    await assert.rejects(other, { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
    await assert.rejects(connect({ addresses: list, tlscfg }), { message: /needs a "servername"/ })
  })
})
