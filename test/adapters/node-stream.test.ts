// duplex(): a socket as a Node stream. Libraries that use one are in node-stream-libraries.test.ts.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { describe, test } from 'node:test'
import { stream } from 'berkeley'
import { closing, coded, leavesNoFd, tempFolder, within, withoutIpv6 } from '../util/index.js'
import { connected, MIB, piped, serving, sha256 } from './common.js'

leavesNoFd()

function* slices(data: Buffer): Generator<Buffer> {
  for (let at = 0; at < data.length; at += 100_000) yield data.subarray(at, at + 100_000)
}

describe('duplex()', () => {
  test('duplex() carries 16 MiB both ways at once, and both ends are seen', async (t) => {
    const [a, b] = (await piped(t)).map((socket) => socket.duplex()) as [
      ReturnType<stream.unix.Socket['duplex']>,
      ReturnType<stream.unix.Socket['duplex']>,
    ]
    const [one, two] = [randomBytes(16 * MIB), randomBytes(16 * MIB)]
    const send = (data: Buffer, to: NodeJS.WritableStream): Promise<void> => pipeline(Readable.from(slices(data)), to)
    const [gotB, gotA] = await Promise.all([buffer(b), buffer(a), send(one, a), send(two, b)])
    assert.equal(sha256(gotB), sha256(one))
    assert.equal(sha256(gotA), sha256(two))
  })

  test('duplex() stops the writer while the peer does not read (H38)', async (t) => {
    const [a, b] = await piped(t)
    const writer = a.duplex()
    const turns = async (): Promise<boolean> => {
      for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve))
      return false
    }
    const drained = (): Promise<boolean> => once(writer, 'drain').then(() => true)
    let accepted = 0
    do while (writer.write(Buffer.alloc(64 << 10))) accepted += 64 << 10
    while (await Promise.race([drained(), turns()]))
    assert.ok(accepted < 4 * MIB, `${accepted} bytes accepted`)
    assert.ok(writer.writableLength < MIB)
    const drain = drained()
    const reading = (async () => {
      for await (const _ of b) if (!writer.writableNeedDrain) break
    })()
    assert.ok(await within(drain, 'drain'))
    writer.destroy()
    await reading
  })

  test('writes that wait when the stream is destroyed fail with ERR_STREAM_DESTROYED', async (t) => {
    const [a] = await piped(t)
    const duplex = a.duplex()
    const called = Array.from(
      { length: 5 },
      () =>
        new Promise((resolve) =>
          duplex.write(Buffer.alloc(MIB), (error) => resolve((error as NodeJS.ErrnoException).code)),
        ),
    )
    duplex.destroy()
    assert.deepEqual(await within(Promise.all(called), 'the callbacks'), Array(5).fill('ERR_STREAM_DESTROYED'))
  })

  test('duplex() leaves one direction open when the other one ends', async (t) => {
    const [a, b] = await piped(t)
    const duplex = a.duplex({ allowHalfOpen: true })
    duplex.end('question')
    assert.equal(String(await b.recv()), 'question')
    assert.equal(await b.recv(), null)
    await b.send('answer')
    b.closew()
    assert.equal(String(await buffer(duplex)), 'answer')
    await once(duplex, 'close')
    assert.equal(a.fd(), -1)
  })

  test('duplex() closes the socket when it is destroyed, and is destroyed by an error of the socket', async (t) => {
    const [a, b] = await piped(t)
    const duplex = a.duplex()
    duplex.destroy()
    await once(duplex, 'close')
    assert.equal(await b.recv(), null)
    const [c, d] = await piped(t)
    const writer = c.duplex()
    await d.close()
    writer.write('x')
    const [error] = await once(writer, 'error')
    assert.equal((error as NodeJS.ErrnoException).code, 'EPIPE')
  })
})

describe('the properties of net.Socket', () => {
  test('duplex() has the addresses of both ends, also after the connection is gone', async (t) => {
    const names: unknown[] = []
    const port = await serving(t, (duplex) => {
      names.push([duplex.localAddress, duplex.localPort, duplex.localFamily, duplex.remoteAddress], duplex.remotePort)
      duplex.resume().end()
    })
    const client = await connected(port)
    const own = client.address()
    assert.deepEqual([client.remoteAddress, client.remotePort, client.remoteFamily], ['127.0.0.1', port, 'IPv4'])
    client.resume().end()
    await once(client, 'close')
    assert.deepEqual(names, [['127.0.0.1', port, 'IPv4', '127.0.0.1'], own.port])
    assert.deepEqual(own, { address: '127.0.0.1', port: client.localPort, family: 'IPv4' })
    assert.equal(client.remotePort, port)
  })

  test('duplex() has IPv6 addresses', { skip: withoutIpv6() }, async (t) => {
    const server = closing(t, await stream.inet.Server.create({ host: '::1' }))
    server.listen()
    const client = (await stream.inet.Client.create({ host: '::1', port: server.getsockname().port })).duplex()
    assert.deepEqual([client.remoteFamily, client.localFamily, client.localAddress], ['IPv6', 'IPv6', '::1'])
    client.destroy()
    await once(client, 'close')
  })

  test('duplex() of a unix socket has no addresses and no TCP options', async (t) => {
    const [a] = await piped(t)
    const duplex = a.duplex()
    assert.deepEqual([duplex.remoteAddress, duplex.remotePort, duplex.address()], [undefined, undefined, {}])
    assert.equal(duplex.setNoDelay().setKeepAlive(true, 1000).ref().unref(), duplex)
    duplex.destroy()
    await once(duplex, 'close')
    assert.deepEqual([duplex.remoteFamily, duplex.address()], [undefined, {}])
  })

  test('duplex() sets TCP options of its socket', async (t) => {
    const server = closing(t, await stream.inet.Server.create({ host: '127.0.0.1' }))
    server.listen()
    const sock = await stream.inet.Client.create({ host: '127.0.0.1', port: server.getsockname().port })
    const duplex = sock.duplex()
    duplex.setNoDelay().setKeepAlive(true, 7500)
    assert.deepEqual([sock.tcpnodelay(), sock.keepalive(), sock.tcpkeepalive()], [true, true, 7])
    duplex.setNoDelay(false).setKeepAlive()
    assert.deepEqual([sock.tcpnodelay(), sock.keepalive()], [false, false])
    duplex.destroy()
    await once(duplex, 'close')
  })

  test('duplex() emits "timeout" after a time without traffic', async (t) => {
    const [a] = await piped(t)
    const duplex = a.duplex()
    const never = (): void => assert.fail('it was taken back')
    duplex.setTimeout(5, never)
    duplex.setTimeout(0, never)
    const idle = once(duplex, 'timeout')
    const alive = setTimeout(() => {}, 60_000) // the timer of the stream keeps nothing alive
    duplex.setTimeout(5, () => clearTimeout(alive))
    await within(idle, 'timeout')
    assert.throws(() => duplex.setTimeout(-1), { code: 'ERR_OUT_OF_RANGE' })
    duplex.destroy()
    await once(duplex, 'close')
  })
})

