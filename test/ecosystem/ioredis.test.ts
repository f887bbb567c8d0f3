// ioredis with redis-server.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { createConnection } from 'berkeley'
import { hostTrust } from '../tls/common.js'
import { leavesNoFd, within } from '../util/index.js'
import { event, fullBacklog, library, type Test, unavailable } from './common.js'
import { beforeAll, REDIS, redis } from './servers.js'

leavesNoFd()

const { Redis, AbstractConnector = Object } = library('ioredis')

type Address = Parameters<typeof createConnection>[0]

/** What ioredis takes in place of its own way to connect. */
class Connector extends AbstractConnector {
  declare connecting: boolean
  declare stream: ReturnType<typeof createConnection>
  readonly #to: Address

  constructor(options: { disconnectTimeout: number; to: Address }) {
    super(options.disconnectTimeout)
    this.#to = options.to
  }

  connect(): Promise<unknown> {
    this.connecting = true
    this.stream = createConnection(this.#to)
    return Promise.resolve(this.stream)
  }
}

describe('ioredis', { skip: unavailable(['ioredis'], REDIS) }, () => {
  const server = beforeAll(redis)

  /** A client, which is gone when the test is over. */
  function client(t: Test, to: Address, options: object = {}) {
    const made = new Redis({ Connector, to, retryStrategy: () => 5, ...options })
    made.on('error', () => undefined)
    t.after(() => made.disconnect())
    return made
  }

  const ways: Record<string, () => Address> = {
    TCP: () => server().address,
    'a unix socket': () => ({ path: server().path('s') }),
    'TLS of berkeley': () => ({ ...server().secureAddress, tlscfg: hostTrust }),
  }
  for (const [name, to] of Object.entries(ways)) {
    test(`values of 20 MB, and 20 000 commands in a pipeline over ${name}`, async (t) => {
      const redis = client(t, to())
      const value = randomBytes(20_000_000)
      assert.equal(await redis.set('big', value), 'OK')
      assert.ok(value.equals(await redis.getBuffer('big')))
      const pipeline = redis.pipeline()
      for (let i = 0; i < 20_000; i++) pipeline.set(`key${i % 100}`, i)
      const answers: [unknown, unknown][] = await pipeline.exec()
      assert.ok(answers.length === 20_000 && answers.every(([error, answer]) => error === null && answer === 'OK'))
      await redis.quit()
    })

    test(`a client that the server kills notices and connects again over ${name}`, async (t) => {
      const [victim, other] = [client(t, to()), client(t, to())]
      await victim.set('mark', 'still there')
      const closed = event(victim, 'close')
      const ready = closed.then(() => event(victim, 'ready'))
      assert.equal(await other.client('KILL', 'ID', await victim.client('ID')), 1)
      await ready
      assert.equal(await victim.get('mark'), 'still there')
      await Promise.all([victim.quit(), other.quit()])
    })
  }

  test('published messages arrive, and subscriptions outlive a killed connection', async (t) => {
    const [subscriber, publisher] = [client(t, server().address), client(t, { path: server().path('s') })]
    await subscriber.subscribe('news')
    const first = event(subscriber, 'message')
    assert.equal(await publisher.publish('news', 'one'), 1)
    assert.deepEqual(await first, ['news', 'one'])
    const again = event(subscriber, 'close').then(() => event(subscriber, 'ready'))
    await publisher.client('KILL', 'TYPE', 'pubsub')
    await again
    const second = event(subscriber, 'message')
    while ((await publisher.publish('news', 'two')) === 0);
    assert.deepEqual(await second, ['news', 'two'])
    await Promise.all([subscriber.quit(), publisher.quit()])
  })

  test('a connection that does not come about is given up after connectTimeout', async (t) => {
    const redis = client(
      t,
      { path: await fullBacklog(t) },
      { connectTimeout: 50, retryStrategy: null, lazyConnect: true },
    )
    const failed = event<[Error & { code: string }]>(redis, 'error')
    await assert.rejects(redis.connect(), /closed/)
    assert.equal((await failed)[0].code, 'ETIMEDOUT')
  })

  test('commands wait while the server is started again', async (t) => {
    const redis = client(t, server().address, { maxRetriesPerRequest: null })
    await redis.ping()
    const closed = event(redis, 'close')
    await server().stop('SIGKILL')
    await closed
    const waiting = redis.echo('after all')
    await server().again()
    assert.equal(await within(waiting, 'the answer'), 'after all')
    await redis.quit()
  })

  test('a server that stays silent is given up after socketTimeout, and the next connection answers', async (t) => {
    const redis = client(t, server().address, { socketTimeout: 100, maxRetriesPerRequest: 0 })
    await redis.ping()
    const closed = event(redis, 'close')
    const late = redis.blpop('nothing', 0).catch((error: Error) => error.message)
    await closed
    assert.match(await within(late, 'the failure'), /max retries per request/)
    assert.equal(await redis.ping(), 'PONG')
    await redis.quit()
  })
})
