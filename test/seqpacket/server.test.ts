import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { seqpacket } from 'berkeley'
import { socket } from 'berkeley/llsocket'
import { closing, leavesNoFd, tempFolder } from '../util/index.js'

leavesNoFd()

describe('Server', () => {
  test('a server accepts clients, passes descriptors, and removes its file on close()', async (t) => {
    const path = join(tempFolder(t), 's')
    const server = closing(t, await seqpacket.unix.Server.create({ path }))
    server.listen()
    const client = closing(t, await seqpacket.unix.Client.create({ path }))
    const peer = closing(t, await server.accept())
    assert.ok(peer instanceof seqpacket.unix.Socket)
    assert.equal(peer.peercred().pid, process.pid)
    await client.send('question')
    assert.equal(String(await peer.recv()), 'question')
    await peer.sendfd(peer.fd())
    socket.close((await client.recvfd()) as number)
    await server.close()
    assert.ok(!existsSync(path))
    await assert.rejects(client.connect(), { code: 'ENOENT', path })
  })
})
