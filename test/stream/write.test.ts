import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type Socket, seqpacket, stream } from 'berkeley'
import { closingAll, isPending, leavesNoFd, runScript, within } from '../util/index.js'
import { conversation, pair, type Test } from './common.js'

leavesNoFd()

const pairs: [name: string, make: (t: Test) => Promise<[Socket, Socket]>][] = [
  ['TCP', conversation],
  ['unix streams', pair],
  ['unix seqpackets', async (t) => closingAll(t, await seqpacket.unix.pair())],
]

/** Writes until pieces wait. */
function fill(sock: Socket, piece: Buffer): number {
  let bytes = 0
  while (sock.bufferedAmount === 0) {
    sock.write(piece)
    bytes += piece.length
  }
  return bytes
}

for (const [name, make] of pairs)
  describe(`write() over ${name}`, () => {
    test('sends in the order of all calls that send, whether they wait or not (H122)', async (t) => {
      const [a, b] = await make(t)
      const expected: number[] = []
      const sent: Promise<number>[] = []
      let number = 0
      const next = (): Buffer => {
        const piece = Buffer.alloc(1021)
        piece.writeUInt32BE(number)
        expected.push(number++)
        return piece
      }
      for (let i = 0; i < 1500; i++) {
        if (i % 7 === 3) sent.push(a.send(next()))
        else a.write(next())
      }
      assert.ok(a.bufferedAmount > 0, 'nothing has waited')
      const drained = a.drained()
      const received: Buffer[] = []
      for (let bytes = 0; bytes < expected.length * 1021; ) {
        const piece = (await b.recv()) as Buffer
        received.push(piece)
        bytes += piece.length
      }
      await within(drained, 'room')
      await Promise.all(sent)
      const all = Buffer.concat(received)
      assert.deepEqual(
        expected.map((_, i) => all.readUInt32BE(i * 1021)),
        expected,
      )
      assert.equal(a.bufferedAmount, 0)
    })

    test('small data may be changed when the call has returned, also when it waits (H122)', async (t) => {
      const [a, b] = await make(t)
      const before = fill(a, Buffer.alloc(4000, '.'))
      const memory = Buffer.from('kept')
      for (let i = 0; i < 5; i++) a.write(memory)
      memory.fill('x')
      let text = ''
      while (text.length < before + 20) text += String(await b.recv())
      assert.equal(text.slice(before), 'kept'.repeat(5))
    })

    test('says when so much waits that the caller should wait as well, and drained() resolves when nothing does', async (t) => {
      const [a, b] = await make(t)
      const piece = Buffer.alloc(8000)
      let bytes = 0
      let answer = true
      while (answer) {
        answer = a.write(piece)
        bytes += piece.length
        assert.equal(answer, a.bufferedAmount < 65536)
      }
      // More than the kernel ever takes without a reader: some of it leaves later.
      for (; bytes < 32e6; bytes += piece.length) a.write(piece)
      const drained = a.drained()
      assert.equal(await isPending(drained), true)
      while (bytes > 0) bytes -= (await b.recv())?.length as number
      await within(drained, 'room')
      await a.drained()
      assert.equal(a.write('x'), true)
    })

    test('a failure is thrown where it is known, and a later one goes to drained(), to forEach(), or to the next call (H122)', async (t) => {
      const broken = async (): Promise<[Socket, Socket]> => {
        const [a, b] = await make(t)
        fill(a, Buffer.alloc(4000))
        return [a, b]
      }
      {
        const [a, b] = await broken()
        const drained = a.drained()
        await b.close()
        await assert.rejects(within(drained, 'the failure'), { code: /EPIPE|ECONNRESET/ })
        assert.throws(() => a.write('x'), { code: /EPIPE|ECONNRESET/ })
      }
      {
        const [a, b] = await broken()
        await b.close()
        while (a.bufferedAmount > 0) await delay(1)
        await delay(1)
        assert.throws(() => a.write('x'), { code: /EPIPE|ECONNRESET/ })
      }
      {
        const [a, b] = await broken()
        const loop = (a as stream.inet.Socket).forEach(() => undefined)
        await b.close()
        await within(
          loop.catch((error) => assert.match(error.code, /EPIPE|ECONNRESET/)),
          'the end of the loop',
        )
        for (let i = 0; a.bufferedAmount > 0 && i < 2000; i++) await delay(1)
      }
    })

    test('close() rejects when it loses what was written, and detach() is refused (H122)', async (t) => {
      const [a] = await make(t)
      fill(a, Buffer.alloc(4000))
      const bytes = a.bufferedAmount
      assert.throws(() => a.detach(), { code: 'EBUSY' })
      await assert.rejects(a.close(), { code: 'ECANCELED', bytes })
      await assert.rejects(a.recv(), { code: 'EBADF' })
    })

    test('what a drained() waits for is lost by a close in its hands', async (t) => {
      const [a] = await make(t)
      fill(a, Buffer.alloc(4000))
      const drained = assert.rejects(a.drained(), { code: 'ECANCELED' })
      await a.close()
      await within(drained, 'the end of the wait')
    })

    test('drained() has a deadline and a signal of its own, and what waits goes on', async (t) => {
      const [a, b] = await make(t)
      // More than the kernel ever takes without a reader.
      const piece = Buffer.alloc(4000)
      for (let i = 0; i < 8000; i++) a.write(piece)
      await assert.rejects(a.drained({ timeout: 5 }), { name: 'TimeoutError' })
      await assert.rejects(a.drained({ signal: AbortSignal.timeout(5) }), { name: 'AbortError' })
      const drained = a.drained()
      for (let left = 8000 * piece.length; left > 0; ) left -= (await b.recv())?.length as number
      await within(drained, 'room')
    })

    test('checks what it is given, and a closed socket', async (t) => {
      const [a] = await make(t)
      assert.throws(() => a.write(7 as never), { code: 'ERR_INVALID_ARG_TYPE' })
      await a.close()
      assert.throws(() => a.write('x'), { code: 'EBADF' })
    })
  })

