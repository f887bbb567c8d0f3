// Options of unix sockets that show only in what the other side may do, or in what comes with a message.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MsgHdr, SCM_INQ, SOCK_STREAM, SOL_SOCKET, socket } from 'berkeley/llsocket'
import { keeper, kernelSince, told } from './sockets.js'

const tooOld = (version: string) => (kernelSince(version) ? false : `it came with Linux ${version}`)

describe('peerpidfd()', { skip: tooOld('6.5') }, () => {
  it('peerpidfd() gives a new descriptor with every call, which the caller has to close', (t) => {
    const keep = keeper(t)
    const [one, other] = socket.pair(SOCK_STREAM)
    keep(one)
    keep(other)
    const fds = [one.peerpidfd(), one.peerpidfd()]
    assert.notEqual(fds[0], fds[1])
    for (const fd of fds) {
      const info = told(`/proc/self/fdinfo/${fd}`)
      assert.match(info, new RegExp(`^Pid:\\s*${process.pid}$`, 'm'))
      assert.ok(Number.parseInt(/^flags:\s*([0-7]+)$/m.exec(info)?.[1] ?? '0', 8) & 0o2000000, 'close-on-exec')
      socket.close(fd)
      assert.equal(told(`/proc/self/fdinfo/${fd}`), '')
    }
  })
})

describe('passrights()', { skip: tooOld('6.16') }, () => {
  it('passrights(false) keeps the peer from sending descriptors', (t) => {
    const keep = keeper(t)
    const [one, other] = socket.pair(SOCK_STREAM, true)
    keep(one)
    keep(other)
    assert.equal(one.passrights(false), false)
    assert.throws(() => other.sendfd(0), { code: 'EPERM' })
    assert.equal(one.passrights(true), true)
    assert.equal(other.sendfd(0), 0)
    const fd = one.recvfd()
    assert.ok(typeof fd === 'number')
    socket.close(fd)
  })
})

describe('inq()', { skip: tooOld('6.17') }, () => {
  it('inq() adds the number of bytes left to each message', (t) => {
    const keep = keeper(t)
    const [one, other] = socket.pair(SOCK_STREAM, true)
    keep(one)
    keep(other)
    one.inq(true)
    other.send('0123456789')
    const message = new MsgHdr()
    message.addn(4)
    one.recvmsg(message)
    const left = [...message.control()].find((cmsg) => cmsg.level() === SOL_SOCKET && cmsg.type() === SCM_INQ)
    assert.equal(new Int32Array(Uint8Array.from(left?.data() ?? []).buffer)[0], 6)
  })
})
