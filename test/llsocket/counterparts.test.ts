// The other end is somebody else's program: socat, nc, Python.
import assert from 'node:assert/strict'
import { closeSync, openSync, readSync } from 'node:fs'
import { describe, it, type TestContext } from 'node:test'
import {
  AddrInfo,
  AGAIN,
  CmsgHdr,
  MSG_PEEK,
  MsgHdr,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  type Socket,
  socket,
} from 'berkeley/llsocket'
import {
  abstractName,
  available,
  type Child,
  closing,
  eachFamily,
  eventually,
  type Family,
  leavesNoFd,
  start,
  tempFolder,
} from '../util/index.js'
import { create, got, listener } from './sockets.js'

leavesNoFd()

/** Waits without holding up the event loop, on which the child's output arrives. */
const readable = (s: Socket): Promise<void> => eventually(() => s.recvable(), 'something to receive')

async function text(s: Socket): Promise<string> {
  await readable(s)
  return String(got(s.recv()))
}

/** All that arrives until the end. */
async function whole(s: Socket): Promise<string> {
  const parts: Buffer[] = []
  for (;;) {
    await readable(s)
    const part = s.recv()
    if (part === null) return Buffer.concat(parts).toString()
    if (part !== AGAIN) parts.push(part)
  }
}

/** A connected socket, once the other end listens. */
async function connected(t: TestContext, ai: AddrInfo, type = SOCK_STREAM): Promise<Socket> {
  let client: Socket | undefined
  await eventually(() => {
    client = socket.create(ai.with({ socktype: type }), true)
    try {
      if (client.connect() !== AGAIN || (client.sendable(1000) && client.error() === 0)) return true
    } catch (error) {
      assert.ok(['ECONNREFUSED', 'ENOENT'].includes((error as { code: string }).code), String(error))
    }
    client.close()
    return false
  }, `a connection to ${ai}`)
  return closing(t, client as unknown as Socket)
}

async function acceptFrom(t: TestContext, server: Socket): Promise<Socket> {
  await readable(server)
  return closing(t, got(server.accept()) as Socket)
}

/** What a program that sends all back must do with text, and with the end. */
async function speakWithEcho(s: Socket, child: Child): Promise<void> {
  s.send('hello ä\n')
  assert.equal(await text(s), 'hello ä\n')
  const big = 'x'.repeat(50_000)
  let sent = 0
  let back = ''
  while (back.length < big.length) {
    if (sent < big.length) {
      const count = s.send(big.slice(sent, sent + 8192))
      if (count !== AGAIN) sent += count
    }
    await readable(s)
    const part = s.recv()
    if (part !== AGAIN) back += String(got(part))
  }
  assert.equal(back, big)
  s.shutdown(1)
  assert.equal(await whole(s), '')
  await child.ended
}

/** What a program that writes its input to us, and prints what we send, must do. */
async function speakWithTerminal(s: Socket, child: Child): Promise<void> {
  child.write('from there\n')
  assert.equal(await text(s), 'from there\n')
  s.send('from here\n')
  await child.waitForOutput(/from here/)
}

const family4 = (family: Family): '4' | '6' => (family.name === 'IPv4' ? '4' : '6')
const bracketed = (family: Family): string => (family.name === 'IPv4' ? family.loopback : `[${family.loopback}]`)

