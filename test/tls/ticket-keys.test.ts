// What a server encrypts its session tickets by, and for how long.
import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import nodeTls from 'node:tls'
import { listen, type stream, tls } from 'berkeley'
import { closing, leavesNoFd, within } from '../util/index.js'
import { tlscfg, trust } from './common.js'

leavesNoFd()

interface Meeting {
  /** The first 16 bytes of the ticket, which say what it is encrypted by. */
  readonly name: string
  readonly session: Buffer
  readonly reused: boolean
}

/** A client of node:tls, with TLS 1.2, where the ticket comes with the handshake. */
async function meet(server: stream.inet.Server, session?: Buffer): Promise<Meeting> {
  const { port } = server.getsockname()
  const options = { host: '127.0.0.1', port, ...trust, maxVersion: 'TLSv1.2', session } as const
  const client = nodeTls.connect(options as nodeTls.ConnectionOptions)
  const secure = new Promise<void>((resolve, reject) => client.once('secureConnect', resolve).once('error', reject))
  const accepted = await server.accept()
  try {
    await accepted.handshake()
    await within(secure, 'the handshake of node:tls')
    const ticket = client.getTLSTicket()
    const reused = client.isSessionReused()
    return { name: String(ticket?.toString('hex', 0, 16)), session: client.getSession() as Buffer, reused }
  } finally {
    client.destroy()
    await accepted.close()
  }
}

const server = async (t: TestContext, more: tls.Config = {}): Promise<stream.inet.Server> =>
  closing(t, await listen({ host: '127.0.0.1', tlscfg: { ...tlscfg, ...more } }))

describe('the keys of session tickets (H119)', () => {
  test('tickets within the sessionTimeout are under one key, which is that of one context', async (t) => {
    const [one, other] = [await server(t), await server(t)]
    const [first, second, elsewhere] = [await meet(one), await meet(one), await meet(other)]
    assert.equal(first.name, second.name)
    assert.notEqual(first.name, elsewhere.name)
  })

  test('a server renews its ticket key after the sessionTimeout, and accepts the former one for its time', async (t) => {
    const listener = await server(t, { sessionTimeout: 4 })
    const first = await meet(listener)
    await pause(3000)
    const late = await meet(listener)
    assert.equal(late.name, first.name)
    await pause(1500)
    const next = await meet(listener)
    assert.notEqual(next.name, first.name)
    const resumed = await meet(listener, late.session)
    assert.equal(resumed.reused, true)
    assert.equal(resumed.name, next.name, 'a ticket under the former key is replaced')
    // OpenSSL counts whole seconds.
    await pause(1600)
    assert.equal((await meet(listener, first.session)).reused, false)
  })

  test('a session is not resumed after its sessionTimeout, however often the key was used', async (t) => {
    const listener = await server(t, { sessionTimeout: 1 })
    const first = await meet(listener)
    await pause(2500)
    const names = new Set([first.name, (await meet(listener)).name, (await meet(listener)).name])
    assert.ok(names.size >= 2)
    assert.equal((await meet(listener, first.session)).reused, false)
  })

  test('ticketKeys of the user are not renewed', async (t) => {
    const ticketKeys = Buffer.alloc(48, 7)
    const listener = await server(t, { sessionTimeout: 1, ticketKeys: [ticketKeys, Buffer.alloc(80, 8)] })
    const first = await meet(listener)
    await pause(1500)
    const name = ticketKeys.toString('hex', 0, 16)
    assert.deepEqual([first.name, (await meet(listener)).name], [name, name])
  })
})

test('inspect() of a Context shows no ticket keys', () => {
  const context = tls.Context.server({ ...tlscfg, ticketKeys: [Buffer.alloc(48, 7)] })
  assert.equal('ticketKeys' in context.config, false)
})
