import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { TCP_CLOSE } from 'berkeley'
import { leavesNoFd, within } from '../util/index.js'
import { conversation } from './common.js'

leavesNoFd()

describe('error()', () => {
  test('error() returns the pending error of the socket once', async (t) => {
    const [client, peer] = await conversation(t)
    assert.equal(client.error(), null)
    peer.linger(0)
    await peer.close()
    const known = async (): Promise<void> => {
      while (client.tcpinfo().state !== TCP_CLOSE) await new Promise((resolve) => setImmediate(resolve))
    }
    await within(known(), 'the reset')
    const error = client.error()
    assert.deepEqual([error?.code, error?.syscall, client.error()], ['ECONNRESET', 'getsockopt', null])
  })
})
