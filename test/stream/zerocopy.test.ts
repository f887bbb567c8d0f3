// MSG_ZEROCOPY: memory of the caller that the kernel sends from, until it says that it is done.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { AddrInfo, dgram, MSG_DONTWAIT, MSG_ERRQUEUE, MSG_ZEROCOPY, MsgHdr } from 'berkeley'
import { ends as tlsEnds } from '../tls/common.js'
import { closing, isPending, leavesNoFd, within } from '../util/index.js'
import { conversation, drain, sha256, type Test } from './common.js'

leavesNoFd()

const MEGABYTE = 1 << 20

async function udp(t: Test): Promise<dgram.inet.Socket> {
  const sock = closing(t, await dgram.inet.Socket.create({ host: '127.0.0.1' }))
  await sock.bind()
  return sock
}

/** The address of a UDP socket that is closed. */
async function nobody(t: Test): Promise<AddrInfo> {
  const sock = await udp(t)
  const ai = sock.getsockname()
  await sock.close()
  return ai
}

function room(): MsgHdr {
  const msg = new MsgHdr()
  msg.addn(2000)
  return msg
}

describe('sendzerocopy() over TCP', () => {
  for (const host of ['127.0.0.1', '::1'])
    test(`sends all of the data, and says that loopback has copied it: ${host}`, async (t) => {
      const [client, peer] = await conversation(t, host)
      const data = randomBytes(3 * MEGABYTE + 1)
      const got = drain(peer)
      assert.deepEqual(await client.sendzerocopy(data), { bytes: data.length, copied: true })
      assert.deepEqual(await client.sendzerocopy('text'), { bytes: 4, copied: true })
      assert.deepEqual(await client.sendzerocopy(''), { bytes: 0, copied: false })
      await client.send('end')
      await client.end()
      assert.equal(sha256(await got), sha256(Buffer.concat([data, Buffer.from('textend')])))
    })

  test('resolves only when the kernel has let go of the memory (H142)', async (t) => {
    const [client, peer] = await conversation(t)
    client.sndbuf(16 * MEGABYTE)
    const data = Buffer.alloc(8 * MEGABYTE, 'a')
    const sending = client.sendzerocopy(data)
    for (let i = 0; client.bufferedAmount > 0 && i < 1000; i++) await nextTurn()
    assert.ok(await isPending(sending))
    // What is in the kernel's hands is what is sent: this shows that it has not made a copy before.
    const got: Buffer[] = []
    for (let left = data.length; left > 0; left -= got.at(-1)?.length ?? 0) got.push((await peer.recv()) as Buffer)
    assert.equal((await within(sending, 'the release')).bytes, data.length)
  })

  test('any number of calls at a time go in their order, more than the kernel keeps notes of', async (t) => {
    const [client, peer] = await conversation(t)
    const parts = Array.from({ length: 3000 }, (_, i) => Buffer.from(`${i}`.padStart(1000)))
    const got = drain(peer)
    const sent = await within(Promise.all(parts.map((part) => client.sendzerocopy(part))), 'all of them')
    assert.ok(sent.every(({ bytes }) => bytes === 1000))
    await client.end()
    assert.equal(sha256(await got), sha256(Buffer.concat(parts)))
  })

  test('timeout and signal cover the release, too', async (t) => {
    const [client] = await conversation(t)
    client.sndbuf(16 * MEGABYTE)
    const data = Buffer.alloc(8 * MEGABYTE)
    await assert.rejects(client.sendzerocopy(data, { timeout: 50 }), { name: 'TimeoutError', syscall: 'sendzerocopy' })
    const signal = AbortSignal.timeout(50)
    await assert.rejects(client.sendzerocopy(data, { signal }), { name: 'AbortError' })
    client.deadlines(0, 50)
    await assert.rejects(client.sendzerocopy(data), { name: 'TimeoutError' })
  })

  test('a peer that has reset the connection is an error', async (t) => {
    const [client, peer] = await conversation(t)
    const sending = client.sendzerocopy(Buffer.alloc(32 * MEGABYTE))
    peer.linger(0)
    await peer.close()
    await assert.rejects(sending, { code: /^(ECONNRESET|EPIPE)$/ })
    await assert.rejects(client.sendzerocopy('x'), { code: /^(ECONNRESET|EPIPE)$/ })
  })

  test('after close() the peer still gets everything as it was, and then the end', async (t) => {
    const [client, peer] = await conversation(t)
    client.sndbuf(16 * MEGABYTE)
    const data = randomBytes(8 * MEGABYTE)
    const sending = client.sendzerocopy(data)
    for (let i = 0; client.bufferedAmount > 0 && i < 1000; i++) await nextTurn()
    const accepted = client.bufferedAmount === 0
    await client.close()
    await assert.rejects(sending, { code: 'ECANCELED' })
    const got = await within(drain(peer), 'the end')
    if (accepted) assert.equal(sha256(got), sha256(data))
    else assert.ok(data.subarray(0, got.length).equals(got))
  })

  test('a socket of which the kernel has memory cannot be given away', async (t) => {
    const [client, peer] = await conversation(t)
    client.sndbuf(16 * MEGABYTE)
    const sending = client.sendzerocopy(Buffer.alloc(8 * MEGABYTE))
    sending.catch(() => undefined)
    assert.throws(() => client.detach(), { code: 'EBUSY' })
    const got = drain(peer)
    await sending
    await client.end()
    await got
  })

  test('it and the numbers that a user counts exclude each other', async (t) => {
    const [client, peer] = await conversation(t)
    const got = drain(peer)
    await client.sendzerocopy('x')
    await assert.rejects(client.send('x', MSG_ZEROCOPY), { code: 'EBUSY' })
    const msg = new MsgHdr()
    msg.add('x')
    await assert.rejects(client.sendmsg(msg, MSG_ZEROCOPY), { code: 'EBUSY' })
    await assert.rejects(client.recv(1, MSG_ERRQUEUE), { code: 'EOPNOTSUPP' })
    await assert.rejects(client.recvinto(Buffer.alloc(1), MSG_ERRQUEUE), { code: 'EOPNOTSUPP' })
    peer.zerocopy(true)
    await peer.send('x', MSG_ZEROCOPY)
    await assert.rejects(peer.sendzerocopy('x'), { code: 'EBUSY' })
    await client.end()
    await got
  })

  test('it is refused over TLS, and for wrong arguments', async (t) => {
    const [secure] = await tlsEnds(t as never)
    await assert.rejects(secure.sendzerocopy('x'), { code: 'EOPNOTSUPP' })
    const [client] = await conversation(t)
    await assert.rejects(client.sendzerocopy(3 as never), { code: 'ERR_INVALID_ARG_TYPE' })
    await assert.rejects(client.sendzerocopy('x', { flags: 1 } as never), { code: 'ERR_INVALID_ARG_VALUE' })
    await assert.rejects(client.sendzerocopy('x', { addr: AddrInfo.inet('127.0.0.1', 1) } as never), {
      code: 'ERR_INVALID_ARG_VALUE',
    })
    await client.close()
    await assert.rejects(client.sendzerocopy('x'), { code: 'EBADF' })
  })
})

