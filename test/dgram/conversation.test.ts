// Whole conversations, in both directions.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type AddrInfo, dgram } from 'berkeley'
import { abstractName, closing, closingAll, eachFamily, leavesNoFd } from '../util/index.js'
import { bound } from './common.js'

leavesNoFd()

eachFamily(({ loopback, family }) => {
  test('datagrams go both ways and carry the addresses of both sockets', async (t) => {
    const server = await bound(t, loopback)
    const client = await bound(t, loopback)
    assert.equal(server.family(), family)
    assert.equal(await client.sendto('ping', server.getsockname()), 4)
    const [data, from] = await server.recvfrom()
    assert.equal(String(data), 'ping')
    assert.equal(String(from), String(client.getsockname()))
    await server.sendto('pong', from as AddrInfo)
    assert.equal(String(await client.recv()), 'pong')
  })
})

describe('unix datagrams', () => {
  test('a pair keeps the boundaries and the order of datagrams', async (t) => {
    const [a, b] = closingAll(t, await dgram.unix.pair())
    for (const text of ['one', '', 'three']) await a.send(text)
    for (const text of ['one', '', 'three']) assert.equal(String(await b.recv()), text)
  })

  test('recvfrom() gives no address for a sender that is not bound', async (t) => {
    const path = abstractName()
    const server = closing(t, await dgram.unix.Socket.create({ path }))
    await server.bind()
    const client = closing(t, await dgram.unix.Socket.create({ path }))
    await client.connect()
    await client.send('x')
    assert.deepEqual((await server.recvfrom())[1], null)
  })
})
