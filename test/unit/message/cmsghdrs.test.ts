// The list of control messages, and the control buffer: built and walked with bounds checked.
import assert from 'node:assert/strict'
import { closeSync, openSync } from 'node:fs'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import { CMSG_LEN, CMSG_SPACE, CmsgHdr, CmsgHdrs, SCM_RIGHTS, SOL_SOCKET } from 'berkeley/llsocket'
import { receivedCmsg } from '#internal/message/cmsghdr.js'
import { decodeControl, encodeControl, listOf } from '#internal/message/cmsghdrs.js'
import { native, registers } from '#internal/native/sockets.js'
import { claimed, coded, countFds, leavesNoFd } from '../../util/index.js'

leavesNoFd()

const RANGE = coded('ERR_OUT_OF_RANGE')
const WRONG_TYPE = coded('ERR_INVALID_ARG_TYPE')
const open = (): number => openSync('/dev/null', 'r')
const HEADER = 16

/** A header as 64-bit Linux lays it out. */
function header(length: number | bigint, level: number, type: number): Buffer {
  const bytes = Buffer.alloc(HEADER)
  bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(length)))
  bytes.writeInt32LE(level, 8)
  bytes.writeInt32LE(type, 12)
  return bytes
}

describe('CMSG_LEN() and CMSG_SPACE()', () => {
  it('CMSG_LEN() and CMSG_SPACE() agree with cmsg(3)', () => {
    const table = [0, 1, 4, 7, 8, 9, 12, 1012].map((n) => [CMSG_LEN(n), CMSG_SPACE(n)])
    assert.deepEqual(table, [
      [16, 16],
      [17, 24],
      [20, 24],
      [23, 24],
      [24, 24],
      [25, 32],
      [28, 32],
      [1028, 1032],
    ])
  })

  it('CMSG_LEN() and CMSG_SPACE() check their argument', () => {
    for (const f of [CMSG_LEN, CMSG_SPACE]) {
      for (const bad of [-1, 1.5, Number.NaN, 2 ** 31]) assert.throws(() => f(bad), RANGE)
      assert.throws(() => f('4' as never), WRONG_TYPE)
    }
  })
})

describe('CmsgHdrs', () => {
  it('CmsgHdrs is a queue', () => {
    const list = CmsgHdrs.create()
    const [a, b] = [new CmsgHdr(1, 2, 'a'), new CmsgHdr(3, 4, 'b')]
    list.push(a)
    list.push(b)
    assert.equal(list.length, 2)
    assert.deepEqual([...list], [a, b])
    assert.equal(list.shift(), a)
    assert.equal(list.shift(), b)
    assert.equal(list.shift(), undefined)
    assert.equal(list.length, 0)
    for (const bad of [undefined, null, {}, 'x', 5]) assert.throws(() => list.push(bad as never), WRONG_TYPE)
  })

  it('CmsgHdrs has exactly the room that was reserved, and much by default', () => {
    const list = new CmsgHdrs()
    assert.ok(list.reserve() >= CMSG_SPACE(253 * 4) + 256)
    assert.equal(list.reserve(0), 0)
    assert.equal(list.reserve(20), 20)
    assert.equal(list.reserve(), 20)
    for (const bad of [-1, 0.5, 2 ** 31]) assert.throws(() => list.reserve(bad), RANGE)
    assert.throws(() => list.reserve('1' as never), WRONG_TYPE)
    assert.equal(list.reserve(), 20)
  })

  it('CmsgHdrs encodes what it decodes', () => {
    const list = new CmsgHdrs()
    assert.equal(encodeControl(listOf(list)), undefined)
    const sizes = [0, 1, 7, 8, 9, 16, 100]
    for (const size of sizes) list.push(new CmsgHdr(size, -1 - size, Buffer.alloc(size, size)))
    const control = encodeControl(listOf(list))
    assert.ok(control)
    assert.equal(
      control.length,
      sizes.reduce((sum, size) => sum + CMSG_SPACE(size), 0),
    )
    const back = new CmsgHdrs()
    decodeControl(back, control, control.length)
    assert.deepEqual(
      [...back].map((c) => [c.level(), c.type(), c.data()]),
      [...list].map((c) => [c.level(), c.type(), c.data()]),
    )
  })

  it('CmsgHdrs leaves no old bytes in the padding', () => {
    const list = new CmsgHdrs()
    list.push(new CmsgHdr(1, 2, Buffer.alloc(1, 0xff)))
    assert.deepEqual(encodeControl(listOf(list))?.subarray(17), Buffer.alloc(7))
  })

  it('CmsgHdrs closes what it drops', () => {
    const before = countFds()
    const list = new CmsgHdrs()
    for (let i = 0; i < 3; i++)
      list.push(receivedCmsg(SOL_SOCKET, SCM_RIGHTS, Buffer.from(Int32Array.of(claimed(open())).buffer)))
    const kept = list.shift()
    list.clear()
    assert.equal(list.length, 0)
    assert.equal(countFds(), before + 1)
    for (const fd of kept?.take() ?? []) closeSync(fd)
    assert.equal(countFds(), before)
  })
})

