// connect() to a unix server whose backlog is full: the kernel says EAGAIN, and no event tells when there is room.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { stream, TimeoutError } from 'berkeley'
import { native } from '#internal/native/sockets.js'
import { closing, closingAll, leavesNoFd, tempFolder, within } from '../util/index.js'

leavesNoFd()

describe('a full backlog', () => {
  test('connect() waits while the backlog is full, and its timeout ends the wait (H50)', async (t) => {
    const path = join(tempFolder(t), 's')
    const server = closing(t, await stream.unix.Server.create({ path }))
    server.listen(0)
    closing(t, await stream.unix.Client.create({ path }))
    const late = closing(t, await stream.unix.Client.create({ path }, false))
    await assert.rejects(late.connect(40), (error) => error instanceof TimeoutError && error.path === path)
    const connecting = late.connect()
    closing(t, await server.accept())
    await within(connecting, 'the connection')
    const peer = closing(t, await server.accept())
    await late.send('in')
    assert.equal((await peer.recv())?.toString(), 'in')
  })

  test('connect() tries again with growing pauses until its timeout (H50)', async (t) => {
    const path = join(tempFolder(t), 's')
    const server = closing(t, await stream.unix.Server.create({ path }))
    server.listen(0)
    closing(t, await stream.unix.Client.create({ path }))
    const asked = t.mock.method(native, 'connectNonblocking')
    const late = closing(t, await stream.unix.Client.create({ path }, false))
    await assert.rejects(late.connect(300), { name: 'TimeoutError', path })
    // 5, 10, 20, 40, 80, 160 ms: the sum is more than there was.
    assert.ok(asked.mock.callCount() >= 2 && asked.mock.callCount() <= 7, `${asked.mock.callCount()} calls`)
  })

  test('connect() succeeds for every client in turn without spinning (H50)', async (t) => {
    const path = join(tempFolder(t), 's')
    const server = closing(t, await stream.unix.Server.create({ path }))
    server.listen(0)
    const asked = t.mock.method(native, 'connectNonblocking')
    const clients = await Promise.all(Array.from({ length: 8 }, () => stream.unix.Client.create({ path }, false)))
    closingAll(t, clients)
    const connections = clients.map(async (client, i) => {
      await client.connect(30_000)
      await client.send(`client ${i}`)
    })
    const names = new Set<string>()
    for (const _ of clients) names.add(String(await closing(t, await within(server.accept(), 'a connection')).recv()))
    await within(Promise.all(connections), 'all of them')
    assert.equal(names.size, clients.length)
    assert.ok(asked.mock.callCount() < 20 * clients.length, `${asked.mock.callCount()} calls`)
  })

  test('connect() that waits for the backlog is ended by an abort or by close() (H50)', async (t) => {
    const path = join(tempFolder(t), 's')
    const server = closing(t, await stream.unix.Server.create({ path }))
    server.listen(0)
    closing(t, await stream.unix.Client.create({ path }))
    const late = closing(t, await stream.unix.Client.create({ path }, false))
    const abort = new AbortController()
    const aborted = late.connect(0, { signal: abort.signal })
    setImmediate(() => abort.abort())
    await assert.rejects(aborted, { name: 'AbortError' })
    const closed = late.connect()
    setImmediate(() => void late.close())
    await assert.rejects(closed, { code: 'ECANCELED' })
  })
})
