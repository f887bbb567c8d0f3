// A unix stream client with TLS. A path says nothing of a host: the name to check the certificate against is an argument.
//
//   node build/examples/tls-stream-unix-client.js ca.pem [servername] [path]
import { readFileSync } from 'node:fs'
import { tls } from 'berkeley'

const [caFile = 'cert.pem', servername = 'localhost', path = './example.sock'] = process.argv.slice(2)

await using sock = await tls.unix.Client.create({ path, tlscfg: { ca: readFileSync(caFile), servername } }, true, 5000)
sock.deadlines(5000, 5000)
await sock.send('hello')
const data = await sock.recv()
console.log(data === null ? 'closed by peer' : `received: ${data}`)
