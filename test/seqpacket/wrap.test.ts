import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SOCK_SEQPACKET, seqpacket } from 'berkeley'
import { socket } from 'berkeley/llsocket'
import { closingAll, leavesNoFd } from '../util/index.js'

leavesNoFd()

describe('wrap()', () => {
  test('wrap() adopts a pair made by another API, and refuses a descriptor that has an owner', async (t) => {
    const [one, other] = socket.pair(SOCK_SEQPACKET, true)
    const [a, b] = closingAll(t, [await seqpacket.unix.wrap(one.unwrap()), await seqpacket.unix.wrap(other.unwrap())])
    await a.send('mine now')
    assert.equal(String(await b.recv()), 'mine now')
    await assert.rejects(seqpacket.unix.wrap(a.fd()), { code: 'EBUSY' })
  })
})
