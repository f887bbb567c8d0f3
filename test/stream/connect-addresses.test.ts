// A name that has several addresses, and connect() again and again.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type AddrInfo, type SystemError, stream } from 'berkeley'
import { threadPoller } from '#internal/engine/choose-poller.js'
import { closing, countFds, leavesNoFd, plannedClient } from '../util/index.js'
import { blackHole } from './addresses.js'
import { type Test, tcp } from './common.js'

leavesNoFd()

// It has a descriptor of its own, which must not be counted during a test.
threadPoller()

/** A client that tries those addresses. */
async function clientOf(t: Test, addresses: AddrInfo[]): Promise<stream.inet.Client> {
  return closing(t, await stream.inet.Client.create({ addresses, attemptDelay: 20 }, false))
}

describe('several addresses', () => {
  test('connect() tries every address in one call and keeps nothing of the failed attempts (H53)', async (t) => {
    const server = closing(t, await stream.inet.Server.create({ host: '127.0.0.1' }))
    server.listen()
    const { port } = server.getsockname()
    let list: AddrInfo[] = []
    const client = closing(t, plannedClient(stream.inet.Socket, { lookup: async () => list }))
    const refusing = Array.from({ length: 8 }, (_, i) => tcp(`127.0.1.${i + 1}`, port))
    list = refusing
    const before = countFds()
    const error = await client.connect().then(
      () => assert.fail('no server listens there'),
      (reason: SystemError) => reason,
    )
    assert.equal(error.code, 'ECONNREFUSED')
    assert.deepEqual(
      error.errors?.map(({ address }) => address),
      refusing.map(({ addr }) => addr),
    )
    assert.equal(countFds(), before)
    list = [...refusing, server.getsockname()]
    await client.connect()
    assert.equal(countFds(), before + 1)
    await client.send('the ninth')
    assert.equal(String(await closing(t, await server.accept()).recv()), 'the ninth')
  })

  test('connect() has one deadline for all addresses and leaves nothing open (H53)', async (t) => {
    const probe = await stream.inet.Server.create({ host: '127.0.0.1' })
    const { port = 0 } = probe.getsockname()
    await probe.close()
    await blackHole(t, '127.0.2.1', port)
    await blackHole(t, '127.0.2.2', port)
    const client = await clientOf(
      t,
      ['127.0.2.3', '127.0.2.1', '127.0.2.4', '127.0.2.2'].map((host) => tcp(host, port)),
    )
    const before = countFds()
    const start = performance.now()
    // Two refuse, two say nothing until the budget is used up.
    await assert.rejects(client.connect(600), (error: SystemError) => {
      assert.deepEqual([error.name, error.address, error.port], ['TimeoutError', '127.0.2.1', port])
      assert.deepEqual(
        error.errors?.map(({ address, code }) => [address, code]),
        [
          ['127.0.2.3', 'ECONNREFUSED'],
          ['127.0.2.1', 'ETIMEDOUT'],
          ['127.0.2.4', 'ECONNREFUSED'],
          ['127.0.2.2', 'ETIMEDOUT'],
        ],
      )
      return true
    })
    const took = performance.now() - start
    assert.ok(took >= 600 && took < 3000, `${took} ms`)
    assert.equal(countFds(), before)
  })

  test('connect() leaves nothing open, however often it fails (H53, H51)', async (t) => {
    const probe = await stream.inet.Server.create({ host: '127.0.0.1' })
    const { port = 0 } = probe.getsockname()
    await probe.close()
    const client = await clientOf(
      t,
      Array.from({ length: 8 }, (_, i) => tcp(`127.0.3.${i + 1}`, port)),
    )
    const before = countFds()
    for (let i = 0; i < 200; i++) await assert.rejects(client.connect(10_000), { code: 'ECONNREFUSED' })
    assert.equal(countFds(), before)
  })
})
