import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { connect, listen } from 'berkeley'
import { closing, leavesNoFd } from '../util/index.js'
import { ends, tlscfg } from './common.js'

leavesNoFd()

describe('handshakeTimeout', () => {
  test('handshakeTimeout ends a handshake when no deadline is set', async (t) => {
    const listener = closing(t, await listen({ host: '127.0.0.1', tlscfg: { ...tlscfg, handshakeTimeout: 50 } }))
    const silent = closing(t, await connect({ host: '127.0.0.1', port: listener.getsockname().port }))
    const conn = closing(t, await listener.accept())
    await assert.rejects(conn.recv(), { name: 'TimeoutError', syscall: 'handshake' })
    await conn.close()
    assert.equal(await silent.recv(), null)
  })

  test('handshakeTimeout has no effect after the handshake', async (t) => {
    const [server, client] = await ends(t, { handshakeTimeout: 200 }, { handshakeTimeout: 200 })
    await new Promise((resolve) => setTimeout(resolve, 300))
    await client.send('late')
    assert.equal(String(await server.recv()), 'late')
  })
})
