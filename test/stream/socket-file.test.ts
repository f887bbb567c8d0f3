// The file that a unix server makes in the file system. Its removal is in close.test.ts.
import assert from 'node:assert/strict'
import {
  chmodSync,
  existsSync,
  fchmodSync,
  mkdirSync,
  readdirSync,
  rmdirSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { dgram, seqpacket, stream } from 'berkeley'
import { closing, foreignDuplicate, leavesNoFd, tempFolder } from '../util/index.js'
import { asNobody, oneUser } from './common.js'

leavesNoFd()

const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8)

describe('the file of a unix server', () => {
  test('create() fails with EADDRINUSE where a file exists and never removes it (H64)', async (t) => {
    const path = join(tempFolder(t), 'file')
    writeFileSync(path, 'precious')
    await assert.rejects(stream.unix.Server.create({ path }), { code: 'EADDRINUSE', syscall: 'bind', path })
    assert.ok(existsSync(path))
  })

  test('create() refuses a path that is too long and never shortens it (H61)', async (t) => {
    const folder = tempFolder(t)
    const longest = join(folder, 'x'.repeat(107 - folder.length - 1))
    closing(t, await stream.unix.Server.create({ path: longest }))
    await assert.rejects(stream.unix.Server.create({ path: `${longest}x` }), { code: 'ENAMETOOLONG' })
    await assert.rejects(stream.unix.Client.create({ path: `${longest}x` }), { code: 'ENAMETOOLONG' })
  })
})

describe('permissions', () => {
  test('the permissions can be set before the file exists, so that they are never different (H66)', {
    skip: oneUser,
  }, async (t) => {
    const folder = tempFolder(t)
    chmodSync(folder, 0o755)
    for (const [bits, outcome] of [
      [0o600, 'EACCES'],
      [0o666, 'connected'],
    ] as const) {
      const path = join(folder, bits.toString(8))
      const umask = process.umask(0)
      // bind(2) makes the file with the mode of the socket, less the umask.
      const making = stream.unix.Server.create({ path, prepare: (sock) => fchmodSync(sock.fd(), bits) })
      const server = closing(t, await making.finally(() => process.umask(umask)))
      assert.equal(mode(path), bits.toString(8))
      server.listen()
      assert.equal(await asNobody(path), outcome)
    }
  })

  test('the permissions can be set between bind and listen, while no client can connect (H66)', {
    skip: oneUser,
  }, async (t) => {
    const folder = tempFolder(t)
    chmodSync(folder, 0o755)
    const path = join(folder, 's')
    const umask = process.umask(0)
    const server = closing(t, await stream.unix.Server.create({ path }).finally(() => process.umask(umask)))
    assert.equal(mode(path), '777')
    assert.equal(await asNobody(path), 'ECONNREFUSED')
    chmodSync(path, 0o600)
    server.listen()
    assert.equal(await asNobody(path), 'EACCES')
    closing(t, await stream.unix.Client.create({ path }))
  })

  test('the permissions are those that the umask leaves when no others are set (H66)', async (t) => {
    const path = join(tempFolder(t), 's')
    const umask = process.umask(0o077)
    closing(t, await stream.unix.Server.create({ path }).finally(() => process.umask(umask)))
    assert.equal(mode(path), '700')
  })
})

describe('unlink()', () => {
  const kinds = { stream: stream.unix.Server, seqpacket: seqpacket.unix.Server }

  for (const [name, Server] of Object.entries(kinds)) {
    test(`whoever has passed a ${name} listener on can leave its file to the successor`, async (t) => {
      const path = join(tempFolder(t), 's')
      const former = await Server.create({ path })
      assert.equal(former.unlink(), true)
      const successor = closing(t, await Server.wrap(foreignDuplicate(former.fd())))
      assert.equal(former.unlink(false), false)
      await former.close()
      assert.ok(existsSync(path))
      assert.equal(successor.unlink(), false)
      assert.equal(successor.unlink(true), true)
      await successor.close()
      assert.ok(!existsSync(path))
    })
  }

  test('the file of a datagram socket can stay, too', async (t) => {
    const path = join(tempFolder(t), 's')
    const sock = closing(t, await dgram.unix.Socket.create({ path }))
    assert.throws(() => sock.unlink(false), { code: 'EINVAL', syscall: 'unlink' })
    await sock.bind()
    sock.unlink(false)
    await sock.close()
    assert.ok(existsSync(path))
  })

  test('a name without a file has none to remove', async (t) => {
    const abstract = closing(t, await stream.unix.Server.create({ path: `\0${process.pid}-unlink` }))
    assert.equal(abstract.unlink(), false)
    assert.throws(() => abstract.unlink(true), { code: 'EINVAL', syscall: 'unlink' })
    const path = join(tempFolder(t), 's')
    const gone = closing(t, await stream.unix.Server.create({ path, unlink: false }))
    unlinkSync(path)
    assert.throws(() => gone.unlink(true), { code: 'ENOENT', syscall: 'unlink', path })
    assert.throws(() => gone.unlink(1 as never), { code: 'ERR_INVALID_ARG_TYPE' })
    await gone.close()
    assert.throws(() => gone.unlink(), { code: 'EBADF' })
  })
})

describe('a relative path', () => {
  for (const [what, name] of [
    ['text', 'sock'],
    ['bytes that are text', Buffer.from('sock')],
    ['bytes that are no UTF-8', Buffer.from([0x73, 0xff, 0x6b])],
  ] as const)
    test(`the file of a path of ${what} is removed also when the working directory is another one by then`, async (t) => {
      const base = tempFolder(t)
      // The name of the working directory is no UTF-8 either; process.chdir() takes text only, so that the way there is by a link.
      const folder = Buffer.concat([Buffer.from(`${base}/`), Buffer.from([0xfe])])
      mkdirSync(folder)
      symlinkSync(folder, join(base, 'link'))
      const before = process.cwd()
      t.after(() => process.chdir(before))
      process.chdir(join(base, 'link'))
      const server = closing(t, await stream.unix.Server.create({ path: name }))
      assert.equal(readdirSync(folder).length, 1)
      process.chdir(before)
      await server.close()
      assert.equal(readdirSync(folder).length, 0)
      // Not every version of Node removes a folder of such a name together with the one that it is in.
      rmdirSync(folder)
    })
})
