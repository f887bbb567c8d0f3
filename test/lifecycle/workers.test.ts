// The addon in many threads: each with a state of its own, that goes when the thread goes, however it goes.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { closeSync } from 'node:fs'
import { describe, it, type TestContext } from 'node:test'
import { Worker } from 'node:worker_threads'
import { SOCK_STREAM, socket } from 'berkeley/llsocket'
import { countFds, eventually, leavesNoFd, runScript, within } from '../util/index.js'

leavesNoFd()

type Job = 'farewell' | 'work' | 'open' | 'exit' | 'throw' | 'blocked' | 'churn' | 'lookups' | 'transfers' | 'unwrapped'

/** Calls that wait without end: see `endless` in work.ts. */
const pending = [
  ...[
    'recv',
    'recvinto',
    'recvmsg',
    'recvfd',
    'recvsync',
    'send',
    'sendmsg',
    'sendfd',
    'sendfile',
    'accept',
    'acceptfd',
  ],
  ...['a loop over a server', 'a loop over a connection', 'connect', 'connect to a full backlog', 'recvfrom'],
  ...['duplex()', 'web()', 'a deadline', 'an abort signal', 'a lingering close'],
]

function startWorker(t: TestContext, job: Job | `pending${string}`): Worker {
  const worker = new Worker(new URL('./work.js', import.meta.url), { workerData: job })
  t.after(() => worker.terminate())
  return worker
}

/** Its exit code, when it has ended; what it threw is ignored. */
function exitOf(worker: Worker): Promise<number> {
  worker.on('error', () => {})
  const exit = new Promise<number>((ended) => worker.once('exit', ended))
  return within(exit, 'the end of a worker')
}

const message = (worker: Worker): Promise<unknown> =>
  within(
    once(worker, 'message').then(([what]) => what),
    'a message of a worker',
  )
const nothingLeft = (before: number): Promise<void> =>
  eventually(() => countFds() <= before, 'closing what a worker left')

