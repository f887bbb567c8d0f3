// A TCP server for all clients at once: whatever a client says comes back, until it has no more to say.
//
//   node build/examples/echo-server.js [host] [port]
//
// Port 0 takes a free port. Ctrl-C ends it.
import { stream } from 'berkeley'

const [host = '127.0.0.1', port = '5000'] = process.argv.slice(2)
const IDLE_MS = 300_000

const conns = new Set<stream.inet.Socket>()

async function serve(conn: stream.inet.Socket): Promise<void> {
  await using peer = conn
  conns.add(peer)
  peer.deadlines(IDLE_MS, IDLE_MS) // a client that neither speaks nor reads is not kept for ever
  try {
    for await (const data of peer) await peer.send(data)
  } catch (error) {
    console.log(`${error}`) // of this connection: the others go on
  } finally {
    conns.delete(peer)
  }
}

await using server = await stream.inet.Server.create({ host, port })
server.listen()
process.once('SIGINT', () => {
  for (const socket of [server, ...conns]) socket.close() // and so ends the loops over them
})
console.log(`listening on ${server.getsockname()}`)

for await (const conn of server) serve(conn)
