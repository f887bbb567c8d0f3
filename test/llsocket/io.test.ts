// Moving data: on streams, datagrams and seqpackets, of every family; full buffers, cut messages, ends and errors.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, it, type TestContext } from 'node:test'
import {
  AddrInfo,
  AGAIN,
  MSG_DONTWAIT,
  MSG_OOB,
  MSG_PEEK,
  MSG_TRUNC,
  MSG_WAITALL,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  type Socket,
} from 'berkeley/llsocket'
import { sys } from '#internal/constants/lookup.js'
import {
  abstractName,
  available,
  coded,
  eachFamily,
  eventually,
  ipv4,
  leavesNoFd,
  run,
  runScript,
  script,
  start,
  tempFolder,
  thrownBy,
} from '../util/index.js'
import { create, got, pair, received, receivedAll, tcpPair, udpPair } from './sockets.js'

leavesNoFd()

const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Sends until the socket is full; how many bytes went. */
function fill(s: Socket, piece = 4096): number {
  const data = Buffer.alloc(piece, 'f')
  for (let sum = 0; ; ) {
    const sent = s.send(data)
    if (sent === AGAIN) return sum
    sum += sent
  }
}

/** Sends all of it to somebody who reads at the same time; what arrived. */
function pump(from: Socket, to: Socket, data: Buffer): Buffer {
  const parts: Buffer[] = []
  for (let at = 0, arrived = 0; arrived < data.length; ) {
    if (at < data.length) {
      const sent = from.send(data.subarray(at))
      if (sent !== AGAIN) at += sent
    }
    const part = to.recvable(at < data.length ? 0 : 5000) ? to.recv(70_000) : AGAIN
    if (part === AGAIN || part === null) continue
    parts.push(part)
    arrived += part.length
  }
  return Buffer.concat(parts)
}

