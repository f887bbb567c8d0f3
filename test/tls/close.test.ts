// The end of a connection: what arrives with it, and what is sent right before it.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, connect as nodeConnect } from 'node:net'
import { describe, test } from 'node:test'
import { connect, listen } from 'berkeley'
import { closing, leavesNoFd, PATIENCE_MS } from '../util/index.js'
import { ends, type Socket, tlscfg, trust, turn } from './common.js'

leavesNoFd()

describe('the end (H12, H92)', () => {
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const)
    test(`recv() finds data and the end that arrive in one segment: ${maxVersion}`, async (t) => {
      const [server, client] = await ends(t, { maxVersion })
      const first = client.recv()
      await turn()
      await server.send('hello')
      await server.end()
      assert.equal(String(await first), 'hello')
      assert.equal(await client.recv(), null)
    })

  test('recv() rejects with ERR_TLS_TRUNCATED when the connection ends within a record', async (t) => {
    const listener = closing(t, await listen({ host: '127.0.0.1', tlscfg }))
    let cut = false
    const between = createServer((from) => {
      const to = nodeConnect(listener.getsockname().port, '127.0.0.1')
      for (const end of [from, to]) end.on('error', () => {})
      from.pipe(to)
      to.on('data', (data) => (cut ? from.end(data.subarray(0, -3)) : from.write(data)))
      t.after(() => {
        from.destroy()
        to.destroy()
      })
    }).listen(0, '127.0.0.1')
    t.after(() => between.close())
    await once(between, 'listening')
    const { port } = between.address() as AddressInfo
    const connecting = connect({ host: '127.0.0.1', port, tlscfg: trust })
    const server = closing(t, await listener.accept())
    await server.handshake()
    const client = closing(t, await connecting)
    client.deadlines(PATIENCE_MS)
    const first = client.recv()
    await turn()
    cut = true
    await server.send('hello')
    await assert.rejects(first, { code: 'ERR_TLS_TRUNCATED' })
  })
})

describe('new keys right before the end (H92)', () => {
  for (const [how, end] of [
    ['close()', (sock: Socket) => sock.close()],
    ['end()', (sock: Socket) => sock.end()],
  ] as const)
    test(`${how} sends close_notify after updateKeys()`, async (t) => {
      const [server, client] = await ends(t)
      server.updateKeys()
      server.updateKeys(true)
      await end(server)
      assert.equal(await client.recv(), null)
    })

  test('end() makes send() reject with EPIPE while recv() continues', async (t) => {
    const [server, client] = await ends(t)
    await client.end()
    await assert.rejects(client.send('more'), { code: 'EPIPE', syscall: 'send' })
    await server.send('still here')
    assert.equal(String(await client.recv()), 'still here')
  })
})

describe('close()', () => {
  test('close() resolves even when the peer resets the connection before close_notify is sent', async (t) => {
    const [server, client] = await ends(t)
    client.sndbuf(4096)
    const aborting = new AbortController()
    const sending = client.send(Buffer.alloc(1 << 24), 0, { signal: aborting.signal })
    // Until both sides' buffers are full.
    for (let i = 0; i < 10; i++) await turn()
    aborting.abort()
    await assert.rejects(sending, { name: 'AbortError' })
    // There is no room for the close_notify, and the peer resets the connection, because it has not read all, while it waits for some.
    const closed = client.close()
    await turn()
    await server.close()
    await closed
  })
})
