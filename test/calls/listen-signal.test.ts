import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { existsSync } from 'node:fs'
import { describe, test } from 'node:test'
import { listen, stream } from 'berkeley'
import { closing, leavesNoFd, tempFolder } from '../util/index.js'

leavesNoFd()

const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length

describe('listen({ signal }) (H115)', () => {
  test('aborting closes the server, with all that waits for it', async (t) => {
    const path = `${tempFolder(t)}/s`
    for (const where of [{ path }, { path, type: 'seqpacket' as const }, { host: '127.0.0.1', port: 0 }]) {
      const controller = new AbortController()
      const options = { ...where, signal: controller.signal }
      const server = closing(t, await listen(options as { path: string }))
      const looping = (async () => {
        for await (const connection of server) assert.fail(`${connection}`)
      })()
      const accepting = server.accept()
      controller.abort()
      await assert.rejects(accepting, { code: 'ECANCELED' })
      await looping
      assert.deepEqual([server.fd(), existsSync(path), listeners(controller.signal)], [-1, false, 0])
    }
  })

  test('an aborted signal rejects at once, and nothing is bound', async (t) => {
    const path = `${tempFolder(t)}/s`
    const signal = AbortSignal.abort('too late')
    await assert.rejects(listen({ path, signal }), { name: 'AbortError', cause: 'too late' })
    await assert.rejects(listen({ path: '/no/such/folder/s', signal }), { name: 'AbortError' })
    assert.equal(existsSync(path), false)
  })

  test('a signal that is aborted while the address is looked up closes what was made', async () => {
    const controller = new AbortController()
    const listening = listen({ host: 'localhost', port: 0, signal: controller.signal })
    controller.abort()
    await assert.rejects(listening, { name: 'AbortError' })
    assert.equal(listeners(controller.signal), 0)
  })

  test('the signal is listened to no longer than the server is open, and has its descriptor', async () => {
    const { signal } = new AbortController()
    const server = await listen({ host: '127.0.0.1', port: 0, signal })
    assert.equal(listeners(signal), 1)
    await server.close()
    assert.equal(listeners(signal), 0)
    const other = await listen({ host: '127.0.0.1', port: 0, signal })
    const wrapped = await stream.inet.Server.wrap(other.detach())
    assert.equal(listeners(signal), 0)
    await wrapped.close()
  })

  test('a signal that is none is refused, and so is one of create(), which does not listen', async () => {
    await assert.rejects(listen({ port: 0, signal: {} as never }), { code: 'ERR_INVALID_ARG_TYPE' })
    const { signal } = new AbortController()
    await assert.rejects(stream.inet.Server.create({ signal } as never), { code: 'ERR_INVALID_ARG_VALUE' })
  })
})