describe('a stream', () => {
  const kinds: [string, (t: Parameters<typeof tcpPair>[0]) => [Socket, Socket]][] = [
    ['of TCP', (t) => tcpPair(t, ipv4)],
    ['of a unix pair', (t) => pair(t, SOCK_STREAM)],
  ]
  for (const [name, make] of kinds) {
    it(`${name} carries bytes both ways`, (t) => {
      const [a, b] = make(t)
      assert.equal(a.send('hello ä'), 8)
      assert.equal(received(b), 'hello ä')
      assert.equal(b.send(Buffer.from([0, 255])), 2)
      assert.ok(a.recvable(5000))
      assert.deepEqual(a.recv(), Buffer.from([0, 255]))
    })

    it(`${name} answers AGAIN when there is nothing, and null at the end (H32)`, (t) => {
      const [a, b] = make(t)
      assert.deepEqual(
        [b.recv(), b.recvfrom(), b.recvinto(Buffer.alloc(1)), b.readv([Buffer.alloc(1)])],
        [AGAIN, AGAIN, AGAIN, AGAIN],
      )
      assert.deepEqual([b.recvable(), b.sendable()], [false, true])
      a.close()
      assert.equal(b.recvable(5000), true)
      assert.deepEqual(
        [b.recv(), b.recvfrom(), b.recvinto(Buffer.alloc(1)), b.readv([Buffer.alloc(1)])],
        [null, null, 0, 0],
      )
    })

    it(`${name} takes what fits into a full buffer, then AGAIN (H27)`, (t) => {
      const [a, b] = make(t)
      a.sndbuf(4096)
      b.rcvbuf(4096)
      const data = Buffer.alloc(4_000_000, 'x')
      const first = got(a.send(data))
      assert.ok(first > 0 && first < data.length, `${first} bytes`)
      const more = fill(a, 1)
      assert.equal(a.send('x'), AGAIN)
      assert.equal(a.sendable(), false)
      a.shutdown(1)
      assert.equal(receivedAll(b).length, first + more)
    })

    it(`${name} loses and changes nothing (H27)`, (t) => {
      const [a, b] = make(t)
      a.sndbuf(4096)
      for (const size of [1, 2, 4095, 4096, 4097, 65_535, 65_536, 70_001, 1_000_003]) {
        const data = Buffer.alloc(size)
        for (let i = 0; i < size; i++) data[i] = (i * 31 + (i >> 8)) & 255
        assert.equal(sha(pump(a, b, data)), sha(data), `${size} bytes`)
      }
    })

    it(`${name} reports a closed peer as EPIPE, without a signal (H28, H29)`, async (t) => {
      const [a, b] = make(t)
      b.close()
      await eventually(() => {
        try {
          a.send('x')
          return false
        } catch (error) {
          assert.ok(['EPIPE', 'ECONNRESET'].includes((error as { code: string }).code))
          return true
        }
      }, 'an error')
      assert.throws(() => a.send('x'), coded('EPIPE', { syscall: 'send' }))
      assert.throws(() => a.writev(['x']), coded('EPIPE', { syscall: 'writev' }))
    })

    it(`${name} reports a reset as an error of recv, not as the end (H29, H30)`, (t) => {
      const [a, b] = make(t)
      a.send('unread')
      assert.ok(b.recvable(5000))
      b.close()
      assert.ok(a.recvable(5000))
      assert.throws(() => a.recv(), coded('ECONNRESET', { syscall: 'recv' }))
      assert.equal(a.recv(), null)
    })

    it(`${name} sends nothing for nothing, and is not closed by it (H32)`, (t) => {
      const [a, b] = make(t)
      assert.equal(a.send(''), 0)
      assert.equal(a.writev([]), 0)
      assert.equal(b.recv(), AGAIN)
    })

    it(`${name} can be looked at before it is read`, (t) => {
      const [a, b] = make(t)
      a.send('abc')
      assert.ok(b.recvable(5000))
      assert.equal(String(b.recv(2, MSG_PEEK)), 'ab')
      assert.equal(String(b.recv(10, MSG_PEEK, MSG_DONTWAIT)), 'abc')
      assert.equal(String(b.recv(1)), 'a')
      assert.equal(String(b.recv()), 'bc')
    })

    it(`${name} gathers and scatters (readv, writev)`, (t) => {
      const [a, b] = make(t)
      assert.equal(a.writev(['ab', Buffer.from('cde'), new Uint8Array(0), 'f']), 6)
      const rooms = [Buffer.alloc(1), new Uint16Array(1), Buffer.alloc(10)]
      assert.ok(b.recvable(5000))
      assert.equal(b.readv(rooms), 6)
      assert.equal(
        rooms
          .map((room) => Buffer.from(room.buffer, room.byteOffset, room.byteLength).toString())
          .join('|')
          .replaceAll('\0', ''),
        'a|bc|def',
      )
    })

    it(`${name} takes ${1024} pieces, and no more (H34)`, (t) => {
      const [a, b] = make(t)
      assert.equal(a.writev(Array(1024).fill('x')), 1024)
      assert.throws(() => a.writev(Array(1025).fill('x')), coded('EMSGSIZE'))
      assert.throws(() => b.readv(Array.from({ length: 1025 }, () => Buffer.alloc(1))), coded('EMSGSIZE'))
      assert.equal(receivedExactly(b, 1024).length, 1024)
    })

    it(`${name} refuses MSG_TRUNC where it would throw data away unseen`, (t) => {
      const [a, b] = make(t)
      a.send('abc')
      assert.ok(b.recvable(5000))
      for (const recv of [() => b.recv(10, MSG_TRUNC), () => b.recvfrom(10, MSG_PEEK, MSG_TRUNC)])
        assert.throws(recv, coded('ERR_INVALID_ARG_VALUE'))
      assert.equal(String(b.recv()), 'abc')
    })
  }

  it('fills the whole room with MSG_WAITALL on a blocking socket', (t) => {
    const [a, b] = pair(t, SOCK_STREAM, false)
    a.send('abc')
    a.send('def')
    assert.equal(String(b.recv(6, MSG_WAITALL)), 'abcdef')
  })

  it('answers AGAIN on a blocking socket that is asked not to wait, or whose timeout passes', (t) => {
    const [a, b] = pair(t, SOCK_STREAM, false)
    assert.equal(b.recv(1, MSG_DONTWAIT), AGAIN)
    b.rcvtimeo(0.02)
    assert.equal(b.recv(), AGAIN)
    a.sndtimeo(0.02)
    a.sndbuf(4096)
    a.send(Buffer.alloc(1_000_000))
    assert.equal(a.send('x'), AGAIN)
  })
})