describe('workers', () => {
  it('eight workers do the same as the main thread at the same time (H87)', async (t) => {
    const before = countFds()
    const workers = Array.from({ length: 8 }, () => startWorker(t, 'work'))
    const ends = workers.map(exitOf)
    const answers = Promise.all(workers.map(message))
    const [a, b] = socket.pair(SOCK_STREAM, true)
    for (let i = 0; i < 1000; i++) {
      a.send(`main ${i}`)
      assert.equal(String(b.recv()), `main ${i}`)
    }
    a.close()
    b.close()
    assert.deepEqual(new Set(await answers).size, 1)
    assert.deepEqual(await Promise.all(ends), Array(8).fill(0))
    await nothingLeft(before)
  })

  it('workers that end leave no descriptor open (H86)', async (t) => {
    const before = countFds()
    const worker = startWorker(t, 'open')
    await message(worker)
    assert.ok(countFds() >= before + 80)
    const end = exitOf(worker)
    worker.postMessage('end')
    assert.equal(await end, 0)
    await nothingLeft(before)
  })

  it('workers that are terminated leave no descriptor open (H86)', async (t) => {
    const before = countFds()
    const workers = Array.from({ length: 4 }, () => startWorker(t, 'open'))
    await Promise.all(workers.map(message))
    await Promise.all(workers.map((worker) => worker.terminate()))
    await nothingLeft(before)
  })

  it('workers terminated between two calls leave no descriptor open (H86)', async (t) => {
    const before = countFds()
    for (let i = 0; i < 30; i++) {
      const worker = startWorker(t, 'churn')
      await message(worker)
      // Each time after another number of turns, so that it is hit in the midst of another call.
      for (let turn = 0; turn < i * 3; turn++) await new Promise((resolve) => setImmediate(resolve))
      await worker.terminate()
    }
    await nothingLeft(before)
  })

  it('workers that exit or throw leave no descriptor open (H86)', async (t) => {
    const before = countFds()
    assert.equal(await exitOf(startWorker(t, 'exit')), 5)
    assert.equal(await exitOf(startWorker(t, 'throw')), 1)
    await nothingLeft(before)
  })

  it('a descriptor that a worker gives away outlives the worker (H86)', async (t) => {
    const worker = startWorker(t, 'unwrapped')
    const end = exitOf(worker)
    const [a, b] = (await message(worker)) as [number, number]
    await end
    const [one, two] = [socket.wrap(a), socket.wrap(b)]
    one.send('still here')
    assert.equal(String(two.recv()), 'still here')
    one.close()
    two.close()
    assert.throws(() => closeSync(a), { code: 'EBADF' })
  })

  it('a worker that blocks in a receive with a timeout can be terminated (H45)', async (t) => {
    const before = countFds()
    const worker = startWorker(t, 'blocked')
    await message(worker)
    const begin = performance.now()
    await within(worker.terminate(), 'termination', 5000)
    assert.ok(performance.now() - begin < 4000)
    await nothingLeft(before)
  })

  for (const [what, job] of [
    ['lookups', 'lookups'],
    ['file transfers', 'transfers'],
  ] as const)
    it(`a worker can be terminated while ${what} are in progress (H86, H89)`, async (t) => {
      const before = countFds()
      for (let i = 0; i < 5; i++) {
        const worker = startWorker(t, job)
        await message(worker)
        await within(worker.terminate(), 'termination')
      }
      await nothingLeft(before)
    })

  describe('a pending call (H86, H87)', () => {
    for (const kind of pending)
      it(`a worker terminated during ${kind} leaves no descriptor open`, async (t) => {
        const before = countFds()
        const worker = startWorker(t, `pending: ${kind}`)
        assert.equal(await message(worker), 'ready')
        assert.ok(countFds() > before)
        await within(worker.terminate(), 'termination')
        await nothingLeft(before)
      })

    it('workers terminated during all calls at once leave no descriptor open', async (t) => {
      const before = countFds()
      for (let i = 0; i < 2; i++) {
        const workers = Array.from({ length: 4 }, () => startWorker(t, 'pending'))
        await Promise.all(workers.map(message))
        await within(Promise.all(workers.map((worker) => worker.terminate())), 'termination')
      }
      await nothingLeft(before)
    })

    it('a process exits while calls of its workers wait', async () => {
      const { code, signal, stderr } = await runScript(`
        import { Worker } from 'node:worker_threads'
        import { once } from 'node:events'
        const url = new URL('./build/test/lifecycle/work.js', 'file://' + process.cwd() + '/')
        const workers = Array.from({ length: 4 }, () => new Worker(url, { workerData: 'pending', execArgv: [] }))
        await Promise.all(workers.map((worker) => once(worker, 'message')))
        process.exit(9)
      `)
      assert.deepEqual([code, signal], [9, null], stderr)
    })
  })

  it('a worker closes a lingering socket without a warning from Node (H31, H87)', async (t) => {
    const worker = startWorker(t, 'farewell')
    const end = exitOf(worker)
    assert.equal(await message(worker), 'closed, with 0 warnings')
    assert.equal(await end, 0)
  })

  it('workers terminated while they load the addon crash nothing (H86)', async () => {
    const { code, signal, stdout, stderr } = await runScript(`
      import { setTimeout as pause } from 'node:timers/promises'
      import { Worker } from 'node:worker_threads'
      const url = new URL('data:text/javascript,' + encodeURIComponent(
        "import { createRequire } from 'node:module'; createRequire(" + JSON.stringify(process.cwd() + '/') + ")('berkeley')"))
      for (let round = 0; round < 24; round++) {
        const workers = Array.from({ length: 5 }, () => new Worker(url, { execArgv: [] }))
        await pause((round % 12) * 8)
        await Promise.all(workers.map((worker) => worker.terminate()))
      }
      console.log('alive')
    `)
    assert.deepEqual([code, signal, stdout], [0, null, 'alive\n'], stderr)
  })

  it('workers terminated at any moment crash nothing (H86)', async () => {
    const { code, signal, stdout, stderr } = await runScript(`
      import { Worker } from 'node:worker_threads'
      import { setTimeout as pause } from 'node:timers/promises'
      const url = new URL('./build/test/lifecycle/work.js', 'file://' + process.cwd() + '/')
      for (let round = 0; round < 12; round++) {
        const workers = ['work', 'open', 'lookups', 'transfers', 'exit', 'churn', 'pending']
          .map((workerData) => new Worker(url, { workerData, execArgv: [] }))
        for (const worker of workers) worker.on('error', (error) => console.log(error))
        await pause(round * 8)
        await Promise.all(workers.map((worker) => worker.terminate()))
      }
      console.log('alive')
    `)
    assert.deepEqual([code, signal, stdout], [0, null, 'alive\n'], stderr)
  })
})

describe('several contexts of one thread', () => {
  it('several contexts of a thread share one state (H87)', async () => {
    const { code, stdout, stderr } = await runScript(`
      import vm from 'node:vm'
      import { createRequire } from 'node:module'
      const require = createRequire(process.cwd() + '/')
      const first = require('berkeley/llsocket')
      const second = await import('berkeley/llsocket')
      const [a, b] = first.socket.pair(first.SOCK_STREAM, true)
      const inside = vm.runInNewContext("(make) => make(new Uint8Array([104, 105]))")
      console.log(inside((bytes) => { try { return a.send(bytes) } catch (error) { return error.code } }))
      console.log(first.Socket === second.Socket, first.AGAIN === second.AGAIN, String(b.recv()))
      a.close(); b.close()
    `)
    assert.deepEqual([stdout, code], ['2\ntrue true hi\n', 0], stderr)
  })
})
