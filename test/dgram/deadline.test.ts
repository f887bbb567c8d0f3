import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { leavesNoFd } from '../util/index.js'
import { bound } from './common.js'

leavesNoFd()

describe('deadlines, signals and queued calls', () => {
  test('recvfrom() keeps to deadlines and signals, and recvfromsync() to the order of calls', async (t) => {
    const server = await bound(t)
    const client = await bound(t)
    server.deadlines(20)
    await assert.rejects(server.recvfrom(), { name: 'TimeoutError', syscall: 'recvfrom' })
    server.deadlines(0)
    await assert.rejects(server.recvfrom(10, 0, { signal: AbortSignal.abort() }), { name: 'AbortError' })
    const waiting = [server.recvfromsync(), server.recvfromsync()]
    await Promise.all([client.sendtosync('1', server.getsockname()), client.sendtosync('2', server.getsockname())])
    assert.deepEqual(
      (await Promise.all(waiting)).map(([data]) => String(data)),
      ['1', '2'],
    )
  })
})
