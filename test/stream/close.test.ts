// close() and its effects. How it ends each kind of call is in close-pending.test.ts, lingering in close-linger.test.ts.
import assert from 'node:assert/strict'
import { existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { stream } from 'berkeley'
import { threadPoller } from '#internal/engine/choose-poller.js'
import { native } from '#internal/native/sockets.js'
import { closing, closingAll, foreignDuplicate, leavesNoFd, tempFolder } from '../util/index.js'
import { conversation, watched } from './common.js'

leavesNoFd()

// It has a descriptor of its own, which must not be counted during a test.
threadPoller()

describe('close()', () => {
  test('close() ends the call that waits with ECANCELED, later calls fail with EBADF, and a second close() does nothing (H02)', async (t) => {
    const [client, peer] = await conversation(t)
    const waiting = peer.recv()
    const fd = peer.fd()
    const closed = peer.close()
    assert.equal(peer.fd(), -1)
    await assert.rejects(waiting, { code: 'ECANCELED', syscall: 'recv' })
    await closed
    await peer.close()
    await assert.rejects(peer.recv(), { code: 'EBADF' })
    await assert.rejects(peer.send('x'), { code: 'EBADF' })
    assert.throws(() => peer.getsockname(), { code: 'EBADF' })
    assert.throws(() => peer.rcvbuf(), { code: 'EBADF' })
    assert.ok(fd > 0)
    assert.equal(await client.recv(), null)
  })

  test('close() rejects with EBADF when the descriptor was closed by its number (H05)', async (t) => {
    const [client] = await conversation(t)
    const waiting = client.recv()
    native.close(client.fd())
    const closed = client.close()
    assert.equal(client.fd(), -1)
    await assert.rejects(waiting, { code: 'ECANCELED' })
    await assert.rejects(closed, { code: 'EBADF', syscall: 'close' })
    await client.close()
  })

  test('await using closes the socket', async (t) => {
    const [client, peer] = await conversation(t)
    await client[Symbol.asyncDispose]()
    assert.equal(client.fd(), -1)
    assert.equal(await peer.recv(), null)
  })

  test('close() removes the socket from the epoll set, even though a duplicate stays open (H04)', async (t) => {
    const [a, b] = closingAll(t, await stream.unix.pair())
    a.deadlines(100) // time enough for the wait to begin, on any machine
    await assert.rejects(a.recv(), { name: 'TimeoutError' })
    const fd = a.fd()
    assert.ok(watched().includes(fd))
    const duplicate = foreignDuplicate(fd)
    await a.close()
    assert.ok(!watched().includes(fd))
    await b.send('not announced')
    native.close(duplicate)
  })
})

describe('the file of a unix server', () => {
  test('close() of a unix server removes the file that it made', async (t) => {
    const path = join(tempFolder(t), 's')
    const server = await stream.unix.Server.create({ path })
    assert.ok(existsSync(path))
    await server.close()
    assert.ok(!existsSync(path))
  })

  test('close() of a unix server leaves a file alone that another server has made there since (H65)', async (t) => {
    const path = join(tempFolder(t), 's')
    const old = await stream.unix.Server.create({ path })
    renameSync(path, `${path}.moved`)
    const heir = closing(t, await stream.unix.Server.create({ path }))
    await old.close()
    assert.ok(existsSync(path))
    heir.listen()
    closing(t, await stream.unix.Client.create({ path }))
  })
})
