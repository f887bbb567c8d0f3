import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { describe, test } from 'node:test'
import { leavesNoFd } from '../util/index.js'
import { MIB, piped, reset, tcp } from './common.js'

leavesNoFd()

describe('web()', () => {
  test('web() carries data both ways to the end, and closes the socket then', async (t) => {
    const [a, b] = await piped(t)
    const { readable, writable } = a.web()
    const data = randomBytes(2 * MIB)
    const peer = b.duplex()
    const received = buffer(peer)
    const writer = writable.getWriter()
    for (let at = 0; at < data.length; at += 65_536) await writer.write(data.subarray(at, at + 65_536))
    await writer.close()
    assert.ok((await received).equals(data))
    peer.end() // the reading side has ended; whether that ends the other one too is a matter of Node's version
    const parts: Uint8Array[] = []
    for await (const part of readable) parts.push(part)
    assert.equal(Buffer.concat(parts).length, 0)
    assert.equal(a.fd(), -1)
  })

  test('web() pipes one connection through another', async (t) => {
    const [client, left] = await piped(t)
    const [right, server] = await piped(t)
    const done = left.web().readable.pipeTo(right.web().writable)
    await client.send('through')
    client.closew()
    assert.equal(String(await server.recv()), 'through')
    assert.equal(await server.recv(), null)
    await done
  })

  test('web() closes the socket when reading or writing fails', async (t) => {
    const [a, b] = await piped(t)
    const { writable } = a.web()
    await b.close()
    await assert.rejects(writable.getWriter().write(Buffer.from('x')), { code: 'EPIPE' })
    assert.equal(a.fd(), -1)
    const [c, d] = await tcp(t)
    const reading = c.web().readable.getReader().read()
    await reset(d, c)
    await assert.rejects(reading, { code: 'ECONNRESET' })
    assert.equal(c.fd(), -1)
  })

  test('web() closes the socket also when the end cannot be sent (H42)', async (t) => {
    const [a, b] = await tcp(t)
    const { readable, writable } = a.web()
    b.closew()
    assert.deepEqual(await readable.getReader().read(), { done: true, value: undefined })
    await reset(b, a)
    await assert.rejects(writable.getWriter().close(), { code: 'ENOTCONN' })
    assert.equal(a.fd(), -1)
  })

  test('web() closes the socket also when the reader is cancelled after the connection is gone', async (t) => {
    const [a, b] = await tcp(t)
    const { readable } = a.web()
    await reset(b, a)
    await assert.rejects(readable.cancel(), { code: 'ENOTCONN' })
    assert.equal(a.fd(), -1)
  })

  test('web() closes the socket when the readable is cancelled and the writable is aborted', async (t) => {
    const [a, b] = await piped(t)
    const { readable, writable } = a.web()
    await readable.cancel()
    await writable.abort()
    assert.equal(a.fd(), -1)
    assert.equal(await b.recv(), null)
  })
})
