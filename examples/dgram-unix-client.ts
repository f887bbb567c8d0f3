// A unix datagram client: says hello to dgram-unix-server.ts, and prints the answer.
//
//   node build/examples/dgram-unix-client.js [path of the server] [path of the client]
import { dgram } from 'berkeley'

const [server = './example.sock', path = './example2.sock'] = process.argv.slice(2)

await using sock = await dgram.unix.Socket.create({ path })
await sock.bind() // without a name of its own a socket cannot be answered
await sock.connect({ path: server })
sock.deadlines(2000, 2000) // milliseconds for receiving and for sending
await sock.send('hello')
console.log(`received: ${await sock.recv()}`)
