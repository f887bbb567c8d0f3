import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { describe, test } from 'node:test'
import { ends } from '../tls/common.js'
import { isPending, leavesNoFd, within } from '../util/index.js'
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

  test('when one side of web() fails the other one fails with the same error', async (t) => {
    const [a, b] = await tcp(t)
    const { readable, writable } = a.web()
    const writer = writable.getWriter()
    const reading = readable.getReader().read()
    await reset(b, a)
    await assert.rejects(reading, { code: 'ECONNRESET' })
    await assert.rejects(writer.closed, { code: 'ECONNRESET' })
    await assert.rejects(writer.write(Buffer.from('x')), { code: 'ECONNRESET' })
    const [c, d] = await piped(t)
    const sides = c.web()
    const reader = sides.readable.getReader()
    await d.close()
    await assert.rejects(sides.writable.getWriter().write(Buffer.from('x')), { code: 'EPIPE' })
    await assert.rejects(reader.read(), { code: 'EPIPE' })
  })

  test('aborting the writable closes the socket also while a write waits for a peer that does not read', async (t) => {
    const [a] = await piped(t)
    const { readable, writable } = a.web()
    const writer = writable.getWriter()
    const writing = writer.write(Buffer.alloc(16 * MIB))
    const reading = readable.getReader().read()
    for (const one of [writing, writer.closed, reading]) one.catch(() => undefined)
    await within(writer.abort(new Error('enough')), 'the abort')
    assert.equal(a.fd(), -1)
    await assert.rejects(writing)
    await assert.rejects(reading)
  })

  test('a reader receives into memory of its own, up to the end', async (t) => {
    const [a, b] = await piped(t)
    const reader = a.web().readable.getReader({ mode: 'byob' })
    await b.send('0123456789')
    const first = await reader.read(new Uint8Array(new ArrayBuffer(7)))
    assert.equal(String(Buffer.from(first.value ?? [])), '0123456')
    const memory = new ArrayBuffer(64)
    const second = await reader.read(new Uint8Array(memory, 3, 5))
    assert.deepEqual([String(Buffer.from(second.value ?? [])), second.value?.byteOffset], ['789', 3])
    b.closew()
    const last = await reader.read(new Uint8Array(8))
    assert.deepEqual([last.done, last.value?.byteLength], [true, 0])
  })

  test('pieces of different connections share no memory that could be transferred away', async (t) => {
    const [a, b] = await piped(t)
    const [c, d] = await piped(t)
    await b.send('to a')
    await d.send('to c')
    const one = (await a.web().readable.getReader().read()).value as Uint8Array
    const two = (await c.web().readable.getReader().read()).value as Uint8Array
    structuredClone(one, { transfer: [one.buffer as ArrayBuffer] })
    assert.equal(String(Buffer.from(two)), 'to c')
  })

  test('an idle pair notices that the peer has reset the connection (H131)', async (t) => {
    const [a, b] = await tcp(t)
    const [source] = await piped(t)
    const { readable, writable } = a.web()
    const piping = source.web().readable.pipeTo(writable)
    await reset(b, a)
    await assert.rejects(within(piping, 'the end of the pipe'), { code: 'ECONNRESET' })
    await assert.rejects(readable.getReader().read(), { code: 'ECONNRESET' })
    assert.equal(a.fd(), -1)
  })

  test('what came before a reset can be read, and then the error, never an end (H131)', async (t) => {
    const [a, b] = await tcp(t)
    await b.send('the last words')
    await a.readable()
    const { readable, writable } = a.web()
    const closed = assert.rejects(writable.getWriter().closed, { code: 'ECONNRESET' })
    await reset(b, a)
    await within(closed, 'the failure of the writable')
    const reader = readable.getReader()
    assert.equal(String(Buffer.from((await reader.read()).value as Uint8Array)), 'the last words')
    await assert.rejects(reader.read(), { code: 'ECONNRESET' })
    assert.equal(a.fd(), -1)
  })

  test('a peer that has ended, and resets later, is noticed', async (t) => {
    const [a, b] = await tcp(t)
    b.closew()
    const { writable } = a.web()
    const { closed } = writable.getWriter()
    assert.equal(await isPending(closed), true)
    await reset(b, a)
    await assert.rejects(within(closed, 'the failure'), { code: /^(ECONNRESET|EPIPE)$/ })
  })

  test('a unix peer that closes in an orderly way leaves the writable to be closed', async (t) => {
    const [a, b] = await piped(t)
    const { readable, writable } = a.web()
    await b.send('all')
    await b.close()
    const reader = readable.getReader()
    assert.equal(String(Buffer.from((await reader.read()).value as Uint8Array)), 'all')
    assert.equal((await reader.read()).done, true)
    await writable.close()
    assert.equal(a.fd(), -1)
    const [c, d] = await piped(t)
    await c.send('never read')
    const { closed } = c.web().writable.getWriter()
    await d.close()
    await assert.rejects(within(closed, 'the failure'), { code: 'ECONNRESET' })
  })

  test('over TLS, too, what came before a reset can be read, and then the reset is the reason', async (t) => {
    const [server, client] = await ends(t)
    await server.send('the last words')
    const { readable, writable } = client.web()
    const closed = assert.rejects(writable.getWriter().closed, { code: 'ECONNRESET' })
    server.linger(0)
    await server.close()
    await within(closed, 'the failure of the writable')
    const reader = readable.getReader()
    assert.equal(String(Buffer.from((await reader.read()).value as Uint8Array)), 'the last words')
    await assert.rejects(reader.read(), { code: 'ECONNRESET' })
    assert.equal(client.fd(), -1)
  })

  test('aborting the writable closes the socket also while its end waits (H159)', async (t) => {
    const [a] = await piped(t)
    const filling = a.send(Buffer.alloc(16 * MIB))
    filling.catch(() => undefined)
    const { writable } = a.web()
    const writer = writable.getWriter()
    const closing = writer.close()
    for (const one of [closing, writer.closed]) one.catch(() => undefined)
    await new Promise((resolve) => setImmediate(resolve))
    // The standard has the abort wait for the end that is under way, which the abort ends.
    await within(
      writer.abort(new Error('enough')).catch(() => undefined),
      'the abort',
    )
    assert.equal(a.fd(), -1)
    await assert.rejects(closing)
  })

  test('a signal ends a pipe whose write waits for a peer that does not read, and both streams fail with its reason (H159)', async (t) => {
    const [a] = await piped(t)
    const aborting = new AbortController()
    const { signal } = aborting
    const { readable, writable } = a.web({ signal })
    const endless = new ReadableStream<Uint8Array>({ pull: (to) => to.enqueue(Buffer.alloc(MIB)) })
    const piping = endless.pipeTo(writable, { signal })
    const reading = readable.getReader().read()
    assert.equal(await isPending(piping), true)
    const reason = new Error('enough')
    aborting.abort(reason)
    await assert.rejects(within(piping, 'the end of the pipe'), reason)
    await assert.rejects(reading, reason)
    assert.equal(a.fd(), -1)
  })

  test('a reason that is not an error is the cause of the AbortError that both streams fail with', async (t) => {
    const [a] = await piped(t)
    const { readable, writable } = a.web({ signal: AbortSignal.abort('enough') })
    const aborted = { name: 'AbortError', code: 'ABORT_ERR', cause: 'enough' }
    await assert.rejects(readable.getReader().read(), aborted)
    await assert.rejects(writable.getWriter().write(Buffer.from('x')), aborted)
  })

  test('a signal that is aborted already closes the socket, and one that is aborted after the end does nothing', async (t) => {
    const [a, b] = await piped(t)
    const { readable, writable } = a.web({ signal: AbortSignal.abort(new Error('before')) })
    assert.equal(a.fd(), -1)
    await assert.rejects(readable.getReader().read(), { message: 'before' })
    await assert.rejects(writable.getWriter().write(Buffer.from('x')), { message: 'before' })
    assert.equal(await b.recv(), null)
    const [c, d] = await piped(t)
    const aborting = new AbortController()
    const sides = c.web({ signal: aborting.signal })
    await sides.writable.close()
    d.closew()
    const reader = sides.readable.getReader()
    assert.equal((await reader.read()).done, true)
    aborting.abort()
    await reader.closed
  })

  test('closing the socket ends a pipe whose write waits', async (t) => {
    const [a] = await piped(t)
    const endless = new ReadableStream<Uint8Array>({ pull: (to) => to.enqueue(Buffer.alloc(MIB)) })
    const piping = endless.pipeTo(a.web().writable)
    assert.equal(await isPending(piping), true)
    await a.close()
    await assert.rejects(within(piping, 'the end of the pipe'), { code: 'ECANCELED' })
  })

  test('wrong options are refused', async (t) => {
    const [a] = await piped(t)
    assert.throws(() => a.web({ sginal: undefined } as object), { code: 'ERR_INVALID_ARG_VALUE' })
    assert.throws(() => a.web({ signal: {} as AbortSignal }), { code: 'ERR_INVALID_ARG_TYPE' })
  })

  for (const mode of ['default', 'byob'] as const)
    test(`cancelling while a read is under way (${mode}) leaves the writable as it is, also over TLS`, async (t) => {
      const [secure, peer] = await ends(t)
      const [plain, other] = await piped(t)
      for (const [sock, far] of [[secure, peer] as const, [plain, other] as const]) {
        const { readable, writable } = sock.web()
        const reader = mode === 'byob' ? readable.getReader({ mode }) : readable.getReader()
        const reading = reader.read(new Uint8Array(8))
        await within(reader.cancel(), 'the cancel')
        assert.equal((await reading).done, true)
        // What comes now has no reader.
        if (sock.encrypted) await far.send('too late')
        for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve))
        const writer = writable.getWriter()
        await writer.write(Buffer.from('still here'))
        assert.equal(String(await far.recv()), 'still here')
        await writer.close()
        assert.equal(sock.fd(), -1)
      }
    })

  test("what comes for a reader with memory of its own that has gone is the next one's (H159)", async (t) => {
    const [a, b] = await piped(t)
    const { readable } = a.web()
    const first = readable.getReader({ mode: 'byob' })
    const reading = first.read(new Uint8Array(3))
    first.releaseLock()
    await assert.rejects(reading)
    const second = readable.getReader()
    const next = second.read()
    // As much as the first one had room for, and nothing behind it.
    await b.send('abc')
    assert.equal(String(Buffer.from((await within(next, 'what came')).value as Uint8Array)), 'abc')
  })
})