function receivedExactly(from: Socket, bytes: number): Buffer {
  const parts: Buffer[] = []
  for (let sum = 0; sum < bytes; ) {
    assert.ok(from.recvable(5000))
    const part = got(from.recv())
    parts.push(part)
    sum += part.length
  }
  return Buffer.concat(parts)
}

describe('urgent data (H41)', () => {
  it('is marked, and reads stop at the mark', (t) => {
    const [a, b] = tcpPair(t, ipv4)
    a.send('ab')
    assert.equal(a.send('c!', MSG_OOB), 2)
    a.send('d')
    assert.ok(b.recvable(5000))
    assert.equal(b.atmark(), false)
    assert.equal(String(receivedExactly(b, 3)), 'abc')
    assert.equal(b.atmark(), true)
    assert.equal(String(b.recv(10, MSG_OOB)), '!')
    assert.equal(String(b.recv()), 'd')
    assert.throws(() => b.recv(1, MSG_OOB), coded('EINVAL'))
  })

  it('stays in line when asked to', (t) => {
    const [a, b] = tcpPair(t, ipv4)
    b.oobinline(true)
    a.send('a')
    a.send('!', MSG_OOB)
    assert.equal(String(receivedExactly(b, 1)), 'a')
    assert.equal(b.atmark(), true)
    assert.equal(received(b), '!')
  })

  it('has no mark on sockets that know none', (t) => {
    const [a] = pair(t, SOCK_DGRAM)
    const error = thrownBy(() => a.atmark())
    assert.ok(['EOPNOTSUPP', 'ENOTTY'].includes(error['code'] as string))
    assert.equal(error['syscall'], 'sockatmark')
  })
})

