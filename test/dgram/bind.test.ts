import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { dgram } from 'berkeley'
import { closing, leavesNoFd } from '../util/index.js'
import { bound, portOf } from './common.js'

leavesNoFd()

describe('bind()', () => {
  test('bind() shares no port unless asked to, rejects a second call with EINVAL, and needs an address (H54)', async (t) => {
    const first = await bound(t)
    const second = closing(t, await dgram.inet.Socket.create({ host: '127.0.0.1', port: portOf(first) }))
    assert.equal(second.reuseaddr(), false)
    await assert.rejects(second.bind(), { code: 'EADDRINUSE', address: '127.0.0.1', port: portOf(first) })
    await assert.rejects(first.bind(), { code: 'EINVAL' })
    const shared = { host: '127.0.0.1', port: 0, reuseport: true }
    const third = closing(t, await dgram.inet.Socket.create(shared))
    await third.bind()
    const fourth = closing(t, await dgram.inet.Socket.create({ ...shared, port: portOf(third) }))
    await fourth.bind()
    const bare = closing(t, await dgram.inet.Socket.create())
    await assert.rejects(bare.bind(), { code: 'EDESTADDRREQ', syscall: 'bind' })
    await assert.rejects(bare.bind({ host: '::1', port: 1 }), { code: 'EAFNOSUPPORT' })
    await bare.bind({ host: '127.0.0.1', port: 0 })
  })
})
