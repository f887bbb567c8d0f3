// Iterating over what arrives: several calls at once, leaving in the middle of a wait, options.
import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { describe, test } from 'node:test'
import { connect, dgram, listen, seqpacket, stream } from 'berkeley'
import { closing, closingAll, leavesNoFd, tempFolder, within } from '../util/index.js'

leavesNoFd()

type Test = Parameters<typeof closing>[0]
type Options = { signal?: AbortSignal; timeout?: number; bufsize?: number }
type Pieces = AsyncIterableIterator<unknown>

/** Something that is iterated over. */
interface Source {
  readonly socket: { close(): Promise<void>; fd(): number }
  /** Iterates without options, or with them. */
  iterate(options?: Options): Pieces
  /** Lets something arrive. */
  produce(what: string): Promise<unknown>
  /** What a piece is, for comparison. Closes it, if it has to be. */
  text(piece: unknown): Promise<string>
}

async function overPair(
  t: Test,
  [socket, peer]: [stream.unix.Socket | seqpacket.unix.Socket, stream.unix.Socket | seqpacket.unix.Socket],
): Promise<Source> {
  closingAll(t, [socket, peer])
  return {
    socket,
    iterate: (options) => (options === undefined ? socket[Symbol.asyncIterator]() : socket.chunks(options)),
    produce: (what) => peer.send(what),
    text: async (piece) => String(piece),
  }
}

async function overDatagrams(
  t: Test,
  socket: dgram.unix.Socket | dgram.inet.Socket,
  produce: (what: string) => Promise<unknown>,
): Promise<Source> {
  closing(t, socket)
  return {
    socket,
    iterate: (options) => (options === undefined ? socket[Symbol.asyncIterator]() : socket.messages(options)),
    produce,
    text: async (piece) => String((piece as [Buffer])[0]),
  }
}

async function overServer(t: Test, type: 'stream' | 'seqpacket'): Promise<Source> {
  const path = `${tempFolder(t)}/s`
  const socket = closing(t, await listen({ path, type } as never)) as stream.unix.Server
  return {
    socket,
    iterate: (options) => (options === undefined ? socket[Symbol.asyncIterator]() : socket.connections(options)),
    async produce(what) {
      const client = closing(t, await connect({ path, type } as never)) as stream.unix.Client
      await client.send(what)
    },
    async text(piece) {
      await using connection = piece as stream.unix.Socket
      return String(await connection.recv())
    },
  }
}

const sources: Record<string, (t: Test) => Promise<Source>> = {
  'a stream': async (t) => overPair(t, await stream.unix.pair()),
  'a seqpacket socket': async (t) => overPair(t, await seqpacket.unix.pair()),
  'a unix datagram socket': async (t) => {
    const [socket, peer] = await dgram.unix.pair()
    closing(t, peer)
    return overDatagrams(t, socket, (what) => peer.send(what))
  },
  'a UDP socket': async (t) => {
    const socket = await dgram.inet.Socket.create({ host: '127.0.0.1', port: 0 })
    await socket.bind()
    const peer = closing(t, await dgram.inet.Socket.create())
    return overDatagrams(t, socket, (what) => peer.sendto(what, socket.getsockname()))
  },
  'a server': (t) => overServer(t, 'stream'),
  'a seqpacket server': (t) => overServer(t, 'seqpacket'),
}

const DONE = { done: true, value: undefined }

