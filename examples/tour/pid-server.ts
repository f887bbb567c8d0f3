import type { stream } from 'berkeley'

/** Tells each client which process answers. Ends when the server is closed, and returns how many were answered. */
export async function servePid(server: stream.inet.Server): Promise<number> {
  let told = 0
  const tell = async (conn: stream.inet.Socket): Promise<void> => {
    await using peer = conn
    await peer.send(`${process.pid}`)
    told++
  }
  const answers: Promise<void>[] = []
  // When a connection breaks its client learns of it too, and it is the client that verifies.
  for await (const conn of server) answers.push(tell(conn).catch(() => {}))
  await Promise.all(answers)
  return told
}