describe('options of duplex()', () => {
  test('duplex() closes the socket when its signal is aborted, or was before', async (t) => {
    for (const when of ['now', 'later']) {
      const [a] = await piped(t)
      const controller = new AbortController()
      if (when === 'now') controller.abort()
      const duplex = a.duplex({ signal: controller.signal })
      controller.abort()
      const [error] = await within(once(duplex, 'error'), 'the error')
      assert.equal((error as Error).name, 'AbortError')
      assert.equal(a.fd(), -1)
    }
  })

  test('duplex() refuses wrong options by name before it does anything', async (t) => {
    const [a] = await piped(t)
    assert.throws(() => a.duplex(null as never), coded('ERR_INVALID_ARG_TYPE'))
    assert.throws(() => a.duplex({ allowTruncation: 1 } as never), coded('ERR_INVALID_ARG_TYPE'))
    assert.throws(() => a.duplex({ signal: {} as never }), coded('ERR_INVALID_ARG_TYPE'))
    for (const unknown of ['allowHalfOpn', 'objectMode', 'readableObjectMode', 'read', 'write', 'destroy', 'emitClose'])
      assert.throws(() => a.duplex({ [unknown]: false } as never), coded('ERR_INVALID_ARG_VALUE'))
    const duplex = a.duplex({ highWaterMark: 5 })
    assert.deepEqual([duplex.allowHalfOpen, duplex.readableHighWaterMark], [false, 5])
    for (const wrong of [7n, Symbol('s'), {}, null] as never[]) {
      assert.throws(() => duplex.setKeepAlive(true, wrong), coded('ERR_INVALID_ARG_TYPE'))
      assert.throws(() => duplex.setTimeout(1, wrong), coded('ERR_INVALID_ARG_TYPE'))
      assert.throws(() => duplex.writeWithFds('x', wrong), coded('ERR_INVALID_ARG_TYPE'))
      assert.throws(() => duplex.writeWithFds('x', [0], wrong), coded('ERR_INVALID_ARG_TYPE'))
    }
    assert.equal(duplex.writableLength, 0)
    duplex.destroy()
  })
})

describe('descriptors', () => {
  test('duplex() emits descriptors right before their bytes, in order, also from queued writes (H77)', async (t) => {
    const [a, b] = await piped(t)
    const [from, to] = [a.duplex(), b.duplex()]
    const folder = tempFolder(t)
    const files = [0, 1, 2].map((i) => {
      writeFileSync(join(folder, `${i}`), `file ${i}`)
      return openSync(join(folder, `${i}`), 'r')
    })
    const heard: string[] = []
    to.on('fds', (fds: number[]) => {
      for (const fd of fds) {
        heard.push(readFileSync(fd, 'utf8'))
        closeSync(fd)
      }
    })
    to.on('data', (data: Buffer) => heard.push(String(data)))
    from.cork()
    from.write('[plain]')
    from.writeWithFds('[one]', [files[0] as number])
    from.writeWithFds(Buffer.from('[two]'), files.slice(1))
    from.uncork()
    from.end('[end]')
    await once(to, 'end')
    for (const fd of files) closeSync(fd)
    assert.equal(heard.join(''), 'file 0[plain][one]file 1file 2[two][end]')
    to.destroy()
    assert.throws(() => from.writeWithFds('', [0]), { code: 'ERR_OUT_OF_RANGE' })
    assert.throws(() => from.writeWithFds('x', []), { code: 'ERR_OUT_OF_RANGE' })
    assert.throws(() => from.writeWithFds('x', [-1]), { code: 'ERR_OUT_OF_RANGE' })
    from.destroy()
  })

  test('duplex() closes descriptors when it has no listener for them (H75)', async (t) => {
    const [a, b] = await piped(t)
    const to = b.duplex()
    const from = a.duplex()
    from.writeWithFds('x', [0, 1, 2])
    const [data] = await once(to, 'data')
    assert.equal(String(data), 'x')
    to.destroy()
    from.destroy()
  })
})
