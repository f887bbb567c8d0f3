// A service for systemd: its socket is opened by the manager, which starts it at the first connection (socket
// activation), hears when it is ready, reloads and ends, and restarts it when it hangs (watchdog). docs/systemd.md has
// the unit files. Without a manager it listens by itself:
//
//   node build/examples/systemd-service.js [port]
//   systemd-socket-activate -l 127.0.0.1:5000 --fdname=web node build/examples/systemd-service.js
import { readFile } from 'node:fs/promises'
import { listen, stream, systemd } from 'berkeley'

const [port = '5000'] = process.argv.slice(2)
const IDLE_MS = 30_000
const GRACE_MS = 5000

/** What every client is greeted with: the part of the configuration that can change while the service runs. */
let greeting = ''

async function configure(): Promise<void> {
  const { GREETING_FILE } = process.env
  greeting = GREETING_FILE ? (await readFile(GREETING_FILE, 'utf8')).trim() : 'hello'
}

await configure()
const passed = systemd.listenFds().get('web', stream.inet.Server)
const server = passed ?? (await listen({ host: '127.0.0.1', port }))

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())

// A reload is over when the service says that it is ready again. One that fails leaves the former configuration.
process.on('SIGHUP', async () => {
  await systemd.notify({ reloading: true })
  const status = await configure().then(
    () => 'reloaded',
    (error: Error) => `not reloaded: ${error.message}`,
  )
  await systemd.notify({ ready: true, status })
})

// Signs of life come from the event loop: if that hangs, they stay out, and the manager restarts the service.
using _ = systemd.watchdog({ signal: stop.signal })
stop.signal.addEventListener('abort', () => systemd.notify({ stopping: true, status: 'finishing connections' }))

console.log(`listening on ${server.getsockname()}, ${passed ? 'which the manager opened' : 'without a manager'}`)
await systemd.notify({ ready: true, status: 'accepting connections' })

await server.serve(
  async (conn) => {
    conn.deadlines(IDLE_MS, IDLE_MS)
    await conn.send(`${greeting}\n`)
    for await (const data of conn) await conn.send(data)
  },
  { signal: stop.signal, grace: GRACE_MS },
)
