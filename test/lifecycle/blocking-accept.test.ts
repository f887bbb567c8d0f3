// Accepting, connecting and handshakes on open sockets that another process has made blocking: the event loop goes on.
import assert from 'node:assert/strict'
import { closeSync } from 'node:fs'
import { describe, test } from 'node:test'
import { connect, listen, type Socket, seqpacket, stream } from 'berkeley'
import { pair, portOf } from '../stream/common.js'
import { ends, tlscfg, trust } from '../tls/common.js'
import { abstractName, closing, foreignDuplicate, leavesNoFd } from '../util/index.js'
import { inTime, makeBlocking, timesOut, waitsFor } from './blocking.js'

leavesNoFd()

type Server = stream.inet.Server | stream.unix.Server | seqpacket.unix.Server

/** A server, and what connects to it. */
interface Served {
  readonly server: Server
  client(): Promise<Socket>
}

const local = { host: '127.0.0.1' }

async function tcp(): Promise<Served> {
  const server = await listen({ ...local, port: 0 })
  return { server, client: () => connect({ ...local, port: portOf(server) }) }
}

async function unix(): Promise<Served> {
  const path = abstractName()
  return { server: await listen({ path }), client: () => connect({ path }) }
}

async function packets(): Promise<Served> {
  const path = abstractName()
  const server = await seqpacket.unix.Server.create({ path })
  server.listen()
  return { server, client: () => seqpacket.unix.Client.create({ path }) }
}

async function encrypted(): Promise<Served> {
  const server = await listen({ ...local, port: 0, tlscfg })
  const { port } = server.getsockname()
  return { server, client: () => stream.inet.Client.create({ ...local, port }) }
}

const servers: Record<string, () => Promise<Served>> = {
  'a TCP server': tcp,
  'a unix server': unix,
  'a seqpacket server': packets,
  'a TLS server': encrypted,
}

describe('a listener that another owner has made blocking (H96)', () => {
  for (const [name, make] of Object.entries(servers)) {
    test(`accept() of ${name} waits without the thread`, async (t) => {
      const { server, client } = await make()
      makeBlocking(closing(t, server))
      const accept = (): Promise<Socket> => server.accept()
      await timesOut(server, accept)
      makeBlocking(server)
      const conn = await waitsFor(accept, async () => closing(t, await client()))
      assert.equal(closing(t, conn).isnonblock(), true)
    })

    test(`acceptfd() of ${name} waits without the thread`, async (t) => {
      const { server, client } = await make()
      makeBlocking(closing(t, server))
      await timesOut(server, () => server.acceptfd())
      makeBlocking(server)
      closeSync(
        await waitsFor(
          () => server.acceptfd(),
          async () => closing(t, await client()),
        ),
      )
    })
  }

  test('a connection that another owner has accepted meanwhile is waited for without the thread', async (t) => {
    const { server, client } = await unix()
    const twin = closing(t, await stream.unix.Server.wrap(foreignDuplicate(closing(t, server).fd())))
    const [first, second] = [server.accept(), twin.accept()]
    makeBlocking(server)
    const accepted = Promise.race([first, second])
    const one = closing(t, await client())
    await inTime(() => accepted)
    makeBlocking(server)
    const other = closing(t, await client())
    for (const conn of await inTime(() => Promise.all([first, second]))) closing(t, conn)
    await Promise.all([one.close(), other.close()])
  })
})

describe('connect() of a socket that the prepare hook has made blocking (H96)', () => {
  test('connect() keeps to its deadline while a TCP listener drops what comes', async (t) => {
    const server = closing(t, await stream.inet.Server.create(local))
    server.listen(0)
    const address = { ...local, port: portOf(server) }
    let late = 0
    for (let i = 0; i < 8 && late === 0; i++) {
      const client = closing(t, await stream.inet.Client.create({ ...address, prepare: makeBlocking }, false))
      await inTime(() =>
        client.connect(60).catch((error) => {
          assert.equal(error.name, 'TimeoutError')
          late++
        }),
      )
    }
    assert.equal(late, 1)
  })

  test('connect() waits for the backlog of a unix server, and is let in', async (t) => {
    const path = abstractName()
    const server = closing(t, await stream.unix.Server.create({ path }))
    server.listen(0)
    closing(t, await stream.unix.Client.create({ path }))
    const client = closing(t, await stream.unix.Client.create({ path, prepare: makeBlocking }, false))
    await inTime(() => assert.rejects(client.connect(60), { name: 'TimeoutError' }))
    await waitsFor(
      () => client.connect(),
      async () => closing(t, await server.accept()),
    )
    closing(t, await server.accept())
  })
})

describe('TLS over a socket that another owner has made blocking (H96)', () => {
  test('the handshake waits for the client without the thread', async (t) => {
    const listener = closing(t, await listen({ ...local, port: 0, tlscfg }))
    const { port } = listener.getsockname()
    const silent = closing(t, await stream.inet.Client.create({ ...local, port }))
    const server = makeBlocking(closing(t, await listener.accept()))
    await timesOut(server, () => server.handshake())
    await silent.close()
  })

  test('the handshake waits for the server without the thread, and ends', async (t) => {
    const listener = closing(t, await listen({ ...local, port: 0, tlscfg }))
    const { port } = listener.getsockname()
    const connecting = connect({ ...local, port, tlscfg: trust, prepare: makeBlocking })
    const server = makeBlocking(closing(t, await listener.accept()))
    await inTime(() => server.handshake())
    const client = closing(t, await inTime(() => connecting))
    await client.send('hello')
    assert.equal(String(await server.recv()), 'hello')
  })

  test('end() and what follows it do not hold the thread', async (t) => {
    const [one, other] = await ends(t)
    makeBlocking(one)
    await inTime(() => one.end())
    assert.equal(await other.recv(), null)
    await other.send('after the end')
    assert.equal(String(await inTime(() => one.recv())), 'after the end')
  })
})

describe('a plain stream that another owner has made blocking (H96)', () => {
  test('end() does not hold the thread', async (t) => {
    const [one, other] = await pair(t)
    makeBlocking(one)
    await inTime(() => one.end())
    assert.equal(await other.recv(), null)
  })

  test('duplex() reads and writes without the thread', async (t) => {
    const [one, other] = await pair(t)
    makeBlocking(one)
    const duplex = one.duplex()
    const read = (): Promise<string> => new Promise((resolve) => duplex.once('data', (data) => resolve(String(data))))
    assert.equal(await waitsFor(read, () => other.send('late')), 'late')
    duplex.write('answer')
    assert.equal(String(await other.recv()), 'answer')
    duplex.destroy()
  })
})
