// Workers with sockets of their own, which end by themselves, by exit() and by terminate().
import assert from 'node:assert/strict'
import { readdirSync, readlinkSync } from 'node:fs'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { connect, listen, stream } from 'berkeley'
import { step, tcp } from './steps.js'

const workers: Record<string, () => Promise<void>> = {
  async conversation() {
    const server = await listen(tcp)
    const client = await connect({ ...tcp, port: (server.getsockname() as { port: number }).port })
    const peer = await server.accept()
    const waiting = peer.recv()
    await client.send('hello from a worker')
    parentPort?.postMessage(String(await waiting))
    await Promise.all([client, peer, server].map((sock) => sock.close()))
  },
  async waiting() {
    const [a, b] = await stream.unix.pair()
    a.recv().catch(() => undefined)
    b.forEach(() => undefined).catch(() => undefined)
    stream.getaddrinfoin({ host: 'name.invalid', port: 80 }).catch(() => undefined)
    parentPort?.postMessage('waiting')
  },
  async busy() {
    const [a, b] = await stream.unix.pair()
    let count = 0
    for (const sock of [a, b])
      sock
        .forEach((data) => {
          sock.write(data)
          if (++count === 1000) parentPort?.postMessage('busy')
        })
        .catch(() => undefined)
    a.write('x')
  },
  async exiting() {
    const [a, b] = await stream.unix.pair()
    b.forEach(() => process.exit(7)).catch(() => undefined)
    a.write('x')
  },
}

/** Starts a worker, and terminates it when it has said something, if it is to be. What it said, and its exit code. */
function run(kind: string, terminates = false): Promise<[message: unknown, code: number]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: kind })
    let said: unknown
    worker.on('message', (message) => {
      said = message
      if (terminates) worker.terminate()
    })
    worker.on('error', reject)
    worker.on('exit', (code) => resolve([said, code]))
  })
}

const openSockets = (): number =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:')
    } catch {
      return false
    }
  }).length

/** Deno opens a pair of sockets of its own some time after a worker was terminated for the first time. */
const OF_RUNTIME = 2

async function allClosed(former: number): Promise<void> {
  while (openSockets() > former + OF_RUNTIME) await new Promise((again) => setTimeout(again, 5))
}

if (isMainThread) {
  await step('a worker with sockets ends by itself', async () => {
    for (let i = 0; i < 5; i++) assert.deepEqual(await run('conversation'), ['hello from a worker', 0])
  })

  await step('workers that are terminated leave no socket', async () => {
    const former = openSockets()
    for (let i = 0; i < 5; i++) {
      assert.equal((await run('waiting', true))[0], 'waiting')
      assert.equal((await run('busy', true))[0], 'busy')
    }
    await allClosed(former)
  })

  await step('exit() of a worker from within an event ends the worker alone', async () => {
    assert.equal((await run('exiting'))[1], 7)
  })

  await step('several workers at once, and sockets of the main thread beside them', async () => {
    const [a, b] = await stream.unix.pair()
    const echo = b.forEach((data) => {
      b.write(data)
    })
    const running = Array.from({ length: 4 }, () => run('conversation'))
    for (let i = 0; i < 200; i++) {
      await a.send(`${i}`)
      assert.equal(String(await a.recv()), `${i}`)
    }
    for (const [said] of await Promise.all(running)) assert.equal(said, 'hello from a worker')
    await a.close()
    await echo
    await b.close()
  })
} else await workers[workerData as string]?.()
