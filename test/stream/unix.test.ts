import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, fchmodSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { stream, TimeoutError } from 'berkeley'
import { native } from '#internal/native/sockets.js'
import {
  abstractName,
  available,
  closing,
  closingAll,
  leavesNoFd,
  run,
  start,
  tempFolder,
  within,
} from '../util/index.js'

leavesNoFd()

const NOBODY = 65534

/** What somebody else gets who connects to that path: `connected`, or the code of the error. */
async function asNobody(path: string): Promise<string> {
  const code = `require('net').connect(process.argv[1], () => { console.log('connected'); process.exit() })
    .on('error', (error) => console.log(error.code))`
  const { stdout } = await run(process.execPath, ['-e', code, path], { cwd: '/', uid: NOBODY, gid: NOBODY })
  return stdout.trim()
}

/** For tests with two users: whether this one may become another, and that one may run Node. */
const oneUser =
  process.getuid?.() !== 0
    ? 'only root can be somebody else'
    : spawnSync(process.execPath, ['-e', ''], { cwd: '/', uid: NOBODY, gid: NOBODY }).status !== 0 &&
      'nobody may not run this Node'

describe('a pair', () => {
  test('talks both ways, and ends', async (t) => {
    const [a, b] = closingAll(t, await stream.unix.pair())
    assert.ok(a instanceof stream.unix.Socket)
    await a.send('ping')
    assert.equal((await b.recv())?.toString(), 'ping')
    await b.send('pong')
    assert.equal((await a.recv())?.toString(), 'pong')
    await b.close()
    assert.equal(await a.recv(), null)
  })

  test('knows the credentials of its maker (H67)', async (t) => {
    const [a] = closingAll(t, await stream.unix.pair())
    assert.deepEqual(a.peercred(), { pid: process.pid, uid: process.getuid?.(), gid: process.getgid?.() })
  })

  test('names who connected, as of the moment when it did (H67)', { skip: oneUser }, async (t) => {
    const folder = tempFolder(t)
    chmodSync(folder, 0o755)
    const path = join(folder, 's')
    const server = closing(t, await stream.unix.Server.create({ path }))
    server.listen()
    chmodSync(path, 0o777)
    const other = asNobody(path)
    const peer = closing(t, await within(server.accept(), 'the connection'))
    assert.equal(await other, 'connected')
    // Its process is gone by now.
    const { uid, gid } = peer.peercred()
    assert.deepEqual([uid, gid], [NOBODY, NOBODY])
  })

  test('many small messages in both directions at once keep their order', async (t) => {
    const [a, b] = closingAll(t, await stream.unix.pair())
    const lines = Array.from({ length: 5000 }, (_, i) => `${i}\n`)
    const writeAll = async (to: typeof a): Promise<void> => {
      for (const line of lines) await to.send(line)
      to.closew()
    }
    const readAll = async (from: typeof a): Promise<string> => {
      let text = ''
      for (let part = await from.recv(); part !== null; part = await from.recv()) text += part
      return text
    }
    const [, , fromA, fromB] = await Promise.all([writeAll(a), writeAll(b), readAll(b), readAll(a)])
    assert.equal(fromA, lines.join(''))
    assert.equal(fromB, lines.join(''))
  })
})

describe('server and client', () => {
  for (const [kind, pathOf] of [
    ['path', (folder: string) => join(folder, 's')],
    ['abstract name', () => abstractName()],
    ['path as bytes', (folder: string) => Buffer.from(join(folder, 's'))],
  ] as const)
    test(`by ${kind}`, async (t) => {
      const path = pathOf(tempFolder(t))
      const server = closing(t, await stream.unix.Server.create({ path }))
      server.listen()
      assert.equal(String(server.getsockname().path), String(path))
      const client = closing(t, await stream.unix.Client.create({ pathname: path }))
      const peer = closing(t, await server.accept())
      assert.ok(peer instanceof stream.unix.Socket)
      await client.send('hello')
      assert.equal((await peer.recv())?.toString(), 'hello')
    })

  test('close removes the file that it made', async (t) => {
    const path = join(tempFolder(t), 's')
    const server = await stream.unix.Server.create({ path })
    assert.ok(existsSync(path))
    await server.close()
    assert.ok(!existsSync(path))
  })

  test('close leaves alone what somebody else put there since (H65)', async (t) => {
    const path = join(tempFolder(t), 's')
    const old = await stream.unix.Server.create({ path })
    renameSync(path, `${path}.moved`)
    const heir = closing(t, await stream.unix.Server.create({ path }))
    await old.close()
    assert.ok(existsSync(path))
    heir.listen()
    closing(t, await stream.unix.Client.create({ path }))
  })

  test('what exists is never removed: EADDRINUSE (H64)', async (t) => {
    const path = join(tempFolder(t), 'file')
    writeFileSync(path, 'precious')
    await assert.rejects(stream.unix.Server.create({ path }), { code: 'EADDRINUSE', syscall: 'bind', path })
    assert.ok(existsSync(path))
  })

  test('nobody there: ENOENT and ECONNREFUSED, with the path', async (t) => {
    const path = join(tempFolder(t), 's')
    await assert.rejects(stream.unix.Client.create({ path }), { message: `connect ENOENT ${path}`, path })
    const server = closing(t, await stream.unix.Server.create({ path }))
    await assert.rejects(stream.unix.Client.create({ path }), { code: 'ECONNREFUSED', path })
    assert.equal(server.acceptconn(), false)
  })

  test('a path that is too long is refused, never cut (H61)', async (t) => {
    const folder = tempFolder(t)
    const longest = join(folder, 'x'.repeat(107 - folder.length - 1))
    closing(t, await stream.unix.Server.create({ path: longest }))
    await assert.rejects(stream.unix.Server.create({ path: `${longest}x` }), { code: 'ENAMETOOLONG' })
    await assert.rejects(stream.unix.Client.create({ path: `${longest}x` }), { code: 'ENAMETOOLONG' })
  })

  test('without a path: TypeError', async () => {
    await assert.rejects(stream.unix.Server.create({} as never), {
      code: 'ERR_INVALID_ARG_TYPE',
      message: /"options.path"/,
    })
    await assert.rejects(stream.unix.Client.create(null as never), {
      code: 'ERR_INVALID_ARG_TYPE',
      message: /"options"/,
    })
    await assert.rejects(stream.unix.Client.create({ path: '/a\0b' }), { code: 'ERR_INVALID_ARG_VALUE' })
  })

  test('a full backlog: connect waits its turn, and a budget ends the wait (H50)', async (t) => {
    const path = join(tempFolder(t), 's')
    const server = closing(t, await stream.unix.Server.create({ path }))
    server.listen(0)
    closing(t, await stream.unix.Client.create({ path }))
    const late = closing(t, await stream.unix.Client.create({ path }, false))
    await assert.rejects(late.connect(40), (error) => error instanceof TimeoutError && error.path === path)
    const connecting = late.connect()
    closing(t, await server.accept())
    await within(connecting, 'the connection')
    const peer = closing(t, await server.accept())
    await late.send('in')
    assert.equal((await peer.recv())?.toString(), 'in')
  })
})

