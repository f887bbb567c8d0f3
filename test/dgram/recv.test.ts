import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { dgram, MSG_TRUNC } from 'berkeley'
import { closing, eachFamily, leavesNoFd } from '../util/index.js'
import { bound, portOf } from './common.js'

leavesNoFd()

eachFamily(({ loopback }) => {
  test('recvfrom() and recv() deliver an empty datagram (H32)', async (t) => {
    const server = await bound(t, loopback)
    const client = await bound(t, loopback)
    await client.sendto('', server.getsockname())
    const [data, from] = await server.recvfrom()
    assert.equal(data.length, 0)
    assert.equal(from?.port, portOf(client))
    await client.sendto('', server.getsockname())
    assert.equal((await server.recv())?.length, 0)
  })
})

describe('recv() and recvfrom()', () => {
  test('recvfrom() rejects with the length of a datagram that does not fit, and cuts it with MSG_TRUNC (H33)', async (t) => {
    const server = await bound(t)
    const client = await bound(t)
    for (let i = 0; i < 2; i++) await client.sendto(Buffer.alloc(1000, i), server.getsockname())
    await assert.rejects(server.recvfrom(100), { code: 'EMSGSIZE', syscall: 'recvfrom', bytes: 1000 })
    const [data] = await server.recvfrom(100, MSG_TRUNC)
    assert.ok(data.equals(Buffer.alloc(100, 1)))
  })

  test('recvfrom(), sendto() and create() reject wrong arguments', async (t) => {
    const sock = await bound(t)
    await assert.rejects(sock.sendto('x', '127.0.0.1' as never), { code: 'ERR_INVALID_ARG_TYPE', message: /"ai"/ })
    await assert.rejects(sock.sendto(1 as never, sock.getsockname()), {
      code: 'ERR_INVALID_ARG_TYPE',
      message: /"data"/,
    })
    await assert.rejects(sock.recvfrom(0), { code: 'ERR_OUT_OF_RANGE', message: /"bufsize"/ })
    await assert.rejects(dgram.inet.Socket.create({ host: '127.0.0.1', port: 70_000 }), { name: 'RangeError' })
    await assert.rejects(dgram.inet.Socket.create({ reuseaddr: 1 as never }), { message: /options.reuseaddr/ })
  })

  test('the memory of a received Buffer refuses a length of its own, because other receives share it', async (t) => {
    const [a, b] = await dgram.unix.pair()
    for (const sock of [a, b]) closing(t, sock)
    await a.send('one')
    const { buffer } = (await b.recv()) as Buffer<ArrayBuffer>
    assert.throws(() => Object.defineProperty(buffer, 'byteLength', { value: 0 }), TypeError)
    await a.send('two')
    assert.equal(String(await b.recv()), 'two')
    await a.send('three')
    using batch = await b.recvmany()
    const memory = batch.at(0)?.data.buffer as ArrayBuffer
    assert.throws(() => Object.defineProperty(memory, 'byteLength', { get: () => 0 }), TypeError)
  })
})