describe('what is written while a batch of events is handled', () => {
  /** So many pairs whose first ends have all waited: what comes to them is one batch. */
  async function many(t: Test, count: number): Promise<[stream.unix.Socket, stream.unix.Socket][]> {
    const made: [stream.unix.Socket, stream.unix.Socket][] = []
    for (let i = 0; i < count; i++) made.push(await pair(t))
    return made
  }

  test('leaves at the end of the batch, whole and in order, also where a peer is slow (H122)', async (t) => {
    const made = await many(t, 37)
    const piece = Buffer.alloc(3001)
    const hashes = made.map(() => createHash('sha256'))
    const counts = made.map(() => 0)
    made.forEach(([a], i) => {
      a.sndbuf(4608)
      void a.forEach((data) => {
        for (const byte of data) {
          piece.fill(byte)
          hashes[i]?.update(piece)
          counts[i] = (counts[i] ?? 0) + piece.length
          a.write(piece)
        }
      })
    })
    await delay(5)
    for (let round = 0; round < 9; round++) for (const [, b] of made) await b.send(String.fromCharCode(65 + round))
    await Promise.all(
      made.map(async ([, b], i) => {
        const received = createHash('sha256')
        for (let left = 9 * piece.length; left > 0; ) {
          if (i % 3 === 0) await delay(1)
          const data = (await within(b.recv(i % 2 === 0 ? 1000 : 65536), 'data')) as Buffer
          received.update(data)
          left -= data.length
        }
        assert.equal(counts[i], 9 * piece.length)
        assert.equal(received.digest('hex'), hashes[i]?.digest('hex'))
      }),
    )
  })

  for (const [name, end] of [
    ['close()', (sock: stream.unix.Socket) => void sock.close()],
    ['closew()', (sock: stream.unix.Socket) => sock.closew()],
    ['end()', (sock: stream.unix.Socket) => void sock.end()],
  ] as const)
    test(`leaves before ${name} of the same turn (H122)`, async (t) => {
      const made = await many(t, 5)
      for (const [a] of made)
        void a.forEach((data) => {
          a.write(`${data}!`)
          end(a)
        })
      await delay(5)
      for (const [, b] of made) b.write('x')
      for (const [, b] of made) {
        assert.equal(String(await within(b.recv(), 'data')), 'x!')
        assert.equal(await within(b.recv(), 'the end'), null)
      }
    })

  test('leaves before what is sent by other calls of the same turn', async (t) => {
    const made = await many(t, 3)
    for (const [a] of made)
      void a.forEach(() => {
        a.write('1')
        void a.send('2')
        a.write('3')
        void a.send('4')
      })
    await delay(5)
    for (const [, b] of made) b.write('x')
    for (const [, b] of made) {
      let text = ''
      while (text.length < 4) text += String(await within(b.recv(), 'data'))
      assert.equal(text, '1234')
    }
  })

  test('goes with the descriptor that detach() gives away', async (t) => {
    const made = await many(t, 3)
    const fds: number[] = []
    for (const [a] of made)
      void a.forEach(() => {
        a.write('before')
        fds.push(a.detach())
      })
    await delay(5)
    for (const [, b] of made) b.write('x')
    for (const [, b] of made) assert.equal(String(await within(b.recv(), 'data')), 'before')
    for (const fd of fds) await (await stream.unix.wrap(fd)).close()
  })

  test('leaves before the process ends by process.exit() (H122)', async () => {
    const { stdout } = await runScript(`
      import { stream } from 'berkeley'
      import { SOCK_STREAM, socket } from 'berkeley/llsocket'
      const peers = []
      let count = 0
      for (let i = 0; i < 3; i++) {
        const [a, b] = socket.pair(SOCK_STREAM, true)
        peers.push(b)
        const conn = await stream.unix.wrap(a.unwrap())
        conn.forEach(() => {
          conn.write('last words')
          if (++count === 3) process.exit()
        })
      }
      setTimeout(() => {
        process.on('exit', () => console.log(peers.map((peer) => String(peer.recv())).join()))
        for (const peer of peers) peer.send('x')
      }, 20)
    `)
    assert.equal(stdout, 'last words,last words,last words\n')
  })

  test('that a peer has reset ends no other connection', async (t) => {
    const made = await many(t, 5)
    const failures: unknown[] = []
    for (const [a] of made) a.forEach((data) => void a.write(data)).catch((error) => failures.push(error))
    await delay(5)
    for (const [, b] of made) b.write('x')
    await made[2]?.[1].close()
    for (const [i, [, b]] of made.entries()) if (i !== 2) assert.equal(String(await within(b.recv(), 'data')), 'x')
    assert.ok(failures.length <= 1)
  })
})
