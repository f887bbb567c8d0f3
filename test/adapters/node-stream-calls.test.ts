// Which system calls and promises the stream of duplex() makes.
import assert from 'node:assert/strict'
import { createHook } from 'node:async_hooks'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import type { stream } from 'berkeley'
import { native } from '#internal/native/sockets.js'
import { coded, eventually, leavesNoFd, root, run, within } from '../util/index.js'
import { MIB, piped, type Test, tcp } from './common.js'

leavesNoFd()

/** Counts the calls of the addon that send: by how many pieces, and by how many bytes in a piece. */
function sends(t: Test & { mock?: unknown }): string[] {
  const calls: string[] = []
  const { send, sendmsg } = native
  native.send = (...args: Parameters<typeof send>) => {
    const count = send(...args)
    calls.push(`send ${count}`)
    return count
  }
  native.sendmsg = (...args: Parameters<typeof sendmsg>) => {
    const count = sendmsg(...args)
    calls.push(`sendmsg ${count}`)
    return count
  }
  t.after(() => Object.assign(native, { send, sendmsg }))
  return calls
}

async function corked(
  sock: stream.unix.Socket,
  ...pieces: (string | Buffer)[]
): Promise<ReturnType<stream.unix.Socket['duplex']>> {
  const duplex = sock.duplex()
  duplex.cork()
  const written = pieces.map((piece) => new Promise<void>((resolve) => duplex.write(piece, () => resolve())))
  duplex.uncork()
  await within(Promise.all(written), 'the callbacks')
  return duplex
}

describe('what duplex() costs', () => {
  test('pieces that are written together leave by one send(2), and empty ones by none', async (t) => {
    const [a, b] = await piped(t)
    const calls = sends(t)
    const duplex = await corked(a, 'head', '', 'body', Buffer.alloc(10_000, 'x'))
    assert.deepEqual(calls, ['send 10008'])
    assert.equal(String(await b.recv(8)), 'headbody')
    assert.equal(duplex.bytesWritten, 10_008)
    duplex.destroy()
  })

  test('one piece beside empty ones is sent as it is, however large', async (t) => {
    const [a, b] = await piped(t)
    const calls = sends(t)
    const received = b.recv(30_000)
    const duplex = await corked(a, Buffer.alloc(30_000, 'x'), '')
    assert.deepEqual(calls, ['send 30000'])
    assert.equal((await received)?.length, 30_000)
    duplex.destroy()
  })

  test('more than 16 KiB in several pieces leave by one sendmsg(2), without a copy', async (t) => {
    const [a] = await piped(t)
    const calls = sends(t)
    const duplex = await corked(a, 'head', '', Buffer.alloc(20_000, 'x'))
    assert.deepEqual(calls, ['sendmsg 20004'])
    duplex.destroy()
  })

  test('nothing but empty pieces calls back, and an error of the call that is made at once reaches the callback', async (t) => {
    const [a, b] = await piped(t)
    const duplex = await corked(a, '', '')
    const failed = once(duplex, 'error')
    await b.close()
    const error = await new Promise<Error | null | undefined>((resolve) => duplex.write('nobody reads this', resolve))
    assert.throws(() => {
      throw error
    }, coded('EPIPE'))
    assert.equal((await within(failed, 'the error'))[0], error)
  })

  test('pieces that come and go make no promises', async (t) => {
    const [a, b] = await piped(t)
    const duplex = a.duplex()
    duplex.on('data', (data) => duplex.write(data))
    await b.send('x')
    await b.recv()
    // The peer makes system calls of its own, so that only promises of the stream are counted.
    const peer = b.fd()
    const room = Buffer.alloc(10)
    let promises = 0
    const hook = createHook({ init: (_, type) => void (type === 'PROMISE' && promises++) })
    const echo = (): Promise<void> =>
      new Promise((resolve) => {
        native.send(peer, Buffer.from('x'), 0, 1, 0)
        const look = (): unknown => (native.recv(peer, room, 0, 10, 0) > 0 ? resolve() : setImmediate(look))
        look()
      })
    await echo()
    hook.enable()
    const ROUNDS = 20
    for (let i = 0; i < ROUNDS; i++) await echo()
    hook.disable()
    // One of echo(), and two of the await.
    assert.ok(promises <= 3 * ROUNDS + 3, `${promises} promises`)
    duplex.destroy()
  })
})

