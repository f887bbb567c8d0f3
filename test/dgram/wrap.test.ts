import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AddrInfo, dgram } from 'berkeley'
import { MSG_DONTWAIT, SOCK_STREAM, socket } from 'berkeley/llsocket'
import { closing, closingAll, leavesNoFd } from '../util/index.js'
import { bound } from './common.js'

leavesNoFd()

describe('wrap()', () => {
  test('wrap() adopts a UDP socket and refuses other kinds', async (t) => {
    const low = closing(t, socket.create(AddrInfo.inet('127.0.0.1', 0, { socktype: 2 })))
    low.bind()
    const sock = closing(t, await dgram.inet.wrap(low.unwrap()))
    const client = await bound(t)
    await client.sendto('x', sock.getsockname())
    assert.equal(String(await sock.recv()), 'x')
    const [a] = closingAll(t, socket.pair(2))
    await assert.rejects(dgram.inet.wrap(a.fd()), { code: 'EPROTOTYPE' })
  })

  test('the constructor refuses a stream, which stays open for its owner', async (t) => {
    const [a, b] = closingAll(t, socket.pair(SOCK_STREAM, true))
    assert.throws(() => new dgram.inet.Socket(a), { code: 'EPROTOTYPE' })
    b.send('still open', MSG_DONTWAIT)
    assert.equal(String(a.recv(10, MSG_DONTWAIT)), 'still open')
  })
})
