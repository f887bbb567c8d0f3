// Control messages, one by one: their data, and the descriptors that they own.
import assert from 'node:assert/strict'
import { closeSync, openSync } from 'node:fs'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import {
  CmsgHdr,
  IP_TTL,
  IPPROTO_IP,
  SCM_CREDENTIALS,
  SCM_PIDFD,
  SCM_RIGHTS,
  SCM_TIMESTAMP,
  SOL_SOCKET,
} from 'berkeley/llsocket'
import { isOwned } from '#internal/descriptor/owned-fd.js'
import { partsOf, receivedCmsg } from '#internal/message/cmsghdr.js'
import { claimed, coded, countFds, leavesNoFd } from '../../util/index.js'

leavesNoFd()

const RANGE = coded('ERR_OUT_OF_RANGE')
const WRONG_TYPE = coded('ERR_INVALID_ARG_TYPE')
const open = (): number => openSync('/dev/null', 'r')
const ints = (...numbers: number[]): Buffer => Buffer.from(Int32Array.from(numbers).buffer)

describe('CmsgHdr', () => {
  it('CmsgHdr holds level, type and a copy of its data', () => {
    const data = Buffer.from('data')
    const cmsg = CmsgHdr.create(IPPROTO_IP, 7, data)
    data.fill(0)
    assert.deepEqual([cmsg.level(), cmsg.type(), cmsg.length, cmsg.isRights()], [IPPROTO_IP, 7, 4, false])
    assert.equal(String(cmsg.data()), 'data')
    ;(cmsg.data() as Buffer).fill(0)
    assert.equal(String(cmsg.data()), 'data')
    assert.deepEqual([cmsg.fds(), cmsg.take()], [[], []])
    cmsg.close()
  })

  it('CmsgHdr accepts strings and any view', () => {
    assert.equal(new CmsgHdr(1, 2, 'ä').length, 2)
    assert.equal(new CmsgHdr(1, 2, new DataView(new ArrayBuffer(6), 2)).length, 4)
    assert.equal(new CmsgHdr(1, 2, '').length, 0)
  })

  it('CmsgHdr checks every argument', () => {
    for (const bad of ['1', null, undefined]) {
      assert.throws(() => new CmsgHdr(bad as never, 1, ''), WRONG_TYPE)
      assert.throws(() => new CmsgHdr(1, bad as never, ''), WRONG_TYPE)
    }
    for (const bad of [1.5, Number.NaN, 2 ** 31]) {
      assert.throws(() => new CmsgHdr(bad, 1, ''), RANGE)
      assert.throws(() => new CmsgHdr(1, bad, ''), RANGE)
    }
    for (const bad of [null, undefined, 5, [1]]) assert.throws(() => new CmsgHdr(1, 1, bad as never), WRONG_TYPE)
  })

  it('inspect() of a CmsgHdr shows names', () => {
    assert.equal(inspect(CmsgHdr.rights(3, 4)), 'CmsgHdr (SCM_RIGHTS [3, 4])')
    assert.match(inspect(new CmsgHdr(SOL_SOCKET, SCM_TIMESTAMP, 'x')), /^CmsgHdr \(SOL_SOCKET, type \d+, 1 bytes\)$/)
    assert.equal(inspect(CmsgHdr.of('ttl', 5)), 'CmsgHdr (ttl 5)')
    // Its data is not what its type promises.
    assert.match(inspect(new CmsgHdr(IPPROTO_IP, IP_TTL, '')), /^CmsgHdr \(\w+, type \d+, 0 bytes\)$/)
  })
})

