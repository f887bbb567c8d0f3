// A pre-forked server: every worker process has a listening socket of its own on one port (SO_REUSEPORT), and the
// kernel spreads the connections over them. Nothing is passed between processes, and no process wakes up for another's
// client.
//
//   node build/examples/prefork.js [port] [workers]       and then, several times: nc 127.0.0.1 5000
//
// Ctrl-C, or SIGTERM to the parent, ends all.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { listen, stream } from 'berkeley'

const HOST = '127.0.0.1'
const WORKER = '--worker'
const IDLE_MS = 30_000

/** A worker: answers everything with the number of its process, until it is told to end or the parent is gone. */
async function work(port: string): Promise<void> {
  await using server = await listen({ host: HOST, port, reuseport: true })
  // What waits in the queue of this socket when it closes is reset: it is no other worker's.
  const stop = (): Promise<void> => server.close()
  process.once('SIGTERM', stop).once('disconnect', stop)
  process.on('SIGINT', () => {}) // Ctrl-C reaches every process; the parent tells when to end
  process.send?.('listening')
  for await (const conn of server) serve(conn).catch((error: Error) => console.error(error.message))
  if (process.connected) process.disconnect()
}

async function serve(conn: stream.inet.Socket): Promise<void> {
  await using peer = conn
  peer.deadlines(IDLE_MS, IDLE_MS)
  for await (const data of peer) await peer.send(`process ${process.pid}: ${data}`)
}

/** Starts a worker, and returns when it listens. */
async function started(port: number): Promise<ChildProcess> {
  const worker = fork(fileURLToPath(import.meta.url), [WORKER, `${port}`])
  const ended = once(worker, 'exit').then(() => {
    throw new Error('a worker ended before it listened')
  })
  await Promise.race([once(worker, 'message'), ended])
  ended.catch(() => {}) // from now on its end is the business of the parent's loop
  return worker
}

/** The parent: starts the workers, ends them when it is told to, and waits for the last. */
async function supervise(port: string, count: number): Promise<void> {
  // Bound and never listening, it keeps the port for the workers, also where the kernel chose it, and gets no
  // connection.
  await using place = await stream.inet.Server.create({ host: HOST, port, reuseport: true })
  const address = place.getsockname()
  const workers = await Promise.all(Array.from({ length: count }, () => started(address.port)))

  let ending = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      ending = true
      for (const worker of workers) worker.kill('SIGTERM')
    })
  console.log(`listening on ${address}, workers ${workers.map(({ pid }) => pid).join(', ')}`)

  const reaped = workers.map(async (worker) => {
    if (worker.exitCode === null && worker.signalCode === null) await once(worker, 'exit')
    if (!ending) console.error(`worker ${worker.pid} ended by itself (${worker.signalCode ?? worker.exitCode})`)
  })
  await Promise.all(reaped)
  if (!ending) throw new Error('no worker is left')
}

const [first = '5000', second = `${Math.max(2, availableParallelism())}`] = process.argv.slice(2)
if (first === WORKER) await work(second)
else {
  const count = Number(second)
  if (!Number.isInteger(count) || count < 1) throw new RangeError(`workers must be a number from 1, not ${second}`)
  await supervise(first, count)
}
