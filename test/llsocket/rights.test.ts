// Passing descriptors: none is lost unseen, none leaks, whatever a peer sends.
import assert from 'node:assert/strict'
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { describe, it, type TestContext } from 'node:test'
import {
  AddrInfo,
  AGAIN,
  CMSG_LEN,
  CMSG_SPACE,
  CmsgHdr,
  MSG_CTRUNC,
  MSG_PEEK,
  MsgHdr,
  SO_PASSCRED,
  SO_PASSPIDFD,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  SOL_SOCKET,
  type Socket,
  socket,
} from 'berkeley/llsocket'
import { sys } from '#internal/constants/lookup.js'
import { native } from '#internal/native/sockets.js'
import {
  abstractName,
  available,
  closing,
  coded,
  countFds,
  ipv4,
  leavesNoFd,
  root,
  run,
  script,
  thrownBy,
} from '../util/index.js'
import { create, got, listener, pair, received, tcpPair } from './sockets.js'

leavesNoFd()

const types = [
  ['stream', SOCK_STREAM],
  ['dgram', SOCK_DGRAM],
  ['seqpacket', SOCK_SEQPACKET],
] as const

function file(t: TestContext, path = '/dev/null'): number {
  const fd = openSync(path, 'r')
  t.after(() => closeSync(fd))
  return fd
}

/** Sends a message with so many descriptors. */
function pass(from: Socket, fds: readonly number[], data = 'x'): ReturnType<Socket['sendmsg']> {
  const msg = new MsgHdr()
  msg.add(data)
  msg.control().push(CmsgHdr.rights(...fds))
  return from.sendmsg(msg)
}

function room(bytes = 16): MsgHdr {
  const msg = new MsgHdr()
  msg.addn(bytes)
  return msg
}

const isCloexec = (fd: number): boolean => (native.fcntl(fd, sys.F_GETFD, 0) & sys.FD_CLOEXEC) !== 0
const sameFile = (a: number, b: number): boolean =>
  fstatSync(a).ino === fstatSync(b).ino && fstatSync(a).rdev === fstatSync(b).rdev

