// A unix seqpacket client: sends two records to seqpacket-unix-server.ts, and prints the two that come back.
//
//   node build/examples/seqpacket-unix-client.js [path]
import { seqpacket } from 'berkeley'

const [path = './example.sock'] = process.argv.slice(2)

await using client = await seqpacket.unix.Client.create({ path })
client.deadlines(5000, 5000) // milliseconds for receiving and for sending
await client.send('hello')
await client.send('world')
client.closew() // no more records: the server sees the end, and closes too

for await (const record of client) console.log(`received: ${record}`)
console.log('closed by peer')
