// A UDP client without a peer: says hello to dgram-inet-server.ts, and prints the answer. It may send to many
// addresses, and receives from any sender; that nobody listens it learns by waiting in vain.
//
//   node build/examples/dgram-inet-client-sendto.js [address] [port]
import { AddrInfo, dgram } from 'berkeley'

const [address = '127.0.0.1', port = '5000'] = process.argv.slice(2)

await using sock = await dgram.inet.Socket.create()
sock.deadlines(2000) // milliseconds: datagrams get lost
await sock.sendto('hello', AddrInfo.inet(address, port))

const [data, from] = await sock.recvfrom()
console.log(`received from ${from}: ${data}`)
