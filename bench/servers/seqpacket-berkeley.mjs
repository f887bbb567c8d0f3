// berkeley, seqpackets.
import { seqpacket } from '../../dist/index.mjs'
import { address, announce, chosen } from './run.mjs'

/** @type {Record<string, (conn: seqpacket.unix.Socket) => Promise<void>>} */
const modes = {
  async echo(conn) {
    for (let data = await conn.recv(); data !== null; data = await conn.recv()) await conn.send(data)
  },
}

const work = chosen(modes)

/** The load generator leaves when its time is over: what that interrupts is no failure. */
async function serve(/** @type {seqpacket.unix.Socket} */ conn) {
  try {
    await work(conn)
  } catch {
    // Whatever it was, this connection is over.
  }
  await conn.close()
}

const server = await seqpacket.unix.Server.create({ path: 'path' in address ? address.path : '' })
server.listen()
announce()
for await (const conn of server) serve(conn)
