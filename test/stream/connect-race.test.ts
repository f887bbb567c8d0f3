// Happy Eyeballs (RFC 8305): which address is tried when, which wins, and what becomes of the others.
import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { describe, type TestContext, test } from 'node:test'
import { type AddrInfo, connect, type InetAddrInfo, type stream } from 'berkeley'
import { threadPoller } from '#internal/engine/choose-poller.js'
import { closing, countFds, leavesNoFd, within, withoutIpv6 } from '../util/index.js'
import { answering, blackHole, errorOf, freePort, refusing, Starts, tcp6 } from './addresses.js'
import { tcp } from './common.js'

leavesNoFd()

// It has a descriptor of its own, which must not be counted during a test.
threadPoller()

/** So long that a test which waits for it fails. */
const NEVER_MS = 60_000

/** Timers count in whole milliseconds. */
const ROUNDING_MS = 1

/** Two addresses that do not answer, and a server that does. */
async function deadAndLive(
  t: TestContext,
): Promise<{ dead: AddrInfo[]; server: stream.inet.Server; live: InetAddrInfo }> {
  const server = await answering(t, '127.0.4.1')
  const live = server.getsockname()
  const dead = [await blackHole(t, '127.0.4.2', live.port), await blackHole(t, '127.0.4.3', live.port)]
  return { dead, server, live }
}

/** Connects with a delay of 10 ms, and keeps the event loop from turning until it is over: no address has answered before the second attempt. */
async function connectLate(options: { addresses: AddrInfo[]; prepare?: () => void }): Promise<stream.inet.Client> {
  // What follows runs right before the timers of the next turn.
  await new Promise((turn) => setImmediate(turn))
  const connecting = connect({ ...options, attemptDelay: 10 })
  process.nextTick(() => {
    for (const end = performance.now() + 15; performance.now() < end; );
  })
  return connecting
}

