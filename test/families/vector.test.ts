// readv() and writev() of the asynchronous classes.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { dgram, MSG_TRUNC, seqpacket, stream } from 'berkeley'
import { closingAll, leavesNoFd } from '../util/index.js'

leavesNoFd()

describe('readv() and writev()', () => {
  it('readv() fills one piece of memory after the other', async (t) => {
    const [a, b] = closingAll(t, await stream.unix.pair())
    const rooms = [Buffer.alloc(3), Buffer.alloc(4), Buffer.alloc(100)]
    const waiting = b.readv(rooms)
    assert.equal(await a.writev(['abc', Buffer.from('defg'), '', new Uint8Array([104, 105])]), 9)
    assert.equal(await waiting, 9)
    assert.deepEqual(
      rooms.map((room) => room.toString('latin1').replace(/\0+$/, '')),
      ['abc', 'defg', 'hi'],
    )
    await a.close()
    assert.equal(await b.readv(rooms), 0)
  })

  it('writev() sends all of a stream, however often it waits', async (t) => {
    const [a, b] = closingAll(t, await stream.unix.pair())
    const pieces = Array.from({ length: 16 }, (_, i) => Buffer.alloc(300_000, i))
    const sending = a.writev(pieces)
    const got: Buffer[] = []
    let bytes = 0
    while (bytes < 4_800_000) {
      const piece = (await b.recv()) as Buffer
      got.push(piece)
      bytes += piece.length
    }
    assert.equal(await sending, 4_800_000)
    assert.ok(Buffer.concat(got).equals(Buffer.concat(pieces)))
  })

  it('a message that does not fit into the pieces is an error, unless the part is asked for', async (t) => {
    const [a, b] = closingAll(t, await seqpacket.unix.pair())
    await a.writev(['one ', 'record'])
    await assert.rejects(b.readv([Buffer.alloc(2), Buffer.alloc(3)]), { code: 'EMSGSIZE', bytes: 10 })
    const [c, d] = closingAll(t, await dgram.unix.pair())
    await c.send('0123456789')
    const rooms = [Buffer.alloc(2), Buffer.alloc(3)]
    assert.equal(await d.readv(rooms, MSG_TRUNC), 10)
    assert.equal(Buffer.concat(rooms).toString(), '01234')
  })

  it('memory that is transferred away while readv() waits is an error, and no end', async (t) => {
    const [a, b] = closingAll(t, await stream.unix.pair())
    const memory = new Uint8Array(new ArrayBuffer(8))
    const waiting = b.readv([memory])
    structuredClone(memory.buffer, { transfer: [memory.buffer] })
    await a.send('x')
    await assert.rejects(waiting, TypeError)
    assert.equal(String(await b.recv()), 'x')
  })

  it('readv() and writev() refuse wrong arguments, and say which', async (t) => {
    const [a] = closingAll(t, await stream.unix.pair())
    for (const wrong of [
      undefined,
      null,
      'x',
      {},
      [],
      ['x'],
      [new ArrayBuffer(1)],
      [Buffer.alloc(0)],
      [Buffer.alloc(1), 1],
    ])
      await assert.rejects(a.readv(wrong as never), /^(TypeError|RangeError)/, String(wrong))
    for (const wrong of [undefined, null, 'x', {}, [1], ['x', null], [new ArrayBuffer(1)]])
      await assert.rejects(a.writev(wrong as never), /^(TypeError|RangeError)/, String(wrong))
    await assert.rejects(a.writev(new Array(1025).fill('x')), { code: 'ENOBUFS' })
    await assert.rejects(a.writev(['x', 1 as never]), { message: /data\[1\]/ })
    await a.close()
    await assert.rejects(a.readv([Buffer.alloc(1)]), { code: 'EBADF' })
    await assert.rejects(a.writev(['x']), { code: 'EBADF', syscall: 'writev' })
  })
})
