// Passes descriptors to another process: first an open file, then every accepted TCP connection. The other process,
// pass-fd-child.ts, answers each connection with the file. It opened neither, and needs no right to open them.
//
//   node build/examples/pass-fd.js [port] [file]       and then: nc 127.0.0.1 5000
//
// Ctrl-C ends both processes.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { listen, stream } from 'berkeley'

const [port = '5000', path = fileURLToPath(import.meta.url)] = process.argv.slice(2)

const file = await open(path)
const server = await listen({ host: '127.0.0.1', port })

// The child inherits one end of a pair of sockets as its descriptor 3. Once ours is the only copy of the other end,
// each process sees when the other one is gone.
const [ours, theirs] = await stream.unix.pair()
const child = spawn(process.execPath, [fileURLToPath(new URL('pass-fd-child.js', import.meta.url))], {
  stdio: ['ignore', 'inherit', 'inherit', theirs.fd()],
})
const ended = once(child, 'exit')
await theirs.close()

await ours.sendfd(file.fd)
await file.close()

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.close())
child.once('exit', () => server.close())
console.log(`listening on ${server.getsockname()}, process ${process.pid}`)

for await (const conn of server) {
  await ours.sendfd(conn.fd())
  // The connection lives on in the child: closing a descriptor is no shutdown.
  await conn.close()
}

await ours.close()
const [code] = await ended
process.exitCode = code === 0 ? 0 : 1
