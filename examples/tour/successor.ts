// The child process of step 10. It gets the name of a socket, and over the socket a server that is at work.
import { seqpacket, stream } from 'berkeley'
import type { Account } from './hand-over.js'
import { servePid } from './pid-server.js'

const [name] = process.argv.slice(2)

await using parent = await seqpacket.unix.Client.create({ path: `\0${name}` })
const fd = await parent.recvfd()
if (fd === null) throw new Error('the parent closed the connection and passed no descriptor')

const server = await stream.inet.Server.wrap(fd)
const serving = servePid(server)
await parent.send('listening')

// The end says that no more requests will come, or that the parent is gone.
while ((await parent.recv()) !== null) {}
await server.close()
const account: Account = { pid: process.pid, fd, answered: await serving }
await parent.send(JSON.stringify(account))
