import assert from 'node:assert/strict'
import { closeSync } from 'node:fs'
import { describe, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { IncompleteReadError, MSG_PEEK, MsgHdr, tls } from 'berkeley'
import { ends as tlsEnds } from '../tls/common.js'
import { leavesNoFd } from '../util/index.js'
import { conversation, drain, nullFd, pair, type Stream, streamPairs, type Test } from './common.js'

leavesNoFd()

const kinds: [name: string, make: (t: Test) => Promise<[Stream, Stream]>][] = [
  ...streamPairs,
  ['TLS', (t) => tlsEnds(t as never)],
]

const text = (data: Buffer | null): string | null => (data === null ? null : data.toString('latin1'))

async function all<T>(from: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const one of from) list.push(one)
  return list
}

for (const [name, make] of kinds)
  describe(`a reader of ${name}`, () => {
    test('exactly() reads so many bytes, whatever pieces they come in', async (t) => {
      const [a, b] = await make(t)
      const reader = b.reader()
      const reading = reader.exactly(10)
      for (const part of ['a', 'bcd', 'efghijk', 'lmno']) await a.send(part)
      assert.equal(text(await reading), 'abcdefghij')
      assert.equal(text(await reader.exactly(5)), 'klmno')
      assert.deepEqual(await reader.exactly(0), Buffer.alloc(0))
    })

    test('until() reads up to a delimiter, also one that is cut in the middle', async (t) => {
      const [a, b] = await make(t)
      const reader = b.reader()
      const reading = [reader.until('\r\n'), reader.until('\r\n'), reader.until(Buffer.from('--'))]
      for (const part of ['one\r', '\ntwo\r\r', '\nthree-', '-', 'rest']) {
        await a.send(part)
        await nextTurn()
      }
      assert.deepEqual((await Promise.all(reading)).map(text), ['one\r\n', 'two\r\r\n', 'three--'])
      assert.equal(text(await reader.exactly(4)), 'rest')
    })

    test('lines() gives lines without their ends, as text or as bytes', async (t) => {
      const [a, b] = await make(t)
      await a.send('one\ntwo\r\n\nümlaut\r\r\n\xff')
      await a.end()
      const lines: (string | Buffer)[] = []
      for await (const line of b.reader().lines()) if (lines.push(line) === 3) break
      for await (const line of b.reader().lines({ encoding: 'buffer', allowPartial: true })) lines.push(line)
      assert.deepEqual(lines, ['one', 'two', '', Buffer.from('ümlaut\r'), Buffer.from('\xff')])
      assert.deepEqual(await all(b.reader().lines()), [])
    })

    test('what a reader has read ahead is received by whatever comes next (H138)', async (t) => {
      const [a, b] = await make(t)
      await a.send('head\nbody-of-some-length')
      const reader = b.reader()
      assert.equal(text(await reader.until('\n')), 'head\n')
      if (reader.buffered === 0) assert.equal(text(await reader.exactly(1)), 'b')
      else assert.equal(text(await b.recv(1)), 'b')
      const memory = Buffer.alloc(3)
      assert.equal(await b.recvinto(memory), 3)
      assert.equal(String(memory), 'ody')
      await b.readable({ timeout: 5000 })
      await a.send('+more')
      await a.end()
      assert.equal(String(await drain(b)), '-of-some-length+more')
      assert.equal(await reader.exactly(1), null)
    })

    test('rest() gives what was read ahead, and receiving goes on behind it', async (t) => {
      const [a, b] = await make(t)
      const reader = b.reader()
      await a.send('line\nand more')
      await reader.until('\n')
      const rest = [reader.rest()]
      assert.equal(reader.buffered, 0)
      await a.end()
      rest.push(await drain(b))
      assert.equal(String(Buffer.concat(rest)), 'and more')
      assert.equal(reader.rest().length, 0)
    })

    test('the end in the midst of what is read is an error that has what came, and keeps it', async (t) => {
      const [a, b] = await make(t)
      const reader = b.reader()
      await a.send('abc')
      await a.end()
      const isIncomplete = (expected?: number) => (error: unknown) => {
        assert.ok(error instanceof IncompleteReadError)
        assert.deepEqual([error.name, error.code], ['IncompleteReadError', 'ERR_INCOMPLETE_READ'])
        assert.deepEqual([text(error.partial), error.expected], ['abc', expected])
        return true
      }
      await assert.rejects(reader.exactly(4), isIncomplete(4))
      await assert.rejects(reader.until('\n'), isIncomplete())
      await assert.rejects(all(reader.lines()), isIncomplete())
      assert.equal(text(await reader.exactly(3)), 'abc')
      for (const end of [reader.exactly(4), reader.until('\n'), b.recv()]) assert.equal(await end, null)
    })

    test('a delimiter that does not come within max is EMSGSIZE, and nothing is lost', async (t) => {
      const [a, b] = await make(t)
      const reader = b.reader()
      await a.send('0123456789\n')
      await assert.rejects(reader.until('\n', { max: 10 }), { code: 'EMSGSIZE', syscall: 'recv' })
      await assert.rejects(all(reader.lines({ max: 10 })), { code: 'EMSGSIZE' })
      assert.equal(text(await reader.until('\n', { max: 11 })), '0123456789\n')
      await a.send(Buffer.alloc(65_536))
      await assert.rejects(reader.until('\n'), { code: 'EMSGSIZE' })
      assert.equal((await reader.exactly(65_536))?.length, 65_536)
    })

    test('the timeout and the signal of a call cover all that it receives, and it keeps what came', async (t) => {
      const [a, b] = await make(t)
      const reader = b.reader()
      await a.send('ab')
      await assert.rejects(reader.exactly(3, { timeout: 30 }), { name: 'TimeoutError' })
      const aborting = new AbortController()
      const waiting = reader.until('\n', { signal: aborting.signal })
      await nextTurn()
      aborting.abort()
      await assert.rejects(waiting, { name: 'AbortError' })
      b.deadlines(30)
      await assert.rejects(reader.exactly(3), { name: 'TimeoutError' })
      b.deadlines(0)
      assert.equal(text(await b.recv()), 'ab')
    })

    test('calls of a reader take their turn with those of the socket', async (t) => {
      const [a, b] = await make(t)
      const reader = b.reader()
      const results = [reader.exactly(3), b.recv(2), reader.until('.'), b.recv(100), reader.exactly(2)]
      await nextTurn()
      await a.send('abcdefgh.xy')
      const [first, second, third] = await Promise.all(results.slice(0, 3))
      assert.deepEqual(
        [first, second, third].map((data) => text(data ?? null)),
        ['abc', 'de', 'fgh.'],
      )
      await a.send('zz')
      const last = [await results[3], await results[4]].map((data) => text(data ?? null)).join('')
      assert.equal(last.slice(0, 4), 'xyzz'.slice(0, last.length))
    })

    test('without reading ahead not a byte is received that the call does not return', async (t) => {
      const [a, b] = await make(t)
      const reader = b.reader()
      const readAhead = false
      await a.send('ab1234')
      assert.equal(text(await reader.exactly(2, { readAhead })), 'ab')
      assert.equal(reader.buffered, 0)
      const reading = reader.until('\r\n', { readAhead })
      await nextTurn()
      await a.send('5\r')
      await nextTurn()
      await a.send('\nnext')
      assert.equal(text(await reading), '12345\r\n')
      assert.equal(reader.buffered, 0)
      await assert.rejects(reader.until('\n', { readAhead, max: 3 }), { code: 'EMSGSIZE' })
      await a.end()
      assert.equal(String(await drain(b)), 'next')
    })

    test('megabytes go through in order', async (t) => {
      const [a, b] = await make(t)
      const reader = b.reader()
      const words = Buffer.from(Uint32Array.from({ length: 1 << 20 }, (_, i) => i).buffer)
      const sending = a.send(words)
      const parts: Buffer[] = []
      for (const count of [1, 7, 100, 5000, 70_001, 1_000_003, 3]) {
        const part = await reader.exactly(count)
        assert.equal(part?.length, count)
        parts.push(part as Buffer)
      }
      const left = words.length - parts.reduce((sum, { length }) => sum + length, 0)
      parts.push((await reader.exactly(left)) as Buffer)
      await sending
      assert.ok(Buffer.concat(parts).equals(words))
    })

    test('closing the socket ends what waits, and a loop over lines', async (t) => {
      const [, b] = await make(t)
      const reader = b.reader()
      const looping = all(reader.lines())
      const waiting = assert.rejects(reader.exactly(1), { code: 'ECANCELED' })
      await b.close()
      assert.deepEqual(await looping, [])
      await waiting
      await assert.rejects(reader.exactly(1), { code: 'EBADF' })
      assert.throws(() => b.reader(), { code: 'EBADF' })
      assert.equal(reader.rest().length, 0)
    })
  })

