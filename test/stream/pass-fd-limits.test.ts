// Descriptors over the asynchronous sockets: whatever a peer sends, and however little room there is, nothing leaks, and
// the receiver is told of everything.
import assert from 'node:assert/strict'
import { closeSync, fstatSync, openSync } from 'node:fs'
import { describe, test } from 'node:test'
import { CMSG_LEN, CMSG_SPACE, MSG_CTRUNC, MSG_PEEK, MsgHdr, stream } from 'berkeley'
import { threadPoller } from '#internal/engine/choose-poller.js'
import { available, closing, countFds, leavesNoFd, root, run, script, tempFolder } from '../util/index.js'
import { ends, nullFd, pass, unixTypes } from './common.js'

leavesNoFd()

// It has a descriptor of its own, which must not be counted during a test.
threadPoller()

function room(reserve?: number): MsgHdr {
  const msg = new MsgHdr()
  msg.addn(16)
  if (reserve !== undefined) msg.control().reserve(reserve)
  return msg
}

const arrived = (msg: MsgHdr): number => [...msg.control()].flatMap((cmsg) => cmsg.fds()).length

for (const [name, make] of unixTypes)
  describe(`descriptors over a ${name}`, () => {
    test('recvmsg() reports descriptors for which there is no room, and they are closed (H70, H71)', async (t) => {
      const [a, b] = await ends(t, make)
      const fd = nullFd(t)
      const before = countFds()
      for (const sent of [1, 2, 3, 100, 253])
        for (const reserve of [0, CMSG_LEN(4), CMSG_SPACE(4), CMSG_LEN(8), CMSG_LEN(99 * 4), CMSG_SPACE(253 * 4)]) {
          const msg = room(reserve)
          await pass(a, fd, sent)
          assert.equal(await b.recvmsg(msg), 1)
          assert.equal((msg.flags() & MSG_CTRUNC) !== 0, arrived(msg) < sent, `${sent} sent, room of ${reserve}`)
          assert.equal(countFds(), before + arrived(msg))
          msg.control().clear()
          assert.equal(countFds(), before)
        }
    })

    test('recvfd() rejects with EMSGSIZE when several descriptors arrive, and closes all of them (H71)', async (t) => {
      const [a, b] = await ends(t, make)
      const fd = nullFd(t)
      const before = countFds()
      for (const sent of [2, 3, 253]) {
        await pass(a, fd, sent)
        await assert.rejects(b.recvfd(), { code: 'EMSGSIZE', syscall: 'recvfd' })
        assert.equal(countFds(), before)
      }
      await a.sendfd(fd)
      closeSync((await b.recvfd()) as number)
    })

    test('recvfd() and recvmsg() treat descriptors alike when they had to wait for them (H70, H71)', async (t) => {
      const [a, b] = await ends(t, make)
      const fd = nullFd(t)
      const before = countFds()
      const surplus = assert.rejects(b.recvfd(), { code: 'EMSGSIZE' })
      await pass(a, fd, 2)
      await surplus
      const none = assert.rejects(b.recvfd(), { code: 'ENOMSG' })
      await a.send('x')
      await none
      const msg = room(0)
      const cut = b.recvmsg(msg)
      await pass(a, fd, 3)
      assert.equal(await cut, 1)
      assert.notEqual(msg.flags() & MSG_CTRUNC, 0)
      assert.equal(countFds(), before)
    })

    test('recvmsg() with MSG_PEEK gives descriptors of its own, different from those received later (H76)', async (t) => {
      const [a, b] = await ends(t, make)
      const fd = nullFd(t)
      const before = countFds()
      await a.sendfd(fd)
      const msg = room()
      for (let i = 0; i < 5; i++) assert.equal(await b.recvmsg(msg, MSG_PEEK), 1)
      assert.equal(countFds(), before + 1)
      msg.control().clear()
      const [peeked, received] = [(await b.recvfd(MSG_PEEK)) as number, (await b.recvfd()) as number]
      assert.notEqual(peeked, received)
      closeSync(peeked)
      closeSync(received)
      assert.equal(countFds(), before)
    })

    test('recv() drops descriptors, and an aborted recvfd() loses none (H75, H23)', async (t) => {
      const [a, b] = await ends(t, make)
      const fd = nullFd(t)
      const before = countFds()
      await pass(a, fd, 9)
      assert.equal(String(await b.recv()), 'x')
      assert.equal(countFds(), before)
      for (let i = 0; i < 50; i++) {
        const abort = new AbortController()
        const waiting = b.recvfd(0, { signal: abort.signal })
        const sending = a.sendfd(fd)
        abort.abort()
        await assert.rejects(waiting, { name: 'AbortError' })
        await sending
        closeSync((await b.recvfd()) as number)
      }
      assert.equal(countFds(), before)
    })

    test('descriptors in flight are closed together with the sockets that carry them (H81)', async () => {
      const before = countFds()
      const [a, b] = await make()
      const [c, d] = await make()
      // Each pair carries the other one, and itself.
      for (const [from, ...passed] of [
        [a, c, d, a, b],
        [c, a, b, c, d],
      ] as const)
        for (const sock of passed) await from.sendfd(sock.fd())
      for (const sock of [a, b, c, d]) await sock.close()
      assert.equal(countFds(), before)
    })

    test('wrap() checks what kind of socket a received descriptor is (H81)', async (t) => {
      const [a, b] = await ends(t, make)
      const listener = closing(t, await stream.inet.Server.create({ host: '127.0.0.1' }))
      listener.listen()
      const folder = openSync(tempFolder(t), 'r')
      t.after(() => closeSync(folder))
      for (const [passed, code] of [
        [nullFd(t), 'ENOTSOCK'],
        [folder, 'ENOTSOCK'],
        [listener.fd(), 'EPROTOTYPE'],
        [b.fd(), name === 'stream' ? undefined : 'EPROTOTYPE'],
      ] as const) {
        await a.sendfd(passed)
        const fd = (await b.recvfd()) as number
        const adopted = stream.unix.wrap(fd)
        if (code === undefined) {
          await (await adopted).close()
          continue
        }
        await assert.rejects(adopted, { code })
        fstatSync(fd) // it is still the receiver's
        closeSync(fd)
      }
    })
  })