for (const [name, type] of types)
  describe(`over a ${name} socket`, () => {
    it("one descriptor arrives, close-on-exec, and is the caller's (H73, H74)", (t) => {
      const [a, b] = pair(t, type)
      const passed = file(t)
      assert.equal(a.sendfd(passed), 0)
      const fd = got(b.recvfd())
      assert.notEqual(fd, passed)
      assert.equal(isCloexec(fd), true)
      assert.equal(sameFile(fd, passed), true)
      closeSync(fd)
      assert.equal(b.recvfd(), AGAIN)
    })

    it('many arrive in order, and leave nothing behind', (t) => {
      const [a, b] = pair(t, type)
      const paths = ['/dev/null', '/dev/zero', '/dev/full']
      for (const path of paths) a.sendfd(file(t, path))
      const fds = paths.map(() => got(b.recvfd()))
      assert.deepEqual(
        fds.map((fd, i) => sameFile(fd, file(t, paths[i]))),
        [true, true, true],
      )
      fds.map((fd) => closeSync(fd))
    })

    for (const count of [1, 2, 3, 100, 253])
      it(`${count} arrive in one message`, (t) => {
        const [a, b] = pair(t, type)
        const passed = file(t)
        const before = countFds()
        assert.equal(pass(a, Array(count).fill(passed), 'data'), 4)
        const msg = room()
        assert.equal(b.recvmsg(msg), 4)
        assert.equal(msg.flags() & MSG_CTRUNC, 0)
        const [cmsg] = [...msg.control()]
        assert.equal(cmsg?.fds().length, count)
        assert.equal(cmsg?.fds().every(isCloexec), true)
        assert.equal(countFds(), before + count)
        msg.control().clear()
        assert.equal(countFds(), before)
      })

    it('254 are refused, early and by name (H79)', () => {
      assert.throws(() => CmsgHdr.rights(...Array(254).fill(0)), coded('ERR_OUT_OF_RANGE'))
    })

    for (const surplus of [2, 3, 50])
      it(`recvfd reports ${surplus} in one message, and closes them all (H71)`, (t) => {
        const [a, b] = pair(t, type)
        const passed = file(t)
        const before = countFds()
        pass(a, Array(surplus).fill(passed))
        assert.throws(() => b.recvfd(), coded('EMSGSIZE', { syscall: 'recvfd' }))
        assert.equal(countFds(), before)
        a.sendfd(passed)
        closeSync(got(b.recvfd()))
      })

    it('recvfd reports a message without a descriptor, which is consumed', (t) => {
      const [a, b] = pair(t, type)
      a.send('x')
      a.sendfd(file(t))
      assert.throws(() => b.recvfd(), coded('ENOMSG', { syscall: 'recvfd' }))
      closeSync(got(b.recvfd()))
    })

    it('what nobody takes is closed by the next receive (H75)', (t) => {
      const [a, b] = pair(t, type)
      const before = countFds() + 1
      const passed = file(t)
      const msg = room(1)
      for (let i = 0; i < 20; i++) {
        pass(a, [passed, passed, passed])
        assert.equal(b.recvmsg(msg), 1)
        assert.equal(countFds(), before + 3)
      }
      a.send('x')
      b.recvmsg(msg)
      assert.equal(countFds(), before)
    })

    it('a plain receive lets the kernel drop them (H75)', (t) => {
      const [a, b] = pair(t, type)
      const passed = file(t)
      const before = countFds()
      const plain: (() => unknown)[] = [
        () => b.recv(),
        () => b.recvfrom(),
        () => b.recvinto(Buffer.alloc(9)),
        () => b.readv([Buffer.alloc(9)]),
      ]
      for (const receive of plain) {
        pass(a, [passed, passed])
        receive()
        assert.equal(countFds(), before)
      }
    })

    it('peeking makes descriptors of its own, which are closed too (H76)', (t) => {
      const [a, b] = pair(t, type)
      const passed = file(t)
      const before = countFds()
      a.sendfd(passed)
      const msg = room(1)
      for (let i = 0; i < 5; i++) assert.equal(b.recvmsg(msg, MSG_PEEK), 1)
      assert.equal(countFds(), before + 1)
      const peeked = got(b.recvfd(MSG_PEEK))
      const fd = got(b.recvfd())
      assert.notEqual(peeked, fd)
      closeSync(peeked)
      closeSync(fd)
      msg.control().clear()
      assert.equal(countFds(), before)
    })

    it('an error leaves the descriptor to its owner', (t) => {
      const [a] = pair(t, type)
      assert.throws(() => a.sendfd(987654), coded('EBADF', { syscall: 'sendfd' }))
      for (const bad of [-1, 1.5, 2 ** 31]) assert.throws(() => a.sendfd(bad), coded('ERR_OUT_OF_RANGE'))
    })

    it('a received control message can be sent on, while it owns its descriptors', (t) => {
      const [a, b] = pair(t, type)
      a.sendfd(file(t, '/dev/zero'))
      const msg = room(1)
      b.recvmsg(msg)
      const back = new MsgHdr()
      back.add('x')
      back.control().push(got(msg.control().shift()))
      b.sendmsg(back)
      const fd = got(a.recvfd())
      back.control().clear()
      assert.equal(readSync(fd, Buffer.alloc(4)), 4)
      closeSync(fd)
    })
  })

describe('room for control messages (H70, H71)', () => {
  const fitting = (bytes: number): number => (bytes < CMSG_LEN(4) ? 0 : Math.floor((bytes - CMSG_LEN(0)) / 4))

  for (const [name, type] of types)
    it(`of every size, on a ${name} socket: what does not fit is told and never leaks`, (t) => {
      const [a, b] = pair(t, type)
      const passed = file(t)
      const before = countFds()
      const msg = room(1)
      for (const sent of [1, 2, 3, 9, 253])
        for (const reserve of [...Array(49).keys(), CMSG_SPACE(252 * 4), CMSG_LEN(253 * 4), CMSG_SPACE(253 * 4) + 1]) {
          msg.control().reserve(reserve)
          pass(a, Array(sent).fill(passed))
          assert.equal(b.recvmsg(msg), 1)
          const arrived = [...msg.control()].flatMap((cmsg) => cmsg.fds()).length
          assert.equal(arrived, Math.min(sent, fitting(reserve)), `${sent} sent, room of ${reserve}`)
          assert.equal((msg.flags() & MSG_CTRUNC) !== 0, arrived < sent, `${sent} sent, room of ${reserve}`)
          assert.equal(countFds(), before + arrived)
          msg.control().clear()
          assert.equal(countFds(), before)
        }
    })
})