describe('a write of duplex()', () => {
  test('leaves before the stream is ended or destroyed right after it', async (t) => {
    for (const end of ['end', 'destroy'] as const) {
      const [a, b] = await piped(t)
      const duplex = a.duplex()
      duplex.on('data', () => {
        duplex.write('last words')
        duplex[end]()
      })
      await b.send('x')
      assert.equal(String(await b.recv()), 'last words')
      assert.equal(await b.recv(), null)
      duplex.destroy()
    }
  })

  test('calls back only when the rest has left that there was no room for', async (t) => {
    const [a, b] = await piped(t)
    const duplex = a.duplex()
    let called = 0
    duplex.write(Buffer.alloc(4 * MIB), () => called++)
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
    assert.equal(called, 0)
    assert.equal(duplex.bytesWritten, 4 * MIB)
    let got = 0
    while (got < 4 * MIB) got += ((await within(b.recv(), 'the rest')) as Buffer).length
    await eventually(() => called === 1, 'the callback')
    duplex.destroy()
  })
})

describe('a stream of duplex() that has enough', () => {
  test('keeps no process alive while it is paused, and one that flows does (H158)', async () => {
    const program = (flow: string): string => `
      const { stream } = require('berkeley')
      stream.unix.pair().then(([a, b]) => {
        const duplex = a.duplex({ readableHighWaterMark: 16384 })
        b.write('x'.repeat(100_000))
        ${flow}
        setTimeout(() => process.exit(7), 1500).unref()
      })`
    const ended = async (flow: string): Promise<number | null> => {
      const { code, stderr } = await run(process.execPath, ['-e', program(flow)], { cwd: root })
      assert.equal(stderr.replace(/.*(LOST_FD|trace-warnings).*\n/g, ''), '')
      return code
    }
    assert.equal(await ended(''), 0)
    assert.equal(await ended(`duplex.on('data', () => duplex.pause())`), 0)
    assert.equal(await ended(`duplex.on('data', () => {})`), 7)
  })

  test('stops receiving until somebody reads, and then goes on with what has come', async (t) => {
    const [a, b] = await piped(t)
    const duplex = a.duplex({ readableHighWaterMark: 1000 })
    await b.send(Buffer.alloc(1000, 'a'))
    await eventually(() => duplex.readableLength === 1000, 'the first piece')
    await b.send(Buffer.alloc(1000, 'b'))
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
    assert.equal(duplex.readableLength, 1000)
    assert.equal(String(duplex.read(1)), 'a')
    await eventually(() => duplex.readableLength === 1999, 'the second piece')
    duplex.destroy()
  })

  test('reads on when a listener asks for more while it is given something (H158)', async (t) => {
    const [a, b] = await piped(t)
    const duplex = a.duplex({ readableHighWaterMark: 1 })
    let got = ''
    duplex.on('readable', () => {
      for (let data = duplex.read(); data !== null; data = duplex.read()) got += data
    })
    for (const piece of 'abcdefgh') {
      await b.send(piece)
      await eventually(() => got.endsWith(piece), `the piece ${piece}`)
    }
    assert.equal(got, 'abcdefgh')
    duplex.destroy()
  })

  test('has the receive deadline that the socket has when it begins to wait, and each piece a new one', async (t) => {
    const [a, b] = await tcp(t)
    a.deadlines(5000, 0)
    const duplex = a.duplex()
    duplex.resume()
    await b.send('x')
    await once(duplex, 'data')
    a.deadlines(200, 0)
    for (let i = 0; i < 4; i++) {
      const data = once(duplex, 'data')
      await new Promise((resolve) => setTimeout(resolve, 80))
      await b.send('y')
      await within(data, 'the next piece')
    }
    const before = Date.now()
    const [error] = await within(once(duplex, 'error'), 'the deadline')
    assert.equal((error as NodeJS.ErrnoException).code, 'ETIMEDOUT')
    assert.ok(Date.now() - before < 3000)
  })
})
