import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type AddrInfo, AF_INET, AF_INET6, dgram, listen } from 'berkeley'
import { sys } from '#internal/constants/lookup.js'
import { native } from '#internal/native/sockets.js'
import { closing, leavesNoFd, withoutIpv6 } from '../util/index.js'
import { bound, portOf } from './common.js'

leavesNoFd()

describe('bind()', () => {
  test('bind() shares no port unless asked to, rejects a second call with EINVAL, and needs an address (H54)', async (t) => {
    const first = await bound(t)
    const second = closing(t, await dgram.inet.Socket.create({ host: '127.0.0.1', port: portOf(first) }))
    assert.equal(second.reuseaddr(), false)
    await assert.rejects(second.bind(), { code: 'EADDRINUSE', address: '127.0.0.1', port: portOf(first) })
    await assert.rejects(first.bind(), { code: 'EINVAL' })
    const shared = { host: '127.0.0.1', port: 0, reuseport: true }
    const third = closing(t, await dgram.inet.Socket.create(shared))
    await third.bind()
    const fourth = closing(t, await dgram.inet.Socket.create({ ...shared, port: portOf(third) }))
    await fourth.bind()
    const bare = closing(t, await dgram.inet.Socket.create())
    await assert.rejects(bare.bind(), { code: 'EDESTADDRREQ', syscall: 'bind' })
    await assert.rejects(bare.bind({ host: '::1', port: 1 }), { code: 'EAFNOSUPPORT' })
    await bare.bind({ host: '127.0.0.1', port: 0 })
  })
})

const create = (t: Parameters<typeof closing>[0], options?: dgram.inet.Options): Promise<dgram.inet.Socket> =>
  dgram.inet.Socket.create(options).then((sock) => closing(t, sock))

describe('every address of this machine (H109)', { skip: withoutIpv6() }, () => {
  const ways: [name: string, options: dgram.inet.Options, bind?: dgram.inet.Address][] = [
    ['passive: true', { passive: true, port: 0 }],
    ['passive: true without a port', { passive: true }],
    ['a port alone', { port: 0 }],
    ['bind() with a port alone', { v6only: false }, { port: 0 }],
    ['bind() with nothing', { v6only: false }, {}],
  ]
  for (const [name, options, where] of ways)
    test(`${name} binds the addresses that listen() binds, and both families arrive`, async (t) => {
      const sock = await create(t, options)
      await sock.bind(where)
      const server = closing(t, await listen({ port: 0 }))
      assert.equal(sock.getsockname().addr, server.getsockname().addr)
      assert.equal(sock.v6only(), server.v6only())
      for (const host of ['127.0.0.1', '::1']) {
        const client = await create(t, { host, port: portOf(sock) })
        await client.connect()
        await client.send(host)
        const [data, from] = await sock.recvfrom()
        assert.equal(String(data), host)
        await sock.sendto('back', from)
        assert.equal(String(await client.recv()), 'back')
      }
    })

  test('passive: false binds the loopback address', async (t) => {
    const sock = await create(t, { port: 0, passive: false })
    await sock.bind()
    assert.match(sock.getsockname().addr, /^(::1|127\.0\.0\.1)$/)
  })

  test('a socket for every address connects to this machine when it is given nothing more', async (t) => {
    const server = await create(t, { port: 0 })
    await server.bind()
    const client = await create(t, { port: portOf(server) })
    await client.connect()
    assert.match(client.getpeername().addr, /^(::1|::ffff:127\.0\.0\.1)$/)
    await client.send('x')
    assert.equal(String((await server.recvfrom())[0]), 'x')
    const nowhere = await create(t, { passive: true })
    await assert.rejects(nowhere.connect(), { code: 'EDESTADDRREQ' })
  })

  test('a port that is taken in one family is EADDRINUSE, and not a socket for the other', async (t) => {
    const taken = await create(t, { host: '::1', port: 0 })
    await taken.bind()
    const sock = await create(t, { port: portOf(taken) })
    await assert.rejects(sock.bind(), { code: 'EADDRINUSE', address: '::', port: portOf(taken) })
  })

  test('a socket of IPv6 connects to an IPv4 peer, unless it is for IPv6 alone', async (t) => {
    const server = await bound(t)
    const peer = { host: '127.0.0.1', port: portOf(server) }
    const sock = await create(t, { v6only: false })
    await sock.connect(peer)
    await sock.send('x')
    assert.equal(String((await server.recvfrom())[0]), 'x')
    for (const options of [{ v6only: true }, { family: AF_INET6 }])
      await assert.rejects((await create(t, options)).connect(peer), { code: 'EAFNOSUPPORT' })
  })

  test('a socket is of IPv4 where there is no IPv6', async (t) => {
    const { socket } = native
    t.mock.method(native, 'socket', (family: number, type: number, protocol: number) =>
      family === AF_INET6 ? -sys.EAFNOSUPPORT : socket(family, type, protocol),
    )
    const sock = await create(t, { passive: true })
    await sock.bind()
    assert.equal(sock.getsockname().addr, '0.0.0.0')
  })

  test('family and v6only hold also without an address, and are refused when they contradict each other', async (t) => {
    const families = [{}, { family: AF_INET6 }, { v6only: true }, { v6only: false }]
    const made = await Promise.all(families.map((options) => create(t, options)))
    assert.deepEqual(
      made.map((sock) => sock.family()),
      [AF_INET, AF_INET6, AF_INET6, AF_INET6],
    )
    assert.deepEqual(
      made.slice(1).map((sock) => sock.v6only()),
      [true, true, false],
    )
    for (const options of [
      { family: 1 },
      { family: AF_INET, v6only: true },
      { family: AF_INET, v6only: true, port: 0 },
    ])
      await assert.rejects(create(t, options), { code: 'ERR_INVALID_ARG_VALUE' })
    await assert.rejects(create(t, { v6only: 'yes' as never }), { code: 'ERR_INVALID_ARG_TYPE' })
    const sock = await create(t)
    await assert.rejects(sock.bind({ prot: 5 } as never), { code: 'ERR_INVALID_ARG_VALUE' })
  })

  test('getaddrinfoin() with passive lists the wildcard address of IPv6 first, which serves both', async () => {
    const list: AddrInfo[] = await dgram.getaddrinfoin({ port: 7, passive: true })
    assert.deepEqual(list.map(String), ['[::]:7', '0.0.0.0:7'])
  })
})