describe('recvfd', () => {
  for (const [name, type] of [types[0], types[2]])
    it(`is null at the end of a ${name}`, (t) => {
      const [a, b] = pair(t, type)
      a.close()
      assert.equal(b.recvfd(), null)
    })

  it('is an error for an empty datagram, which is no end', (t) => {
    const [a, b] = pair(t, SOCK_DGRAM)
    a.send('')
    assert.throws(() => b.recvfd(), coded('ENOMSG'))
    assert.equal(b.recvfd(), AGAIN)
  })

  it('takes one byte of data from a stream, no more (H73)', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    a.sendfd(file(t))
    a.send('after')
    closeSync(got(b.recvfd()))
    assert.equal(received(b), 'after')
  })

  it('is not misled by credentials, labels and pidfds that come along', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    const before = countFds() + 1
    b.setsockopt(SOL_SOCKET, SO_PASSCRED, true)
    try {
      b.setsockopt(SOL_SOCKET, SO_PASSPIDFD, true)
    } catch {
      // Linux before 6.5 has none.
    }
    const passed = file(t)
    a.sendfd(passed)
    const fd = got(b.recvfd())
    assert.equal(sameFile(fd, passed), true)
    assert.equal(countFds(), before + 1)
    closeSync(fd)
    a.send('x')
    assert.throws(() => b.recvfd(), coded('ENOMSG'))
    pass(a, [passed, passed])
    assert.throws(() => b.recvfd(), coded('EMSGSIZE'))
    assert.equal(countFds(), before)
    a.close()
    assert.equal(b.recvfd(), null)
  })

  it('gives a number and nothing else: wrap says what it is (H81)', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    const server = listener(t, ipv4.address())
    for (const [passed, code] of [
      [file(t), 'ENOTSOCK'],
      [server.fd(), undefined],
      [a.fd(), undefined],
    ] as const) {
      a.sendfd(passed)
      const fd = got(b.recvfd())
      if (code === undefined) socket.wrap(fd).close()
      else {
        assert.throws(() => socket.wrap(fd), coded(code))
        closeSync(fd)
      }
    }
  })

  it('may deliver the very socket that it came over', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    a.sendfd(b.fd())
    const twin = closing(t, socket.wrap(got(b.recvfd())))
    a.send('x')
    assert.equal(received(twin), 'x')
  })
})

describe('sendfd', () => {
  it('goes to an address on a socket that is not connected', (t) => {
    const to = AddrInfo.unix(abstractName())
    const b = create(t, to, SOCK_DGRAM)
    b.bind()
    const a = create(t, AddrInfo.unix(''), SOCK_DGRAM)
    assert.equal(a.sendfd(file(t), to), 0)
    closeSync(got(b.recvfd()))
    const nobody = AddrInfo.unix(abstractName())
    assert.throws(() => a.sendfd(0, nobody), coded('ECONNREFUSED', { syscall: 'sendfd', path: String(nobody) }))
    assert.throws(() => a.sendfd(0, 'x' as never), coded('ERR_INVALID_ARG_TYPE'))
  })

  it('answers AGAIN on a full socket, and passes nothing then', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    a.sndbuf(4608)
    while (a.send(Buffer.alloc(1000)) !== AGAIN);
    const passed = file(t)
    assert.equal(a.sendfd(passed), AGAIN)
    for (let part = b.recv(); part !== AGAIN; part = b.recv()) assert.ok(part)
    assert.equal(a.sendfd(passed), 0)
    closeSync(got(b.recvfd()))
  })

  it('is refused where descriptors cannot be passed: the kernel would drop them and report success', (t) => {
    const [a, b] = tcpPair(t, ipv4)
    assert.throws(() => a.sendfd(0), coded('EOPNOTSUPP', { syscall: 'sendfd' }))
    a.send('x')
    assert.ok(b.recvable(5000))
    assert.throws(() => b.recvfd(), coded('EOPNOTSUPP', { syscall: 'recvfd' }))
    assert.equal(received(b), 'x', 'nothing is consumed')
  })
})

