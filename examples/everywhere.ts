// The same program on Node, Bun and Deno: an echo over TCP, a descriptor that is passed, a datagram over UDP.
//   node build/examples/everywhere.js     bun build/examples/everywhere.js     deno run -A build/examples/everywhere.js
import { connect, dgram, listen, stream } from 'berkeley'

const local = { host: '127.0.0.1', port: 0 }

const server = await listen(local)
const serving = server.serve((conn) => conn.forEach((data) => conn.write(data) || conn.drained()))
const client = await connect({ ...local, port: (server.getsockname() as { port: number }).port })
await client.send('an echo over TCP')
console.log(String(await client.recv()))

const [ours, theirs] = await stream.unix.pair()
await ours.sendfd(client.fd())
const heir = await stream.inet.wrap((await theirs.recvfd()) as number)
await client.close() // the connection goes on: the other descriptor of it is open
await heir.send('the same connection, by a descriptor that was passed')
console.log(String(await heir.recv()))

const receiver = await dgram.inet.Socket.create(local)
await receiver.bind()
const sender = await dgram.inet.Socket.create(local)
await sender.sendto('a datagram', receiver.getsockname())
console.log(String(await receiver.recv()))

await Promise.all([heir, ours, theirs, receiver, sender, server].map((sock) => sock.close()))
await serving
