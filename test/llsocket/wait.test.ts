// recvable() and sendable(), and what signals do to calls that block.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { MSG_OOB, SOCK_STREAM } from 'berkeley/llsocket'
import { coded, ipv4, leavesNoFd, script, start } from '../util/index.js'
import { accepted, connecting, listener, pair } from './common.js'

leavesNoFd()

const child = (call: string): string => `
    import { SOCK_STREAM, socket } from 'berkeley/llsocket'
    process.on('SIGUSR2', () => {})
    const [a, b] = socket.pair(SOCK_STREAM)
    b.rcvtimeo(8)
    console.log('ready')
    const begin = performance.now()
    const answer = ${call}
    console.log('answer', String(answer), Math.floor(performance.now() - begin))
    a.close()
    b.close()`

/** Sends signals until it has ended: one that comes before the call does nothing. */
async function underFire(t: TestContext, call: string): Promise<RegExpExecArray> {
  const running = start(t, process.execPath, script(child(call)))
  await running.waitForOutput(/ready/)
  const fire = setInterval(() => running.process.kill('SIGUSR2'), 20)
  t.after(() => clearInterval(fire))
  return running.waitForOutput(/answer (\S+) (\d+)/)
}

describe('recvable() and sendable()', () => {
  it('recvable() and sendable() tell of urgent data when they are asked to', (t) => {
    const server = listener(t, ipv4.address())
    const a = connecting(t, server.getsockname())
    const b = accepted(t, server)
    a.send('!', MSG_OOB)
    assert.equal(b.recvable(10_000, true), true)
    assert.equal(b.recvable(0, false), false)
    assert.equal(b.sendable(0, true), true)
    assert.equal(String(b.recv(1, MSG_OOB)), '!')
    assert.equal(b.recvable(0, true), false)
    assert.throws(() => b.recvable(0, 1 as never), coded('ERR_INVALID_ARG_TYPE'))
  })

  it('recvable() waits as long as it is told', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    const begin = performance.now()
    assert.equal(b.recvable(30), false)
    assert.ok(performance.now() - begin >= 29)
    a.send('x')
    assert.deepEqual([b.recvable(-1), b.recvable(), b.recvable(10_000)], [true, true, true])
  })

  it('recvable() and sendable() return true when there is an error or an end to report', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    a.close()
    assert.deepEqual([b.recvable(-1), b.sendable(-1)], [true, true])
  })

  it('recvable() and sendable() take whole milliseconds within an int', (t) => {
    const [a] = pair(t, SOCK_STREAM)
    for (const bad of [0.5, Number.NaN, 2 ** 31]) assert.throws(() => a.recvable(bad), coded('ERR_OUT_OF_RANGE'))
    assert.throws(() => a.sendable('1' as never), coded('ERR_INVALID_ARG_TYPE'))
  })
})

describe('signals (H45)', () => {
  it('a signal ends a blocking recv() with AGAIN', async (t) => {
    const [, answer, milliseconds] = await underFire(t, 'b.recv()')
    assert.equal(answer, 'Symbol(AGAIN)')
    assert.ok(Number(milliseconds) < 7000)
  })

  it('a signal makes recvable() neither shorter nor longer', async (t) => {
    const [, answer, milliseconds] = await underFire(t, 'b.recvable(300)')
    assert.equal(answer, 'false')
    assert.ok(Number(milliseconds) >= 299 && Number(milliseconds) < 3000, `${milliseconds} ms`)
  })
})
