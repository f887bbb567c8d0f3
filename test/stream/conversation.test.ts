// Whole conversations, in both directions.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { stream } from 'berkeley'
import { closingAll, eachFamily, leavesNoFd } from '../util/index.js'
import { conversation, drain, listening, portOf } from './common.js'

leavesNoFd()

eachFamily(({ loopback, family }) => {
  test('data goes both ways, also after a half-close, and the end arrives', async (t) => {
    const [client, peer] = await conversation(t, loopback)
    assert.equal(client.family(), family)
    assert.equal(peer.getpeername().toString(), client.getsockname().toString())
    assert.equal(await client.send('hello'), 5)
    assert.equal((await peer.recv())?.toString(), 'hello')
    client.closew()
    assert.equal(await peer.recv(), null)
    assert.equal(await peer.recv(), null)
    await peer.send('still here')
    assert.equal((await client.recv())?.toString(), 'still here')
    await assert.rejects(client.send('x'), { code: 'EPIPE', bytes: 0 })
    await peer.close()
    assert.equal(await client.recv(), null)
  })

  test('two hundred clients at once each get their own bytes back (H01)', async (t) => {
    const server = await listening(t, loopback)
    const count = 200
    const serving = (async () => {
      for (let i = 0; i < count; i++) {
        const peer = await server.accept()
        void (async () => {
          await peer.send(await drain(peer))
          await peer.close()
        })()
      }
    })()
    await Promise.all(
      Array.from({ length: count }, async (_, i) => {
        const client = await stream.inet.Client.create({ host: loopback, port: portOf(server) })
        const own = Buffer.alloc(1000 + i * 37, i)
        await client.send(own)
        client.closew()
        assert.ok((await drain(client)).equals(own))
        await client.close()
      }),
    )
    await serving
  })
})

describe('a unix pair', () => {
  test('a pair exchanges data both ways, and the end arrives', async (t) => {
    const [a, b] = closingAll(t, await stream.unix.pair())
    assert.ok(a instanceof stream.unix.Socket)
    await a.send('ping')
    assert.equal((await b.recv())?.toString(), 'ping')
    await b.send('pong')
    assert.equal((await a.recv())?.toString(), 'pong')
    await b.close()
    assert.equal(await a.recv(), null)
  })

  test('many small messages in both directions at once keep their order', async (t) => {
    const [a, b] = closingAll(t, await stream.unix.pair())
    const lines = Array.from({ length: 5000 }, (_, i) => `${i}\n`)
    const writeAll = async (to: typeof a): Promise<void> => {
      for (const line of lines) await to.send(line)
      to.closew()
    }
    const readAll = async (from: typeof a): Promise<string> => {
      let text = ''
      for (let part = await from.recv(); part !== null; part = await from.recv()) text += part
      return text
    }
    const [, , fromA, fromB] = await Promise.all([writeAll(a), writeAll(b), readAll(b), readAll(a)])
    assert.equal(fromA, lines.join(''))
    assert.equal(fromB, lines.join(''))
  })
})