for (const [name, make] of Object.entries(sources))
  describe(`iterating over ${name} (H115)`, () => {
    test(`several next() of ${name} at once get what arrives in order`, async (t) => {
      const { iterate, produce, text } = await make(t)
      const pieces = iterate()
      const waiting = ['one', 'two', 'three'].map(() => pieces.next())
      for (const [i, what] of ['one', 'two', 'three'].entries()) {
        await produce(what)
        assert.equal(await text((await waiting[i])?.value), what)
      }
    })

    test(`return() ends the next() of ${name} that wait, and loses nothing`, async (t) => {
      const { iterate, produce, text, socket } = await make(t)
      for (const options of [undefined, { timeout: 60_000 }]) {
        const pieces = iterate(options)
        const waiting = [pieces.next(), pieces.next()]
        assert.deepEqual(await pieces.return?.(), DONE)
        assert.deepEqual(await within(Promise.all(waiting), 'the end'), [DONE, DONE])
        assert.deepEqual(await pieces.next(), DONE)
        await produce('for another')
        assert.equal(await text((await iterate().next()).value), 'for another')
      }
      assert.ok(socket.fd() >= 0)
    })

    test(`return() of one iterator over ${name} leaves the others waiting`, async (t) => {
      const { iterate, produce, text } = await make(t)
      const [left, stays] = [iterate(), iterate()]
      const ended = left.next()
      const waiting = stays.next()
      await left.return?.()
      assert.deepEqual(await ended, DONE)
      await produce('x')
      assert.equal(await text((await waiting).value), 'x')
    })

    test(`throw() ends the next() of ${name} that wait, and rejects with its error`, async (t) => {
      const { iterate, produce, text } = await make(t)
      const pieces = iterate()
      const waiting = pieces.next()
      const reason = new Error('enough')
      await assert.rejects(pieces.throw?.(reason) as Promise<unknown>, reason)
      assert.deepEqual([await waiting, await pieces.next()], [DONE, DONE])
      await produce('for another')
      assert.equal(await text((await iterate().next()).value), 'for another')
    })

    test(`an aborted iteration over ${name} rejects with the AbortError, and leaves it open`, async (t) => {
      const { iterate, produce, text } = await make(t)
      const controller = new AbortController()
      const { signal } = controller
      const pieces = iterate({ signal })
      await produce('first')
      assert.equal(await text((await pieces.next()).value), 'first')
      const waiting = pieces.next()
      controller.abort('no more')
      await assert.rejects(waiting, { name: 'AbortError', cause: 'no more' })
      await assert.rejects(pieces.next(), { name: 'AbortError' })
      await assert.rejects(iterate({ signal }).next(), { name: 'AbortError' })
      assert.deepEqual(await pieces.return?.(), DONE)
      assert.equal(getEventListeners(signal, 'abort').length, 0)
      await produce('for another')
      assert.equal(await text((await iterate().next()).value), 'for another')
    })

    test(`a timeout of an iteration over ${name} bounds each wait, and what comes later is not lost`, async (t) => {
      const { iterate, produce, text } = await make(t)
      const pieces = iterate({ timeout: 2 })
      await assert.rejects(pieces.next(), { name: 'TimeoutError' })
      await produce('late')
      assert.equal(await text((await pieces.next()).value), 'late')
    })

    test(`closing ${name} ends the iteration, also while several next() wait`, async (t) => {
      const { iterate, socket } = await make(t)
      for (const pieces of [iterate(), iterate({ timeout: 60_000 })]) {
        const waiting = [pieces.next(), pieces.next()]
        await socket.close()
        assert.deepEqual(await Promise.all(waiting), [DONE, DONE])
        assert.deepEqual(await pieces.next(), DONE)
      }
    })

    test(`wrong options of an iteration over ${name} throw at once`, async (t) => {
      const { iterate } = await make(t)
      for (const [wrong, code] of [
        [{ signl: 1 }, 'ERR_INVALID_ARG_VALUE'],
        [{ flags: 1 }, 'ERR_INVALID_ARG_VALUE'],
        [{ signal: {} }, 'ERR_INVALID_ARG_TYPE'],
        [{ timeout: -1 }, 'ERR_OUT_OF_RANGE'],
        [null, 'ERR_INVALID_ARG_TYPE'],
        [new AbortController().signal, 'ERR_INVALID_ARG_TYPE'],
      ] as const)
        assert.throws(() => iterate(wrong as never), { code })
    })
  })

describe('iterating', () => {
  test('leaving a loop leaves what comes next to others', async (t) => {
    const [a, b] = closingAll(t, await stream.unix.pair())
    await a.send('one')
    for await (const chunk of b.chunks({ bufsize: 1 })) {
      assert.equal(String(chunk), 'o')
      break
    }
    assert.equal(String(await b.recv()), 'ne')
  })

  test('the end of the data ends every next() that waits', async (t) => {
    const [a, b] = closingAll(t, await stream.unix.pair())
    const pieces = b[Symbol.asyncIterator]()
    const waiting = [pieces.next(), pieces.next()]
    await a.close()
    assert.deepEqual(await Promise.all(waiting), [DONE, DONE])
  })

  test('a datagram longer than bufsize is EMSGSIZE, and without bufsize whole', async (t) => {
    const [a, b] = closingAll(t, await dgram.unix.pair())
    const pieces = b.messages({ bufsize: 2 })
    await a.send('three')
    await assert.rejects(pieces.next(), { code: 'EMSGSIZE' })
    await a.send(Buffer.alloc(100_000))
    const [data] = (await b.messages({}).next()).value as [Buffer]
    assert.equal(data.length, 100_000)
  })

  test('an iteration calls recv() and accept() of a subclass', async (t) => {
    class Counting extends stream.unix.Socket {
      calls = 0
      override recv(...args: unknown[]): Promise<Buffer | null> {
        this.calls++
        return super.recv(...(args as []))
      }
    }
    const [a, plain] = closingAll(t, await stream.unix.pair())
    const b = closing(t, Object.setPrototypeOf(plain, Counting.prototype) as Counting)
    b.calls = 0
    const pieces = b[Symbol.asyncIterator]()
    const first = pieces.next()
    await a.send('x')
    assert.equal(String((await first).value), 'x')
    const second = pieces.next()
    await pieces.return?.()
    assert.deepEqual([await second, b.calls], [DONE, 2])
  })

  test('a hook and a deadline of the socket hold for an iteration, and return() ends that wait too', async (t) => {
    const [, b] = closingAll(t, await stream.unix.pair())
    let hooked = 0
    b.onwaitrecv(() => void hooked++)
    const pieces = b[Symbol.asyncIterator]()
    const waiting = pieces.next()
    await pieces.return?.()
    assert.deepEqual([await waiting, hooked], [DONE, 1])
    b.deadlines(2)
    await assert.rejects(b[Symbol.asyncIterator]().next(), { name: 'TimeoutError' })
  })
})
