// Datagrams of the internet, and unix sockets that keep the boundaries of messages.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AddrInfo, AGAIN, MSG_PEEK, MSG_TRUNC, SOCK_DGRAM, SOCK_SEQPACKET, type Socket } from 'berkeley/llsocket'
import { abstractName, coded, eachFamily, leavesNoFd, tempFolder, thrownBy } from '../util/index.js'
import { create, got, pair, received, udpPair } from './common.js'

leavesNoFd()

eachFamily((family) => {
  it('recvfrom() gives a whole datagram and the address of its sender', (t) => {
    const [a, b] = udpPair(t, family)
    assert.equal(a.send('one'), 3)
    assert.ok(b.recvable(5000))
    const [data, from] = got(b.recvfrom())
    assert.equal(String(data), 'one')
    assert.ok(from?.equals(a.getsockname()))
    assert.equal(b.sendto('two', got(from)), 3)
    assert.equal(received(a), 'two')
    assert.throws(() => b.send('x'), coded('EDESTADDRREQ'))
  })

  it('recv() gives an empty Buffer for an empty datagram, not the end (H32)', (t) => {
    const [a, b] = udpPair(t, family)
    assert.equal(a.send(''), 0)
    assert.ok(b.recvable(5000))
    assert.equal(got(b.recv()).length, 0)
    a.sendto(new Uint8Array(0), b.getsockname())
    assert.ok(b.recvable(5000))
    assert.equal(got(b.recvfrom())[0].length, 0)
    a.writev([])
    assert.ok(b.recvable(5000))
    assert.equal(b.recvinto(Buffer.alloc(4)), 0)
    assert.equal(b.recv(), AGAIN)
  })

  it('send() sends the largest datagram and throws EMSGSIZE for one byte more (H34)', (t) => {
    const [a, b] = udpPair(t, family)
    b.rcvbuf(400_000)
    const most = family.name === 'IPv4' ? 65507 : 65527
    assert.equal(a.send(Buffer.alloc(most, 'm')), most)
    assert.ok(b.recvable(5000))
    assert.equal(got(b.recv()).length, most, 'the default size cuts nothing')
    assert.throws(() => a.send(Buffer.alloc(most + 1)), coded('EMSGSIZE', { syscall: 'send' }))
    assert.throws(() => a.sendto(Buffer.alloc(most + 1), b.getsockname()), coded('EMSGSIZE', { syscall: 'sendto' }))
  })

  it('recv() throws ECONNREFUSED once for a closed port, and the socket stays usable (H35)', (t) => {
    const [a, gone] = udpPair(t, family)
    const address = gone.getsockname()
    gone.close()
    a.send('not there')
    assert.ok(a.recvable(5000))
    assert.throws(() => a.recv(), coded('ECONNREFUSED', { syscall: 'recv' }))
    assert.equal(a.recv(), AGAIN)
    const again = create(t, address, SOCK_DGRAM)
    again.bind()
    a.send('there again')
    assert.equal(received(again), 'there again')
  })

  it('sendto() throws an error with the name when the address is of another family', (t) => {
    const [a] = udpPair(t, family)
    const error = thrownBy(() => a.sendto('x', AddrInfo.unix('/nowhere')))
    assert.ok(['EAFNOSUPPORT', 'EINVAL'].includes(error['code'] as string))
    assert.equal(error['path'], '/nowhere')
  })
})

