// Two unix streams that are connected with each other: what one sends the other receives, and then the end.
//
//   node build/examples/stream-unix-pair.js
import { stream } from 'berkeley'

const [left, right] = await stream.unix.pair()

await left.send('hello')
console.log(`received: ${await right.recv()}`)

await left.close()
if ((await right.recv()) === null) console.log('closed by peer')
await right.close()
