import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { leavesNoFd, root, runScript, within } from '../util/index.js'

leavesNoFd()

/** A worker that runs an ES module given as text, from the package's root. */
function worker(code: string): Worker {
  const url = `data:text/javascript,${encodeURIComponent(`import { createRequire } from 'node:module'
    import { parentPort } from 'node:worker_threads'
    const { stream } = createRequire(${JSON.stringify(`${root}/package.json`)})('berkeley')
    ${code}`)}`
  return new Worker(new URL(url))
}

const CONVERSATION = `
  const [a, b] = await stream.unix.pair()
  for (let i = 0; i < 200; i++) {
    const waiting = b.recv()
    await new Promise(setImmediate)
    await a.send('ping ' + i)
    if ((await waiting).toString() !== 'ping ' + i) throw new Error('wrong bytes')
  }
  await a.close()
  await b.close()
  parentPort.postMessage('done')
`

describe('the event loop (H19)', () => {
  const cases: [what: string, code: string, stdout: string][] = [
    ['an idle pair does not keep the event loop alive', 'await stream.unix.pair()', ''],
    [
      'a listener without accept() does not keep the event loop alive',
      "const s = await stream.inet.Server.create({ host: '127.0.0.1' }); s.listen()",
      '',
    ],
    [
      'a recv() that waits keeps the event loop alive until it is done',
      `const [a, b] = await stream.unix.pair()
       b.recv().then((data) => console.log(String(data)))
       setTimeout(() => a.send('woken'), 50).unref()
       setTimeout(() => {}, 100)`,
      'woken\n',
    ],
    [
      'an unref socket does not keep the event loop alive',
      "const [a] = await stream.unix.pair(); a.unref(); a.recv().then(() => console.log('never'))",
      '',
    ],
    [
      'a deadline of an unref socket does not keep the event loop alive',
      "const [a] = await stream.unix.pair(); a.unref().deadlines(60000); a.recv().catch(() => console.log('never'))",
      '',
    ],
    [
      'unref() during a recv() lets the event loop end',
      "const [a] = await stream.unix.pair(); a.recv().then(() => console.log('never')); setTimeout(() => a.unref(), 20)",
      '',
    ],
    [
      'an unref client does not keep the event loop alive while it connects',
      `const s = await stream.inet.Server.create({ host: '127.0.0.1' })
       s.listen(0)
       const { port } = s.getsockname()
       const full = await Promise.all([1, 2, 3].map(() => stream.inet.Client.create({ host: '127.0.0.1', port }, false)))
       for (const client of full) client.unref().connect().catch(() => console.log('never'))
       setTimeout(() => {}, 50)`,
      '',
    ],
    [
      'unref() during connect() lets the event loop end',
      `const s = await stream.inet.Server.create({ host: '127.0.0.1' })
       s.listen(0)
       const { port } = s.getsockname()
       const full = await Promise.all([1, 2, 3].map(() => stream.inet.Client.create({ host: '127.0.0.1', port }, false)))
       for (const client of full) client.connect().catch(() => console.log('never'))
       setTimeout(() => full.map((client) => client.unref()), 50)`,
      '',
    ],
    [
      'a connected unref client does not keep the event loop alive, and does after ref()',
      `const s = await stream.unix.Server.create({ path: '\\0berkeley-test-' + process.pid })
       s.listen()
       const clients = await Promise.all([1, 2].map(() => stream.unix.Client.create({ path: s.getsockname().path }, false)))
       for (const client of clients) await client.unref().connect()
       const peers = [await s.accept(), await s.accept()]
       clients[0].recv().then(() => console.log('never'))
       clients[1].ref().recv().then((data) => console.log(String(data)))
       setTimeout(() => peers[1].send('held'), 50).unref()`,
      'held\n',
    ],
    [
      'a deadline ends the wait, and with it the process',
      'const [a] = await stream.unix.pair(); a.deadlines(30); a.recv().catch((e) => console.log(e.code))',
      'ETIMEDOUT\n',
    ],
  ]
  for (const [what, code, stdout] of cases)
    test(what, async () => {
      const ended = await runScript(`import { stream } from 'berkeley'; ${code}`)
      assert.equal(ended.stdout, stdout)
      // 13: the module itself waits for something that can no longer come; it does not here.
      assert.equal(ended.code, 0, ended.stderr)
    })

  test('process.exit() during a wait ends the process at once', async () => {
    const ended = await runScript(`
      import { stream } from 'berkeley'
      const [a] = await stream.unix.pair()
      a.recv()
      setImmediate(() => process.exit(7))`)
    assert.equal(ended.code, 7)
    assert.equal(ended.stderr, '')
  })
})

describe('workers (H86, H87)', () => {
  test('eight workers each have an epoll set of their own', async () => {
    const workers = Array.from({ length: 8 }, () => worker(CONVERSATION))
    const ends = workers.map((one) => once(one, 'exit'))
    const messages = await within(Promise.all(workers.map((one) => once(one, 'message'))), 'the conversations')
    assert.deepEqual(messages.flat(), Array(8).fill('done'))
    assert.deepEqual((await within(Promise.all(ends), 'their ends')).flat(), Array(8).fill(0))
  })

  test('workers terminated during a wait abort nothing, and the others continue', async () => {
    const waiting = Array.from({ length: 4 }, () =>
      worker(`
        const server = await stream.inet.Server.create({ host: '127.0.0.1' })
        server.listen()
        const timed = stream.unix.pair().then(([a]) => (a.deadlines(60000), a.recv()))
        const accepting = server.accept()
        parentPort.postMessage('waiting')
        process.on('exit', () => server.close())
        await Promise.all([timed, accepting])
      `),
    )
    await within(Promise.all(waiting.map((one) => once(one, 'message'))), 'their waits')
    const other = worker(CONVERSATION)
    const codes = await Promise.all(waiting.map((one) => one.terminate()))
    assert.deepEqual(codes, Array(4).fill(1))
    assert.deepEqual(await within(once(other, 'message'), 'the other'), ['done'])
    await other.terminate()
  })
})
