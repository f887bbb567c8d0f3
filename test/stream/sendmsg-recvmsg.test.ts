import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { closeSync } from 'node:fs'
import { describe, test } from 'node:test'
import { CmsgHdr, MSG_CTRUNC, MsgHdr, type SystemError } from 'berkeley'
import { leavesNoFd } from '../util/index.js'
import { drain, file, pair } from './common.js'

leavesNoFd()

describe('sendmsg() and recvmsg()', () => {
  test('sendmsg() sends several pieces as one stream and removes from the message what was sent', async (t) => {
    const [a, b] = await pair(t)
    const msg = new MsgHdr()
    msg.add('one ')
    msg.add(Buffer.from('two '))
    msg.add('three')
    assert.equal(await a.sendmsg(msg), 13)
    assert.equal(msg.bytes(), 0)
    const got = new MsgHdr()
    got.addn(6)
    got.addn(100)
    assert.equal(await b.recvmsg(got), 13)
    assert.deepEqual([String(got.get(0)), String(got.get(1))], ['one tw', 'o three'])
  })

  test('sendmsg() that times out leaves the unsent rest in the message (H27)', async (t) => {
    const [a, b] = await pair(t)
    a.deadlines(0, 30)
    const data = randomBytes(8 << 20)
    const msg = new MsgHdr()
    msg.add(data)
    const error = await a.sendmsg(msg).then(
      () => assert.fail('the peer does not read'),
      (reason: SystemError) => reason,
    )
    assert.equal(error.name, 'TimeoutError')
    assert.equal((error.bytes as number) + msg.bytes(), data.length)
    a.deadlines(0, 0)
    const received = drain(b)
    await a.sendmsg(msg)
    a.closew()
    assert.ok((await received).equals(data))
  })

  test('recvmsg() resolves to null at the end of the stream', async (t) => {
    const [a, b] = await pair(t)
    await a.close()
    const msg = new MsgHdr()
    msg.addn(10)
    assert.equal(await b.recvmsg(msg), null)
  })
})

describe('descriptors in messages', () => {
  test('sendmsg() of a long message passes its descriptors once (H77)', async (t) => {
    const [a, b] = await pair(t)
    const data = randomBytes(4 << 20)
    const fds = [file(t, Buffer.from('0')), file(t, Buffer.from('1')), file(t, Buffer.from('2'))]
    const msg = new MsgHdr()
    msg.add(data)
    msg.control().push(CmsgHdr.rights(...fds))
    const sending = a.sendmsg(msg)
    const parts: Buffer[] = []
    const received: number[] = []
    let length = 0
    while (length < data.length) {
      const got = new MsgHdr()
      got.addn(1 << 20)
      length += (await b.recvmsg(got)) ?? 0
      parts.push(got.concat())
      for (const cmsg of got.control()) received.push(...cmsg.take())
    }
    assert.equal(await sending, data.length)
    assert.ok(Buffer.concat(parts).equals(data))
    assert.equal(received.length, 3)
    for (const fd of received) closeSync(fd)
  })

  test('recvmsg() closes the descriptors of the previous receive that were not taken (H75)', async (t) => {
    const [a, b] = await pair(t)
    const msg = new MsgHdr()
    msg.addn(10)
    for (let i = 0; i < 3; i++) {
      await a.sendfd(0)
      await b.recvmsg(msg)
      assert.equal(msg.control().length, 1)
    }
    msg.control().clear()
  })

  test('recvmsg() sets MSG_CTRUNC and leaks nothing when there is no room for control messages (H70)', async (t) => {
    const [a, b] = await pair(t)
    await a.sendfd(0)
    const msg = new MsgHdr()
    msg.addn(10)
    msg.control().reserve(0)
    assert.equal(await b.recvmsg(msg), 1)
    assert.equal(msg.flags() & MSG_CTRUNC, MSG_CTRUNC)
    assert.equal(msg.control().length, 0)
  })

  test('sendmsg() refuses descriptors without data, which would be lost (H73)', async (t) => {
    const [a] = await pair(t)
    const msg = new MsgHdr()
    msg.control().push(CmsgHdr.rights(0))
    await assert.rejects(a.sendmsg(msg), { code: 'EINVAL', syscall: 'sendmsg' })
  })
})
