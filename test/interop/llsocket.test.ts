// llsocket and the programs of others: socat and nc.
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { AddrInfo, AGAIN, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM, type Socket, socket } from 'berkeley/llsocket'
import { create, got, listener } from '../llsocket/common.js'
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
    it('a TCP client gets its data back from socat', async (t) => {
      const child = start(t, 'socat', ['-d', '-d', `TCP${family4(family)}-LISTEN:0,bind=${bracketed(family)}`, 'PIPE'])
      const [, port = ''] = await child.waitForOutput(/listening on .*:(\d+)/)
      await speakWithEcho(await connected(t, family.address(Number(port))), child)
    })

    it('socat connects over TCP and exchanges data', async (t) => {
      const server = listener(t, family.address())
      const child = start(t, 'socat', ['-', `TCP${family4(family)}:${bracketed(family)}:${server.getsockname().port}`])
      const conn = await acceptFrom(t, server)
      await speakWithTerminal(conn, child)
      conn.shutdown(1)
      child.endInput()
      assert.equal(await whole(conn), '')
      assert.equal((await child.ended).code, 0)
    })

    it('socat exchanges UDP datagrams with a socket', async (t) => {
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

    it(`socat connects to a unix stream by ${name} and exchanges data`, async (t) => {
      const path = make(t)
      const server = listener(t, AddrInfo.unix(path))
      const child = start(t, 'socat', ['-', where(path)])
      await speakWithTerminal(await acceptFrom(t, server), child)
    })

    it(`a unix stream client gets its data back from socat by ${name}`, async (t) => {
      const path = make(t)
      const at = path.startsWith('\0') ? `ABSTRACT-LISTEN:${path.slice(1)}` : `UNIX-LISTEN:${path}`
      const child = start(t, 'socat', ['-d', '-d', at, 'PIPE'])
      await child.waitForOutput(/listening on/)
      await speakWithEcho(await connected(t, AddrInfo.unix(path)), child)
    })

    it(`socat exchanges unix datagrams with a socket by ${name}`, async (t) => {
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

  it('socat exchanges seqpackets whose boundaries are kept', async (t) => {
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
    it('nc connects over TCP and exchanges data', async (t) => {
      const server = listener(t, family.address())
      const child = start(t, 'nc', [`-${family4(family)}`, '-N', family.loopback, String(server.getsockname().port)])
      const conn = await acceptFrom(t, server)
      await speakWithTerminal(conn, child)
      child.endInput()
      assert.equal(await whole(conn), '')
      conn.close()
      assert.equal((await child.ended).code, 0)
    })

    it('a TCP client exchanges data with nc', async (t) => {
      const child = start(t, 'nc', [`-${family4(family)}`, '-l', '-v', '-n', family.loopback, '0'])
      const [, port = ''] = await child.waitForOutput(/Listening on \S+ (\d+)/i)
      await speakWithTerminal(await connected(t, family.address(Number(port))), child)
    })

    it('nc exchanges UDP datagrams with a socket', async (t) => {
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

  it('nc connects to a unix stream and exchanges data', async (t) => {
    const path = `${tempFolder(t)}/s`
    const server = listener(t, AddrInfo.unix(path))
    const child = start(t, 'nc', ['-U', path])
    await speakWithTerminal(await acceptFrom(t, server), child)
  })

  it('a unix stream client exchanges data with nc', async (t) => {
    const path = `${tempFolder(t)}/s`
    const child = start(t, 'nc', ['-l', '-U', path])
    await speakWithTerminal(await connected(t, AddrInfo.unix(path)), child)
  })
})
