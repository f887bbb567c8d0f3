// SO_LINGER makes close(2) block, which must not happen on the thread of the event loop.
import assert from 'node:assert/strict'
import { closeSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { stream } from 'berkeley'
import { closing, delaysDuring, leavesNoFd, tempFolder } from '../util/index.js'
import { conversation, portOf } from './common.js'

leavesNoFd()

describe('a lingering close', () => {
  test('close() that lingers does not block the event loop (H31)', async (t) => {
    const [client] = await conversation(t)
    client.sndbuf(1 << 20)
    client.deadlines(0, 20)
    await client.send(Buffer.alloc(64 << 20)).catch(() => {})
    assert.equal(client.linger(1), 1)
    const { took, worst } = await delaysDuring(() => client.close())
    assert.ok(took > 500, `it did not linger, but took ${took} ms`)
    assert.ok(worst < took / 2, `the loop stood still for ${worst} of ${took} ms`)
  })

  test('close() of many lingering sockets at once does not block the event loop (H31)', async (t) => {
    const clients = await Promise.all(Array.from({ length: 3 }, async () => (await conversation(t))[0]))
    for (const client of clients) {
      client.deadlines(0, 5)
      await client.send(Buffer.alloc(64 << 20)).catch(() => {})
      client.linger(1)
    }
    const { took, worst } = await delaysDuring(() => Promise.all(clients.map((client) => client.close())))
    assert.ok(took > 500, `they did not linger, but took ${took} ms`)
    assert.ok(worst < took / 2, `the loop stood still for ${worst} of ${took} ms`)
  })

  test('a failed attempt to connect does not block the event loop, even though its socket lingers (H31)', async (t) => {
    const server = closing(
      t,
      await stream.inet.Server.create({ host: '127.0.0.1', prepare: (sock) => void sock.rcvbuf(1) }),
    )
    server.listen()
    // A hello that the kernel on the other side has no room for.
    const ALPNProtocols = Array.from({ length: 60 }, (_, i) => 'x'.repeat(240) + i)
    const attempt = stream.inet.Client.create(
      {
        host: '127.0.0.1',
        port: portOf(server),
        tlscfg: { servername: 'localhost', ALPNProtocols },
        prepare: (sock) => void sock.linger(2),
      },
      true,
      100,
    )
    const { worst } = await delaysDuring(async () => {
      await assert.rejects(attempt, { name: 'TimeoutError', syscall: 'handshake' })
      await new Promise((turn) => setTimeout(turn, 20))
    })
    assert.ok(worst < 1000, `the loop stood still for ${worst} ms`)
  })

  test('close() during sendfile() does not block the event loop, even though the duplicate lingers (H31)', async (t) => {
    const folder = tempFolder(t)
    writeFileSync(join(folder, 'file'), Buffer.alloc(16 << 20))
    const file = openSync(join(folder, 'file'), 'r')
    t.after(() => closeSync(file))
    const [client] = await conversation(t)
    client.linger(2)
    const { took, worst } = await delaysDuring(async () => {
      const sending = assert.rejects(client.sendfile(file, 16 << 20), { code: 'ECANCELED' })
      const closed = client.close()
      // Both threads are done before the event loop learns of it: the duplicate is the last one that has the socket.
      const end = performance.now() + 200
      while (performance.now() < end);
      await Promise.all([sending, closed])
      // A turn that was late is noticed in the next one.
      await new Promise((resolve) => setTimeout(resolve, 20))
    })
    assert.ok(took > 1500, `it did not linger, but took ${took} ms`)
    assert.ok(worst < 1000, `the loop stood still for ${worst} of ${took} ms`)
  })
})