describe('a full backlog', () => {
  test('is asked again with growing pauses, and a budget ends them (H50)', async (t) => {
    const path = join(tempFolder(t), 's')
    const server = closing(t, await stream.unix.Server.create({ path }))
    server.listen(0)
    closing(t, await stream.unix.Client.create({ path }))
    const asked = t.mock.method(native, 'connect')
    const late = closing(t, await stream.unix.Client.create({ path }, false))
    await assert.rejects(late.connect(300), { name: 'TimeoutError', path })
    // 5, 10, 20, 40, 80, 160 ms: the sum is more than there was.
    assert.ok(asked.mock.callCount() >= 2 && asked.mock.callCount() <= 7, `${asked.mock.callCount()} calls`)
  })

  test('lets everybody in, one after the other, without a spin (H50)', async (t) => {
    const path = join(tempFolder(t), 's')
    const server = closing(t, await stream.unix.Server.create({ path }))
    server.listen(0)
    const asked = t.mock.method(native, 'connect')
    const clients = await Promise.all(Array.from({ length: 8 }, () => stream.unix.Client.create({ path }, false)))
    closingAll(t, clients)
    const connections = clients.map(async (client, i) => {
      await client.connect(30_000)
      await client.send(`client ${i}`)
    })
    const names = new Set<string>()
    for (const _ of clients) names.add(String(await closing(t, await within(server.accept(), 'a connection')).recv()))
    await within(Promise.all(connections), 'all of them')
    assert.equal(names.size, clients.length)
    assert.ok(asked.mock.callCount() < 20 * clients.length, `${asked.mock.callCount()} calls`)
  })

  test('does not hold an attempt that is aborted, or closed (H50)', async (t) => {
    const path = join(tempFolder(t), 's')
    const server = closing(t, await stream.unix.Server.create({ path }))
    server.listen(0)
    closing(t, await stream.unix.Client.create({ path }))
    const late = closing(t, await stream.unix.Client.create({ path }, false))
    const abort = new AbortController()
    const aborted = late.connect(0, { signal: abort.signal })
    setImmediate(() => abort.abort())
    await assert.rejects(aborted, { name: 'AbortError' })
    const closed = late.connect()
    setImmediate(() => void late.close())
    await assert.rejects(closed, { code: 'ECANCELED' })
  })
})

describe('the permissions of a socket file', () => {
  const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8)

  test('can be set before it exists: there is no moment in which they are others (H66)', {
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

  test('or between bind and listen, when nobody can connect yet (H66)', { skip: oneUser }, async (t) => {
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

  test('are what the umask leaves of them, when nobody sets any (H66)', async (t) => {
    const path = join(tempFolder(t), 's')
    const umask = process.umask(0o077)
    closing(t, await stream.unix.Server.create({ path }).finally(() => process.umask(umask)))
    assert.equal(mode(path), '700')
  })
})

describe('counterparties', () => {
  test('socat as the server, by path and by abstract name', { skip: available('socat') }, async (t) => {
    const path = join(tempFolder(t), 's')
    const name = abstractName()
    for (const [listen, address] of [
      [`UNIX-LISTEN:${path}`, path],
      [`ABSTRACT-LISTEN:${name.slice(1)}`, name],
    ] as const) {
      const socat = start(t, 'socat', ['-ddd', `${listen}`, 'EXEC:rev'])
      await socat.waitForOutput(/listening on/)
      const client = closing(t, await stream.unix.Client.create({ path: address }))
      await client.send('stressed\n')
      client.closew()
      assert.equal((await client.recv())?.toString(), 'desserts\n')
    }
  })

  test('nc as the client', { skip: available('nc') }, async (t) => {
    const path = join(tempFolder(t), 's')
    const server = closing(t, await stream.unix.Server.create({ path }))
    server.listen()
    const nc = start(t, 'nc', ['-U', path])
    const peer = closing(t, await server.accept())
    nc.write('from nc')
    assert.equal((await peer.recv())?.toString(), 'from nc')
    assert.equal(peer.peercred().pid, nc.process.pid)
    await peer.send('to nc')
    await nc.waitForOutput(/to nc/)
  })
})
