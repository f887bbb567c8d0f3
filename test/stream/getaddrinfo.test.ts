import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { stream } from 'berkeley'
import { leavesNoFd } from '../util/index.js'

leavesNoFd()

describe('getaddrinfoin() and getaddrinfoun()', () => {
  test('getaddrinfoin() and getaddrinfoun() give addresses for stream sockets', async () => {
    const [ai] = await stream.getaddrinfoin({ host: '127.0.0.1', port: 'http', numeric: true })
    assert.equal(String(ai), '127.0.0.1:80')
    assert.equal(ai?.socktype, 1)
    const [any] = await stream.getaddrinfoin({ port: 7, passive: true })
    assert.match(String(any), /^(0\.0\.0\.0|\[::\]):7$/)
    await assert.rejects(stream.getaddrinfoin({ host: '127.1', numeric: true }), { code: 'EAI_NONAME' })
    const [un] = await stream.getaddrinfoun({ path: '/x' })
    assert.equal(un?.path, '/x')
  })
})
