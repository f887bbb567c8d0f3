import type { stream } from 'berkeley'

/** Sends back whatever comes, until the client has no more to say. */
async function echo(conn: stream.Socket): Promise<void> {
  await using peer = conn
  for (let data = await peer.recv(); data !== null; data = await peer.recv()) await peer.send(data)
}

/** Serves everybody who comes, all at the same time. Rejects with ECANCELED when the server is closed. */
export async function serveEcho(server: stream.Server): Promise<never> {
  for (;;) {
    const conn = await server.accept()
    // When a connection breaks its client learns of it too, and it is the client that verifies.
    echo(conn).catch(() => {})
  }
}

/** All that comes until the peer ends its side, as text. */
export async function readText(conn: stream.Socket): Promise<string> {
  const chunks: Buffer[] = []
  for (let data = await conn.recv(); data !== null; data = await conn.recv()) chunks.push(data)
  return Buffer.concat(chunks).toString()
}