describe('sendzerocopy() over UDP', () => {
  test('sends a datagram to its peer or to an address', async (t) => {
    const [a, b] = [await udp(t), await udp(t)]
    const data = randomBytes(20_000)
    assert.deepEqual(await a.sendzerocopy(data, { addr: b.getsockname() }), { bytes: 20_000, copied: true })
    assert.ok((await b.recv())?.equals(data))
    const { addr: host, port } = b.getsockname()
    await a.connect({ host, port })
    assert.deepEqual(await a.sendzerocopy('small'), { bytes: 5, copied: true })
    assert.equal(String(await b.recv()), 'small')
    assert.deepEqual(await a.sendzerocopy(''), { bytes: 0, copied: false })
    assert.equal((await b.recv())?.length, 0)
    await assert.rejects(a.sendzerocopy(Buffer.alloc(70_000)), { code: 'EMSGSIZE' })
    await assert.rejects((await udp(t)).sendzerocopy('x'), { code: 'EDESTADDRREQ' })
  })

  test('notes of other kinds reach recvmsg(), whether it waits before or comes after (H142)', async (t) => {
    const [a, b, gone] = [await udp(t), await udp(t), await nobody(t)]
    a.recverr(true)
    const to = b.getsockname()
    const noted = (note: MsgHdr) => [note.control().value('recverr')?.code, String(note.name())]
    const expected = ['ECONNREFUSED', String(gone)]

    const waiting = room()
    const waited = a.recvmsg(waiting, MSG_ERRQUEUE)
    await a.sendzerocopy('x', { addr: to })
    await a.sendto('nobody is there', gone)
    assert.equal(await within(waited, 'the note'), 'nobody is there'.length)
    assert.deepEqual(noted(waiting), expected)

    // Now it comes first, and is read with the one about the memory.
    await a.sendto('nobody is there either', gone)
    await a.sendzerocopy('y', { addr: to }).catch(() => a.sendzerocopy('y', { addr: to }))
    const later = room()
    assert.equal(await within(a.recvmsg(later, MSG_ERRQUEUE), 'the note'), 'nobody is there either'.length)
    assert.deepEqual(noted(later), expected)
    await assert.rejects(a.recvmsg(room(), MSG_ERRQUEUE | MSG_DONTWAIT), { code: 'EAGAIN' })
  })

  test('a recvmsg() that waits for the error queue takes nothing of what sendzerocopy() waits for', async (t) => {
    const [a, b] = [await udp(t), await udp(t)]
    await a.sendzerocopy('x', { addr: b.getsockname() })
    const waiting = [a.recvmsg(room(), MSG_ERRQUEUE), a.recvmsg(room(), MSG_ERRQUEUE)]
    for (let i = 0; i < 100; i++) await within(a.sendzerocopy(`${i}`, { addr: b.getsockname() }), 'the release')
    assert.ok(await isPending(Promise.race(waiting)))
    const ended = Promise.all(waiting.map((one) => assert.rejects(one, { code: 'ECANCELED' })))
    await a.close()
    await ended
  })

  test('a note that has not enough room is cut, and says so', async (t) => {
    const [a, gone] = [await udp(t), await nobody(t)]
    a.recverr(true)
    await a.sendzerocopy('', { addr: gone }).catch(() => undefined)
    const msg = new MsgHdr()
    msg.addn(3)
    msg.addn(4)
    await a.sendto('datagram of so many bytes', gone).catch(() => undefined)
    assert.equal(await within(a.recvmsg(msg, MSG_ERRQUEUE), 'the note'), 0)
  })
})
