// Permissions of socket files, and files that no socket is bound to.
import assert from 'node:assert/strict'
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { connect, dgram, listen, seqpacket, stream } from 'berkeley'
import { closing, leavesNoFd, root, tempFolder } from '../util/index.js'
import { asNobody, oneUser, type Test } from './common.js'

leavesNoFd()

interface Options {
  path: string
  mode?: number
  replaceStale?: boolean
  unlink?: boolean
}

interface Bound {
  close(): Promise<void>
  unlink(enable?: boolean): boolean
}

/** Ways to bind a path, for each type of socket. */
const binders: [name: string, bind: (t: Test, options: Options) => Promise<Bound>][] = [
  ['a stream server', async (t, options) => closing(t, await listen(options))],
  ['a seqpacket server', async (t, options) => closing(t, await listen({ ...options, type: 'seqpacket' }))],
  [
    'a datagram socket',
    async (t, options) => {
      const sock = closing(t, await dgram.unix.Socket.create())
      await sock.bind(options)
      return sock
    },
  ],
]

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8)

/** A socket file that no socket is bound to. */
async function stale(bind: (options: Options) => Promise<Bound>, path: string): Promise<string> {
  const former = await bind({ path })
  former.unlink(false)
  await former.close()
  assert.ok(existsSync(path))
  return path
}

for (const [name, bind] of binders)
  describe(`the path of ${name}`, () => {
    test('mode is that of the file, whatever the umask is', async (t) => {
      const folder = tempFolder(t)
      for (const umask of [0, 0o077, 0o777]) {
        const before = process.umask(umask)
        const made = await Promise.all(
          [0o600, 0o666, 0o777, 0].map(async (mode) => {
            const path = join(folder, `${umask}-${mode}`)
            await bind(t, { path, mode })
            return [modeOf(path), mode.toString(8)]
          }),
        ).finally(() => process.umask(before))
        for (const [is, wanted] of made) assert.equal(is, wanted)
      }
    })

    test('replaceStale binds a path that nobody is bound to any more', async (t) => {
      const path = await stale((options) => bind(t, options), join(tempFolder(t), 's'))
      await assert.rejects(bind(t, { path }), { code: 'EADDRINUSE' })
      const successor = await bind(t, { path, replaceStale: true, mode: 0o640 })
      assert.equal(modeOf(path), '640')
      await successor.close()
      assert.equal(existsSync(path), false)
      await bind(t, { path, replaceStale: true })
    })

    test('replaceStale leaves a socket alone that is bound', async (t) => {
      const folder = tempFolder(t)
      for (const [i, [, first]] of binders.entries()) {
        const path = join(folder, String(i))
        await first(t, { path })
        const { ino } = lstatSync(path)
        const error = { code: 'EADDRINUSE', syscall: 'bind', path, message: /bound to it/ }
        await assert.rejects(bind(t, { path, replaceStale: true }), error)
        assert.equal(lstatSync(path).ino, ino)
      }
      assert.equal(readdirSync(folder).length, binders.length)
    })

    test('replaceStale removes no file of another kind', async (t) => {
      const folder = tempFolder(t)
      const socket = await stale((options) => bind(t, options), join(folder, 's'))
      const [file, folders, link, dangling] = ['f', 'd', 'l', 'x'].map((one) => join(folder, one)) as string[]
      writeFileSync(file as string, 'precious')
      mkdirSync(folders as string)
      symlinkSync(socket, link as string)
      symlinkSync('/nowhere/at/all', dangling as string)
      for (const path of [file, folders, link, dangling] as string[]) {
        await assert.rejects(bind(t, { path, replaceStale: true }), { code: 'EADDRINUSE', message: /not a socket/ })
        assert.ok(lstatSync(path))
      }
    })

    test('an abstract name has neither', async (t) => {
      for (const options of [{ mode: 0o600 }, { replaceStale: true }])
        await assert.rejects(bind(t, { path: '\0name', ...options }), { code: 'ERR_INVALID_ARG_VALUE' })
    })

    test('wrong values are refused before a file is made', async (t) => {
      const folder = tempFolder(t)
      const path = join(folder, 's')
      for (const mode of [-1, 0o1000, 1.5, '600'])
        await assert.rejects(bind(t, { path, mode: mode as number }), { message: /"options.mode"/ })
      await assert.rejects(bind(t, { path, replaceStale: 1 as never }), { message: /"options.replaceStale"/ })
      assert.deepEqual(readdirSync(folder), [])
    })
  })

describe('replaceStale', () => {
  test('a server that is bound and does not listen yet is no stale one (H141)', async (t) => {
    const folder = tempFolder(t)
    for (const [i, Server] of [stream.unix.Server, seqpacket.unix.Server].entries()) {
      const path = join(folder, String(i))
      const early = closing(t, await Server.create({ path }))
      await assert.rejects(listen({ path, replaceStale: true }), { code: 'EADDRINUSE', message: /bound to it/ })
      early.listen()
      await (await connect({ path, ...(i === 1 && { type: 'seqpacket' }) } as never)).close()
    }
  })

  test('a server whose backlog is full is no stale one', async (t) => {
    const path = join(tempFolder(t), 's')
    closing(t, await listen({ path, backlog: 0 }))
    const waiting = closing(t, await connect({ path }))
    assert.ok(waiting.fd() >= 0)
    await assert.rejects(listen({ path, replaceStale: true }), { code: 'EADDRINUSE' })
  })

  test('of several that start at once exactly one gets the path (H141)', async (t) => {
    const path = await stale((options) => listen(options), join(tempFolder(t), 's'))
    const rounds = 30
    const go = new Int32Array(new SharedArrayBuffer(8))
    const code = `
      const { parentPort, workerData } = require('node:worker_threads')
      const { listen } = require('node:module').createRequire(workerData.root)('berkeley')
      const { path, go, rounds } = workerData
      ;(async () => {
        for (let i = 1; i <= rounds; i++) {
          parentPort.postMessage('ready')
          Atomics.wait(go, 0, i - 1)
          let server
          try { server = await listen({ path, replaceStale: true }) } catch (error) { parentPort.postMessage(error.code) }
          if (server) parentPort.postMessage('listens')
          Atomics.wait(go, 1, i - 1)
          if (server) { server.unlink(false); await server.close() }
        }
      })()`
    const workerData = { path, go, rounds, root: `${root}/` }
    const workers = [1, 2, 3].map(() => new Worker(code, { eval: true, workerData }))
    t.after(() => Promise.all(workers.map((worker) => worker.terminate())))
    const messages: string[] = []
    for (const worker of workers) worker.on('message', (message: string) => messages.push(message))
    const answers = async (): Promise<string[]> => {
      while (messages.length < workers.length) await nextTurn()
      return messages.splice(0).toSorted()
    }
    for (let i = 1; i <= rounds; i++) {
      assert.deepEqual(await answers(), ['ready', 'ready', 'ready'])
      for (const at of [0, 1]) {
        Atomics.store(go, at, i)
        Atomics.notify(go, at)
        if (at === 0) assert.deepEqual(await answers(), ['EADDRINUSE', 'EADDRINUSE', 'listens'])
      }
    }
    assert.deepEqual(readdirSync(join(path, '..')), ['s'])
  })

  test('a path that we may not connect to is not removed', { skip: oneUser }, async (t) => {
    const folder = tempFolder(t)
    chmodSync(folder, 0o755)
    const path = join(folder, 's')
    const server = closing(t, await listen({ path, mode: 0o600 }))
    assert.equal(await asNobody(path), 'EACCES')
    assert.ok(server.unlink())
  })
})
