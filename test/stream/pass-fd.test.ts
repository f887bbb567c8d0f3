// Descriptors over the asynchronous sockets: what is sent, and the owner of what arrives.
// pass-fd-limits.test.ts is about too many of them; ../llsocket/pass-fd.test.ts about each system call.
import assert from 'node:assert/strict'
import { closeSync, readFileSync, readSync } from 'node:fs'
import { describe, test } from 'node:test'
import { AddrInfo, CmsgHdr, MSG_DONTWAIT, MsgHdr, stream } from 'berkeley'
import { socket } from 'berkeley/llsocket'
import { threadPoller } from '#internal/engine/choose-poller.js'
import { available, closing, countFds, eventually, leavesNoFd, start } from '../util/index.js'
import { ends, file, nullFd, pair, pass, unixTypes } from './common.js'

leavesNoFd()

// It has a descriptor of its own, which must not be counted during a test.
threadPoller()

describe('sendfd() and recvfd()', () => {
  test('sendfd() passes a file that recvfd() gives to the receiver', async (t) => {
    const [a, b] = await pair(t)
    const waiting = b.recvfd()
    assert.equal(await a.sendfd(file(t, Buffer.from('content'))), 0)
    const fd = (await waiting) as number
    const into = Buffer.alloc(10)
    assert.equal(readSync(fd, into, 0, 10, 0), 7)
    assert.equal(into.toString('utf8', 0, 7), 'content')
    closeSync(fd)
  })

  test('sendfdsync() and recvfdsync() pass many descriptors in order', async (t) => {
    const [a, b] = await pair(t)
    const files = Array.from({ length: 20 }, (_, i) => file(t, Buffer.from(`file ${i}`)))
    const waiting = files.map(() => b.recvfdsync())
    await Promise.all(files.map((fd) => a.sendfdsync(fd)))
    for (const [i, one] of waiting.entries()) {
      const fd = (await one) as number
      assert.equal(readFileSync(fd, 'utf8'), `file ${i}`)
      closeSync(fd)
    }
  })

  test('sendfd() passes a connection, which the receiver wraps and uses', async (t) => {
    const [a, b] = await pair(t)
    const server = closing(t, await stream.inet.Server.create({ host: '127.0.0.1' }))
    server.listen()
    const port = server.getsockname().port as number
    const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port }))
    const accepted = closing(t, await server.accept())
    await a.sendfd(accepted.fd())
    const conn = closing(t, await stream.wrap((await b.recvfd()) as number))
    assert.ok(conn instanceof stream.inet.Socket)
    await conn.send('from the new owner')
    assert.equal(String(await client.recv()), 'from the new owner')
  })

  test('sendfd() refuses an object that only looks like an address', async (t) => {
    const [a, b] = await pair(t)
    const fake = Object.create(AddrInfo.prototype) as AddrInfo
    await assert.rejects(a.sendfd(0, fake), { code: 'ERR_INVALID_ARG_TYPE' })
    await assert.rejects(b.recvfd(MSG_DONTWAIT), { code: 'EAGAIN' })
    assert.throws(() => new MsgHdr().name(fake), { code: 'ERR_INVALID_ARG_TYPE' })
  })

  test('recvfd() resolves to null at the end, and rejects with ENOMSG for data without a descriptor', async (t) => {
    const [a, b] = await pair(t)
    await a.send('x')
    await assert.rejects(b.recvfd(), { code: 'ENOMSG', syscall: 'recvfd' })
    await a.close()
    assert.equal(await b.recvfd(), null)
    await assert.rejects(a.sendfd(0), { code: 'EBADF' })
    await assert.rejects(b.sendfd(-1), { code: 'ERR_OUT_OF_RANGE', message: /"fd"/ })
    await assert.rejects(b.sendfd(0, 'x' as never), { code: 'ERR_INVALID_ARG_TYPE', message: /"ai"/ })
  })

  test('python3 receives a descriptor and passes one back', { skip: available('python3') }, async (t) => {
    const [a, theirs] = socket.pair(1)
    const ours = closing(t, new stream.unix.Socket(a))
    const code = `
import os, socket
s = socket.socket(fileno=3)
data, fds, flags, addr = socket.recv_fds(s, 10, 1)
text = os.read(fds[0], 100)
r, w = os.pipe()
os.write(w, text[::-1])
socket.send_fds(s, [b"x"], [r])
`
    start(t, 'python3', ['-c', code], { stdio: ['pipe', 'pipe', 'pipe', theirs.fd()] })
    theirs.close()
    await ours.sendfd(file(t, Buffer.from('stressed')))
    const fd = (await ours.recvfd()) as number
    const into = Buffer.alloc(20)
    assert.equal(into.toString('utf8', 0, readSync(fd, into)), 'desserts')
    closeSync(fd)
  })
})

test('sendmsg() refuses descriptors without data on a stream and passes them on other sockets (H73)', async (t) => {
  const fd = nullFd(t)
  for (const [name, make] of unixTypes) {
    const [a, b] = await ends(t, make)
    const before = countFds()
    const msg = new MsgHdr()
    msg.control().push(CmsgHdr.rights(fd))
    if (name === 'stream') {
      await assert.rejects(a.sendmsg(msg), { code: 'EINVAL', syscall: 'sendmsg' })
      await assert.rejects(b.recvfd(MSG_DONTWAIT), { code: 'EAGAIN' })
    } else {
      assert.equal(await a.sendmsg(msg), 0)
      closeSync((await b.recvfd()) as number)
    }
    assert.equal(countFds(), before)
  }
})

test('duplex() closes descriptors that arrive with the data (H75)', async (t) => {
  const [a, b] = await ends(t, () => stream.unix.pair())
  const fd = nullFd(t)
  const before = countFds()
  const reader = (b as stream.unix.Socket).duplex()
  await pass(a, fd, 5)
  await a.close()
  let text = ''
  for await (const data of reader) text += data
  assert.equal(text, 'x')
  reader.destroy()
  await eventually(() => countFds() <= before - 2, 'closing')
})
