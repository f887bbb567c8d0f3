import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { connect, dgram, listen, seqpacket, stream } from 'berkeley'
import { type Socket as LowSocket, SOCK_STREAM, socket } from 'berkeley/llsocket'
import { tlscfg } from '../tls/common.js'
import { closing, closingAll, leavesNoFd, tempFolder } from '../util/index.js'

leavesNoFd()

describe('dup()', () => {
  test('dup() makes another socket of the same class, which stays open when the original is closed', async (t) => {
    for (const make of [stream.unix.pair, dgram.unix.pair, seqpacket.unix.pair]) {
      const [a, b] = closingAll(t, await make())
      const twin = closing(t, a.dup())
      assert.equal(twin.constructor, a.constructor)
      assert.notEqual(twin.fd(), a.fd())
      assert.ok(twin.cloexec() && twin.isnonblock())
      await a.close()
      await twin.send('from the twin')
      assert.equal(String(await b.recv()), 'from the twin')
      const waiting = twin.recv()
      await b.send('to the twin')
      assert.equal(String(await waiting), 'to the twin')
    }
  })

  test('two objects of one listener accept at the same time, and each connection goes to one of them', async (t) => {
    const server = closing(t, await listen({ host: '127.0.0.1', port: 0 }))
    const twin = closing(t, server.dup())
    const accepting = [server, twin, server, twin, server].map((one) => one.accept())
    const { port } = server.getsockname()
    const clients = await Promise.all(accepting.map(() => connect({ host: '127.0.0.1', port })))
    closingAll(t, clients)
    // The three calls of one object, and two of the other: whichever object has the connection, each call settles only with one of its own.
    const accepted = closingAll(t, await Promise.all(accepting))
    assert.deepEqual(
      accepted.map((one) => one.getpeername().port).sort(),
      clients.map((one) => one.getsockname().port).sort(),
    )
  })

  test('the twin of a server with TLS encrypts too', async (t) => {
    const server = closing(t, await listen({ host: '127.0.0.1', port: 0, tlscfg }))
    const twin = closing(t, server.dup())
    const client = closing(t, await connect({ host: '127.0.0.1', port: server.getsockname().port }))
    const accepted = closing(t, await twin.accept())
    assert.ok(accepted.encrypted)
    await client.close()
  })

  test('settings of the original are not those of the twin', async (t) => {
    const [a] = closingAll(t, await stream.unix.pair())
    a.deadlines(7, 9)
    assert.deepEqual(closing(t, a.dup()).deadlines(), [0, 0])
  })

  test('the file of a server stays with the original', async (t) => {
    const path = join(tempFolder(t), 's')
    const server = closing(t, await listen({ path }))
    await server.dup().close()
    assert.ok(existsSync(path))
    await server.close()
    assert.ok(!existsSync(path))
  })

  test('what a constructor of the user throws leaves no descriptor open', async (t) => {
    let isMoody = false
    class Moody extends stream.unix.Socket {
      constructor(sock?: LowSocket) {
        super(sock)
        if (isMoody) throw new Error('not today')
      }
    }
    const [a, b] = socket.pair(SOCK_STREAM)
    closing(t, b)
    const moody = closing(t, new Moody(a))
    isMoody = true
    assert.throws(() => moody.dup(), /not today/)
  })

  test('a closed socket has no twin, nor has one that is not connected', async (t) => {
    const [a] = closingAll(t, await stream.unix.pair())
    await a.close()
    assert.throws(() => a.dup(), { code: 'EBADF', syscall: 'dup' })
    const client = await stream.inet.Client.create({ port: 9 }, false)
    assert.throws(() => client.dup(), { code: 'EBADF', syscall: 'dup' })
  })
})
