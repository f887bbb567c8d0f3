import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { coded, leavesNoFd } from '../util/index.js'
import { receivedExactly, streams } from './common.js'

leavesNoFd()

describe('readv() and writev()', () => {
  for (const [name, make] of streams) {
    it(`writev() gathers and readv() scatters pieces on ${name}`, (t) => {
      const [a, b] = make(t)
      assert.equal(a.writev(['ab', Buffer.from('cde'), new Uint8Array(0), 'f']), 6)
      const rooms = [Buffer.alloc(1), new Uint16Array(1), Buffer.alloc(10)]
      assert.ok(b.recvable(5000))
      assert.equal(b.readv(rooms), 6)
      assert.equal(
        rooms
          .map((room) => Buffer.from(room.buffer, room.byteOffset, room.byteLength).toString())
          .join('|')
          .replaceAll('\0', ''),
        'a|bc|def',
      )
    })

    it(`writev() and readv() on ${name} accept 1024 pieces and refuse more (H34)`, (t) => {
      const [a, b] = make(t)
      assert.equal(a.writev(Array(1024).fill('x')), 1024)
      assert.throws(() => a.writev(Array(1025).fill('x')), coded('EMSGSIZE'))
      assert.throws(() => b.readv(Array.from({ length: 1025 }, () => Buffer.alloc(1))), coded('EMSGSIZE'))
      assert.equal(receivedExactly(b, 1024).length, 1024)
    })
  }
})
