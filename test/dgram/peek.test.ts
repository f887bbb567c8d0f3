// Looking at what comes next: with an offset (SO_PEEK_OFF), and how long it is.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AddrInfo, type dgram, MSG_DONTWAIT, MSG_PEEK, MSG_TRUNC, MsgHdr, seqpacket } from 'berkeley'
import { AGAIN, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM, type Socket, socket } from 'berkeley/llsocket'
import { closing, closingAll, leavesNoFd } from '../util/index.js'
import { bound, type Test, unixPair } from './common.js'

leavesNoFd()

type Receiver = dgram.Socket & { peekoff(offset?: number): number }

/** A socket of each family, and what sends to it. */
const pairs: Record<string, (t: Test) => Promise<[send: (data: string) => Promise<unknown>, to: Receiver]>> = {
  UDP: async (t) => {
    const [from, to] = [await bound(t), await bound(t)]
    return [(data) => from.sendto(data, to.getsockname()), to]
  },
  unix: async (t) => {
    const [from, to] = await unixPair(t)
    return [(data) => from.send(data), to]
  },
}

const PEEK = MSG_PEEK | MSG_DONTWAIT

/** Every way to peek: at most so many bytes, as text. */
const ways: Record<string, (sock: Receiver, room: number, flags: number) => Promise<string>> = {
  'recv()': async (sock, room, flags) => String(await sock.recv(room, flags)),
  'recvfrom()': async (sock, room, flags) => String((await sock.recvfrom(room, flags))[0]),
  'recvinto()': async (sock, room, flags) => {
    const into = Buffer.alloc(room, '?')
    return into.toString('latin1', 0, await sock.recvinto(into, flags))
  },
  'recvmsg()': async (sock, room, flags) => {
    const msg = new MsgHdr()
    msg.addn(room)
    assert.equal(await sock.recvmsg(msg, flags), msg.bytes())
    return String(msg.concat())
  },
  'recvmany()': async (sock, room, flags) => {
    using batch = await sock.recvmany(1, room, flags)
    return String(batch.at(0)?.data)
  },
}

for (const [family, pair] of Object.entries(pairs))
  describe(`a peek with an offset on ${family} (H113)`, () => {
    for (const [name, peek] of Object.entries(ways))
      for (const [how, flags] of [
        ['with', PEEK | MSG_TRUNC],
        ['without', PEEK],
      ] as const)
        test(`${name} ${how} MSG_TRUNC gives one part after the other, and nothing that nobody sent`, async (t) => {
          const [send, to] = await pair(t)
          await send('abcdef')
          to.peekoff(0)
          assert.equal(await peek(to, 3, flags), 'abc')
          assert.equal(to.peekoff(), 3)
          assert.equal(await peek(to, 2, flags), 'de')
          assert.equal(await peek(to, 50, flags), 'f')
          to.peekoff(2)
          assert.equal(await peek(to, 50, flags), 'cdef')
          to.peekoff(-1)
          assert.equal(String(await to.recv()), 'abcdef')
        })

    test('a loop gets datagrams whole, and the offset follows what was received', async (t) => {
      const [send, to] = await pair(t)
      await send('abcdef')
      await send('ghi')
      to.peekoff(4)
      const got: string[] = []
      for await (const [data] of to) if (got.push(String(data)) === 2) break
      assert.deepEqual(got, ['abcdef', 'ghi'])
      assert.equal(to.peekoff(), 0)
    })

    test('recvinto() with empty memory tells the length of the next datagram, and leaves it and the offset', async (t) => {
      const [send, to] = await pair(t)
      const none = Buffer.alloc(0)
      const flags = MSG_PEEK | MSG_TRUNC
      await assert.rejects(to.recvinto(none, flags | MSG_DONTWAIT), { code: 'EAGAIN' })
      const waiting = to.recvinto(none, flags)
      await send('abcdef')
      assert.equal(await waiting, 6)
      to.peekoff(2)
      assert.equal(await to.recvinto(none, flags), 6)
      assert.equal(to.peekoff(), 2)
      to.peekoff(-1)
      assert.equal(await to.recvinto(none, flags), 6)
      for (const wrong of [0, MSG_PEEK, MSG_TRUNC])
        await assert.rejects(to.recvinto(none, wrong), { code: 'ERR_OUT_OF_RANGE' })
      await assert.rejects(to.recv(0, flags), { code: 'ERR_OUT_OF_RANGE' })
      assert.equal(String(await to.recv()), 'abcdef')
    })
  })

describe('seqpackets', () => {
  test('the end is told from an empty record without moving the offset of a peek', async (t) => {
    const [a, b] = closingAll(t, await seqpacket.unix.pair())
    await a.send('')
    await a.send('abcdef')
    a.closew()
    b.peekoff(3)
    assert.equal((await b.recv())?.length, 0)
    assert.equal(b.peekoff(), 3)
    assert.equal(String(await b.recv(50, MSG_PEEK)), 'def')
    assert.equal(await b.recvinto(Buffer.alloc(0), MSG_PEEK | MSG_TRUNC), 6)
  })
})

describe('the synchronous API', () => {
  const synchronous: Record<string, (sock: Socket, room: number, flags: number) => string> = {
    'recv()': (sock, room, flags) => String(sock.recv(room, flags)),
    'recvfrom()': (sock, room, flags) => String((sock.recvfrom(room, flags) as [Buffer, unknown])[0]),
    'recvinto()': (sock, room, flags) => {
      const into = Buffer.alloc(room, '?')
      return into.toString('latin1', 0, sock.recvinto(into, flags) as number)
    },
    'readv()': (sock, room, flags) => {
      const into = [Buffer.alloc(1, '?'), Buffer.alloc(room - 1, '?')]
      const count = sock.readv(into, flags) as number
      return Buffer.concat(into).toString('latin1', 0, count)
    },
    'recvmsg()': (sock, room, flags) => {
      const msg = new MsgHdr()
      msg.addn(room)
      sock.recvmsg(msg, flags)
      return String(msg.concat())
    },
  }
  const udp = (t: Test): Socket => {
    const sock = closing(t, socket.create(AddrInfo.inet('127.0.0.1', 0, { socktype: SOCK_DGRAM }), true))
    sock.bind()
    return sock
  }

  for (const [name, peek] of Object.entries(synchronous))
    test(`${name} peeks at one part after the other, and gives nothing that nobody sent`, (t) => {
      const sock = udp(t)
      sock.sendto('abcdef', sock.getsockname())
      sock.peekoff(0)
      for (const part of ['abc', 'def']) assert.equal(peek(sock, part === 'abc' ? 3 : 50, MSG_PEEK), part)
      assert.equal(String(sock.recv()), 'abcdef')
    })

  test('recvinto() with empty memory tells the length of the next message, also beside an offset', (t) => {
    const [a, b] = closingAll(t, socket.pair(SOCK_SEQPACKET, true))
    const [c, d] = closingAll(t, socket.pair(SOCK_STREAM, true))
    const none = new Uint8Array()
    assert.equal(b.recvinto(none, MSG_PEEK, MSG_TRUNC), AGAIN)
    a.send('abcdef')
    b.peekoff(4)
    assert.equal(b.recvinto(none, MSG_PEEK, MSG_TRUNC), 6)
    assert.equal(b.peekoff(), 4)
    assert.throws(() => b.recvinto(none), { code: 'ERR_OUT_OF_RANGE' })
    // A stream has no messages, and MSG_TRUNC would discard its data.
    c.send('x')
    assert.throws(() => d.recvinto(none, MSG_PEEK, MSG_TRUNC), { code: 'ERR_OUT_OF_RANGE' })
  })
})
