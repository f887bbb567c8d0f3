import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { leavesNoFd, within } from '../util/index.js'
import { ends } from './common.js'

leavesNoFd()

describe('push mode over TLS', () => {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const versions = { minVersion: version, maxVersion: version }

    test(`everything arrives in order, whatever waits (${version})`, async (t) => {
      const [server, client] = await ends(t, versions, versions)
      const sent = createHash('sha256')
      const received = createHash('sha256')
      const loop = server.forEach((data) => {
        received.update(data)
        return server.write(data) ? undefined : server.drained()
      })
      const echoed = createHash('sha256')
      const echo = client.forEach((data) => void echoed.update(data))
      for (let i = 0; i < 400; i++) {
        const piece = randomBytes(1 + ((i * 611) % 20_000))
        sent.update(piece)
        if (!client.write(piece)) await within(client.drained(), 'room')
      }
      await client.end()
      await within(loop, 'the end')
      await server.drained()
      await server.end()
      await within(echo, 'the end of the echo')
      const digest = sent.digest('hex')
      assert.equal(received.digest('hex'), digest)
      assert.equal(echoed.digest('hex'), digest)
    })

    test(`small data may be changed when write() has returned (${version})`, async (t) => {
      const [server, client] = await ends(t, versions, versions)
      let before = 0
      while (client.bufferedAmount === 0) {
        client.write(Buffer.alloc(4000, '.'))
        before += 4000
      }
      const memory = Buffer.from('kept')
      for (let i = 0; i < 5; i++) client.write(memory)
      memory.fill('x')
      let text = ''
      while (text.length < before + 20) text += String(await within(server.recv(), 'data'))
      assert.equal(text.slice(before), 'kept'.repeat(5))
    })
  }
})
