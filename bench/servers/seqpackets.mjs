// What the servers of berkeley for seqpackets share.
import { seqpacket } from '../../dist/index.mjs'
import { address, announce, chosen } from './run.mjs'

/** @typedef {seqpacket.unix.Socket} Socket */

/** Serves connections as one of the modes says. @param {Record<string, (conn: Socket) => Promise<void>>} modes */
export async function run(modes) {
  const work = chosen(modes)
  /** The load generator leaves when its time is over: what that interrupts is no failure. */
  const serve = async (/** @type {Socket} */ conn) => {
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
}
