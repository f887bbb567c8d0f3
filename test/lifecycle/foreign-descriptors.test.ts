// Numbers that were reused: other code of the process has closed a descriptor of ours, and opened something with its number.
import assert from 'node:assert/strict'
import { closeSync, cpSync, openSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { dgram, stream } from 'berkeley'
import { type Socket as LowSocket, SOCK_STREAM, Socket, socket } from 'berkeley/llsocket'
import { closing, closingAll, isOpen, leavesNoFd, root, runScript, tempFolder, within } from '../util/index.js'

leavesNoFd()

type Test = Parameters<typeof closing>[0]

/** Closes a descriptor behind the back of its owner, and opens a file with its number. */
function replaced(t: Test, number: number): number {
  closeSync(number)
  const file = openSync('/dev/null', 'r')
  t.after(() => closeSync(file))
  assert.equal(file, number)
  return file
}

/** Runs code in a worker, with the package as `berkeley` and `low`; `say` is what it answers with. */
async function inWorker<T>(t: Test, code: string, workerData: unknown): Promise<{ worker: Worker; said: T }> {
  const require = `require('node:module').createRequire(${JSON.stringify(join(root, 'package.json'))})`
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads')
     const load = ${require}
     const berkeley = load('berkeley'), low = load('berkeley/llsocket')
     const say = (what) => parentPort.postMessage(what)
     ;(async () => { ${code} })().catch((error) => say({ code: error.code, message: error.message }))
     setInterval(() => {}, 1000)`,
    { eval: true, workerData, execArgv: [], trackUnmanagedFds: false },
  )
  t.after(() => worker.terminate())
  const said = await within(
    new Promise<T>((resolve, reject) => worker.once('message', resolve).once('error', reject)),
    'an answer of the worker',
  )
  return { worker, said }
}

describe('a number that became the one of a file (H101)', () => {
  const closers: [string, (sock: LowSocket) => unknown][] = [
    ['close()', (sock) => sock.close()],
    ['close() with shutdown', (sock) => sock.close(2)],
    ['unwrap()', (sock) => sock.unwrap()],
  ]
  for (const [name, close] of closers)
    test(`${name} of llsocket leaves the file open, and throws EBADF`, (t) => {
      const [sock, peer] = socket.pair(SOCK_STREAM, true)
      closing(t, peer)
      const file = replaced(t, sock.fd())
      assert.throws(() => close(sock), { code: 'EBADF' })
      assert.ok(isOpen(file))
      sock.close()
      assert.ok(isOpen(file))
    })

  test('close() and detach() of asynchronous sockets leave the file open, and throw EBADF', async (t) => {
    for (const make of [stream.unix.pair, dgram.unix.pair])
      for (const close of ['close', 'detach'] as const) {
        const [sock, peer] = await make()
        closing(t, peer)
        const file = replaced(t, sock.fd())
        await assert.rejects(async () => sock[close](), { code: 'EBADF' })
        assert.ok(isOpen(file))
      }
  })

  test('the finalizer of a lost socket leaves the file open', async () => {
    const { stdout } = await runScript(
      `import { closeSync, fstatSync, openSync } from 'node:fs'
       import { socket, SOCK_STREAM } from 'berkeley/llsocket'
       const lose = () => socket.pair(SOCK_STREAM).map((sock) => sock.fd())
       const numbers = lose()
       numbers.forEach((fd) => closeSync(fd))
       const files = numbers.map(() => openSync('/dev/null', 'r'))
       for (let i = 0; i < 20; i++) { gc(); await new Promise((turn) => setTimeout(turn, 5)) }
       files.forEach((fd) => fstatSync(fd))
       console.log(files.sort().join() === numbers.sort().join() ? 'open' : 'other numbers')`,
      '--expose-gc',
    )
    assert.equal(stdout.trim(), 'open')
  })

  test('the end of a worker leaves the file open, and closes what is still its own', async (t) => {
    const { worker, said } = await inWorker<number[]>(
      t,
      `globalThis.kept = [await berkeley.listen({ host: '127.0.0.1', port: 0 }), ...low.socket.pair(1)]
       say(kept.map((sock) => sock.fd()))`,
      undefined,
    )
    const [number, ...others] = said
    const file = replaced(t, number as number)
    await worker.terminate()
    assert.ok(isOpen(file))
    assert.deepEqual(others.map(isOpen), [false, false])
  })

  test('a number that came again for another socket of another thread is left to it', async (t) => {
    const [sock, peer] = socket.pair(SOCK_STREAM, true)
    closing(t, peer)
    const number = sock.fd()
    const { said } = await inWorker<number[]>(
      t,
      `load('node:fs').closeSync(workerData)
       globalThis.kept = low.socket.pair(1)
       say(kept.map((sock) => sock.fd()))`,
      number,
    )
    assert.ok(said.includes(number))
    assert.throws(() => sock.close(), { code: 'EBADF' })
    assert.ok(isOpen(number))
  })
})

describe('wrap() and close() of a number that is owned (H101)', () => {
  test('wrap() throws EBUSY for a number that a socket of another thread owns', async (t) => {
    const [ours, peer] = closingAll(t, await stream.unix.pair())
    for (const code of [
      'say(await berkeley.stream.wrap(workerData))',
      'say(low.socket.wrap(workerData))',
      'low.socket.close(workerData)',
    ]) {
      const { said } = await inWorker<{ code: string }>(t, code, ours.fd())
      assert.equal(said.code, 'EBUSY')
    }
    await peer.send('still here')
    assert.equal(String(await ours.recv()), 'still here')
  })

  test('a worker adopts what was given away, and the main thread what a worker gave away', async (t) => {
    const [a, peer] = await stream.unix.pair()
    closing(t, peer)
    const { said } = await inWorker<number>(
      t,
      `const sock = await berkeley.stream.wrap(workerData)
       await sock.send('from the worker')
       say(sock.detach())`,
      a.detach(),
    )
    assert.equal(String(await peer.recv()), 'from the worker')
    const back = closing(t, await stream.unix.wrap(said))
    await back.send('from here')
    assert.equal(String(await peer.recv()), 'from here')
  })

  test('of many threads that wrap one number, one has it', async (t) => {
    const [a, peer] = socket.pair(SOCK_STREAM, true)
    closing(t, peer)
    const number = a.unwrap()
    const all = await Promise.all(
      Array.from({ length: 4 }, () =>
        inWorker<string>(t, `globalThis.sock = low.socket.wrap(workerData); say('mine')`, number),
      ),
    )
    assert.equal(all.filter(({ said }) => said === 'mine').length, 1)
  })

  test('wrap() adopts a number whose former owner has lost it', (t) => {
    const [lost, peer] = socket.pair(SOCK_STREAM, true)
    closing(t, peer)
    const [other, end] = socket.pair(SOCK_STREAM, true)
    closing(t, end)
    const number = lost.fd()
    closeSync(number)
    const again = other.dup()
    assert.equal(again.fd(), number, 'the lowest free number')
    assert.equal(lost.fd(), -1, 'evicted')
    again.close()
    other.close()
  })

  test('wrap() throws EBUSY for a number that a socket of another copy of the package owns', async (t) => {
    const copy = join(tempFolder(t), 'copy')
    for (const part of ['dist', 'package.json', 'native/build/Release/berkeley.node'])
      cpSync(join(root, part), join(copy, part), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
    const theirs = createRequire(join(copy, 'package.json'))(join(copy, 'dist/llsocket/index.js')) as {
      socket: typeof socket
      Socket: typeof Socket
    }
    assert.notEqual(theirs.Socket, Socket)
    const [ours, peer] = socket.pair(SOCK_STREAM, true)
    const number = ours.fd()
    assert.throws(() => theirs.socket.wrap(number), { code: 'EBUSY' })
    assert.throws(() => theirs.socket.close(number), { code: 'EBUSY' })
    const again = theirs.socket.wrap(ours.unwrap())
    assert.throws(() => socket.wrap(number), { code: 'EBUSY' })
    again.close()
    peer.close()
  })
})