describe('decoding hostile bytes (H80)', () => {
  const decoded = (control: Buffer, length = control.length): [number, number, number][] => {
    const list = new CmsgHdrs()
    decodeControl(list, control, length)
    return [...list].map((c) => [c.level(), c.type(), c.length])
  }

  it('decoding stops at a header that is cut, zero or too short', () => {
    assert.deepEqual(decoded(Buffer.alloc(0)), [])
    assert.deepEqual(decoded(Buffer.alloc(15)), [])
    assert.deepEqual(decoded(Buffer.alloc(64)), [])
    assert.deepEqual(decoded(header(15, 1, 2)), [])
    assert.deepEqual(decoded(Buffer.concat([header(16, 9, 9), header(0, 1, 2)])), [[9, 9, 0]])
  })

  it('decoding cuts a length that claims more than there is', () => {
    for (const claim of [33n, 2n ** 31n, 2n ** 32n, 2n ** 63n, 2n ** 64n - 1n])
      assert.deepEqual(decoded(Buffer.concat([header(claim, 1, 99), Buffer.alloc(16)])), [[1, 99, 16]])
  })

  it('decoding uses the smaller of buffer and stated length', () => {
    const control = Buffer.concat([header(24, 1, 5), Buffer.alloc(8), header(24, 1, 6), Buffer.alloc(8)])
    assert.deepEqual(decoded(control, 48), [
      [1, 5, 8],
      [1, 6, 8],
    ])
    assert.deepEqual(decoded(control, 4000), [
      [1, 5, 8],
      [1, 6, 8],
    ])
    assert.deepEqual(decoded(control, 44), [
      [1, 5, 8],
      [1, 6, 4],
    ])
    assert.deepEqual(decoded(control, 39), [[1, 5, 8]])
    assert.deepEqual(decoded(control, 0), [])
  })

  it('decoding survives random bytes and always ends', () => {
    let seed = 12345
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff
      return seed % below
    }
    for (let round = 0; round < 3000; round++) {
      const control = Buffer.alloc(random(200))
      for (let i = 0; i < control.length; i++) control[i] = random(4) ? 0 : random(256)
      for (let at = 0; at + HEADER <= control.length; at += 8 * (1 + random(4)))
        header(random(64), 1 + random(3) * 1000, 50 + random(9)).copy(control, at)
      for (const [, , length] of decoded(control, random(300))) assert.ok(length <= control.length)
    }
  })

  it('inspect() of CmsgHdrs shows its content', () => {
    const list = new CmsgHdrs()
    assert.equal(inspect(list), 'CmsgHdrs []')
    list.push(CmsgHdr.rights(1))
    assert.equal(inspect(list), 'CmsgHdrs [ CmsgHdr (SCM_RIGHTS [1]) ]')
  })

  it('CmsgHdrs closes descriptors that were not taken at the end of a `using` block', () => {
    const before = countFds()
    const ints = Buffer.from(Int32Array.of(claimed(open()), claimed(open())).buffer)
    {
      using list = new CmsgHdrs()
      using cmsg = receivedCmsg(SOL_SOCKET, SCM_RIGHTS, ints.subarray(0, 4))
      list.push(receivedCmsg(SOL_SOCKET, SCM_RIGHTS, ints.subarray(4)))
      assert.deepEqual([countFds(), cmsg.fds().length, list.length], [before + 2, 1, 1])
    }
    assert.equal(countFds(), before)
  })

  it('the native walk and builder check every offset', () => {
    const control = Buffer.alloc(32)
    const data = Buffer.alloc(4)
    assert.ok(native.cmsgAt(control, -1, 0) < 0)
    assert.ok(native.cmsgAt(control, 32, -1) < 0)
    assert.equal(native.cmsgAt(control, 32, 1000), 0)
    assert.ok(native.cmsgPut(control, -1, 1, 1, data) < 0)
    assert.ok(native.cmsgPut(control, 16, 1, 1, data) < 0)
    assert.ok(native.cmsgPut(control, 2 ** 52, 1, 1, data) < 0)
    assert.equal(native.cmsgPut(control, 8, 1, 1, data), 32)
    assert.equal(registers.length, 80)
  })
})
