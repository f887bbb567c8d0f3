// The file that a unix server makes in the file system. Its removal is in close.test.ts.
import assert from 'node:assert/strict'
import { chmodSync, existsSync, fchmodSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { stream } from 'berkeley'
import { closing, leavesNoFd, tempFolder } from '../util/index.js'
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
