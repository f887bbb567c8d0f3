import assert from 'node:assert/strict'
import { closeSync, openSync } from 'node:fs'
import { describe, test } from 'node:test'
import { SO_ACCEPTCONN, SOCK_STREAM, stream } from 'berkeley'
import { socket } from 'berkeley/llsocket'
import { sys } from '#internal/constants/lookup.js'
import { closing, closingAll, leavesNoFd, run, script, start } from '../util/index.js'
import { listening, refusing } from './common.js'

leavesNoFd()

describe('wrap()', () => {
  test('wrap() chooses the class by the kind of socket and leaves other kinds alone', async (t) => {
    const [a, b] = closingAll(t, socket.pair(1))
    const wrapped = closing(t, await stream.wrap(a.unwrap()))
    assert.ok(wrapped instanceof stream.unix.Socket)
    assert.equal(wrapped.isnonblock(), true)
    assert.equal(b.nonblock(), false)
    const [c] = closingAll(t, socket.pair(2))
    await assert.rejects(stream.wrap(c.fd()), { code: 'EPROTOTYPE' })
    assert.equal(c.socktype(), 2)
    await assert.rejects(stream.wrap(b.fd()), { code: 'EBUSY' })
    await assert.rejects(stream.wrap(-1), { code: 'ERR_OUT_OF_RANGE' })
    await assert.rejects(stream.wrap(2 ** 30), { code: 'EBADF' })
  })

  test('wrap() refuses a listening socket, which the wrap() of a server class adopts', async (t) => {
    const server = await stream.inet.Server.create({ host: '127.0.0.1' })
    server.listen()
    const fd = server.detach()
    await assert.rejects(stream.wrap(fd), { code: 'EPROTOTYPE', message: /server class/ })
    const heir = closing(t, await stream.inet.Server.wrap(fd))
    const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port: heir.getsockname().port }))
    await client.send('x')
    assert.equal(String(await closing(t, await heir.accept()).recv()), 'x')
  })

  test('wrap() leaves the descriptor to its owner when the kernel refuses a call', async (t) => {
    const [a, b] = socket.pair(SOCK_STREAM)
    closing(t, b)
    const fd = a.unwrap()
    const listens = (_fd: number, _level: number, name: number): boolean => name === SO_ACCEPTCONN
    const isAsked = (_fd: number, command: number): boolean => command === sys.F_GETFL
    await refusing(t, 'getsockopt', listens, () => stream.unix.wrap(fd))
    await refusing(t, 'fcntl', isAsked, () => stream.unix.wrap(fd))
    // It has no other owner: it can be adopted all the same.
    closeSync((await stream.unix.wrap(fd)).detach())
  })
})

describe('inherited descriptors', () => {
  test('wrap() adopts an inherited listener, which accepts, and is not inherited by further children (H68)', async (t) => {
    const server = await listening(t)
    const child = start(
      t,
      process.execPath,
      script(`
        import { spawnSync } from 'node:child_process'
        import { readlinkSync } from 'node:fs'
        import { stream } from 'berkeley'
        const what = readlinkSync('/proc/self/fd/3')
        const server = await stream.inet.Server.wrap(3)
        const { stdout } = spawnSync('ls', ['-l', '/proc/self/fd'], { encoding: 'utf8' })
        console.log('kept', !stdout.includes(what), 'nonblock', server.isnonblock(), 'cloexec', server.cloexec())
        const peer = await server.accept()
        await peer.send('from the child')
        await peer.close()
        await server.close()
      `),
      { stdio: ['pipe', 'pipe', 'pipe', server.fd()] },
    )
    await child.waitForOutput(/kept true nonblock true cloexec true/)
    const { port = 0 } = server.getsockname()
    const client = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port }))
    assert.equal(String(await client.recv()), 'from the child')
    assert.equal((await child.ended).code, 0)
    // It was closed there without shutdown(2): here it goes on.
    const next = closing(t, await stream.inet.Client.create({ host: '127.0.0.1', port }))
    closing(t, await server.accept())
    assert.ok(next.fd() >= 0)
  })

  test('wrap() refuses an inherited descriptor of another kind and leaves it open (H68)', async (t) => {
    const file = openSync('/dev/null', 'r')
    t.after(() => closeSync(file))
    const server = await listening(t)
    const [a] = closingAll(t, await stream.unix.pair())
    const { stdout, stderr, code } = await run(
      process.execPath,
      script(`
        import { fstatSync } from 'node:fs'
        import { dgram, seqpacket, stream } from 'berkeley'
        const refused = async (what, fd) => {
          const error = await what.wrap(fd).then(() => ({ code: 'adopted' }), (error) => error)
          let open = true
          try { fstatSync(fd) } catch { open = false }
          console.log(error.code, open)
        }
        await refused(stream.inet.Server, 3) // a file
        await refused(stream.unix.Server, 4) // a listener of another family
        await refused(seqpacket.unix.Server, 4)
        await refused(dgram.inet, 4)
        await refused(stream.inet, 4) // it listens: no connection
        await refused(stream.inet.Server, 5) // a pair
        await refused(stream.inet.Server, 60) // nothing
        await refused(stream.inet.Server, 2 ** 31)
        await refused(stream.inet.Server, -1)
        await refused(stream.inet.Server, 4)
        await refused(stream.inet.Server, 4) // a second owner
        process.exit()
      `),
      { stdio: ['pipe', 'pipe', 'pipe', file, server.fd(), a.fd()] },
    )
    const lines = [
      ...['ENOTSOCK true', 'EPROTOTYPE true', 'EPROTOTYPE true', 'EPROTOTYPE true', 'EPROTOTYPE true'],
      ...['EPROTOTYPE true', 'EBADF false', 'ERR_OUT_OF_RANGE false', 'ERR_OUT_OF_RANGE false'],
      ...['adopted true', 'EBUSY true'],
    ]
    assert.deepEqual([stdout.trim().split('\n'), code], [lines, 0], stderr)
  })
})
