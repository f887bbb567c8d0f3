import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { eachFamily, leavesNoFd } from '../util/index.js'
import { conversation, drain, sha256 } from './common.js'

leavesNoFd()

eachFamily(({ loopback }) => {
  for (const [size, sndbuf] of [
    [16 << 20, 1 << 20],
    [256 << 10, 4096],
  ] as const)
    test(`send() delivers ${size >> 10} KiB unchanged through a send buffer of ${sndbuf} bytes (H27)`, async (t) => {
      const [client, peer] = await conversation(t, loopback)
      client.sndbuf(sndbuf)
      const data = randomBytes(size)
      const received = drain(peer)
      assert.equal(await client.send(data), data.length)
      client.closew()
      assert.equal(sha256(await received), sha256(data))
    })
})

describe('many small messages', () => {
  test('send() and recv() exchange thousands of small messages without a stall (H12)', {
    timeout: 60_000,
  }, async (t) => {
    const [client, peer] = await conversation(t)
    const rounds = 20_000
    const echo = (async () => {
      for await (const data of peer) await peer.send(data)
    })()
    for (let i = 0; i < rounds; i++) {
      await client.send('tick')
      if (i % 7 === 0) await new Promise((resolve) => setImmediate(resolve))
      assert.equal(String(await client.recv()), 'tick')
    }
    client.closew()
    await echo
  })
})
