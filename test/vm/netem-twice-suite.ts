// Run by netem.test.ts, in a network namespace of its own, where every packet comes twice.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { dgram } from 'berkeley'
import { conversation, drain, sha256 } from '../stream/common.js'
import { closing, leavesNoFd, PATIENCE_MS } from '../util/index.js'

leavesNoFd()

test('a datagram that came twice is received twice, whole, and no other comes between', async (t) => {
  const receiver = closing(t, await dgram.inet.Socket.create({ host: '127.0.0.1' }))
  await receiver.bind()
  receiver.deadlines(PATIENCE_MS)
  const sender = closing(t, await dgram.inet.Socket.create())
  for (let i = 0; i < 20; i++) {
    await sender.sendto(`datagram ${i}`, receiver.getsockname())
    const got = [await receiver.recv(), await receiver.recv()].map(String)
    assert.deepEqual(got, [`datagram ${i}`, `datagram ${i}`])
  }
})

test('a stream that came twice is received once', async (t) => {
  const [client, peer] = await conversation(t)
  const data = randomBytes(1 << 20)
  const received = drain(peer)
  await client.send(data)
  client.closew()
  assert.equal(sha256(await received), sha256(data))
})
