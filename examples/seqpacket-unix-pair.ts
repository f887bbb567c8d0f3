// Two seqpacket sockets that are connected with each other: each record arrives as it was sent, and then the end.
//
//   node build/examples/seqpacket-unix-pair.js
import { seqpacket } from 'berkeley'

const [left, right] = await seqpacket.unix.pair()

await left.send('hello')
await left.send('world')
await left.close()

for await (const record of right) console.log(`received: ${record}`)
console.log('closed by peer')
await right.close()
