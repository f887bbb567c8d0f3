// A service that outlives itself: it gives its listening socket to the service manager to keep (FDSTORE=1), and gets it
// back when it is started again, with the connections that came meanwhile. It answers every connection with the number
// of its process, and tells the manager how it is.
//
//   systemd-run --user --pty -p Type=notify -p FileDescriptorStoreMax=1 node build/examples/sd-notify.js [port]
import { listen, stream, systemd } from 'berkeley'

if (!process.env['NOTIFY_SOCKET']) throw new Error('$NOTIFY_SOCKET is not set: no service manager started this process')

const [port = '5000'] = process.argv.slice(2)
const kept = systemd.listenFds().get('listener', stream.inet.Server)
const server = kept ?? (await listen({ host: '127.0.0.1', port }))
if (kept === undefined) await systemd.notify({ fdstore: server, fdname: 'listener' })

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.close())
const address = server.getsockname()
console.log(`listening on ${address}, a socket of ${kept ? 'the manager' : 'this process'}`)
await systemd.notify({ ready: true, status: `listening on ${address}` })

let served = 0
for await (const conn of server) {
  conn.deadlines(0, 1000)
  await conn.send(`process ${process.pid}\n`).catch((error: Error) => console.error(error.message))
  await conn.close()
  await systemd.notify({ status: `served ${++served}` })
}
await systemd.notify({ stopping: true, status: `ending after ${served}` })
