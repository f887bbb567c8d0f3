import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { AddrInfo, dgram } from 'berkeley'
import { closing, eachFamily, leavesNoFd, tempFolder } from '../util/index.js'
import { bound, portOf } from './common.js'

leavesNoFd()

eachFamily(({ loopback }) => {
  test('connect() sets the peer, and connect(null) removes it', async (t) => {
    const server = await bound(t, loopback)
    const client = closing(t, await dgram.inet.Socket.create({ host: loopback, port: portOf(server) }))
    await client.connect()
    await client.send('to the peer')
    assert.equal(String((await server.recvfrom())[0]), 'to the peer')
    await client.connect(null)
    assert.throws(() => client.getpeername(), { code: 'ENOTCONN' })
    await client.connect({ host: loopback, port: portOf(server) })
    assert.equal(client.getpeername().port, portOf(server))
  })
})

describe('errors of connected sockets', () => {
  test("recv() rejects once with ECONNREFUSED when no socket is bound at the peer's port, and the socket stays usable (H35)", async (t) => {
    const gone = await bound(t)
    const address = gone.getsockname()
    await gone.close()
    const client = closing(t, await dgram.inet.Socket.create({ host: '127.0.0.1', port: address.port as number }))
    await client.connect()
    await client.send('x')
    await assert.rejects(client.recv(), { code: 'ECONNREFUSED' })
    const server = await bound(t)
    await client.connect({ host: '127.0.0.1', port: portOf(server) })
    await client.send('y')
    assert.equal(String(await server.recv()), 'y')
  })

  test('connect() and sendto() reject with ENOENT and the path when no socket is bound there', async (t) => {
    const path = join(tempFolder(t), 'd')
    const client = closing(t, await dgram.unix.Socket.create({ path }))
    await assert.rejects(client.connect(), { message: `connect ENOENT ${path}` })
    await assert.rejects(client.sendto('x', AddrInfo.unix(path)), { code: 'ENOENT', syscall: 'sendto', path })
    await assert.rejects(dgram.unix.Socket.create({ path: 5 as never }), { code: 'ERR_INVALID_ARG_TYPE' })
  })
})
