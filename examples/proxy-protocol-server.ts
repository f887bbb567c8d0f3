// A TCP server behind a proxy that sends PROXY headers (HAProxy: `send-proxy` or `send-proxy-v2`): it tells each client who it is.
// Connections that do not come from the proxy are not served, because a peer that sends a header may claim any address.
//
//   node build/examples/proxy-protocol-server.js [host] [port] [address of the proxy]
//
// Port 0 takes a free port. Ctrl-C ends it.
import { listen, proxyProtocol, type stream } from 'berkeley'

const [host = '127.0.0.1', port = '5001', proxy = '127.0.0.1'] = process.argv.slice(2)

async function handle(conn: stream.inet.Socket): Promise<void> {
  if (conn.getpeername().addr !== proxy) return
  const header = await proxyProtocol.readHeader(conn, { timeout: 5000 })
  if (header === null || header.command === 'LOCAL') return // a health check
  const client = header.source ?? 'somebody'
  console.log(`${client} by ${conn.getpeername()}`)
  for await (const line of conn.reader().lines({ max: 1024, timeout: 60_000 }))
    await conn.send(`${client} says: ${line}\n`)
}

const stopping = new AbortController()
process.once('SIGINT', () => stopping.abort())
const server = await listen({ host, port })
console.log(`listening on ${server.getsockname()}`)
await server.serve(handle, {
  signal: stopping.signal,
  onError: (error) => console.log(`${error}`), // of one connection: the others go on
})
