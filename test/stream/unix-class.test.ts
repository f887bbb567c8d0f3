import assert from 'node:assert/strict'
import { closeSync } from 'node:fs'
import { describe, test } from 'node:test'
import { dgram, Socket, seqpacket, stream, unix } from 'berkeley'
import { closing, closingAll, leavesNoFd, tempFolder } from '../util/index.js'
import { conversation, nullFd } from './common.js'

leavesNoFd()

describe('unix.Socket', () => {
  test('unix sockets of every type are instances of it, and pass descriptors', async (t) => {
    const fd = nullFd(t)
    const pairs = [await stream.unix.pair(), await seqpacket.unix.pair(), await dgram.unix.pair()]
    for (const [a, b] of pairs.map((pair) => closingAll(t, pair))) {
      const sock: Socket = a
      assert.ok(sock instanceof unix.Socket)
      assert.ok(a instanceof Socket)
      assert.equal(await sock.sendfd(fd), 0)
      const received = await b.recvfd()
      assert.ok(received !== null && received >= 0)
      closeSync(received)
    }
  })

  test('clients, accepted connections and subclasses are, servers and other sockets are not', async (t) => {
    const path = `${tempFolder(t)}/s`
    const server = closing(t, await stream.unix.Server.create({ path }))
    server.listen()
    class Mine extends stream.unix.Client {}
    const client = closing(t, await Mine.create({ path }))
    const accepted = closing(t, await server.accept())
    const [tcp] = await conversation(t)
    assert.deepEqual(
      [client, accepted, server, tcp, {}, null, undefined, unix.Socket.prototype].map(
        (one) => one instanceof unix.Socket,
      ),
      [true, true, false, false, false, false, false, false],
    )
  })

  test('it makes no objects', () => {
    const anyClass = unix.Socket as unknown as new () => unknown
    assert.throws(() => new anyClass(), { code: 'ERR_INVALID_STATE' })
  })
})
