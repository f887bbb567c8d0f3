import type { stream } from 'berkeley'

/** Sends back whatever comes, until the client has no more to say. */
async function echo(conn: stream.inet.Socket): Promise<void> {
  await using peer = conn
  for await (const data of peer) await peer.send(data)
}

/** Serves all clients, at the same time. Has no result: it ends when the server fails or is closed. */
export async function serveEcho(server: stream.inet.Server): Promise<never> {
  // When a connection breaks its client learns of it too, and it is the client that verifies.
  for await (const conn of server) echo(conn).catch(() => {})
  throw new Error('the server was closed')
}

/** All that comes until the peer ends its side, as text. */
export async function readText(conn: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  for await (const data of conn) chunks.push(data)
  return Buffer.concat(chunks).toString()
}
