// berkeley, descriptors over a unix stream.
import { closeSync, openSync } from 'node:fs'
import { stream } from '../../dist/index.mjs'
import { address, announce, chosen } from './run.mjs'

/** @typedef {stream.unix.Socket} Socket */

/** @type {Record<string, (conn: Socket) => Promise<void>>} */
const modes = {
  async sink(conn) {
    for (let fd = await conn.recvfd(); fd !== null; fd = await conn.recvfd()) closeSync(fd)
  },
  async source(conn) {
    const fd = openSync('/dev/null', 'r')
    try {
      for (;;) await conn.sendfd(fd)
    } finally {
      closeSync(fd)
    }
  },
}

const work = chosen(modes)

/** The load generator leaves when its time is over: what that interrupts is no failure. */
async function serve(/** @type {Socket} */ conn) {
  try {
    await work(conn)
  } catch {
    // Whatever it was, this connection is over.
  }
  await conn.close()
}

const server = await stream.unix.Server.create({ path: 'path' in address ? address.path : '' })
server.listen()
announce()
for await (const conn of server) serve(conn)
