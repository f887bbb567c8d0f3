// A TCP client with TLS: says a word and prints what comes back.
//
//   node build/examples/tls-stream-inet-client.js [ca.pem] [host] [port]
//
// Without a file, or with '-', it trusts the authorities that Node trusts.
import { readFileSync } from 'node:fs'
import { tls } from 'berkeley'

const [caFile = '-', host = 'localhost', port = '8443'] = process.argv.slice(2)

// Chain, name and dates are checked before anything is sent; all of it within five seconds.
await using sock = await tls.inet.Client.create(
  { host, port, tlscfg: caFile === '-' ? {} : { ca: readFileSync(caFile) } },
  true,
  5000,
)
sock.deadlines(5000, 5000)
console.log(`connected to ${sock.getPeerCertificate()?.subject} by ${sock.getProtocol()}`)
await sock.send('hello')
const data = await sock.recv()
console.log(data === null ? 'closed by peer' : `received: ${data}`)
