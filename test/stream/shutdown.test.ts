import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { leavesNoFd, within } from '../util/index.js'
import { conversation } from './common.js'

leavesNoFd()

describe('closer() and closew()', () => {
  test('closer() ends a recv() that waits with the end of the stream', async (t) => {
    const [, peer] = await conversation(t)
    const waiting = peer.recv()
    peer.closer()
    assert.equal(await within(waiting, 'the end'), null)
  })

  test('closew() ends a send() that waits for room with EPIPE (H42)', async (t) => {
    const [client] = await conversation(t)
    const waiting = client.send(Buffer.alloc(64 << 20))
    await new Promise((resolve) => setImmediate(resolve))
    client.closew()
    await assert.rejects(within(waiting, 'the end'), { code: 'EPIPE' })
  })
})
