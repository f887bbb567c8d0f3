// Descriptors when there is too little room, or no number free.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CMSG_LEN, CMSG_SPACE, MSG_CTRUNC } from 'berkeley/llsocket'
import { available, countFds, leavesNoFd, root, run, script } from '../util/index.js'
import { file, inbox, pair, pass, types } from './common.js'

leavesNoFd()

const fitting = (bytes: number): number => (bytes < CMSG_LEN(4) ? 0 : Math.floor((bytes - CMSG_LEN(0)) / 4))

describe('room for control messages (H70, H71)', () => {
  for (const [name, type] of types)
    it(`recvmsg() on a ${name} socket reports descriptors that do not fit into any room, and none leaks`, (t) => {
      const [a, b] = pair(t, type)
      const passed = file(t)
      const before = countFds()
      const msg = inbox(1)
      for (const sent of [1, 2, 3, 9, 253])
        for (const reserve of [...Array(49).keys(), CMSG_SPACE(252 * 4), CMSG_LEN(253 * 4), CMSG_SPACE(253 * 4) + 1]) {
          msg.control().reserve(reserve)
          pass(a, Array(sent).fill(passed))
          assert.equal(b.recvmsg(msg), 1)
          const arrived = [...msg.control()].flatMap((cmsg) => cmsg.fds()).length
          assert.equal(arrived, Math.min(sent, fitting(reserve)), `${sent} sent, room of ${reserve}`)
          assert.equal((msg.flags() & MSG_CTRUNC) !== 0, arrived < sent, `${sent} sent, room of ${reserve}`)
          assert.equal(countFds(), before + arrived)
          msg.control().clear()
          assert.equal(countFds(), before)
        }
    })
})

describe('no free descriptor number (H72)', { skip: available('prlimit') }, () => {
  const child = `
    import { openSync } from 'node:fs'
    import { countFds } from './build/test/util/fds.js'
    import { AGAIN, CmsgHdr, MSG_CTRUNC, MsgHdr, socket } from 'berkeley/llsocket'
    const [type, free, count] = process.argv.slice(-3).map(Number)
    const [a, b] = socket.pair(type, true)
    countFds()
    const say = (...words) => console.log(...words)
    const opened = []
    try { for (;;) opened.push(openSync('/dev/null')) } catch (error) { say(error.code) }
    const { closeSync } = await import('node:fs')
    for (let i = 0; i < free; i++) closeSync(opened.pop())
    const out = new MsgHdr()
    out.add('x')
    out.control().push(CmsgHdr.rights(...Array(count).fill(opened[0])))
    a.sendmsg(out)
    a.sendmsg(out)
    try { say('recvfd', b.recvfd() >= 0) } catch (error) { say('recvfd', error.code) }
    const msg = new MsgHdr()
    msg.addn(1)
    say('recvmsg', b.recvmsg(msg), (msg.flags() & MSG_CTRUNC) !== 0, [...msg.control()].flatMap((c) => c.fds()).length)
    msg.control().clear()
    say(b.recvfd() === AGAIN)
    let spare = 0
    try { for (;;) opened.push(openSync('/dev/null')), spare++ } catch {}
    say('free', spare)
  `

  for (const [name, type] of types)
    for (const [free, count, recvfd, arrived, left] of [
      [0, 1, 'EMFILE', 0, 0],
      [0, 3, 'EMFILE', 0, 0],
      [1, 3, 'EMSGSIZE', 1, 1],
      [2, 1, 'true', 1, 1],
    ] as const)
      it(`recvfd() and recvmsg() report ${count} descriptors of a ${name} message with ${free} numbers free, and leak nothing`, async () => {
        const { stdout, stderr, code } = await run(
          'prlimit',
          ['--nofile=120:120', process.execPath, ...script(child), '--', String(type), String(free), String(count)],
          { cwd: root },
        )
        const expected = [
          'EMFILE',
          `recvfd ${recvfd}`,
          `recvmsg 1 ${arrived < count} ${arrived}`,
          'true',
          `free ${left}`,
        ]
        assert.deepEqual([stdout.trim().split('\n'), code], [expected, 0], stderr)
      })
})
