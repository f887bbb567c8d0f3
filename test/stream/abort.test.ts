import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { leavesNoFd } from '../util/index.js'
import { conversation } from './common.js'

leavesNoFd()

describe('abort signals', () => {
  test('an aborted recv() loses no byte (H23)', async (t) => {
    const [client, peer] = await conversation(t)
    const abort = new AbortController()
    const waiting = peer.recv(100, 0, { signal: abort.signal })
    abort.abort()
    await assert.rejects(waiting, { name: 'AbortError', code: 'ABORT_ERR' })
    await client.send('kept')
    assert.equal((await peer.recv())?.toString(), 'kept')
  })
})
