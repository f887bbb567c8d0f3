// The error queue: notes of the kernel about what was sent, beside the data.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AddrInfo, dgram, MSG_DONTWAIT, MSG_ERRQUEUE, MSG_ZEROCOPY, MsgHdr } from 'berkeley'
import { closing, leavesNoFd, within } from '../util/index.js'
import { conversation } from './common.js'

leavesNoFd()

function room(): MsgHdr {
  const msg = new MsgHdr()
  msg.addn(64)
  return msg
}

describe('MSG_ERRQUEUE', () => {
  test('recvmsg() waits for the error queue while recv() waits for data, and each gets its own', async (t) => {
    const [client, peer] = await conversation(t)
    client.zerocopy(true)
    const data = client.recv()
    const note = room()
    const noted = client.recvmsg(note, MSG_ERRQUEUE)
    await client.send(Buffer.alloc(40_001), MSG_ZEROCOPY)
    assert.equal(await within(noted, 'the note about the memory'), 0)
    assert.equal(note.control().value('recverr')?.code, undefined)
    await peer.send('data')
    assert.equal(String(await data), 'data')
  })

  test('a note without data is not the end of a stream', async (t) => {
    const [client, peer] = await conversation(t)
    client.zerocopy(true)
    for (let i = 0; i < 3; i++) {
      await client.send(Buffer.alloc(40_001), MSG_ZEROCOPY)
      // Memory is free once the peer has the data.
      for (let left = 40_001; left > 0; ) left -= (await peer.recv(left))?.length ?? left
      assert.equal(await within(client.recvmsg(room(), MSG_ERRQUEUE), 'the note'), 0)
    }
    await peer.send('the connection is still there')
    assert.equal(String(await client.recv()), 'the connection is still there')
  })

  test('an empty error queue is EAGAIN with MSG_DONTWAIT, ends with a deadline, and with close()', async (t) => {
    const [client] = await conversation(t)
    await assert.rejects(client.recvmsg(room(), MSG_ERRQUEUE | MSG_DONTWAIT), { code: 'EAGAIN' })
    client.deadlines(20)
    await assert.rejects(client.recvmsg(room(), MSG_ERRQUEUE), { name: 'TimeoutError' })
    client.deadlines(0)
    const waiting = client.recvmsg(room(), MSG_ERRQUEUE)
    const data = client.recv()
    await client.close()
    await assert.rejects(waiting, { code: 'ECANCELED' })
    await assert.rejects(data, { code: 'ECANCELED' })
  })

  test('an error of the network reaches recvmsg() with MSG_ERRQUEUE on a datagram socket', async (t) => {
    const sock = closing(t, await dgram.inet.Socket.create({ host: '127.0.0.1' }))
    await sock.bind()
    sock.recverr(true)
    const probe = closing(t, await dgram.inet.Socket.create({ host: '127.0.0.1' }))
    await probe.bind()
    const { port } = probe.getsockname()
    await probe.close()
    const note = room()
    const noted = sock.recvmsg(note, MSG_ERRQUEUE)
    await sock.sendto('nothing is bound there', AddrInfo.inet('127.0.0.1', port))
    assert.equal(await within(noted, 'the error of the network'), 22)
    assert.equal(note.control().value('recverr')?.code, 'ECONNREFUSED')
  })
})
