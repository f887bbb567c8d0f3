import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { connect, listen, MSG_DONTWAIT } from 'berkeley'
import { closing, isPending, leavesNoFd, within } from '../util/index.js'
import { ends, tlscfg, trust } from './common.js'

leavesNoFd()

describe('readiness over TLS (H116)', () => {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const versions = { minVersion: version, maxVersion: version }

    test(`readable() resolves for data, and not for records without data (${version})`, async (t) => {
      const [server, client] = await ends(t, versions, versions)
      const waiting = [client.readable(), client.readable()]
      // The session tickets of TLS 1.3 are there by now, and are no data.
      assert.equal(await isPending(Promise.race(waiting)), true)
      if (version === 'TLSv1.3') server.updateKeys()
      assert.equal(await isPending(Promise.race(waiting)), true)
      await server.send('data')
      await within(Promise.all(waiting), 'readiness')
      await client.readable()
      assert.equal(String(await client.recv()), 'data')
      const later = client.readable()
      assert.equal(await isPending(later), true)
      await server.send('x')
      await within(later, 'readiness')
    })

    test(`readable() resolves for what the session holds and the socket does not announce any more (${version})`, async (t) => {
      const [server, client] = await ends(t, versions, versions)
      const records = Buffer.alloc(40_000, 'r')
      const first = client.recv(10)
      await server.send(records)
      let count = (await first)?.length ?? 0
      while (count < records.length) {
        await within(client.readable(), `readiness after ${count} bytes`)
        count += (await client.recv(1000, MSG_DONTWAIT))?.length ?? 0
      }
      assert.equal(await isPending(client.readable({ signal: AbortSignal.timeout(500) })), true)
    })

    test(`a call that receives is not left waiting for what a readable() beside it has decrypted (${version})`, async (t) => {
      const [server, client] = await ends(t, versions, versions)
      for (let i = 0; i < 200; i++) {
        const received = client.recv()
        const ready = client.readable()
        await server.send(`${i}`)
        await within(ready, `readiness ${i}`)
        assert.equal(String(await within(received, `data ${i}`)), String(i))
        // Sent, but not announced yet: what finds it first is the wait, and the receive has to follow.
        await server.send(`${i}`)
        const found = client.readable()
        assert.equal(String(await within(client.recv(), `data ${i} of the second round`)), String(i))
        if (await isPending(found)) {
          await server.send('z')
          await within(found, 'readiness')
          assert.equal(String(await client.recv()), 'z')
        }
      }
    })
  }

  test('readable() makes the handshake, and resolves at the end and for an error', async (t) => {
    const listener = closing(t, await listen({ host: '127.0.0.1', tlscfg }))
    const { port } = listener.getsockname()
    const connecting = connect({ host: '127.0.0.1', port, timeout: 5000, tlscfg: trust })
    const accepted = closing(t, await listener.accept())
    const waiting = accepted.readable()
    const client = closing(t, await connecting)
    assert.equal(await isPending(waiting), true)
    await client.close()
    await within(waiting, 'readiness')
    assert.equal(await accepted.recv(), null)
    const refused = connect({ host: '127.0.0.1', port, timeout: 5000, tlscfg: {} }).catch(() => {})
    const other = closing(t, await listener.accept())
    await within(other.readable(), 'readiness')
    await assert.rejects(other.recv(), { name: 'TlsError' })
    await refused
  })

  test('writable() and hangup() wait for the socket, and urgent() is refused', async (t) => {
    const [server, client] = await ends(t)
    await client.writable()
    const gone = client.hangup()
    await server.send('unread')
    assert.equal(await isPending(gone), true)
    await server.close()
    await within(gone, 'hang-up')
    assert.equal(String(await client.recv()), 'unread')
    await assert.rejects(client.urgent(), { code: 'EOPNOTSUPP' })
  })

  test('closing ends readable()', async (t) => {
    const [, client] = await ends(t)
    const waiting = assert.rejects(client.readable(), { code: 'ECANCELED' })
    await client.close()
    await waiting
  })
})