describe('socat', { skip: available('socat') }, () => {
  eachFamily((family) => {
    it('TCP: we connect to its echo', async (t) => {
      const child = start(t, 'socat', ['-d', '-d', `TCP${family4(family)}-LISTEN:0,bind=${bracketed(family)}`, 'PIPE'])
      const [, port = ''] = await child.waitForOutput(/listening on .*:(\d+)/)
      await speakWithEcho(await connected(t, family.address(Number(port))), child)
    })

    it('TCP: it connects to us', async (t) => {
      const server = listener(t, family.address())
      const child = start(t, 'socat', ['-', `TCP${family4(family)}:${bracketed(family)}:${server.getsockname().port}`])
      const conn = await acceptFrom(t, server)
      await speakWithTerminal(conn, child)
      conn.shutdown(1)
      child.endInput()
      assert.equal(await whole(conn), '')
      assert.equal((await child.ended).code, 0)
    })

    it('UDP: both ways', async (t) => {
      const s = create(t, family.address(), SOCK_DGRAM)
      s.bind()
      const child = start(t, 'socat', ['-', `UDP${family4(family)}:${bracketed(family)}:${s.getsockname().port}`])
      child.write('a datagram')
      await readable(s)
      const [data, from] = got(s.recvfrom())
      assert.equal(String(data), 'a datagram')
      s.sendto('an answer', got(from))
      await child.waitForOutput(/an answer/)
    })
  })

  for (const [name, make] of [
    ['a path', (t: TestContext) => `${tempFolder(t)}/s`],
    ['an abstract name', () => abstractName()],
  ] as const) {
    const where = (path: string): string =>
      path.startsWith('\0') ? `ABSTRACT-CONNECT:${path.slice(1)}` : `UNIX-CONNECT:${path}`
    it(`unix stream by ${name}: it connects to us`, async (t) => {
      const path = make(t)
      const server = listener(t, AddrInfo.unix(path))
      const child = start(t, 'socat', ['-', where(path)])
      await speakWithTerminal(await acceptFrom(t, server), child)
    })

    it(`unix stream by ${name}: we connect to its echo`, async (t) => {
      const path = make(t)
      const at = path.startsWith('\0') ? `ABSTRACT-LISTEN:${path.slice(1)}` : `UNIX-LISTEN:${path}`
      const child = start(t, 'socat', ['-d', '-d', at, 'PIPE'])
      await child.waitForOutput(/listening on/)
      await speakWithEcho(await connected(t, AddrInfo.unix(path)), child)
    })

    it(`unix datagrams by ${name}: both ways`, async (t) => {
      const [mine, theirs] = [make(t), make(t)]
      const s = create(t, AddrInfo.unix(mine), SOCK_DGRAM)
      s.bind()
      const kind = mine.startsWith('\0') ? 'ABSTRACT-SENDTO' : 'UNIX-SENDTO'
      const bare = (path: string): string => path.replace('\0', '')
      const child = start(t, 'socat', ['-', `${kind}:${bare(mine)},bind=${bare(theirs)}`])
      child.write('a datagram')
      await readable(s)
      const [data, from] = got(s.recvfrom())
      assert.equal(String(data), 'a datagram')
      assert.equal(from?.path, theirs)
      s.sendto('an answer', got(from))
      await child.waitForOutput(/an answer/)
    })
  }

  it('seqpacket: boundaries hold', async (t) => {
    const path = `${tempFolder(t)}/s`
    const server = listener(t, AddrInfo.unix(path), SOCK_SEQPACKET)
    const child = start(t, 'socat', ['-', `UNIX-CONNECT:${path},type=${SOCK_SEQPACKET}`])
    const conn = await acceptFrom(t, server)
    assert.equal(conn.socktype(), SOCK_SEQPACKET)
    await speakWithTerminal(conn, child)
    child.endInput()
    await readable(conn)
    assert.equal(conn.recv(), null)
  })
})

describe('nc', { skip: available('nc') }, () => {
  eachFamily((family) => {
    it('TCP: it connects to us', async (t) => {
      const server = listener(t, family.address())
      const child = start(t, 'nc', [`-${family4(family)}`, '-N', family.loopback, String(server.getsockname().port)])
      const conn = await acceptFrom(t, server)
      await speakWithTerminal(conn, child)
      child.endInput()
      assert.equal(await whole(conn), '')
      conn.close()
      assert.equal((await child.ended).code, 0)
    })

    it('TCP: we connect to it', async (t) => {
      const child = start(t, 'nc', [`-${family4(family)}`, '-l', '-v', '-n', family.loopback, '0'])
      const [, port = ''] = await child.waitForOutput(/Listening on \S+ (\d+)/i)
      await speakWithTerminal(await connected(t, family.address(Number(port))), child)
    })

    it('UDP: both ways', async (t) => {
      const s = create(t, family.address(), SOCK_DGRAM)
      s.bind()
      const child = start(t, 'nc', [`-${family4(family)}`, '-u', family.loopback, String(s.getsockname().port)])
      child.write('a datagram')
      await readable(s)
      const [data, from] = got(s.recvfrom())
      assert.equal(String(data), 'a datagram')
      s.sendto('an answer', got(from))
      await child.waitForOutput(/an answer/)
    })
  })

  it('unix stream: it connects to us', async (t) => {
    const path = `${tempFolder(t)}/s`
    const server = listener(t, AddrInfo.unix(path))
    const child = start(t, 'nc', ['-U', path])
    await speakWithTerminal(await acceptFrom(t, server), child)
  })

  it('unix stream: we connect to it', async (t) => {
    const path = `${tempFolder(t)}/s`
    const child = start(t, 'nc', ['-l', '-U', path])
    await speakWithTerminal(await connected(t, AddrInfo.unix(path)), child)
  })
})

