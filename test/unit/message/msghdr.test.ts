// The message: counted from 0, cut and joined as documented, memory used where it is.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import { AddrInfo, CmsgHdr, CmsgHdrs, IOV_MAX, MsgHdr } from 'berkeley/llsocket'
import { piecesOf, recordReceived, roomsOf } from '#internal/message/msghdr.js'
import { coded, thrownBy } from '../../util/index.js'

const RANGE = coded('ERR_OUT_OF_RANGE')
const WRONG_TYPE = coded('ERR_INVALID_ARG_TYPE')

function message(...parts: string[]): MsgHdr {
  const msg = new MsgHdr()
  for (const part of parts) msg.add(part)
  return msg
}

const texts = (msg: MsgHdr): string[] => Array.from({ length: msg.length }, (_, i) => String(msg.get(i)))

describe('MsgHdr', () => {
  it('MsgHdr is empty at first', () => {
    const msg = MsgHdr.create()
    assert.deepEqual([msg.length, msg.bytes(), msg.flags(), msg.name()], [0, 0, 0, null])
    assert.equal(msg.concat().length, 0)
    assert.equal(msg.get(0), undefined)
    assert.equal(msg.del(0), undefined)
    assert.ok(msg.control() instanceof CmsgHdrs)
    assert.equal(msg.control(), msg.control())
  })

  it('MsgHdr counts its elements from 0', () => {
    const msg = new MsgHdr()
    assert.deepEqual([msg.add('a'), msg.addn(3), msg.add('')], [0, 1, 2])
    assert.deepEqual([msg.length, msg.bytes()], [3, 4])
    assert.deepEqual([...(msg.get(1) ?? [])], [0, 0, 0])
    assert.equal(msg.get(2)?.length, 0)
    for (const idx of [3, -1]) assert.equal(msg.get(idx), undefined)
  })

  it('MsgHdr uses the memory of a view in place', () => {
    const memory = new Uint16Array([1, 2, 3])
    const msg = new MsgHdr()
    msg.add(memory.subarray(1))
    memory[1] = 0x4142
    assert.equal(String(msg.get(0)?.subarray(0, 2)), 'BA')
  })

  it('name() sets, reads and clears the name, and without an argument only reads', () => {
    const msg = new MsgHdr()
    const ai = AddrInfo.inet('127.0.0.1', 1)
    assert.equal(msg.name(ai), ai)
    assert.equal(msg.name(), ai)
    assert.equal(msg.name(undefined), ai)
    assert.equal(msg.name(null), null)
    assert.equal(msg.name(), null)
    for (const bad of ['x', {}, 5, false]) assert.throws(() => msg.name(bad as never), WRONG_TYPE)
  })

  it('del() moves the last element into the gap', () => {
    const msg = message('a', 'b', 'c', 'd')
    assert.deepEqual(msg.del(1), [Buffer.from('b'), 3])
    assert.deepEqual(texts(msg), ['a', 'd', 'c'])
    assert.deepEqual(msg.del(2), [Buffer.from('c'), undefined])
    assert.equal(msg.del(2), undefined)
    assert.equal(msg.del(-1), undefined)
    assert.deepEqual(texts(msg), ['a', 'd'])
    assert.deepEqual(msg.del(0), [Buffer.from('a'), 1])
    assert.deepEqual(msg.del(0), [Buffer.from('d'), undefined])
    assert.equal(msg.length, 0)
  })

  const consumed: [parts: string[], bytes: number, left: string[]][] = [
    [['abc', 'def'], 0, ['abc', 'def']],
    [['abc', 'def'], 1, ['bc', 'def']],
    [['abc', 'def'], 3, ['def']],
    [['abc', 'def'], 5, ['f']],
    [['abc', 'def'], 6, []],
    [['abc', 'def'], 7, []],
    [['abc', '', 'def'], 3, ['def']],
    [['', 'abc'], 1, ['bc']],
    [['', ''], 0, []],
    [[], 5, []],
  ]
  for (const [parts, bytes, left] of consumed)
    it(`consume() removes ${bytes} bytes of ${JSON.stringify(parts)}`, () => {
      const msg = message(...parts)
      assert.equal(msg.consume(bytes), left.join('').length)
      assert.deepEqual(texts(msg), left)
      assert.equal(String(msg.concat()), left.join(''))
      assert.deepEqual(piecesOf(msg).map(String), left)
    })

  it('consume() in several steps leaves the same bytes to be read, joined and sent', () => {
    const whole = 'the quick brown fox jumps over the lazy dog'
    for (const step of [1, 2, 5, 7, 42]) {
      const msg = message(...(whole.match(/.{1,6}/g) ?? []))
      for (let sent = 0; sent < whole.length; sent += step) {
        const rest = whole.slice(sent)
        assert.equal(String(msg.concat()), rest)
        assert.equal(msg.bytes(), rest.length)
        assert.equal(piecesOf(msg).map(String).join(''), rest)
        msg.consume(step)
      }
      assert.equal(msg.length, 0)
    }
  })

  it('consume() does not change the memory of the caller', () => {
    const memory = Buffer.from('abcdef')
    const msg = new MsgHdr()
    msg.add(memory)
    msg.consume(4)
    assert.equal(String(memory), 'abcdef')
  })

  it('concat() joins into a copy', () => {
    const memory = Buffer.from('abc')
    const msg = new MsgHdr()
    msg.add(memory)
    const joined = msg.concat()
    memory.fill(0)
    assert.equal(String(joined), 'abc')
  })

  it('MsgHdr shows only the elements and bytes that arrived', () => {
    const msg = new MsgHdr()
    for (const size of [4, 4, 4]) msg.addn(size)
    recordReceived(msg, 6, null, 0x20)
    assert.deepEqual([msg.bytes(), msg.flags()], [6, 0x20])
    assert.deepEqual(
      [0, 1, 2].map((i) => msg.get(i)?.length),
      [4, 2, 0],
    )
    assert.deepEqual(
      roomsOf(msg).map((room) => room.length),
      [4, 4, 4],
      'the room stays',
    )
    recordReceived(msg, 100, null, 0)
    assert.equal(msg.bytes(), 12)
  })

  it(`MsgHdr holds ${IOV_MAX} elements and refuses more`, () => {
    const msg = new MsgHdr()
    for (let i = 0; i < IOV_MAX; i++) assert.equal(msg.add('x'), i)
    for (const more of [() => msg.add('x'), () => msg.addn(1)]) assert.equal(thrownBy(more)['code'], 'ENOBUFS')
    assert.equal(msg.length, IOV_MAX)
    msg.del(5)
    assert.equal(msg.add('y'), IOV_MAX - 1)
  })

  it('MsgHdr checks every argument', () => {
    const msg = message('abc')
    for (const bad of [undefined, null, 5, {}, ['a'], new ArrayBuffer(3)])
      assert.throws(() => msg.add(bad as never), WRONG_TYPE)
    for (const bad of [0, -1, 1.5, Number.NaN, 2 ** 31]) assert.throws(() => msg.addn(bad), RANGE)
    for (const bad of [-1, 1.5, Number.NaN, 2 ** 53]) assert.throws(() => msg.consume(bad), RANGE)
    for (const bad of [1.5, Number.NaN, 2 ** 31]) {
      assert.throws(() => msg.get(bad), RANGE)
      assert.throws(() => msg.del(bad), RANGE)
    }
    for (const call of ['addn', 'consume', 'get', 'del'] as const)
      assert.throws(() => msg[call]('1' as never), WRONG_TYPE)
    assert.deepEqual(texts(msg), ['abc'])
  })

  it('inspect() of a MsgHdr shows its name, data, control messages and flags', () => {
    const msg = message('abc')
    msg.name(AddrInfo.inet('127.0.0.1', 80))
    msg.control().push(CmsgHdr.of('ttl', 5))
    const shown = inspect(msg)
    for (const part of [/^MsgHdr \{/, /'127.0.0.1:80'/, /<Buffer 61 62 63>/, /CmsgHdr \(ttl 5\)/, /flags: /])
      assert.match(shown, part)
  })

  it('MsgHdr refuses to send memory that was transferred after it was added (H37)', () => {
    const buffer = new ArrayBuffer(8)
    const msg = new MsgHdr()
    msg.add(new Uint8Array(buffer))
    structuredClone(buffer, { transfer: [buffer] })
    for (const use of [() => piecesOf(msg), () => msg.concat(), () => msg.get(0)])
      assert.equal(thrownBy(use)['code'], 'ERR_INVALID_STATE')
  })
})
