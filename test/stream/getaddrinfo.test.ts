import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AF_INET6, AI_NUMERICSERV, AI_PASSIVE, AI_V4MAPPED, AI_V4MAPPED_CFG, stream } from 'berkeley'
import { inet } from 'berkeley/llsocket'
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

  test('getaddrinfoin() takes AI_* flags beside its switches', async () => {
    const passive = await stream.getaddrinfoin({ port: 7, flags: AI_PASSIVE })
    assert.deepEqual(passive, await stream.getaddrinfoin({ port: 7, passive: true }))
    assert.notDeepEqual(passive, await stream.getaddrinfoin({ port: 7 }))
    for (const port of ['http', '80x'])
      await assert.rejects(stream.getaddrinfoin({ host: '127.0.0.1', port, flags: AI_NUMERICSERV }), Error)
    const [mapped] = await stream.getaddrinfoin({ host: '127.0.0.1', family: AF_INET6, flags: AI_V4MAPPED, port: 7 })
    assert.equal(String(mapped), '[::ffff:127.0.0.1]:7')
  })

  test('getaddrinfoin() refuses flags that this platform lacks, whose numbers may mean something else', async () => {
    for (const flags of [AI_V4MAPPED_CFG, 1 << 30, -1])
      await assert.rejects(stream.getaddrinfoin({ host: '127.0.0.1', port: 7, flags }), { code: 'EAI_BADFLAGS' })
    for (const flags of ['1', null, {}])
      await assert.rejects(stream.getaddrinfoin({ port: 7, flags: flags as never }), { code: 'ERR_INVALID_ARG_TYPE' })
    assert.throws(() => inet.getaddrinfo('127.0.0.1', 7, 0, 0, AI_V4MAPPED_CFG), { code: 'EAI_BADFLAGS' })
  })
})
