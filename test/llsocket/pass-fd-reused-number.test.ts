// What happens when the caller closes a received descriptor by its number, instead of taking it.
import assert from 'node:assert/strict'
import { closeSync, fstatSync } from 'node:fs'
import { describe, it } from 'node:test'
import { MsgHdr, SOCK_STREAM, type Socket, socket } from 'berkeley/llsocket'
import { closingAll, coded, leavesNoFd } from '../util/index.js'

leavesNoFd()

const listed = (msg: MsgHdr): number[] => [...msg.control()].flatMap((cmsg) => cmsg.fds())

/** Two ends of which one has received a descriptor, and has it in a message. */
function withReceived(t: Parameters<typeof closingAll>[0]): { a: Socket; b: Socket; msg: MsgHdr; number: number } {
  const [a, b] = closingAll(t, socket.pair(SOCK_STREAM))
  const msg = new MsgHdr()
  msg.addn(10)
  a.sendfd(0)
  b.recvmsg(msg)
  return { a, b, msg, number: listed(msg)[0] ?? -1 }
}

describe('a received descriptor closed by its number (H05)', () => {
  it('recvmsg() does not close the new descriptor that has got the same number', (t) => {
    const { a, b, msg, number } = withReceived(t)
    closeSync(number)
    a.sendfd(a.fd())
    b.recvmsg(msg)
    assert.deepEqual(listed(msg), [number])
    assert.ok(fstatSync(number).isSocket())
    msg.control().clear()
    assert.throws(() => fstatSync(number), coded('EBADF'))
  })

  it('recvmsg() throws EBADF for the number, and the next message is there all the same', (t) => {
    const { a, b, msg, number: lost } = withReceived(t)
    const lower = socket.pair(SOCK_STREAM)
    a.sendfd(0)
    b.recvmsg(msg)
    const [number = -1] = listed(msg)
    assert.ok(number >= lost)
    for (const one of lower) one.close()
    closeSync(number)
    a.sendfd(a.fd())
    // The kernel gives the lowest free number, which no object here believes to own.
    assert.throws(() => b.recvmsg(msg), coded('EBADF', { syscall: 'close' }))
    assert.equal(msg.bytes(), 1)
    assert.equal(listed(msg).length, 1)
    assert.ok(fstatSync(listed(msg)[0] ?? -1).isSocket())
    msg.control().clear()
  })

  it('recvmsg() does not close a descriptor of the same number that recvfd() gave to the caller', (t) => {
    const { a, b, msg, number } = withReceived(t)
    closeSync(number)
    a.sendfd(a.fd())
    assert.equal(b.recvfd(), number)
    msg.control().clear()
    assert.ok(fstatSync(number).isSocket())
    closeSync(number)
  })
})
