// A unix stream server with TLS: gives each client its first words back.
//
//   node build/examples/tls-stream-unix-server.js cert.pem key.pem [path]
//
// Ctrl-C ends it.
import { readFileSync } from 'node:fs'
import { tls } from 'berkeley'

const [certFile = 'cert.pem', keyFile = 'key.pem', path = './example.sock'] = process.argv.slice(2)

await using server = await tls.unix.Server.create({
  path,
  tlscfg: { cert: readFileSync(certFile), key: readFileSync(keyFile) },
})
server.listen()
process.once('SIGINT', () => server.close()) // and so ends the loop
console.log(`listening on ${path}`)

for await (await using conn of server) {
  conn.deadlines(5000, 5000) // milliseconds: a client that says nothing holds up the next one no longer
  try {
    const data = await conn.recv() // does the handshake first
    if (data === null) console.log('closed by peer')
    else {
      console.log(`received: ${data}`)
      await conn.send(data)
    }
  } catch (error) {
    console.log(`${error}`) // of this connection: the server goes on
  }
}