describe('the order of the attempts (H107)', () => {
  test('connect() tries the next address 250 ms after one that does not answer', async (t) => {
    const { dead, server, live } = await deadAndLive(t)
    const before = countFds()
    const starts = new Starts()
    const client = closing(t, await connect({ addresses: [...dead, live], timeout: 20_000, prepare: starts.prepare }))
    assert.deepEqual(starts.addresses, [...dead, live].map(String))
    const [first = 0, second = 0, third = 0] = starts.times
    assert.ok(second - first >= 250 - ROUNDING_MS, `${second - first} ms`)
    assert.ok(third - second >= 250 - ROUNDING_MS, `${third - second} ms`)
    assert.equal(String(client.getpeername()), String(live))
    assert.equal(countFds(), before + 1)
    closing(t, await server.accept())
  })

  test('connect() tries the next address at once when one has failed', async (t) => {
    const server = await answering(t, '127.0.4.1')
    const addresses = [...refusing(server.getsockname().port, 3), server.getsockname()]
    const client = closing(t, await within(connect({ addresses, attemptDelay: NEVER_MS }), 'the connection'))
    assert.equal(client.getpeername().addr, '127.0.4.1')
  })

  test('connect() tries the next address at once when the last one fails while an earlier one waits', async (t) => {
    const { dead, live } = await deadAndLive(t)
    const addresses = [dead[0] as AddrInfo, ...refusing(live.port, 2), live]
    const starts = new Starts()
    closing(t, await within(connect({ addresses, attemptDelay: 800, prepare: starts.prepare }), 'the connection'))
    const [first = 0, second = 0, , last = 0] = starts.times
    assert.ok(second - first >= 800 - ROUNDING_MS, `${second - first} ms`)
    assert.ok(last - second < 800, `${last - second} ms`)
  })

  test('the attempts before go on: connect() gets the first address that answers, not the last one that was tried', async (t) => {
    const { dead, server, live } = await deadAndLive(t)
    let tried = 0
    const client = closing(t, await connectLate({ addresses: [live, ...dead], prepare: () => void tried++ }))
    assert.equal(client.getpeername().addr, live.addr)
    assert.equal(tried, 2)
    closing(t, await server.accept())
  })

  test('connect() takes the families in turn, beginning with the first one', { skip: withoutIpv6() }, async () => {
    const port = await freePort()
    const [a, b, c] = [1, 2, 3].map((i) => tcp(`127.0.5.${i}`, port)) as [AddrInfo, AddrInfo, AddrInfo]
    const six = tcp6('::1', port)
    const mapped = tcp6('::ffff:127.0.5.9', port)
    const orders: [given: AddrInfo[], tried: AddrInfo[]][] = [
      [
        [a, b, c, six],
        [a, six, b, c],
      ],
      [
        [six, mapped, a, b, c],
        [six, a, mapped, b, c],
      ],
      [
        [a, six, mapped],
        [a, six, mapped],
      ],
      [
        [b, a],
        [b, a],
      ],
    ]
    for (const [addresses, tried] of orders) {
      const starts = new Starts()
      const error = await errorOf(connect({ addresses, prepare: starts.prepare, attemptDelay: NEVER_MS }))
      assert.deepEqual(starts.addresses, tried.map(String))
      assert.deepEqual(
        error.errors?.map(({ code, address }) => [code, address]),
        tried.map(({ addr }) => ['ECONNREFUSED', addr]),
      )
    }
  })

  test('a family that does not answer costs connect() one delay', { skip: withoutIpv6() }, async (t) => {
    const server = await answering(t, '127.0.0.1')
    const { port } = server.getsockname()
    await blackHole(t, '::1', port)
    const starts = new Starts()
    const client = closing(
      t,
      await connect({
        addresses: [tcp6('::1', port), tcp6('::1', port), tcp('127.0.0.1', port)],
        prepare: starts.prepare,
      }),
    )
    assert.equal(client.getpeername().addr, '127.0.0.1')
    assert.deepEqual(starts.addresses, [`[::1]:${port}`, `127.0.0.1:${port}`])
    // As the resolver says: loopback addresses of both families.
    const resolved = closing(t, await connect({ port, timeout: 20_000 }))
    assert.equal(resolved.getpeername().addr, '127.0.0.1')
  })

  test('the delay between attempts is the option attemptDelay, in milliseconds, and not below 10', async (t) => {
    const { dead, live } = await deadAndLive(t)
    const starts = new Starts()
    closing(t, await connect({ addresses: [...dead, live], attemptDelay: 400.5, prepare: starts.prepare }))
    const [first = 0, second = 0] = starts.times
    assert.ok(second - first >= 400 - ROUNDING_MS, `${second - first} ms`)
    for (const attemptDelay of [9.99, 0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31])
      await assert.rejects(connect({ port: 1, attemptDelay }), { name: 'RangeError', message: /attemptDelay/ })
    // @ts-expect-error not a number
    await assert.rejects(connect({ port: 1, attemptDelay: '250' }), { code: 'ERR_INVALID_ARG_TYPE' })
    // @ts-expect-error a unix socket has one address
    await assert.rejects(connect({ path: '/x', attemptDelay: 250 }), { code: 'ERR_INVALID_ARG_VALUE' })
  })
})

