import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type AddrInfo, dgram } from 'berkeley'
import { closing, closingAll, leavesNoFd, tempFolder, within } from '../util/index.js'

leavesNoFd()

type Test = Parameters<typeof closing>[0]

async function udp(t: Test): Promise<[dgram.inet.Socket, AddrInfo]> {
  const sock = closing(t, await dgram.inet.Socket.create({ host: '127.0.0.1' }))
  await sock.bind()
  return [sock, sock.getsockname()]
}

describe('datagrams in push mode', () => {
  test('forEach() gives each datagram with its sender, and write() answers it', async (t) => {
    const [server, address] = await udp(t)
    const served = server.forEach((data, from) => server.write(`${data}!`, from as AddrInfo))
    const clients = await Promise.all(Array.from({ length: 7 }, () => udp(t)))
    for (let round = 0; round < 30; round++) {
      for (const [i, [client]] of clients.entries()) client.write(`${i}:${round}`, address)
      for (const [i, [client, own]] of clients.entries()) {
        const [data, from] = await within(client.recvfrom(), 'an answer')
        assert.equal(String(data), `${i}:${round}!`)
        assert.equal(from?.port, address.port)
        assert.notEqual(own.port, address.port)
      }
    }
    await server.close()
    await within(served, 'the end of the loop')
  })

  test('an empty datagram is one, and one that is too long is EMSGSIZE', async (t) => {
    const [server, address] = await udp(t)
    const [client] = await udp(t)
    const seen: number[] = []
    const loop = server.forEach((data) => void seen.push(data.length), { bufsize: 10 })
    for (const length of [0, 10, 11]) client.write(Buffer.alloc(length), address)
    await assert.rejects(within(loop, 'the long datagram'), { code: 'EMSGSIZE' })
    assert.deepEqual(seen, [0, 10])
  })

  test('a datagram that the kernel refuses is an exception of write(), and the loop goes on', async (t) => {
    const [server, address] = await udp(t)
    const loop = server.forEach(() => undefined)
    assert.throws(() => server.write(Buffer.alloc(70_000), address), { code: 'EMSGSIZE' })
    assert.throws(() => server.write('x'), { code: /EDESTADDRREQ|ENOTCONN/ })
    assert.throws(() => server.write('x', {} as never), { code: 'ERR_INVALID_ARG_TYPE' })
    await server.close()
    await loop
  })

  test('what the network reports of an earlier datagram does not end the loop', async (t) => {
    const [gone, address] = await udp(t)
    await gone.close()
    const [client] = await udp(t)
    await client.connect({ host: '127.0.0.1', port: address.port as number })
    const loop = client.forEach(() => undefined)
    client.write('x')
    await delay(20)
    await client.close()
    await within(loop, 'the end of the loop')
  })

  test('a unix receiver with a full queue gets all, in order, with boundaries', async (t) => {
    const [a, b] = closingAll(t, await dgram.unix.pair())
    const count = 300
    for (let i = 0; i < count; i++) a.write(Buffer.alloc(1 + (i % 97), i % 251))
    assert.ok(a.bufferedAmount > 0, 'nothing has waited')
    const drained = a.drained()
    let i = 0
    await within(
      b.forEach((data) => {
        assert.deepEqual(data, Buffer.alloc(1 + (i % 97), i % 251))
        if (++i === count) throw new Error('all')
      }),
      'all datagrams',
    ).catch((error) => assert.equal(error.message, 'all'))
    await within(drained, 'room')
  })

  test('answers to several unix clients of one batch leave to each its own', async (t) => {
    const folder = tempFolder(t)
    const servers = await Promise.all(
      Array.from({ length: 5 }, async (_, i) => {
        const sock = closing(t, await dgram.unix.Socket.create({ path: `${folder}/s${i}` }))
        await sock.bind()
        return sock
      }),
    )
    for (const server of servers) void server.forEach((data, from) => server.write(data, from as AddrInfo))
    const client = closing(t, await dgram.unix.Socket.create({ path: `${folder}/c` }))
    await client.bind()
    await delay(5)
    for (const [i, server] of servers.entries()) client.write(`to ${i}`, server.getsockname())
    const answers: string[] = []
    for (const _ of servers) answers.push(String((await within(client.recvfrom(), 'an answer'))[0]))
    assert.deepEqual(answers.sort(), ['to 0', 'to 1', 'to 2', 'to 3', 'to 4'])
  })
})
