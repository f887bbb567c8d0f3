// A TCP client: sends what comes on standard input, and prints what comes back, until the server has no more to say.
//
//   echo hello | node build/examples/echo-client.js [host] [port]
import { pipeline } from 'node:stream/promises'
import { stream } from 'berkeley'

const [host = '127.0.0.1', port = '5000'] = process.argv.slice(2)

await using client = await stream.inet.Client.create({ host, port })

async function talk(): Promise<void> {
  for await (const data of process.stdin) await client.send(data)
  client.closew() // that was all: the server sees the end, but can still answer
}

const hearing = pipeline(client, process.stdout)
await Promise.race([hearing, talk().then(() => hearing)])
process.stdin.destroy() // its input goes nowhere any more
