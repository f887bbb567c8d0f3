import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { stream } from 'berkeley'
import { leavesNoFd, tempFolder } from '../util/index.js'
import { pair } from './common.js'

leavesNoFd()

describe('for await', () => {
  test('a loop over a server ends when the server is closed', async (t) => {
    const server = await stream.unix.Server.create({ path: join(tempFolder(t), 's') })
    server.listen()
    const path = server.getsockname().path as string
    let count = 0
    const serving = (async () => {
      for await (const conn of server) {
        count++
        await conn.close()
      }
    })()
    for (let i = 0; i < 3; i++) {
      const client = await stream.unix.Client.create({ path })
      assert.equal(await client.recv(), null)
      await client.close()
    }
    await server.close()
    await serving
    assert.equal(count, 3)
  })

  test('a loop over a connection ends when the connection is closed on this side', async (t) => {
    const [a, b] = await pair(t)
    const looping = (async () => {
      for await (const _ of b) assert.fail('nothing comes')
    })()
    await b.close()
    await looping
    await a.close()
  })
})
