// Two unix datagram sockets that are connected with each other: each message arrives as it was sent.
//
//   node build/examples/dgram-unix-pair.js
import { dgram } from 'berkeley'

const [left, right] = await dgram.unix.pair()

await left.send('hello')
await left.send('world')
console.log(`received: ${await right.recv()}`)
console.log(`received: ${await right.recv()}`)

await Promise.all([left.close(), right.close()])
