// One generation of a server that is handed over: it gets its listener from its parent, or makes it, and gives it back on demand.
import { createInterface } from 'node:readline'
import { listen, stream } from 'berkeley'

const control = await stream.unix.wrap(3)
const first = process.argv[2] === 'first'
const server = first ? await listen({ host: '127.0.0.1' }) : await adopted()

async function adopted(): Promise<stream.inet.Server> {
  const fd = await control.recvfd()
  if (fd === null) throw new Error('no listener came')
  return stream.inet.Server.wrap(fd)
}

const serving = new Set<Promise<void>>()

async function answer(conn: stream.inet.Socket): Promise<void> {
  for await (const data of conn) await conn.send(data)
  await conn.close()
}

const accepting = (async () => {
  for await (const conn of server) {
    const one = answer(conn)
    serving.add(one)
    void one.finally(() => serving.delete(one))
  }
})()

console.log(`serving on ${server.getsockname().port}`)
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'give') await control.sendfd(server.fd())
  else await server.close()
}
await server.close()
await accepting
await Promise.all(serving)
await control.close()
