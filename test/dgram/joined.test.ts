// Datagrams that the kernel joins (UDP_GRO): a call that cannot tell them apart is refused, and they stay for one that can.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dgram, IPPROTO_UDP, MSG_DONTWAIT, UDP_GRO } from 'berkeley'
import { AGAIN, SOCK_DGRAM, socket } from 'berkeley/llsocket'
import { closing, eachFamily, leavesNoFd } from '../util/index.js'
import { bound, numbered, received, type Test } from './common.js'

leavesNoFd()

const refused = { code: 'EOPNOTSUPP', message: /recvmsg\(\) and recvmany\(\)/ }

/** Sends datagrams that the kernel may join. */
async function sendJoined(t: Test, to: dgram.inet.Socket): Promise<string[]> {
  const client = closing(t, await dgram.inet.Socket.create({ family: to.family() }))
  const all = numbered(3, 1000)
  await client.sendmany([{ data: Buffer.from(all.join('')), addr: to.getsockname(), segmentSize: 1000 }])
  return all
}

/** Ways to switch joining on. */
const ways = ['udpgro()', 'setsockopt() by numbers', 'a duplicate'] as const

/** A bound socket on which joining was switched on that way. */
async function joining(t: Test, way: (typeof ways)[number], host: string): Promise<dgram.inet.Socket> {
  const sock = await bound(t, host)
  // What is known from before must not be believed.
  await assert.rejects(sock.recv(1, MSG_DONTWAIT), { code: 'EAGAIN' })
  if (way === 'udpgro()') sock.udpgro(true)
  if (way === 'setsockopt() by numbers') sock.setsockopt(IPPROTO_UDP, UDP_GRO, 1)
  if (way !== 'a duplicate') return sock
  const low = socket.wrap(sock.detach())
  const twin = closing(t, low.dup())
  const again = closing(t, new dgram.inet.Socket(low))
  await assert.rejects(again.recv(1, MSG_DONTWAIT), { code: 'EAGAIN' })
  twin.udpgro(true)
  return again
}

eachFamily(({ loopback, family, address }) => {
  for (const way of ways)
    test(`recv(), recvinto(), recvfrom() and iteration are refused when ${way} lets the kernel join datagrams (H112)`, async (t) => {
      const sock = await joining(t, way, loopback)
      const sent = await sendJoined(t, sock)
      await assert.rejects(sock.recv(), { ...refused, syscall: 'recv' })
      await assert.rejects(sock.recvinto(Buffer.alloc(9000)), refused)
      await assert.rejects(sock.recvfrom(), { ...refused, syscall: 'recvfrom' })
      await assert.rejects(async () => {
        for await (const _ of sock) assert.fail('a datagram came')
      }, refused)
      assert.deepEqual(await received(sock, 3), sent)
      sock.udpgro(false)
      const client = closing(t, await dgram.inet.Socket.create({ family }))
      await client.sendto('alone', sock.getsockname())
      assert.equal(String(await sock.recv()), 'alone')
    })

  test('an adopted socket whose datagrams are joined is known as one', async (t) => {
    const low = socket.create(address().with({ socktype: SOCK_DGRAM }), true)
    low.bind()
    low.udpgro(true)
    const sock = closing(t, await dgram.inet.wrap(low.unwrap()))
    const sent = await sendJoined(t, sock)
    await assert.rejects(sock.recvfrom(), refused)
    assert.deepEqual(await received(sock, 3), sent)
  })

  test('a call that waits is refused when joined datagrams arrive meanwhile, and they stay (H112)', async (t) => {
    const sock = await bound(t, loopback)
    const waiting = assert.rejects(sock.recvfrom(), refused)
    sock.udpgro(true)
    const sent = await sendJoined(t, sock)
    await waiting
    assert.deepEqual(await received(sock, 3), sent)
  })

  test('recv(), recvinto(), recvfrom() and readv() of the synchronous API are refused too', (t) => {
    const sock = closing(t, socket.create(address().with({ socktype: SOCK_DGRAM }), true))
    sock.bind()
    assert.equal(sock.recv(), AGAIN)
    const twin = closing(t, sock.dup())
    twin.udpgro(true)
    assert.throws(() => sock.recv(), refused)
    assert.throws(() => sock.recvinto(Buffer.alloc(9)), refused)
    assert.throws(() => sock.recvfrom(), refused)
    assert.throws(() => sock.readv([Buffer.alloc(9)]), refused)
    twin.udpgro(false)
    assert.equal(sock.recv(), AGAIN)
  })
})
