// A unix stream client: says hello to stream-unix-server.ts, and prints the answer.
//
//   node build/examples/stream-unix-client.js [path]
import { stream } from 'berkeley'

const [path = './example.sock'] = process.argv.slice(2)

await using client = await stream.unix.Client.create({ path })
client.deadlines(5000, 5000) // milliseconds for receiving and for sending
await client.send('hello')

const data = await client.recv()
console.log(data === null ? 'closed by peer' : `received: ${data}`)
