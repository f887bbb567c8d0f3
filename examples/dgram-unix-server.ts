// A unix datagram server: sends each datagram back to where it came from.
//
//   node build/examples/dgram-unix-server.js [path]
//
// Ctrl-C ends it.
import { dgram, MSG_DONTWAIT } from 'berkeley'

const [path = './example.sock'] = process.argv.slice(2)

await using sock = await dgram.unix.Socket.create({ path })
await sock.bind()
process.once('SIGINT', () => sock.close()) // ends the loop, and removes the file: it would be in the next run's way
console.log(`listening on ${sock.getsockname()}`)

for await (const [data, from] of sock) {
  console.log(`received from ${from ?? 'a socket without a name'}: ${data}`)
  try {
    // A sender that does not read its answers until its queue is full misses some: the server does not wait for it.
    if (from !== null) await sock.sendto(data, from, MSG_DONTWAIT)
  } catch (error) {
    console.log(`${error}`) // of this datagram: the next one is served
  }
}
