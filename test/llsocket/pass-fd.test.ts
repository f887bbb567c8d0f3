// Descriptors over each type of unix socket: none is lost unnoticed, and none leaks.
import assert from 'node:assert/strict'
import { closeSync, readSync } from 'node:fs'
import { describe, it } from 'node:test'
import { AGAIN, CmsgHdr, MSG_CTRUNC, MSG_PEEK, MsgHdr } from 'berkeley/llsocket'
import { coded, countFds, leavesNoFd } from '../util/index.js'
import { file, got, inbox, isCloexec, pair, pass, sameFile, types } from './common.js'

leavesNoFd()

for (const [name, type] of types)
  describe(`descriptors over a ${name} socket`, () => {
    it('recvfd() gives one descriptor, close-on-exec, that belongs to the caller (H73, H74)', (t) => {
      const [a, b] = pair(t, type)
      const passed = file(t)
      assert.equal(a.sendfd(passed), 0)
      const fd = got(b.recvfd())
      assert.notEqual(fd, passed)
      assert.equal(isCloexec(fd), true)
      assert.equal(sameFile(fd, passed), true)
      closeSync(fd)
      assert.equal(b.recvfd(), AGAIN)
    })

    it('recvfd() gives many descriptors in order, and nothing is left behind', (t) => {
      const [a, b] = pair(t, type)
      const paths = ['/dev/null', '/dev/zero', '/dev/full']
      for (const path of paths) a.sendfd(file(t, path))
      const fds = paths.map(() => got(b.recvfd()))
      assert.deepEqual(
        fds.map((fd, i) => sameFile(fd, file(t, paths[i]))),
        [true, true, true],
      )
      fds.map((fd) => closeSync(fd))
    })

    for (const count of [1, 2, 3, 100, 253])
      it(`recvmsg() receives ${count} descriptors in one message`, (t) => {
        const [a, b] = pair(t, type)
        const passed = file(t)
        const before = countFds()
        assert.equal(pass(a, Array(count).fill(passed), 'data'), 4)
        const msg = inbox()
        assert.equal(b.recvmsg(msg), 4)
        assert.equal(msg.flags() & MSG_CTRUNC, 0)
        const [cmsg] = [...msg.control()]
        assert.equal(cmsg?.fds().length, count)
        assert.equal(cmsg?.fds().every(isCloexec), true)
        assert.equal(countFds(), before + count)
        msg.control().clear()
        assert.equal(countFds(), before)
      })

    it('CmsgHdr.rights() refuses 254 descriptors (H79)', () => {
      assert.throws(() => CmsgHdr.rights(...Array(254).fill(0)), coded('ERR_OUT_OF_RANGE'))
    })

    for (const surplus of [2, 3, 50])
      it(`recvfd() throws EMSGSIZE for ${surplus} descriptors in one message, and closes all of them (H71)`, (t) => {
        const [a, b] = pair(t, type)
        const passed = file(t)
        const before = countFds()
        pass(a, Array(surplus).fill(passed))
        assert.throws(() => b.recvfd(), coded('EMSGSIZE', { syscall: 'recvfd' }))
        assert.equal(countFds(), before)
        a.sendfd(passed)
        closeSync(got(b.recvfd()))
      })

    it('recvfd() throws ENOMSG for a message without a descriptor, and consumes it', (t) => {
      const [a, b] = pair(t, type)
      a.send('x')
      a.sendfd(file(t))
      assert.throws(() => b.recvfd(), coded('ENOMSG', { syscall: 'recvfd' }))
      closeSync(got(b.recvfd()))
    })

    it('recvmsg() closes descriptors of the previous receive that were not taken (H75)', (t) => {
      const [a, b] = pair(t, type)
      const before = countFds() + 1
      const passed = file(t)
      const msg = inbox(1)
      for (let i = 0; i < 20; i++) {
        pass(a, [passed, passed, passed])
        assert.equal(b.recvmsg(msg), 1)
        assert.equal(countFds(), before + 3)
      }
      a.send('x')
      b.recvmsg(msg)
      assert.equal(countFds(), before)
    })

    it('recv() and its variants let the kernel drop descriptors (H75)', (t) => {
      const [a, b] = pair(t, type)
      const passed = file(t)
      const before = countFds()
      const plain: (() => unknown)[] = [
        () => b.recv(),
        () => b.recvfrom(),
        () => b.recvinto(Buffer.alloc(9)),
        () => b.readv([Buffer.alloc(9)]),
      ]
      for (const receive of plain) {
        pass(a, [passed, passed])
        receive()
        assert.equal(countFds(), before)
      }
    })

    it('recvmsg() with MSG_PEEK makes descriptors of its own, which are closed too (H76)', (t) => {
      const [a, b] = pair(t, type)
      const passed = file(t)
      const before = countFds()
      a.sendfd(passed)
      const msg = inbox(1)
      for (let i = 0; i < 5; i++) assert.equal(b.recvmsg(msg, MSG_PEEK), 1)
      assert.equal(countFds(), before + 1)
      const peeked = got(b.recvfd(MSG_PEEK))
      const fd = got(b.recvfd())
      assert.notEqual(peeked, fd)
      closeSync(peeked)
      closeSync(fd)
      msg.control().clear()
      assert.equal(countFds(), before)
    })

    it('sendfd() leaves the descriptor to its owner when it throws', (t) => {
      const [a] = pair(t, type)
      assert.throws(() => a.sendfd(987654), coded('EBADF', { syscall: 'sendfd' }))
      for (const bad of [-1, 1.5, 2 ** 31]) assert.throws(() => a.sendfd(bad), coded('ERR_OUT_OF_RANGE'))
    })

    it('sendmsg() sends a received control message on while that owns its descriptors', (t) => {
      const [a, b] = pair(t, type)
      a.sendfd(file(t, '/dev/zero'))
      const msg = inbox(1)
      b.recvmsg(msg)
      const back = new MsgHdr()
      back.add('x')
      back.control().push(got(msg.control().shift()))
      b.sendmsg(back)
      const fd = got(a.recvfd())
      back.control().clear()
      assert.equal(readSync(fd, Buffer.alloc(4)), 4)
      closeSync(fd)
    })
  })
