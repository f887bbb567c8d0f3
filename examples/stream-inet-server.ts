// A TCP server: gives each client its first words back, one client after the other. echo-server.ts serves all at once.
//
//   node build/examples/stream-inet-server.js [host] [port]
//
// Port 0 takes a free port. Ctrl-C ends it.
import { stream } from 'berkeley'

const [host = '127.0.0.1', port = '5000'] = process.argv.slice(2)

await using server = await stream.inet.Server.create({ host, port })
server.listen()
process.once('SIGINT', () => server.close()) // and so ends the loop
console.log(`listening on ${server.getsockname()}`)

for await (await using conn of server) {
  conn.deadlines(5000, 5000) // milliseconds: a client that says nothing holds up the next one no longer
  try {
    const data = await conn.recv()
    if (data === null) console.log('closed by peer')
    else {
      console.log(`received: ${data}`)
      await conn.send(data)
    }
  } catch (error) {
    console.log(`${error}`) // of this connection: the server goes on
  }
}
