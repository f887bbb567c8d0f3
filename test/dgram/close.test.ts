import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { type AddrInfo, dgram } from 'berkeley'
import { abstractName, closing, leavesNoFd, tempFolder } from '../util/index.js'
import { boundForBatches, type Test } from './common.js'

leavesNoFd()

describe('close()', () => {
  test('close() ends recvmany() with ECANCELED, and later calls fail with EBADF (H02)', async (t) => {
    const server = await boundForBatches(t)
    const waiting = assert.rejects(server.recvmany(), { code: 'ECANCELED' })
    await server.close()
    await waiting
    await assert.rejects(server.recvmany(), { code: 'EBADF' })
    await assert.rejects(server.sendmany([{ data: '' }]), { code: 'EBADF' })
  })

  for (const [kind, nameOf] of [
    ['a path', (t: Test) => join(tempFolder(t), 'd')],
    ['an abstract name', abstractName],
  ] as const)
    test(`close() of a unix socket bound to ${kind} removes the file, after a conversation`, async (t) => {
      const path = nameOf(t)
      const server = closing(t, await dgram.unix.Socket.create({ path }))
      await server.bind()
      const client = closing(t, await dgram.unix.Socket.create())
      await client.bind({ path: '' })
      await client.connect({ path })
      await client.send('question')
      const [data, from] = await server.recvfrom()
      assert.equal(String(data), 'question')
      assert.equal(from?.path, client.getsockname().path)
      await server.sendto('answer', from as AddrInfo)
      assert.equal(String(await client.recv()), 'answer')
      await server.close()
      assert.ok(!existsSync(path) || path.startsWith('\0'))
    })
})
