// A server that replaces itself by a new process, and refuses nobody meanwhile.
//
//   node build/examples/hand-over.js [port]        and then: kill -HUP <pid>
//
// On SIGHUP it starts its successor, passes the listening socket to it over a unix socket, stops to accept, finishes
// its connections, and ends. Both processes have the same socket for a moment, and so the same queue of connections:
// whoever waits in it is served by one of them. If the successor fails before it is ready, nothing has changed.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { listen, stream } from 'berkeley'

const SUCCESSOR = '--successor'
const PATIENCE_MS = 10_000
const IDLE_MS = 30_000

const [argument = '5000'] = process.argv.slice(2)
const former = argument === SUCCESSOR ? await stream.unix.wrap(3) : undefined
const server = former ? await inherited(former) : await listen({ host: '127.0.0.1', port: argument })

/** The listening socket of the process before this one. */
async function inherited(former: stream.unix.Socket): Promise<stream.inet.Server> {
  const fd = await former.recvfd()
  if (fd === null) throw new Error('the former process has ended, and passed no socket')
  return stream.inet.Server.wrap(fd)
}

/** Starts a successor, and returns when it has the socket and is ready. */
async function handOver(): Promise<void> {
  const [ours, theirs] = await stream.unix.pair()
  await using line = ours
  const child = spawn(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), SUCCESSOR], {
    stdio: ['inherit', 'inherit', 'inherit', theirs.fd()],
  })
  // One that could not be started has no end of the pair open either: recv() below tells.
  child.on('error', () => {})
  child.unref()
  await theirs.close()
  try {
    line.deadlines(PATIENCE_MS, PATIENCE_MS)
    await line.sendfd(server.fd())
    if ((await line.recv()) === null) throw new Error('it ended before it was ready')
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
    // The successor has a descriptor of its own, so this ends nothing but our part in accepting.
    await server.close()
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

console.log(`listening on ${server.getsockname()}, process ${process.pid}`)
// If the former process is gone by now, it needs no word.
await former?.send('ready').catch(() => {})
await former?.close()
for await (const conn of server) serve(conn).catch((error: Error) => console.error(error.message))
// Connections that are left keep the process alive until they are over.
console.log(`process ${process.pid} accepts no more`)