describe('CmsgHdr.rights()', () => {
  it('CmsgHdr.rights() packs C ints and does not own them', () => {
    const cmsg = CmsgHdr.rights(0, 1, 65536)
    assert.deepEqual([cmsg.level(), cmsg.type()], [SOL_SOCKET, SCM_RIGHTS])
    assert.deepEqual([cmsg.data(), cmsg.fds(), cmsg.take()], [[0, 1, 65536], [0, 1, 65536], []])
    assert.deepEqual(partsOf(cmsg).bytes, ints(0, 1, 65536))
    cmsg.close()
    assert.deepEqual(cmsg.fds(), [0, 1, 65536])
  })

  it('CmsgHdr.rights() accepts 1 to 253 descriptors (H79)', () => {
    assert.equal(CmsgHdr.rights(...Array(253).fill(0)).length, 253 * 4)
    assert.throws(() => CmsgHdr.rights(...Array(254).fill(0)), RANGE)
    assert.throws(() => CmsgHdr.rights(), RANGE)
  })

  it('CmsgHdr.rights() names the descriptor that is wrong', () => {
    assert.throws(() => CmsgHdr.rights(0, '1' as never), { ...WRONG_TYPE, message: /fds\[1\]/ })
    for (const bad of [-1, 1.5, 2 ** 31, Number.NaN])
      assert.throws(() => CmsgHdr.rights(bad), { ...RANGE, message: /fds\[0\]/ })
  })
})

describe('received CmsgHdr', () => {
  it('a received CmsgHdr owns its descriptors until they are taken', () => {
    const [a, b] = [open(), open()]
    const cmsg = receivedCmsg(SOL_SOCKET, SCM_RIGHTS, ints(claimed(a), claimed(b)))
    assert.deepEqual(cmsg.data(), [a, b])
    assert.ok(isOwned(a) && isOwned(b))
    assert.deepEqual(cmsg.take(), [a, b])
    assert.deepEqual([cmsg.take(), cmsg.fds(), cmsg.data()], [[], [], []])
    assert.equal(isOwned(a), false)
    cmsg.close()
    closeSync(a)
    closeSync(b)
  })

  it('a received CmsgHdr closes descriptors that were not taken, once', () => {
    const before = countFds()
    const cmsg = receivedCmsg(SOL_SOCKET, SCM_RIGHTS, ints(claimed(open()), claimed(open()), claimed(open())))
    assert.equal(countFds(), before + 3)
    cmsg.close()
    assert.equal(countFds(), before)
    const reused = open()
    cmsg.close()
    assert.equal(countFds(), before + 1)
    closeSync(reused)
  })

  it('a received CmsgHdr closes the others when one of them cannot be closed', () => {
    const [a, b] = [open(), open()]
    const cmsg = receivedCmsg(SOL_SOCKET, SCM_RIGHTS, ints(claimed(a), claimed(b)))
    closeSync(a)
    assert.throws(() => cmsg.close(), coded('EBADF'))
    assert.throws(() => closeSync(b), coded('EBADF'))
  })

  it('a received CmsgHdr does not send numbers on that it no longer owns (H01)', () => {
    const cmsg = receivedCmsg(SOL_SOCKET, SCM_RIGHTS, ints(claimed(open())))
    assert.deepEqual(partsOf(cmsg).bytes, ints(...cmsg.fds()))
    cmsg.close()
    assert.deepEqual([partsOf(cmsg).bytes.length, cmsg.length], [0, 0])
  })

  it('a received CmsgHdr owns the pidfd of a sender too', () => {
    const fd = open()
    const cmsg = receivedCmsg(SOL_SOCKET, SCM_PIDFD, ints(claimed(fd)))
    assert.deepEqual([cmsg.isRights(), cmsg.fds(), cmsg.data()], [false, [fd], [fd]])
    cmsg.close()
    assert.deepEqual(receivedCmsg(SOL_SOCKET, SCM_PIDFD, ints(-3)).fds(), [])
  })

  it('a received CmsgHdr survives partial ints (H80)', () => {
    for (let bytes = 0; bytes < 4; bytes++)
      assert.deepEqual(receivedCmsg(SOL_SOCKET, SCM_RIGHTS, Buffer.alloc(bytes)).fds(), [])
    const fd = open()
    const cmsg = receivedCmsg(SOL_SOCKET, SCM_RIGHTS, Buffer.concat([ints(claimed(fd)), Buffer.alloc(3, 0xff)]))
    assert.deepEqual(cmsg.take(), [fd])
    closeSync(fd)
  })

  it('a received CmsgHdr of any other kind is bytes', () => {
    const cmsg = receivedCmsg(SOL_SOCKET, SCM_CREDENTIALS, ints(1, 2, 3))
    assert.deepEqual(cmsg.data(), ints(1, 2, 3))
  })
})
