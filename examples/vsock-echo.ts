// An echo between a virtual machine and its host, or within one machine where its kernel has the loopback transport.
//
//   node build/examples/vsock-echo.js port               a server, until Ctrl-C
//   node build/examples/vsock-echo.js cid port text      a client: 1 is this machine, 2 the host
import { vsock } from 'berkeley'

const PATIENCE_MS = 5000

async function serve(port: number): Promise<void> {
  await using server = await vsock.listen({ port })
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  console.log(`listening on port ${server.getsockname().port}`)
  await server.serve(
    async (conn) => {
      for await (const data of conn) await conn.send(data)
    },
    { signal: stop.signal },
  )
}

async function ask(cid: number, port: number, text: string): Promise<void> {
  await using conn = await vsock.connect({ cid, port }, { timeout: PATIENCE_MS })
  conn.deadlines(PATIENCE_MS, PATIENCE_MS)
  await conn.send(text)
  conn.closew()
  for await (const data of conn) process.stdout.write(data)
  process.stdout.write('\n')
}

const [first, port, text] = process.argv.slice(2)
if (first !== undefined && port === undefined) await serve(Number(first))
else if (first !== undefined && text !== undefined) await ask(Number(first), Number(port), text)
else {
  console.error('usage: vsock-echo port | vsock-echo cid port text')
  process.exitCode = 2
}
