import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { dgram } from 'berkeley'
import { closing, leavesNoFd, tempFolder } from '../util/index.js'

leavesNoFd()

describe('detach()', () => {
  test('detach() of a unix socket leaves its file to the next owner', async (t) => {
    const path = join(tempFolder(t), 'log')
    const sock = await dgram.unix.Socket.create({ path })
    await sock.bind()
    const fd = sock.detach()
    assert.ok(existsSync(path))
    const next = closing(t, await dgram.unix.wrap(fd))
    const client = closing(t, await dgram.unix.Socket.create({ path }))
    await client.connect()
    await client.send('still there')
    assert.equal(String(await next.recv()), 'still there')
  })
})