describe('a reader', () => {
  test('a connection has one reader, and a new connection of the same object another one', async (t) => {
    const [client, peer] = await conversation(t)
    const reader = client.reader()
    assert.equal(client.reader(), reader)
    await peer.send('line\nrest')
    await reader.until('\n')
    await client.connect()
    assert.notEqual(client.reader(), reader)
    await assert.rejects(reader.exactly(1), { code: 'EBADF' })
    assert.equal(String(reader.rest()), 'rest')
  })

  test('what cannot give what was read ahead is EBUSY, and goes on after rest()', async (t) => {
    const [a, b] = await pair(t)
    const reader = b.reader()
    await a.send('line\nrest')
    await reader.until('\n')
    const busy = { code: 'EBUSY', message: /4 bytes ahead/ }
    const msg = new MsgHdr()
    msg.addn(10)
    await assert.rejects(b.recvmsg(msg), busy)
    await assert.rejects(b.recvfd(), busy)
    assert.throws(() => b.detach(), busy)
    await assert.rejects(tls.wrap(b, {}, { servername: 'x' }), busy)
    b.closew() // this is no receive
    assert.equal(String(reader.rest()), 'rest')
    await a.sendfd(nullFd(t))
    closeSync((await b.recvfd()) as number)
  })

  test('a recvmsg() that waited behind a reader does not pass by what that has read ahead (H138)', async (t) => {
    const [a, b] = await pair(t)
    const msg = new MsgHdr()
    msg.addn(10)
    const results = Promise.allSettled([b.reader().exactly(2), b.recvmsg(msg), b.recvfd()])
    await a.send('abcd')
    const codes = (await results).map((one) =>
      one.status === 'rejected' ? one.reason.code : text(one.value as Buffer),
    )
    assert.deepEqual(codes, ['ab', 'EBUSY', 'EBUSY'])
    assert.equal(text(await b.recv()), 'cd')
  })

  test('rest() while a call waits for more is EBUSY', async (t) => {
    const [a, b] = await pair(t)
    const reader = b.reader()
    const waiting = reader.exactly(5)
    await a.send('abc')
    while (reader.buffered < 3) await nextTurn()
    assert.throws(() => reader.rest(), { code: 'EBUSY' })
    await a.send('de')
    assert.equal(text(await waiting), 'abcde')
  })

  test('recv() with MSG_PEEK looks at what was read ahead', async (t) => {
    const [a, b] = await conversation(t)
    await a.send('x\nabc')
    await b.reader().until('\n')
    assert.equal(b.reader().buffered, 3)
    assert.equal(text(await b.recv(2, MSG_PEEK)), 'ab')
    assert.equal(text(await b.recv(2)), 'ab')
    assert.equal(text(await b.recv()), 'c')
  })

  test('a stream of Node begins with what was read ahead', async (t) => {
    const [a, b] = await conversation(t)
    await a.send('PREFACE\nhello ')
    await b.reader().until('\n')
    const duplex = b.duplex()
    await a.send('world')
    await a.end()
    assert.equal(String(Buffer.concat((await all(duplex)) as Buffer[])), 'hello world')
  })

  test('forEach() begins with what was read ahead, and a reader goes on behind it', async (t) => {
    const [a, b] = await conversation(t)
    // The next receive waits, so that the poller makes it.
    const waiting = b.recv()
    await nextTurn()
    await a.send('.')
    assert.equal(text(await waiting), '.')
    const head = b.reader().until('\n')
    await nextTurn()
    await a.send('head\nfirst')
    assert.equal(text(await head), 'head\n')
    const pieces: string[] = []
    const aborting = new AbortController()
    const looping = b.forEach(
      (piece) => {
        pieces.push(String(piece))
        if (pieces.length === 2) aborting.abort()
      },
      { signal: aborting.signal },
    )
    while (pieces.length < 1) await nextTurn()
    await a.send('second')
    await assert.rejects(looping, { name: 'AbortError' })
    assert.deepEqual(pieces, ['first', 'second'])
    const last = b.reader().exactly(4)
    await a.send('last')
    assert.equal(text(await last), 'last')
  })

  test('a peer that sends byte by byte costs no more than one that does not', async (t) => {
    const [a, b] = await pair(t)
    const reader = b.reader()
    const count = 20_000
    const reading = reader.until('\n', { max: count + 1 })
    for (let i = 0; i < count; i++) await a.send('x')
    await a.send('\n')
    assert.equal((await reading)?.length, count + 1)
  })

  test('lines that are there already let other code have its turn', async (t) => {
    const [a, b] = await pair(t)
    let turns = 0
    const counting = setInterval(() => turns++, 0)
    t.after(() => clearInterval(counting))
    await a.send('\n'.repeat(50_000))
    await a.end()
    assert.equal((await all(b.reader().lines())).length, 50_000)
    assert.ok(turns > 10, `${turns} turns`)
  })

  test('small results keep little memory alive, and large ones at most twice as much as they have bytes', async (t) => {
    const [a, b] = await pair(t)
    const reader = b.reader()
    await a.send(`head\n${'x'.repeat(60_000)}`)
    const head = (await reader.until('\n')) as Buffer
    assert.ok(head.buffer.byteLength < 60_000)
    assert.equal((await reader.exactly(60_000))?.buffer.byteLength, 65_536)
  })

  test('wrong arguments reject, and say which', async (t) => {
    const [, b] = await pair(t)
    const reader = b.reader()
    const bad = (name: string) => ({ message: new RegExp(`"${name}`) })
    await assert.rejects(reader.exactly(-1), bad('count'))
    await assert.rejects(reader.exactly(1.5), bad('count'))
    await assert.rejects(reader.exactly('1' as never), bad('count'))
    await assert.rejects(reader.exactly(1, { max: 3 } as never), bad('options'))
    await assert.rejects(reader.exactly(1, { readAhead: 1 as never }), bad('options.readAhead'))
    await assert.rejects(reader.until(''), bad('delimiter'))
    await assert.rejects(reader.until(3 as never), bad('delimiter'))
    await assert.rejects(reader.until('\r\n', { max: 1 }), bad('options.max'))
    await assert.rejects(reader.until('\n', { timeout: -1 }), bad('options.timeout'))
    assert.throws(() => reader.lines({ max: 0 }), bad('options.max'))
    assert.throws(() => reader.lines({ encoding: 'ebcdic' as never }), bad('options.encoding'))
    assert.throws(() => reader.lines({ allowPartial: 'yes' as never }), bad('options.allowPartial'))
    assert.throws(() => reader.lines({ signal: 1 as never }), bad('options.signal'))
  })
})