for (const [name, type] of [
  ['unix datagrams', SOCK_DGRAM],
  ['seqpackets', SOCK_SEQPACKET],
] as const)
  describe(name, () => {
    const cut: [sent: number, room: number][] = [
      [0, 1],
      [1, 1],
      [7, 8],
      [8, 8],
    ]

    const receivers: [string, (s: Socket, room: number, ...flags: number[]) => unknown][] = [
      ['recv', (s, room, ...flags) => s.recv(room, ...flags)],
      ['recvfrom', (s, room, ...flags) => s.recvfrom(room, ...flags)],
      ['recvinto', (s, room, ...flags) => s.recvinto(Buffer.alloc(room), ...flags)],
      ['readv', (s, room, ...flags) => s.readv([Buffer.alloc(1), Buffer.alloc(room - 1)], ...flags)],
    ]

    it('recv() keeps the boundaries of messages', (t) => {
      const [a, b] = pair(t, type)
      for (const text of ['a', 'bcd', 'ef']) a.send(text)
      assert.deepEqual([b.recv(), b.recv(), b.recv()].map(String), ['a', 'bcd', 'ef'])
      a.writev(['x', 'y', 'z'])
      assert.equal(String(b.recv()), 'xyz')
    })

    for (const [sent, room] of cut)
      it(`recv() gives a message of ${sent} bytes with room for ${room} (H33)`, (t) => {
        const [a, b] = pair(t, SOCK_DGRAM)
        a.send(Buffer.alloc(sent, 'x'))
        assert.equal(got(b.recv(room)).length, sent)
      })

    for (const [verb, receive] of receivers)
      it(`${verb}() throws EMSGSIZE with the length of a message that does not fit (H33)`, (t) => {
        const [a, b] = pair(t, type)
        a.send('12345678')
        a.send('next')
        const error = thrownBy(() => receive(b, 4))
        assert.deepEqual(
          [error['code'], error['bytes'], error['syscall']],
          ['EMSGSIZE', 8, verb === 'recvinto' ? 'recv' : verb],
        )
        assert.equal(String(b.recv()), 'next', 'the message is consumed')
      })

    it('recv() and recvfrom() with MSG_TRUNC give what fits, recvinto() and readv() the length (H33)', (t) => {
      const [a, b] = pair(t, type)
      for (let i = 0; i < 4; i++) a.send('12345678')
      assert.equal(String(b.recv(3, MSG_TRUNC)), '123')
      assert.equal(String(got(b.recvfrom(3, MSG_TRUNC))[0]), '123')
      const room = Buffer.alloc(3)
      assert.equal(b.recvinto(room, MSG_TRUNC), 8)
      assert.equal(String(room), '123')
      assert.equal(b.readv([room], MSG_TRUNC), 8)
    })

    it('recvinto() with MSG_PEEK and MSG_TRUNC gives the length and leaves the message in the queue (H33)', (t) => {
      const [a, b] = pair(t, type)
      a.send('12345678')
      assert.equal(b.recvinto(Buffer.alloc(1), MSG_PEEK, MSG_TRUNC), 8)
      assert.equal(String(b.recv()), '12345678')
    })

    it('send() returns AGAIN while the queue of the peer is full (H36)', (t) => {
      const [a, b] = pair(t, type)
      a.sndbuf(4608)
      let sent = 0
      while (a.send(Buffer.alloc(500)) !== AGAIN) sent++
      assert.ok(sent > 0)
      assert.equal(a.sendable(), false)
      b.recv()
      for (let i = 1; i < sent; i++) b.recv()
      assert.equal(a.sendable(5000), true)
      assert.equal(a.send('room again'), 10)
    })

    it('send() throws EMSGSIZE for a message that exceeds the send buffer (H34)', (t) => {
      const [a, b] = pair(t, type)
      a.sndbuf(4608)
      assert.throws(() => a.send(Buffer.alloc(1_000_000)), coded('EMSGSIZE'))
      assert.equal(b.recv(), AGAIN)
    })
  })

describe('the end', () => {
  it('recv() returns null at the end of a seqpacket socket, and a datagram socket has no end', (t) => {
    const [a, b] = pair(t, SOCK_SEQPACKET)
    a.close()
    assert.deepEqual([b.recv(), b.recvfrom(), b.recvinto(Buffer.alloc(1))], [null, null, 0])
    const [c, d] = pair(t, SOCK_DGRAM)
    c.close()
    assert.equal(d.recv(), AGAIN)
    assert.throws(() => d.send('x'), coded('ECONNREFUSED'))
  })
})

describe('unix addresses', () => {
  for (const [name, make] of [
    ['paths', (t: Parameters<typeof tempFolder>[0]) => `${tempFolder(t)}/ä`],
    ['abstract names', () => `${abstractName()}\0\0x`],
  ] as const)
    it(`sendto() sends to ${name}, and recvfrom() gives the path of the sender`, (t) => {
      const [to, from] = [AddrInfo.unix(make(t)), AddrInfo.unix(make(t))]
      const a = create(t, from, SOCK_DGRAM)
      const b = create(t, to, SOCK_DGRAM)
      a.bind()
      b.bind()
      a.sendto('x', to)
      const [data, sender] = got(b.recvfrom())
      assert.equal(String(data), 'x')
      assert.equal(sender?.path, from.path)
      b.sendto('y', got(sender))
      assert.equal(received(a), 'y')
    })

  it('recvfrom() gives no address for an unnamed sender', (t) => {
    const [a, b] = pair(t, SOCK_DGRAM)
    a.send('x')
    assert.deepEqual(b.recvfrom(), [Buffer.from('x'), null])
  })

  it('sendto() throws an error with the path when no socket is bound there', (t) => {
    const s = create(t, AddrInfo.unix(''), SOCK_DGRAM)
    assert.throws(
      () => s.sendto('x', AddrInfo.unix('/nowhere/x')),
      coded('ENOENT', { path: '/nowhere/x', syscall: 'sendto' }),
    )
    assert.throws(() => s.sendto('x', AddrInfo.unix('\0nobody-here')), coded('ECONNREFUSED', { path: '@nobody-here' }))
  })
})
