// A server that replaces itself by a new process, and refuses no client meanwhile.
//
//   node build/examples/hand-over.js [port]        and then: kill -HUP <pid>
//
// On SIGHUP it starts its successor, and hands the listening socket over to it; then it finishes its connections, and
// ends. Until the successor is ready both have the socket, and so the same queue of connections. If the successor fails
// before that, nothing has changed.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { handover, listen, stream } from 'berkeley'

const SUCCESSOR = '--successor'
const PATIENCE_MS = 10_000
const IDLE_MS = 30_000

const [argument = '5000'] = process.argv.slice(2)
const former = argument === SUCCESSOR ? await handover.take(await stream.unix.wrap(3)) : undefined
const server = former?.get('server', stream.inet.Server) ?? (await listen({ host: '127.0.0.1', port: argument }))

/** Starts a successor, and returns when it is ready and this process accepts no more. */
async function handOver(): Promise<void> {
  const [ours, theirs] = await stream.unix.pair()
  const child = spawn(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), SUCCESSOR], {
    stdio: ['inherit', 'inherit', 'inherit', theirs.fd()],
  })
  // One that could not be started has no end of the pair open either: offer() tells.
  child.on('error', () => {})
  child.unref()
  await theirs.close()
  try {
    await handover.offer(ours, { server }, { timeout: PATIENCE_MS })
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
}

let handingOver = false
process.on('SIGHUP', async () => {
  if (handingOver) return
  handingOver = true
  try {
    await handOver()
  } catch (error) {
    handingOver = false
    console.error(`no successor: ${(error as Error).message}`)
  }
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.close())

/** Answers everything with the number of this process. */
async function serve(conn: stream.inet.Socket): Promise<void> {
  await using peer = conn
  peer.deadlines(IDLE_MS, IDLE_MS)
  for await (const data of peer) await peer.send(`process ${process.pid}: ${data}`)
}

await former?.ready({ timeout: PATIENCE_MS })
console.log(`listening on ${server.getsockname()}, process ${process.pid}`)
for await (const conn of server) serve(conn).catch((error: Error) => console.error(error.message))
// Connections that are left keep the process alive until they are over.
console.log(`process ${process.pid} accepts no more`)
