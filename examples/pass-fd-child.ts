// The other process of pass-fd.ts, which starts it: it gets an open file and connections, and sends the one to the
// others.
import { fstatSync } from 'node:fs'
import { stream } from 'berkeley'

const PATIENCE_MS = 10_000

// Ctrl-C reaches both processes. This one ends when the parent has closed its end, after the last connection.
process.on('SIGINT', () => {})

const parent = await stream.unix.wrap(3)
const file = await parent.recvfd()
if (file === null) throw new Error('the parent has closed, and passed no file')
const { size } = fstatSync(file)

async function answer(fd: number): Promise<void> {
  await using conn = await stream.wrap(fd)
  conn.deadlines(PATIENCE_MS, PATIENCE_MS)
  await conn.send(`process ${process.pid} opened neither this connection nor this file:\n`)
  if (size > 0) await conn.sendfile(file as number, size)
  conn.closew()
  // Until the peer has closed too: to close with unread data would reset the connection, and the answer might be lost.
  while ((await conn.recv()) !== null) {}
}

for (let fd = await parent.recvfd(); fd !== null; fd = await parent.recvfd())
  answer(fd).catch((error: Error) => console.error(error.message))
await parent.close()
