// Receiving on open sockets that another process has made blocking: the event loop goes on.
import assert from 'node:assert/strict'
import { closeSync } from 'node:fs'
import { describe, test } from 'node:test'
import {
  type dgram,
  MSG_DONTWAIT,
  MSG_ERRQUEUE,
  MSG_PEEK,
  MSG_TRUNC,
  MSG_ZEROCOPY,
  MsgHdr,
  type Socket,
  stream,
} from 'berkeley'
import { conversation, type End, nullFd, unixTypes } from '../stream/common.js'
import { closingAll, leavesNoFd } from '../util/index.js'
import { all, datagrams, type Make, makeBlocking, plain, timesOut, waitsFor } from './blocking.js'

leavesNoFd()

async function recvinto(from: Socket): Promise<string> {
  const memory = Buffer.alloc(100)
  return String(memory.subarray(0, await from.recvinto(memory)))
}

async function recvmsg(from: Socket): Promise<string> {
  const msg = new MsgHdr()
  msg.addn(100)
  await from.recvmsg(msg)
  return String(msg.concat())
}

async function length(from: Socket): Promise<string> {
  assert.equal(await from.recvinto(Buffer.alloc(0), MSG_PEEK | MSG_TRUNC), 4)
  return String(await from.recv())
}

async function readable(from: Socket): Promise<string> {
  await from.readable()
  return String(await from.recv())
}

async function recvmany(from: dgram.Socket): Promise<string> {
  using batch = await from.recvmany()
  return String(batch.at(0)?.data)
}

async function iterated(from: AsyncIterable<unknown>): Promise<string> {
  const iterator = from[Symbol.asyncIterator]()
  const { value } = await iterator.next()
  await iterator.return?.()
  return String(Array.isArray(value) ? value[0] : value)
}

const verbs: [verb: string, call: (from: never) => Promise<string>, pairs: Record<string, Make<Socket>>][] = [
  ['recv()', async (from: Socket) => String(await from.recv()), all],
  ['recvinto()', recvinto, all],
  ['recvinto() for a length', length, datagrams],
  ['readable()', readable, all],
  ['recvmsg()', recvmsg, plain],
  ['recvfrom()', async (from: dgram.Socket) => String((await from.recvfrom())[0]), datagrams],
  ['recvmany()', recvmany, datagrams],
  ['iteration', iterated, all],
]

describe('receiving from a socket that another owner has made blocking (H96)', () => {
  for (const [verb, call, pairs] of verbs)
    for (const [name, make] of Object.entries(pairs))
      test(`${verb} of ${name} waits without the thread`, async (t) => {
        const [from, to] = await make(t)
        makeBlocking(from)
        await timesOut(from, () => call(from as never))
        assert.equal(
          await waitsFor(
            () => call(from as never),
            () => to.send('late'),
          ),
          'late',
        )
        assert.equal(from.isnonblock(), false)
      })

  for (const [name, make] of unixTypes)
    test(`recvfd() of a ${name} waits without the thread`, async (t) => {
      const [from, to]: [End, End] = closingAll(t, await make())
      makeBlocking(from)
      await timesOut(from, () => from.recvfd())
      const fd = await waitsFor(
        () => from.recvfd(),
        () => to.sendfd(nullFd(t)),
      )
      assert.ok(fd !== null)
      closeSync(fd)
    })

  test('the error queue is waited for without the thread', async (t) => {
    const [client, peer] = await conversation(t)
    client.zerocopy(true)
    makeBlocking(client)
    const note = async (): Promise<number | null> => {
      const msg = new MsgHdr()
      msg.addn(64)
      return client.recvmsg(msg, MSG_ERRQUEUE)
    }
    await timesOut(client, note)
    const sendAndRead = async (): Promise<void> => {
      await client.send(Buffer.alloc(40_001), MSG_ZEROCOPY)
      for (let left = 40_001; left > 0; ) left -= (await peer.recv(left))?.length ?? left
    }
    assert.equal(await waitsFor(note, sendAndRead), 0)
  })

  test('MSG_DONTWAIT of the caller is EAGAIN, as it is on a non-blocking socket', async (t) => {
    const [from] = closingAll(t, await stream.unix.pair())
    makeBlocking(from)
    await assert.rejects(from.recv(1, MSG_DONTWAIT), { code: 'EAGAIN' })
  })
})
