// A UDP client with a peer: says hello to dgram-inet-server.ts, and prints the answer. Nothing is received but from the
// peer, and when nobody listens there the kernel tells.
//
//   node build/examples/dgram-inet-client-connect.js [host] [port]
import { dgram } from 'berkeley'

const [host = '127.0.0.1', port = '5000'] = process.argv.slice(2)

await using sock = await dgram.inet.Socket.create({ host, port })
await sock.connect()
sock.deadlines(2000) // milliseconds: datagrams get lost
await sock.send('hello')
console.log(`received: ${await sock.recv()}`)
