// A unix stream server: gives each client its first words back, one client after the other.
//
//   node build/examples/stream-unix-server.js [path]
//
// Ctrl-C ends it.
import { stream } from 'berkeley'

const [path = './example.sock'] = process.argv.slice(2)

await using server = await stream.unix.Server.create({ path })
server.listen()
process.once('SIGINT', () => server.close()) // ends the loop, and removes the file: it would be in the next run's way
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
