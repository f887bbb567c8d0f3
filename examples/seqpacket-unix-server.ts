// A unix seqpacket server: gives each client its records back, one client after the other.
//
//   node build/examples/seqpacket-unix-server.js [path]
//
// Ctrl-C ends it.
import { seqpacket } from 'berkeley'

const [path = './example.sock'] = process.argv.slice(2)

await using server = await seqpacket.unix.Server.create({ path })
server.listen()
process.once('SIGINT', () => server.close()) // ends the loop, and removes the file: it would be in the next run's way
console.log(`listening on ${server.getsockname()}`)

for await (await using conn of server) {
  conn.deadlines(5000, 5000) // milliseconds: a client that says nothing holds up the next one no longer
  try {
    for await (const record of conn) {
      console.log(`received: ${record}`)
      await conn.send(record)
    }
    console.log('closed by peer')
  } catch (error) {
    console.log(`${error}`) // of this connection: the server goes on
  }
}
