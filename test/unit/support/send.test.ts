// Short data goes to the kernel by memory that the addon knows: exactly what the view holds when the call is made.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { AddrInfo, MSG_CONFIRM, MSG_DONTWAIT, SOCK_DGRAM, type Socket, socket } from 'berkeley/llsocket'
import { native } from '#internal/native/sockets.js'
import { send, sendto } from '#internal/support/send.js'
import { closing, closingAll, leavesNoFd } from '../../util/index.js'

leavesNoFd()

type Pair = readonly [from: Socket, to: Socket]

const pair = (t: TestContext): Pair => closingAll(t, socket.pair(SOCK_DGRAM)) as Pair

/** What arrives of data that is sent by a function. */
function sent([from, to]: Pair, how: (fd: number) => number): Buffer {
  assert.ok(how(from.fd()) >= 0)
  return to.recv(8192, MSG_DONTWAIT) as Buffer
}

const filled = (bytes: number, value: number): Buffer => Buffer.alloc(bytes, value)

describe('send()', () => {
  it('send() sends data of any length whole, short or not', (t) => {
    const sockets = pair(t)
    for (const bytes of [1, 2, 3, 63, 64, 65, 2047, 2048, 2049, 5000]) {
      const data = filled(bytes, bytes & 0xff)
      assert.deepEqual(
        sent(sockets, (fd) => send(fd, data, 0, bytes, MSG_DONTWAIT)),
        data,
      )
    }
  })

  it('send() sends a part of a view, and nothing of former data', (t) => {
    const sockets = pair(t)
    send(sockets[0].fd(), filled(2048, 0xee), 0, 2048, 0)
    sockets[1].recv(4096)
    const data = Buffer.from('0123456789')
    assert.equal(String(sent(sockets, (fd) => send(fd, data, 0, 4, 0))), '0123')
    assert.equal(String(sent(sockets, (fd) => send(fd, data, 4, 6, 0))), '456789')
    assert.equal(String(sent(sockets, (fd) => send(fd, data.subarray(2, 5), 0, 3, MSG_DONTWAIT))), '234')
  })

  it('send() refuses data of which there is less than it is told, whatever a property says', (t) => {
    const [from] = pair(t)
    const shrunk = Buffer.from('ab')
    Object.defineProperty(shrunk, 'length', { value: 100 })
    assert.throws(() => send(from.fd(), shrunk, 0, 100, 0), { code: 'ERR_OUT_OF_RANGE' })
    const detached = Buffer.from(new ArrayBuffer(16))
    structuredClone(detached.buffer, { transfer: [detached.buffer] })
    assert.throws(() => send(from.fd(), detached, 0, 16, 0))
  })

  it('send() never gives memory of the addon to a call with other flags', (t) => {
    const [from] = pair(t)
    const short = t.mock.method(native, 'sendShort')
    send(from.fd(), filled(10, 1), 0, 10, MSG_CONFIRM)
    assert.equal(short.mock.callCount(), 0)
    send(from.fd(), filled(10, 1), 0, 10, MSG_DONTWAIT)
    assert.equal(short.mock.callCount(), 1)
  })
})

it('sendto() sends to the address, short or not', (t) => {
  const any = AddrInfo.inet('127.0.0.1', 0, { socktype: SOCK_DGRAM })
  const [to, from] = [closing(t, socket.create(any)), closing(t, socket.create(any))]
  to.bind(any)
  const { sockaddr } = to.getsockname() as AddrInfo
  for (const bytes of [0, 5, 2048, 2049]) {
    assert.equal(sendto(from.fd(), filled(bytes, 7), bytes, MSG_DONTWAIT, sockaddr), bytes)
    assert.deepEqual(to.recv(8192), filled(bytes, 7))
  }
})

it('the addon refuses lengths that its memory does not have', () => {
  for (const [length, nameLength] of [
    [-1, 0],
    [2049, 0],
    [1, -1],
    [1, 129],
  ] as const)
    assert.equal(native.sendShort(-1, length, 0, nameLength), -22)
})
