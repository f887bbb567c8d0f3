import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { dgram } from 'berkeley'
import { abstractName, closing, leavesNoFd } from '../util/index.js'
import { bound, portOf } from './common.js'

leavesNoFd()

describe('the size of datagrams', () => {
  test('sendto() sends 65,507 bytes and rejects one more with EMSGSIZE (H34)', async (t) => {
    const server = await bound(t)
    const client = await bound(t)
    await client.sendto(Buffer.alloc(65_507), server.getsockname())
    assert.equal((await server.recvfrom())[0].length, 65_507)
    const where = { code: 'EMSGSIZE', address: '127.0.0.1', port: portOf(server) }
    await assert.rejects(client.sendto(Buffer.alloc(65_508), server.getsockname()), where)
  })
})

describe('a full queue', () => {
  test('send() and sendto() wait while the queue of the receiver is full, and lose nothing (H36)', async (t) => {
    const path = abstractName()
    const server = closing(t, await dgram.unix.Socket.create({ path }))
    await server.bind()
    const connected = closing(t, await dgram.unix.Socket.create({ path }))
    await connected.connect()
    const loose = closing(t, await dgram.unix.Socket.create())
    const address = server.getsockname()
    const count = 200
    const sendAll = async (send: (text: string) => Promise<number>): Promise<void> => {
      for (let i = 0; i < count; i++) await send(String(i))
    }
    const sending = Promise.all([
      sendAll((text) => connected.send(`c${text}`)),
      sendAll((text) => loose.sendto(`l${text}`, address)),
    ])
    const got: Record<string, string[]> = { c: [], l: [] }
    for (let i = 0; i < 2 * count; i++) {
      const text = String(await server.recv())
      got[text.charAt(0)]?.push(text.slice(1))
    }
    await sending
    const all = Array.from({ length: count }, (_, i) => String(i))
    assert.deepEqual(got, { c: all, l: all })
  })

  test('sendto() rejects at its deadline when the receiver does not read (H36)', async (t) => {
    const path = abstractName()
    const server = closing(t, await dgram.unix.Socket.create({ path }))
    await server.bind()
    const client = closing(t, await dgram.unix.Socket.create())
    client.deadlines(0, 40)
    const flood = async (): Promise<void> => {
      for (;;) await client.sendto('x', server.getsockname())
    }
    await assert.rejects(flood(), { name: 'TimeoutError', syscall: 'sendto' })
  })
})
