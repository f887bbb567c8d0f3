import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { MSG_DONTWAIT, stream } from 'berkeley'
import { socket } from 'berkeley/llsocket'
import { threadPoller } from '#internal/engine/choose-poller.js'
import { native } from '#internal/native/sockets.js'
import { closing, closingAll, leavesNoFd, tempFolder } from '../util/index.js'
import { conversation, watched } from './common.js'

leavesNoFd()

// It has a descriptor of its own, which must not be counted during a test.
threadPoller()

describe('detach()', () => {
  test('detach() gives the descriptor away, still open, and ends the call that waits', async (t) => {
    const [client, peer] = await conversation(t)
    const waiting = client.recv()
    const low = closing(t, socket.wrap(client.detach()))
    await assert.rejects(waiting, { code: 'ECANCELED' })
    assert.equal(client.fd(), -1)
    low.send('from below', MSG_DONTWAIT)
    assert.equal((await peer.recv())?.toString(), 'from below')
  })

  test('detach() removes the socket from the epoll set (H04)', async (t) => {
    const [a] = closingAll(t, await stream.unix.pair())
    a.deadlines(100) // time enough for the wait to begin, on any machine
    await assert.rejects(a.recv(), { name: 'TimeoutError' })
    const fd = a.detach()
    assert.ok(!watched().includes(fd))
    native.close(fd)
  })

  test('detach() of a unix server leaves its file to the new owner, and so does unlink: false', async (t) => {
    const path = join(tempFolder(t), 's')
    const first = await stream.unix.Server.create({ path })
    first.listen()
    const second = closing(t, await stream.unix.Server.wrap(first.detach()))
    await first.close()
    const client = closing(t, await stream.unix.Client.create({ path }))
    await client.send('to the heir')
    assert.equal(String(await closing(t, await second.accept()).recv()), 'to the heir')
    const kept = await stream.unix.Server.create({ path: `${path}2`, unlink: false })
    await kept.close()
    assert.ok(existsSync(`${path}2`))
  })
})
