// llsocket and Python.
import assert from 'node:assert/strict'
import { closeSync, openSync, readSync } from 'node:fs'
import { describe, it, type TestContext } from 'node:test'
import {
  AddrInfo,
  CmsgHdr,
  MSG_PEEK,
  MsgHdr,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  type Socket,
} from 'berkeley/llsocket'
import { create, got, listener } from '../llsocket/common.js'
import {
  abstractName,
  available,
  type Child,
  closing,
  eventually,
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

async function acceptFrom(t: TestContext, server: Socket): Promise<Socket> {
  await readable(server)
  return closing(t, got(server.accept()) as Socket)
}

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
    it(`Python exchanges data with a ${name} socket up to the end`, async (t) => {
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

    it(`Python sends descriptors to a ${name} socket`, async (t) => {
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

    it(`Python receives descriptors from a ${name} socket`, async (t) => {
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

  it('Python exchanges names and descriptors in datagrams', async (t) => {
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

  it('Python sees the same abstract name (H63)', async (t) => {
    const name = abstractName()
    const server = listener(t, AddrInfo.unix(name))
    const child = python(t, name.replace('\0', '@'), 'SOCK_STREAM', "say('peer', s.getpeername())")
    await acceptFrom(t, server)
    const [, peer = ''] = await child.waitForOutput(/peer b'\\x00(.*)'/)
    assert.equal(peer, name.slice(1))
  })
})
