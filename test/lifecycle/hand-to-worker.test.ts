// What docs/workers.md says of sockets that go to other threads.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { close, connect, listen, stream } from 'berkeley'
import { closing, isOpen, leavesNoFd, root, within } from '../util/index.js'

leavesNoFd()

type Test = Parameters<typeof closing>[0]

/** A worker that does that with each number that it is given as `fd`. */
function workerThat(t: Test, act: string): Worker {
  const code = `
    const { parentPort } = require('node:worker_threads')
    const { stream } = require(${JSON.stringify(join(root, 'dist'))})
    parentPort.on('message', async ({ fd }) => {
      try {
        ${act}
      } catch (error) {
        parentPort.postMessage({ error: error.code })
      }
    })
  `
  const worker = new Worker(code, { eval: true })
  t.after(() => worker.terminate())
  return worker
}

const answer = async (worker: Worker): Promise<unknown> => (await within(once(worker, 'message'), 'the answer'))[0]

describe('sockets for workers', () => {
  test('a worker goes on with a connection, with its options and what is unread', async (t) => {
    const server = closing(t, await listen({ host: '127.0.0.1' }))
    const client = closing(t, await connect({ host: '127.0.0.1', port: server.getsockname().port }))
    const conn = await server.accept()
    conn.tcpusertimeout(4242)
    await client.send('for the worker')
    const worker = workerThat(
      t,
      `
      const conn = await stream.inet.wrap(fd)
      await conn.send('it says ' + (await conn.recv()))
      parentPort.postMessage(conn.tcpusertimeout())
      await conn.close()
    `,
    )
    assert.throws(() => worker.postMessage(conn), { name: 'DataCloneError', message: /detach\(\)/ })
    worker.postMessage({ fd: conn.detach() })
    assert.equal(await answer(worker), 4242)
    assert.equal(String(await client.recv()), 'it says for the worker')
    assert.equal(await client.recv(), null)
  })

  test('a number that is still owned here is refused there', async (t) => {
    const [a, b] = await stream.unix.pair()
    const worker = workerThat(t, 'await stream.unix.wrap(fd)')
    worker.postMessage({ fd: a.fd() })
    assert.deepEqual(await answer(worker), { error: 'EBUSY' })
    await a.send('still ours')
    assert.equal(String(await b.recv()), 'still ours')
    const fd = b.detach()
    close(fd)
    assert.equal(isOpen(fd), false)
    await a.close()
  })

  test('several workers accept from one listener', async (t) => {
    const listener = await listen({ host: '127.0.0.1' })
    const { port } = listener.getsockname()
    const workers = [1, 2].map(() =>
      workerThat(
        t,
        `
        const listener = await stream.inet.Server.wrap(fd)
        parentPort.postMessage('ready')
        for await (const conn of listener) {
          await conn.send('served')
          await conn.close()
        }
      `,
      ),
    )
    const ready = workers.map(answer)
    for (const worker of workers) worker.postMessage({ fd: listener.dup().detach() })
    await Promise.all(ready)
    await listener.close()
    for (let i = 0; i < 10; i++) {
      const client = await connect({ host: '127.0.0.1', port })
      assert.equal(String(await client.recv({ timeout: 5000 })), 'served')
      await client.close()
    }
    await Promise.all(workers.map((worker) => worker.terminate()))
    await assert.rejects(connect({ host: '127.0.0.1', port }), { code: 'ECONNREFUSED' })
  })
})