describe('Python', { skip: available('python3') }, () => {
  /** A program that has our socket as `s`, connected, and `say()` for telling us. */
  function python(t: TestContext, path: string, type: string, body: string): Child {
    const code = `
import array, os, socket, sys
def say(*words): print(*words, flush=True)
s = socket.socket(socket.AF_UNIX, socket.${type})
s.settimeout(10)
s.connect(sys.argv[1].replace('@', chr(0)))
${body}`
    return start(t, 'python3', ['-c', code, path])
  }

  function file(t: TestContext): number {
    const fd = openSync('/dev/zero', 'r')
    t.after(() => closeSync(fd))
    return fd
  }

  for (const [name, type, pythonType] of [
    ['stream', SOCK_STREAM, 'SOCK_STREAM'],
    ['seqpacket', SOCK_SEQPACKET, 'SOCK_SEQPACKET'],
  ] as const) {
    it(`${name}: data both ways, and the end`, async (t) => {
      const path = `${tempFolder(t)}/s`
      const server = listener(t, AddrInfo.unix(path), type)
      const child = python(
        t,
        path,
        pythonType,
        `
s.send(b'from python')
say('got', s.recv(100))
s.shutdown(socket.SHUT_WR)
say('end', s.recv(100))`,
      )
      const conn = await acceptFrom(t, server)
      assert.equal(await text(conn), 'from python')
      conn.send('from node')
      await child.waitForOutput(/got b'from node'/)
      await readable(conn)
      assert.equal(conn.recv(), null)
      conn.close()
      await child.waitForOutput(/end b''/)
      assert.equal((await child.ended).code, 0)
    })

    it(`${name}: it sends descriptors, we receive them`, async (t) => {
      const path = `${tempFolder(t)}/s`
      const server = listener(t, AddrInfo.unix(path), type)
      const child = python(
        t,
        path,
        pythonType,
        `
f = os.open('/dev/zero', os.O_RDONLY)
socket.send_fds(s, [b'x'], [f])
socket.send_fds(s, [b'several'], [f, f, f])
say('sent')
s.recv(1)`,
      )
      const conn = await acceptFrom(t, server)
      await child.waitForOutput(/sent/)
      const fd = got(conn.recvfd())
      assert.equal(readSync(fd, Buffer.alloc(5)), 5)
      closeSync(fd)
      const msg = new MsgHdr()
      msg.addn(100)
      assert.equal(conn.recvmsg(msg), 7)
      assert.deepEqual(
        [
          String(msg.concat()),
          msg
            .control()
            .shift()
            ?.take()
            .map((n) => closeSync(n)).length,
        ],
        ['several', 3],
      )
    })

    it(`${name}: we send descriptors, it receives them`, async (t) => {
      const path = `${tempFolder(t)}/s`
      const server = listener(t, AddrInfo.unix(path), type)
      const child = python(
        t,
        path,
        pythonType,
        `
for n in range(2):
  data, fds, flags, addr = socket.recv_fds(s, 100, 10)
  say('data', data, 'fds', len(fds), 'read', [os.read(f, 3) for f in fds] == [bytes(3)] * len(fds))`,
      )
      const conn = await acceptFrom(t, server)
      assert.equal(conn.sendfd(file(t)), 0)
      await child.waitForOutput(/data b'\\x00' fds 1 read True/)
      const msg = new MsgHdr()
      msg.add('data')
      msg.control().push(CmsgHdr.rights(file(t), file(t)))
      conn.sendmsg(msg)
      await child.waitForOutput(/data b'data' fds 2 read True/)
    })
  }

  it('datagrams: names and descriptors both ways', async (t) => {
    const [mine, theirs] = [`${tempFolder(t)}/m`, `${tempFolder(t)}/t`]
    const s = create(t, AddrInfo.unix(mine), SOCK_DGRAM)
    s.bind()
    const child = start(t, 'python3', [
      '-c',
      `
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.settimeout(10)
s.bind(sys.argv[2])
f = os.open('/dev/zero', os.O_RDONLY)
s.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, f.to_bytes(4, sys.byteorder))], 0, sys.argv[1])
data, fds, flags, addr = socket.recv_fds(s, 100, 10)
print(data, len(fds), addr, flush=True)
`,
      mine,
      theirs,
    ])
    await readable(s)
    const msg = new MsgHdr()
    msg.addn(1)
    assert.equal(s.recvmsg(msg, MSG_PEEK), 1)
    const from = got(msg.name())
    assert.equal(from.path, theirs)
    msg.control().clear()
    closeSync(got(s.recvfd()))
    assert.equal(s.sendfd(file(t), from), 0)
    await child.waitForOutput(/b'\\x00' 1 .*\/m/)
  })

  it('abstract names are the same for both (H63)', async (t) => {
    const name = abstractName()
    const server = listener(t, AddrInfo.unix(name))
    const child = python(t, name.replace('\0', '@'), 'SOCK_STREAM', "say('peer', s.getpeername())")
    await acceptFrom(t, server)
    const [, peer = ''] = await child.waitForOutput(/peer b'\\x00(.*)'/)
    assert.equal(peer, name.slice(1))
  })
})