describe('a stream with descriptors and data (H77)', () => {
  it('is read up to the message that bears them', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    a.send('before')
    pass(a, [file(t)], 'with')
    a.send('after')
    pass(a, [file(t)], 'again')
    const msg = room(100)
    const seen: [string, number][] = []
    for (;;) {
      const count = b.recvmsg(msg)
      if (count === AGAIN) break
      seen.push([String(msg.concat()), [...msg.control()].flatMap((cmsg) => cmsg.fds()).length])
    }
    msg.control().clear()
    assert.equal(seen.map(([text]) => text).join(''), 'beforewithafteragain')
    assert.deepEqual(seen.filter(([, fds]) => fds > 0).length, 2, 'never two in one')
  })

  it('passes them once, however often the rest is sent on', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    a.sndbuf(4608)
    const passed = file(t)
    const before = countFds()
    const out = new MsgHdr()
    out.add(Buffer.alloc(100_000, 'd'))
    out.control().push(CmsgHdr.rights(passed, passed, passed))
    const msg = room(100_000)
    let [bytes, fds] = [0, 0]
    while (bytes < 100_000) {
      const sent = out.bytes() > 0 ? a.sendmsg(out) : AGAIN
      if (sent !== AGAIN) {
        out.consume(sent)
        out.control().clear()
      }
      const count = b.recvmsg(msg)
      if (count === AGAIN || count === null) continue
      bytes += count
      fds += [...msg.control()].flatMap((cmsg) => cmsg.fds()).length
    }
    msg.control().clear()
    assert.equal(fds, 3)
    assert.equal(countFds(), before)
  })

  it('gives its descriptors to a message without room, and keeps its data (H78)', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    pass(a, [file(t)], 'data')
    const msg = new MsgHdr()
    assert.equal(b.recvmsg(msg), 0)
    assert.equal([...msg.control()].flatMap((cmsg) => cmsg.fds()).length, 1)
    msg.control().clear()
    assert.equal(received(b), 'data')
  })

  it('refuses descriptors that go without any data: the kernel would lose them, and report success (H73)', (t) => {
    const [a, b] = pair(t, SOCK_STREAM)
    const out = new MsgHdr()
    out.control().push(CmsgHdr.rights(file(t)))
    assert.throws(() => a.sendmsg(out), coded('EINVAL', { syscall: 'sendmsg' }))
    assert.equal(b.recvmsg(room()), AGAIN)
    const [tcp] = tcpPair(t, ipv4)
    out.add('x')
    assert.throws(() => tcp.sendmsg(out), coded('EOPNOTSUPP', { syscall: 'sendmsg' }))
  })
})

describe('without a free number (H72)', { skip: available('prlimit') }, () => {
  const child = `
    import { openSync } from 'node:fs'
    import { countFds } from './build/test/util/fds.js'
    import { AGAIN, CmsgHdr, MSG_CTRUNC, MsgHdr, socket } from 'berkeley/llsocket'
    const [type, free, count] = process.argv.slice(-3).map(Number)
    const [a, b] = socket.pair(type, true)
    countFds()
    const say = (...words) => console.log(...words)
    const opened = []
    try { for (;;) opened.push(openSync('/dev/null')) } catch (error) { say(error.code) }
    const { closeSync } = await import('node:fs')
    for (let i = 0; i < free; i++) closeSync(opened.pop())
    const out = new MsgHdr()
    out.add('x')
    out.control().push(CmsgHdr.rights(...Array(count).fill(opened[0])))
    a.sendmsg(out)
    a.sendmsg(out)
    try { say('recvfd', b.recvfd() >= 0) } catch (error) { say('recvfd', error.code) }
    const msg = new MsgHdr()
    msg.addn(1)
    say('recvmsg', b.recvmsg(msg), (msg.flags() & MSG_CTRUNC) !== 0, [...msg.control()].flatMap((c) => c.fds()).length)
    msg.control().clear()
    say(b.recvfd() === AGAIN)
    let spare = 0
    try { for (;;) opened.push(openSync('/dev/null')), spare++ } catch {}
    say('free', spare)
  `
  for (const [name, type] of types)
    for (const [free, count, recvfd, arrived, left] of [
      [0, 1, 'EMFILE', 0, 0],
      [0, 3, 'EMFILE', 0, 0],
      [1, 3, 'EMSGSIZE', 1, 1],
      [2, 1, 'true', 1, 1],
    ] as const)
      it(`${count} of a ${name} message and ${free} free: told, and nothing leaks`, async () => {
        const { stdout, stderr, code } = await run(
          'prlimit',
          ['--nofile=120:120', process.execPath, ...script(child), '--', String(type), String(free), String(count)],
          { cwd: root },
        )
        const expected = [
          'EMFILE',
          `recvfd ${recvfd}`,
          `recvmsg 1 ${arrived < count} ${arrived}`,
          'true',
          `free ${left}`,
        ]
        assert.deepEqual([stdout.trim().split('\n'), code], [expected, 0], stderr)
      })
})

it('errors about descriptors name the call and not the data', () => {
  const [a, b] = socket.pair(SOCK_STREAM, true)
  b.close()
  const error = thrownBy(() => a.sendfd(0))
  assert.deepEqual([error['code'], error['syscall'], error.message], ['EPIPE', 'sendfd', 'sendfd EPIPE'])
  a.close()
})
