// A TCP server with TLS: gives each client its words back, all clients at once.
//
//   node build/examples/tls-stream-inet-server.js cert.pem key.pem [host] [port]
//
// For a try: openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -days 30 \
//              -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1
// Port 0 takes a free port. Ctrl-C ends it.
import { readFileSync } from 'node:fs'
import { type stream, tls } from 'berkeley'

const [certFile = 'cert.pem', keyFile = 'key.pem', host = '127.0.0.1', port = '8443'] = process.argv.slice(2)

await using server = await tls.inet.Server.create({
  host,
  port,
  tlscfg: { cert: readFileSync(certFile), key: readFileSync(keyFile) },
})
server.listen()
process.once('SIGINT', () => server.close()) // and so ends the loop
console.log(`listening on ${server.getsockname()}`)

async function echo(conn: stream.inet.Socket): Promise<void> {
  await using peer = conn
  peer.deadlines(30_000, 30_000) // milliseconds: the handshake counts as sending
  await peer.handshake()
  console.log(`${peer.getpeername()} speaks ${peer.getProtocol()} with ${peer.getCipher()?.standardName}`)
  for await (const data of peer) await peer.send(data)
}

for await (const conn of server) echo(conn).catch((error) => console.log(`${error}`)) // of this connection only