describe('the end of the race (H107)', () => {
  test('of two attempts that succeed at the same time one wins, and the other connection is closed', async (t) => {
    const [one, other] = [await answering(t, '127.0.6.1'), await answering(t, '127.0.6.2')]
    const before = countFds()
    for (let i = 0; i < 20; i++) {
      const connecting = connectLate({ addresses: [one.getsockname(), other.getsockname()] })
      const client = await within(connecting, 'the connection')
      const [winner, loser] = client.getpeername().addr === '127.0.6.1' ? [one, other] : [other, one]
      const [kept, dropped] = [await winner.accept(), await within(loser.accept(), 'the other connection')]
      await client.send('here')
      assert.equal(String(await kept.recv()), 'here')
      assert.equal(await within(dropped.recv(), 'the end').catch(({ code }) => code && null), null)
      await Promise.all([client.close(), kept.close(), dropped.close()])
    }
    assert.equal(countFds(), before)
  })

  test('connect() has one deadline for all, and its error names each address', async (t) => {
    const { dead, live } = await deadAndLive(t)
    const before = countFds()
    const start = performance.now()
    const [refused] = refusing(live.port, 1)
    const addresses = [...dead, refused as AddrInfo]
    const error = await errorOf(connect({ addresses, attemptDelay: 20, timeout: 600 }))
    const took = performance.now() - start
    assert.ok(took >= 600 - ROUNDING_MS && took < 5000, `${took} ms`)
    assert.equal(countFds(), before)
    assert.deepEqual([error.name, error.code, error.address], ['TimeoutError', 'ETIMEDOUT', dead[0]?.addr])
    assert.match(error.message, /the deadline passed \(connect ETIMEDOUT .+; .+; connect ECONNREFUSED 127\.0\.9\.1/)
    assert.deepEqual(
      error.errors?.map(({ code, address }) => [code, address]),
      [
        ['ETIMEDOUT', '127.0.4.2'],
        ['ETIMEDOUT', '127.0.4.3'],
        ['ECONNREFUSED', '127.0.9.1'],
      ],
    )
  })

  test('the error of a single address is its own', async (t) => {
    const { dead } = await deadAndLive(t)
    const error = await errorOf(connect({ addresses: dead.slice(0, 1), timeout: 30 }))
    assert.deepEqual([error.name, error.address, error.errors], ['TimeoutError', '127.0.4.2', undefined])
    assert.equal(error.message, `connect ETIMEDOUT ${dead[0]}: the deadline passed`)
  })

  test('connect() of thousands of addresses that refuse ends with the error of each', async () => {
    const addresses = Array.from({ length: 3000 }, (_, i) => tcp(`127.1.${i >> 8}.${i & 255}`, 1))
    const error = await within(errorOf(connect({ addresses, attemptDelay: NEVER_MS })), 'the end')
    assert.equal(error.errors?.length, addresses.length)
  })

  test('connect() leaves no timer behind', async (t) => {
    const { dead, live } = await deadAndLive(t)
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const before = timers()
    closing(t, await connect({ addresses: [live, ...dead], timeout: 20_000 }))
    closing(t, await connect({ addresses: [dead[0] as AddrInfo, live, ...dead], timeout: 20_000, attemptDelay: 10 }))
    await errorOf(connect({ addresses: dead, timeout: 50, attemptDelay: 10 }))
    assert.equal(timers(), before)
  })
})

describe('prepare() during the race', () => {
  test('prepare() runs in the context of the call for every attempt', async (t) => {
    const { dead, live } = await deadAndLive(t)
    const storage = new AsyncLocalStorage<string>()
    const contexts: (string | undefined)[] = []
    const prepare = (): void => void contexts.push(storage.getStore())
    const options = { addresses: [dead[0] as AddrInfo, ...refusing(live.port, 1), live], attemptDelay: 10, prepare }
    closing(t, await storage.run('the call', () => connect(options)))
    assert.deepEqual(contexts, ['the call', 'the call', 'the call'])
  })

  test('what prepare() throws for a later attempt ends connect(), and nothing stays open', async (t) => {
    const { dead, live } = await deadAndLive(t)
    const before = countFds()
    let calls = 0
    const prepare = (): void => {
      if (++calls === 2) throw new RangeError('enough')
    }
    const connecting = connect({ addresses: [dead[0] as AddrInfo, live], attemptDelay: 10, prepare })
    await assert.rejects(within(connecting, 'the end'), { name: 'RangeError', message: 'enough' })
    assert.equal(calls, 2)
    assert.equal(countFds(), before)
  })

  test('a failed system call in prepare() is a failure of that address only', async (t) => {
    const server = await answering(t, '127.0.4.1')
    const addresses = [tcp('127.0.4.2', 1), server.getsockname()]
    const client = closing(
      t,
      await connect({
        addresses,
        attemptDelay: NEVER_MS,
        prepare: (sock, ai) => ai.addr === '127.0.4.2' && sock.bind(tcp('192.0.2.99', 0)),
      }),
    )
    assert.equal(client.getpeername().addr, '127.0.4.1')
    const error = await errorOf(connect({ addresses, prepare: (sock) => sock.bind(tcp('192.0.2.99', 0)) }))
    assert.deepEqual(
      error.errors?.map(({ syscall, code }) => [syscall, code]),
      [
        ['bind', 'EADDRNOTAVAIL'],
        ['bind', 'EADDRNOTAVAIL'],
      ],
    )
  })
})