describe('no free descriptor number (H72)', { skip: available('prlimit') }, () => {
  const child = `
    import { closeSync, openSync } from 'node:fs'
    import { CmsgHdr, MSG_CTRUNC, MsgHdr, dgram, seqpacket, stream } from 'berkeley'
    const say = (...words) => console.log(...words)
    const [kind, free, count] = process.argv.slice(-3)
    const [a, b] = await { stream, seqpacket, dgram }[kind].unix.pair()
    // The reactor has its descriptors from here on.
    b.deadlines(1)
    await b.recv().catch((error) => say(error.code))
    b.deadlines(0)
    const taken = []
    const fill = () => { try { for (;;) taken.push(openSync('/dev/null')) } catch (error) { return error.code } }
    say(fill())
    for (let i = 0; i < Number(free); i++) closeSync(taken.pop())
    const out = () => {
      const msg = new MsgHdr()
      msg.add('x')
      msg.control().push(CmsgHdr.rights(...Array(Number(count)).fill(taken[0])))
      return msg
    }
    const waiting = b.recvfd()
    await a.sendmsg(out())
    await waiting.then((fd) => say('recvfd', fd >= 0) ?? closeSync(fd), (error) => say('recvfd', error.code))
    const msg = new MsgHdr()
    msg.addn(1)
    await a.sendmsg(out())
    say('recvmsg', await b.recvmsg(msg), (msg.flags() & MSG_CTRUNC) !== 0)
    msg.control().clear()
    const held = taken.length
    fill()
    say('free', taken.length - held)
    closeSync(taken.pop())
    await a.sendfd(taken[0])
    say('afterwards', (await b.recvfd()) >= 0)
    process.exit()
  `

  for (const [name] of unixTypes)
    for (const [free, count, recvfd] of [
      [0, 1, 'EMFILE'],
      [1, 3, 'EMSGSIZE'],
      [1, 1, 'true'],
    ] as const)
      test(`recvfd() of a ${name} reports ${count} descriptors with ${free} numbers free, and leaks nothing`, async () => {
        const { stdout, stderr, code } = await run(
          'prlimit',
          ['--nofile=120:120', process.execPath, ...script(child), '--', name, String(free), String(count)],
          { cwd: root },
        )
        const expected = [
          'ETIMEDOUT',
          'EMFILE',
          `recvfd ${recvfd}`,
          `recvmsg 1 ${free < count}`,
          `free ${free}`,
          'afterwards true',
        ]
        assert.deepEqual([stdout.trim().split('\n'), code], [expected, 0], stderr)
      })
})
