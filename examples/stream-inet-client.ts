// A TCP client: says hello to stream-inet-server.ts, and prints the answer.
//
//   node build/examples/stream-inet-client.js [host] [port]
//
// recv() ends in one of three ways: with data, with null when the peer has closed, or with an error. Nothing catches the
// error here: Node prints it, and exits with status 1.
import { stream } from 'berkeley'

const [host = '127.0.0.1', port = '5000'] = process.argv.slice(2)

await using client = await stream.inet.Client.create({ host, port })
client.deadlines(5000, 5000) // milliseconds for receiving and for sending
await client.send('hello')

const data = await client.recv()
console.log(data === null ? 'closed by peer' : `received: ${data}`)
