// A UDP server: sends each datagram back to where it came from.
//
//   node build/examples/dgram-inet-server.js [host] [port]
//
// Port 0 takes a free port. Ctrl-C ends it.
import { dgram } from 'berkeley'

const [host = '127.0.0.1', port = '5000'] = process.argv.slice(2)

await using sock = await dgram.inet.Socket.create({ host, port })
await sock.bind()
process.once('SIGINT', () => sock.close()) // and so ends the loop
console.log(`listening on ${sock.getsockname()}`)

for await (const [data, from] of sock) {
  console.log(`received from ${from}: ${data}`)
  try {
    await sock.sendto(data, from)
  } catch (error) {
    console.log(`${error}`) // this sender cannot be answered, others can
  }
}
