// mqtt with mosquitto.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { createConnection, listen } from 'berkeley'
import { hostTrust } from '../tls/common.js'
import { leavesNoFd } from '../util/index.js'
import { called, event, fullBacklog, library, type Test, unavailable } from './common.js'
import { beforeAll, MOSQUITTO, mosquitto } from './servers.js'

leavesNoFd()

const { MqttClient } = library('mqtt')

type Message = [topic: string, payload: Buffer]
type Address = Parameters<typeof createConnection>[0]

describe('mqtt', { skip: unavailable(['mqtt'], MOSQUITTO) }, () => {
  const server = beforeAll(mosquitto)

  /** A client, which is gone when the test is over. */
  function client(t: Test, to: Address, options: object = {}) {
    const made = new MqttClient(() => createConnection(to), { reconnectPeriod: 5, ...options })
    made.on('error', () => undefined)
    t.after(() => called<void>((done) => made.end(true, done)))
    return made
  }

  const ways: Record<string, () => Address> = {
    TCP: () => server().address,
    'a unix socket': () => ({ path: server().path('s') }),
    'TLS of berkeley': () => ({ ...server().secureAddress, tlscfg: hostTrust }),
  }
  for (const [name, to] of Object.entries(ways))
    test(`messages of 5 MB and of every quality of service arrive over ${name}`, async (t) => {
      const one = client(t, to())
      await event(one, 'connect')
      await called((done) => one.subscribe({ 'all/#': { qos: 2 } }, done))
      for (const qos of [0, 1, 2])
        for (const payload of [Buffer.from('small'), randomBytes(5_000_000)]) {
          const heard = event<Message>(one, 'message')
          await called((done) => one.publish(`all/${qos}`, payload, { qos }, done))
          const [topic, got] = await heard
          assert.equal(topic, `all/${qos}`)
          assert.ok(payload.equals(got))
        }
      const closed = event(one.stream, 'close')
      await called((done) => one.end(false, {}, done))
      await closed
    })

  test('1000 messages of quality 1 arrive in order', async (t) => {
    const one = client(t, server().address)
    await event(one, 'connect')
    await called((done) => one.subscribe('many', { qos: 1 }, done))
    const got: string[] = []
    const all = new Promise<void>((resolve) => {
      one.on('message', (_: string, payload: Buffer) => got.push(`${payload}`) === 1000 && resolve())
    })
    const sent = Array.from({ length: 1000 }, (_, i) => called((done) => one.publish('many', `${i}`, { qos: 1 }, done)))
    await Promise.all([all, ...sent])
    assert.deepEqual(
      got,
      sent.map((_, i) => `${i}`),
    )
  })

  test('a client connects again when the server was killed, and its subscriptions hold', async (t) => {
    const one = client(t, server().address)
    await event(one, 'connect')
    await called((done) => one.subscribe('news', done))
    const again = event(one, 'close').then(() => event(one, 'connect'))
    await server().stop('SIGKILL')
    await server().again()
    await again
    const heard = event<Message>(one, 'message')
    await called((done) => one.publish('news', 'still here', { qos: 1 }, done))
    assert.equal(`${(await heard)[1]}`, 'still here')
  })

  test('a client notices when another one takes over its name', async (t) => {
    const options = { clientId: 'twin', reconnectPeriod: 0 }
    const first = client(t, server().address, options)
    await event(first, 'connect')
    const closed = event(first, 'close')
    await event(client(t, { path: server().path('s') }, options), 'connect')
    await closed
  })

  test('a server that says nothing is given up, and so is one that does not accept', async (t) => {
    const silent = await listen({ host: '127.0.0.1' })
    t.after(() => silent.close())
    const to = { host: '127.0.0.1', port: silent.getsockname().port }
    for (const address of [to, { path: await fullBacklog(t) }]) {
      const one = client(t, address, { connectTimeout: 50, reconnectPeriod: 0 })
      await event(one, 'close')
      assert.equal(one.connected, false)
    }
  })
})