eachFamily((family) => {
  it('datagrams arrive whole, with the address of their sender', (t) => {
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

  it('an empty datagram is an empty Buffer, and not the end (H32)', (t) => {
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

  it('a datagram of 65507 bytes goes, one of 65508 does not (H34)', (t) => {
    const [a, b] = udpPair(t, family)
    b.rcvbuf(400_000)
    const most = family.name === 'IPv4' ? 65507 : 65527
    assert.equal(a.send(Buffer.alloc(most, 'm')), most)
    assert.ok(b.recvable(5000))
    assert.equal(got(b.recv()).length, most, 'the default size cuts nothing')
    assert.throws(() => a.send(Buffer.alloc(most + 1)), coded('EMSGSIZE', { syscall: 'send' }))
    assert.throws(() => a.sendto(Buffer.alloc(most + 1), b.getsockname()), coded('EMSGSIZE', { syscall: 'sendto' }))
  })

  it('a closed port is reported once, and the socket stays usable (H35)', (t) => {
    const [a, gone] = udpPair(t, family)
    const address = gone.getsockname()
    gone.close()
    a.send('nobody there')
    assert.ok(a.recvable(5000))
    assert.throws(() => a.recv(), coded('ECONNREFUSED', { syscall: 'recv' }))
    assert.equal(a.recv(), AGAIN)
    const again = create(t, address, SOCK_DGRAM)
    again.bind()
    a.send('somebody there')
    assert.equal(received(again), 'somebody there')
  })

  it('an address of the wrong kind is refused, with its name', (t) => {
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
    it('keep their boundaries', (t) => {
      const [a, b] = pair(t, type)
      for (const text of ['a', 'bcd', 'ef']) a.send(text)
      assert.deepEqual([b.recv(), b.recv(), b.recv()].map(String), ['a', 'bcd', 'ef'])
      a.writev(['x', 'y', 'z'])
      assert.equal(String(b.recv()), 'xyz')
    })

    const cut: [sent: number, room: number][] = [
      [0, 1],
      [1, 1],
      [7, 8],
      [8, 8],
    ]
    for (const [sent, room] of cut)
      it(`of ${sent} bytes fit into ${room} (H33)`, (t) => {
        const [a, b] = pair(t, SOCK_DGRAM)
        a.send(Buffer.alloc(sent, 'x'))
        assert.equal(got(b.recv(room)).length, sent)
      })

    const receivers: [string, (s: Socket, room: number, ...flags: number[]) => unknown][] = [
      ['recv', (s, room, ...flags) => s.recv(room, ...flags)],
      ['recvfrom', (s, room, ...flags) => s.recvfrom(room, ...flags)],
      ['recvinto', (s, room, ...flags) => s.recvinto(Buffer.alloc(room), ...flags)],
      ['readv', (s, room, ...flags) => s.readv([Buffer.alloc(1), Buffer.alloc(room - 1)], ...flags)],
    ]
    for (const [verb, receive] of receivers)
      it(`that are cut by ${verb} are reported, with their length (H33)`, (t) => {
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

    it('that are cut on purpose, with MSG_TRUNC, give what fits, or their length (H33)', (t) => {
      const [a, b] = pair(t, type)
      for (let i = 0; i < 4; i++) a.send('12345678')
      assert.equal(String(b.recv(3, MSG_TRUNC)), '123')
      assert.equal(String(got(b.recvfrom(3, MSG_TRUNC))[0]), '123')
      const room = Buffer.alloc(3)
      assert.equal(b.recvinto(room, MSG_TRUNC), 8)
      assert.equal(String(room), '123')
      assert.equal(b.readv([room], MSG_TRUNC), 8)
    })

    it('tell their length without being consumed: MSG_PEEK with MSG_TRUNC (H33)', (t) => {
      const [a, b] = pair(t, type)
      a.send('12345678')
      assert.equal(b.recvinto(Buffer.alloc(1), MSG_PEEK, MSG_TRUNC), 8)
      assert.equal(String(b.recv()), '12345678')
    })

    it('answer AGAIN when the queue of the peer is full (H36)', (t) => {
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

    it('that exceed the send buffer are refused (H34)', (t) => {
      const [a, b] = pair(t, type)
      a.sndbuf(4608)
      assert.throws(() => a.send(Buffer.alloc(1_000_000)), coded('EMSGSIZE'))
      assert.equal(b.recv(), AGAIN)
    })
  })

describe('a seqpacket', () => {
  it('has an end, a datagram socket has none', (t) => {
    const [a, b] = pair(t, SOCK_SEQPACKET)
    a.close()
    assert.deepEqual([b.recv(), b.recvfrom(), b.recvinto(Buffer.alloc(1))], [null, null, 0])
    const [c, d] = pair(t, SOCK_DGRAM)
    c.close()
    assert.equal(d.recv(), AGAIN)
    assert.throws(() => d.send('x'), coded('ECONNREFUSED'))
  })
})

describe('unix datagrams by name', () => {
  for (const [name, make] of [
    ['paths', (t: Parameters<typeof tempFolder>[0]) => `${tempFolder(t)}/ä`],
    ['abstract names', () => `${abstractName()}\0\0x`],
  ] as const)
    it(`go to ${name}, and say where they come from`, (t) => {
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

  it('of an unnamed sender have no address', (t) => {
    const [a, b] = pair(t, SOCK_DGRAM)
    a.send('x')
    assert.deepEqual(b.recvfrom(), [Buffer.from('x'), null])
  })

  it('to nobody are reported by their name', (t) => {
    const s = create(t, AddrInfo.unix(''), SOCK_DGRAM)
    assert.throws(
      () => s.sendto('x', AddrInfo.unix('/nowhere/x')),
      coded('ENOENT', { path: '/nowhere/x', syscall: 'sendto' }),
    )
    assert.throws(() => s.sendto('x', AddrInfo.unix('\0nobody-here')), coded('ECONNREFUSED', { path: '@nobody-here' }))
  })
})

describe('an unconnected stream', () => {
  it('can neither send nor receive', (t) => {
    const s = create(t, ipv4.address(), SOCK_STREAM)
    assert.throws(() => s.recv(), coded('ENOTCONN'))
    assert.throws(
      () => s.send('x'),
      (error: { code: string }) => ['ENOTCONN', 'EPIPE'].includes(error.code),
    )
    const unix = create(t, AddrInfo.unix(''), SOCK_STREAM)
    assert.throws(() => unix.recv(), coded('EINVAL'))
  })
})

describe('waiting', () => {
  it('waits as long as it is told, and no longer', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    const begin = performance.now()
    assert.equal(b.recvable(30), false)
    assert.ok(performance.now() - begin >= 29)
    a.send('x')
    assert.deepEqual([b.recvable(-1), b.recvable(), b.recvable(10_000)], [true, true, true])
  })

  it('is over when there is an error or an end to report', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    a.close()
    assert.deepEqual([b.recvable(-1), b.sendable(-1)], [true, true])
  })

  it('takes whole milliseconds of an int', (t) => {
    const [a] = pair(t, SOCK_STREAM)
    for (const bad of [0.5, Number.NaN, 2 ** 31]) assert.throws(() => a.recvable(bad), coded('ERR_OUT_OF_RANGE'))
    assert.throws(() => a.sendable('1' as never), coded('ERR_INVALID_ARG_TYPE'))
  })
})

describe('error()', () => {
  it('is 0 without one', (t) => {
    const [a] = tcpPair(t, ipv4)
    assert.equal(a.error(), 0)
  })

  it('reads and clears a reset (H49)', async (t) => {
    const [a, b] = tcpPair(t, ipv4)
    b.linger(0)
    b.close()
    assert.ok(a.recvable(5000))
    assert.equal(a.error(), sys.ECONNRESET)
    assert.equal(a.error(), 0)
    assert.equal(a.recv(), null)
  })
})

describe('a child in which SIGPIPE kills (H28)', () => {
  it('survives every way to send to a peer that has closed', async () => {
    // Node ignores SIGPIPE; installing a handler and removing it again leaves the default, which kills.
    const { code, signal, stdout, stderr } = await runScript(`
      import { openSync, readFileSync } from 'node:fs'
      import { MsgHdr, SOCK_STREAM, socket } from 'berkeley/llsocket'
      const noop = () => {}
      process.on('SIGPIPE', noop).off('SIGPIPE', noop)
      const ignored = BigInt('0x' + /SigIgn:\\s*(\\w+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1])
      if (ignored & (1n << 12n)) throw new Error('SIGPIPE is still ignored')
      const file = openSync(process.execPath, 'r')
      const ways = [
        (s) => s.send('x'), (s) => s.writev(['x']), (s) => s.sendfd(0), (s) => s.sendfile(file, 10),
        (s) => { const m = new MsgHdr(); m.add('x'); s.sendmsg(m) },
      ]
      for (const way of ways) {
        const [a, b] = socket.pair(SOCK_STREAM, true)
        b.close()
        try { way(a); console.log('no error') } catch (error) { console.log(error.code) }
        a.close()
      }
    `)
    assert.deepEqual([code, signal, stdout], [0, null, 'EPIPE\n'.repeat(5)], stderr)
  })
})

describe('a peer that goes in the midst of a long send (H28)', { skip: available('python3') }, () => {
  it('costs no signal, although a part was sent', async (t) => {
    // It reads a little, and resets the connection while the other side is at it.
    const peer = start(t, 'python3', [
      '-c',
      `
import socket, struct
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
for _ in range(10):
    c, _ = s.accept()
    c.recv(100000)
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    c.close()
`,
    ])
    const [port] = await peer.waitForOutput(/\d+/)
    const { code, signal, stdout, stderr } = await runScript(`
      import { openSync } from 'node:fs'
      import { AddrInfo, SOCK_STREAM, socket } from 'berkeley/llsocket'
      const noop = () => {}
      process.on('SIGPIPE', noop).off('SIGPIPE', noop)
      const file = openSync(process.execPath, 'r')
      for (let i = 0; i < 10; i++) {
        const sock = socket.create(AddrInfo.inet('127.0.0.1', ${port}, { socktype: SOCK_STREAM }))
        sock.connect()
        try { for (let k = 0; k < 20; k++) sock.sendfile(file, 50_000_000) } catch (error) { console.log(error.code) }
        sock.close()
      }
    `)
    assert.deepEqual([code, signal], [0, null], stderr)
    assert.match(stdout, /^((EPIPE|ECONNRESET)\n){10}$/)
  })
})

describe('signals (H45)', () => {
  const child = (call: string): string => `
    import { SOCK_STREAM, socket } from 'berkeley/llsocket'
    process.on('SIGUSR2', () => {})
    const [a, b] = socket.pair(SOCK_STREAM)
    b.rcvtimeo(8)
    console.log('ready')
    const begin = performance.now()
    const answer = ${call}
    console.log('answer', String(answer), Math.floor(performance.now() - begin))
    a.close()
    b.close()`

  /** Sends signals until it has ended: one that comes before the call does nothing. */
  async function underFire(t: TestContext, call: string): Promise<RegExpExecArray> {
    const running = start(t, process.execPath, script(child(call)))
    await running.waitForOutput(/ready/)
    const fire = setInterval(() => running.process.kill('SIGUSR2'), 20)
    t.after(() => clearInterval(fire))
    return running.waitForOutput(/answer (\S+) (\d+)/)
  }

  it('end a blocking receive with AGAIN', async (t) => {
    const [, answer, milliseconds] = await underFire(t, 'b.recv()')
    assert.equal(answer, 'Symbol(AGAIN)')
    assert.ok(Number(milliseconds) < 7000)
  })

  it('do not cut a wait short, nor make it longer', async (t) => {
    const [, answer, milliseconds] = await underFire(t, 'b.recvable(300)')
    assert.equal(answer, 'false')
    assert.ok(Number(milliseconds) >= 299 && Number(milliseconds) < 3000, `${milliseconds} ms`)
  })
})

describe('every system call, as strace sees it', { skip: available('strace') }, () => {
  it('makes descriptors close-on-exec at birth (H20), and never sends without MSG_NOSIGNAL (H28)', async (t) => {
    const log = `${tempFolder(t)}/log`
    const work = `
      import { AddrInfo, MsgHdr, SOCK_DGRAM, SOCK_STREAM, socket } from 'berkeley/llsocket'
      const server = socket.create(AddrInfo.inet('127.0.0.1', 0, { socktype: SOCK_STREAM }))
      server.bind(); server.listen()
      const client = socket.create(server.getsockname())
      client.connect()
      const conn = server.accept()
      conn.dup().close()
      const [a, b] = socket.pair(SOCK_STREAM)
      a.send('MARK'); a.writev(['MARK'])
      const out = new MsgHdr(); out.add('MARK'); a.sendmsg(out)
      a.sendfd(0); b.recv(12); b.recvfd()
      const into = new MsgHdr(); into.addn(4)
      a.send('MARK'); b.recvmsg(into)
      const udp = socket.create(AddrInfo.inet('127.0.0.1', 0, { socktype: SOCK_DGRAM }))
      udp.bind(); udp.sendto('MARK', udp.getsockname()); udp.recvfrom()`
    const calls = 'socket,socketpair,accept,accept4,dup,dup2,fcntl,sendto,sendmsg,recvmsg'
    const ending = await run('strace', [
      '-f',
      '-qq',
      '-o',
      log,
      '-e',
      `trace=${calls}`,
      process.execPath,
      ...script(work),
    ])
    if (/ptrace|not permitted/i.test(ending.stderr)) return t.skip(`strace may not trace here: ${ending.stderr.trim()}`)
    assert.equal(ending.code, 0, ending.stderr)
    const lines = readFileSync(log, 'utf8').split('\n')
    const of = (pattern: RegExp): string[] => lines.filter((line) => pattern.test(line))
    const born = of(/ (socket|socketpair|accept4)\(/)
    assert.ok(born.length >= 5)
    assert.deepEqual(
      born.filter((line) => !line.includes('SOCK_CLOEXEC')),
      [],
    )
    assert.deepEqual(of(/ (accept|dup|dup2)\(/), [])
    assert.ok(of(/F_DUPFD_CLOEXEC/).length >= 1)
    const sent = of(/ (sendto|sendmsg)\(.*(MARK|SCM_RIGHTS)/)
    assert.ok(sent.length >= 6)
    assert.deepEqual(
      sent.filter((line) => !line.includes('MSG_NOSIGNAL')),
      [],
    )
    const received = of(/ recvmsg\(.*(MARK|SCM_RIGHTS)/)
    assert.ok(received.length >= 2)
    assert.deepEqual(
      received.filter((line) => !line.includes('MSG_CMSG_CLOEXEC')),
      [],
    )
  })
})
