// Files as node:fs/promises has them, and files that are sent to their end.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, fstatSync, writeFileSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { CmsgHdr, MsgHdr, SOCK_STREAM } from 'berkeley'
import { socket } from 'berkeley/llsocket'
import { ends as tlsEnds } from '../tls/common.js'
import { closing, closingAll, leavesNoFd, tempFolder } from '../util/index.js'
import { drain, ends, pair, type Stream, streamPairs, type Test, unixTypes } from './common.js'

leavesNoFd()

/** A file with that content, open for reading. */
async function opened(t: Test, content: Buffer | string): Promise<FileHandle> {
  const path = join(tempFolder(t), 'file')
  writeFileSync(path, content)
  return closing(t, await open(path))
}

async function closedFile(): Promise<FileHandle> {
  const file = await open('/dev/null')
  await file.close()
  return file
}

/** Closes a descriptor that was received, and says whether it is that file. */
function isThat(fd: number | null, file: FileHandle): boolean {
  const received = fstatSync(fd as number)
  closeSync(fd as number)
  return received.ino === fstatSync(file.fd).ino
}

const closed = { code: 'EBADF', message: /FileHandle "fd" is closed/ }

const kinds: [name: string, make: (t: Test) => Promise<[Stream, Stream]>][] = [
  ...streamPairs,
  ['TLS', (t) => tlsEnds(t as never)],
]

for (const [name, make] of kinds)
  describe(`sendfile() over ${name}`, () => {
    test('takes a FileHandle, and sends to the end of the file without a length', async (t) => {
      const [a, b] = await make(t)
      const content = randomBytes((3 << 20) + 5)
      const file = await opened(t, content)
      const sending = (async () => {
        assert.equal(await a.sendfile(file, 10), 10)
        assert.equal(await a.sendfile(file, undefined, 10), content.length - 10)
        assert.equal(await a.sendfile(file.fd, { offset: content.length - 3, timeout: 5000 }), 3)
        assert.equal(await a.sendfile(file, undefined, content.length), 0)
        assert.equal(await a.sendfilesync(file, { bytes: 7, offset: content.length - 4 }), 4)
        await a.end()
      })()
      const got = await drain(b)
      await sending
      assert.ok(got.equals(Buffer.concat([content, content.subarray(-3), content.subarray(-4)])))
    })

    test('sends nothing of an empty file, and goes on', async (t) => {
      const [a, b] = await make(t)
      assert.equal(await a.sendfile(await opened(t, '')), 0)
      await a.send('x')
      assert.equal(String(await b.recv()), 'x')
    })

    test('a FileHandle that is closed is EBADF, also if it was closed while the call waited for its turn', async (t) => {
      const [a, b] = await make(t)
      await assert.rejects(a.sendfile(await closedFile()), closed)
      const file = await opened(t, 'content')
      const blocked = a.send(Buffer.alloc(16 << 20))
      const waiting = assert.rejects(a.sendfile(file), closed)
      await file.close()
      const stranger = await opened(t, 'not to be sent')
      await Promise.all([blocked, waiting, a.end(), drain(b)])
      assert.ok(stranger.fd >= 0)
    })
  })

describe('sendfd() of a FileHandle', () => {
  for (const [name, make] of unixTypes)
    test(`a ${name} socket passes it`, async (t) => {
      const [a, b] = await ends(t, make)
      const file = await opened(t, 'x')
      await a.sendfd(file)
      assert.ok(isThat(await b.recvfd(), file))
      await a.sendfd(file, { timeout: 1000 })
      assert.ok(isThat(await b.recvfd(), file))
      await assert.rejects(a.sendfd(await closedFile()), closed)
      await a.sendfd(file.fd)
      assert.ok(isThat(await b.recvfd(), file))
    })

  test('one that is closed while the call waits is EBADF, and no other file is passed (H140)', async (t) => {
    const [a, b] = await pair(t)
    const file = await opened(t, 'x')
    const blocked = a.send(Buffer.alloc(4 << 20))
    const waiting = assert.rejects(a.sendfd(file), closed)
    const former = file.fd
    await file.close()
    const stranger = await opened(t, 'secret')
    assert.equal(stranger.fd, former)
    const ending = a.end()
    const msg = new MsgHdr()
    for (let count: number | null = 1; count !== null; ) {
      msg.addn(1 << 20)
      count = await b.recvmsg(msg)
      assert.equal(msg.control().length, 0)
      msg.consume(1 << 20)
    }
    await Promise.all([blocked, waiting, ending])
  })

  test('what looks like one may close the socket, and no other descriptor is used', async (t) => {
    const [a] = await pair(t)
    class FileHandle {
      get fd(): number {
        a.close().catch(() => {})
        return 1
      }
    }
    await assert.rejects(a.sendfd(new FileHandle() as never), { code: 'EBADF' })
    const [c] = await pair(t)
    class Other {
      get fd(): number {
        return c.fd()
      }
    }
    await assert.rejects(c.sendfd(new Other() as never), { code: 'ERR_INVALID_ARG_TYPE' })
    await assert.rejects(c.sendfd({ fd: 1 } as never), { code: 'ERR_INVALID_ARG_TYPE' })
    await assert.rejects(c.sendfile(null as never), { code: 'ERR_INVALID_ARG_TYPE' })
  })
})

describe('a FileHandle', () => {
  test('CmsgHdr.rights() and writeWithFds() take it', async (t) => {
    const [a, b] = await pair(t)
    const file = await opened(t, 'x')
    assert.throws(() => CmsgHdr.rights(0, {} as never), { message: /"fds\[1\]"/ })
    const closedOne = await closedFile()
    assert.throws(() => CmsgHdr.rights(closedOne), { code: 'EBADF' })
    const msg = new MsgHdr()
    msg.add('m')
    msg.control().push(CmsgHdr.rights(file, file.fd))
    await a.sendmsg(msg)
    const got = new MsgHdr()
    got.addn(10)
    await b.recvmsg(got)
    assert.deepEqual(
      got
        .control()
        .shift()
        ?.take()
        .map((fd) => isThat(fd, file)),
      [true, true],
    )
    const duplex = a.duplex()
    await new Promise((resolve) => duplex.writeWithFds('d', [file, file.fd], resolve))
    await b.recvmsg(got)
    await once(duplex.destroy(), 'close')
    assert.deepEqual(
      got
        .control()
        .shift()
        ?.take()
        .map((fd) => isThat(fd, file)),
      [true, true],
    )
  })

  test('the synchronous sockets take it', async (t) => {
    const [a, b] = closingAll(t, socket.pair(SOCK_STREAM))
    const file = await opened(t, 'content')
    assert.equal(a.sendfd(file), 0)
    assert.ok(isThat(b.recvfd() as number, file))
    assert.equal(a.sendfile(file, 7), 7)
    assert.equal(String(b.recv()), 'content')
    const closedOne = await closedFile()
    assert.throws(() => a.sendfd(closedOne), closed)
    assert.throws(() => a.sendfile(closedOne, 1), closed)
  })

  test('a stream of Node begins with what a reader has read ahead, also where descriptors may come', async (t) => {
    const [a, b] = await pair(t)
    await a.send('head\nbody')
    assert.equal(String(await b.reader().until('\n')), 'head\n')
    const duplex = b.duplex()
    await a.end()
    let text = ''
    for await (const data of duplex) text += data
    assert.equal(text, 'body')
  })
})
