// berkeley, with TLS or without: the code is the same.
import { stream } from '../../dist/index.mjs'
import { announce, chosen, PIECE, pem } from './run.mjs'

/** @typedef {stream.inet.Socket} Socket */

/** @type {Record<string, (conn: Socket) => Promise<void>>} */
const modes = {
  async echo(conn) {
    for (let data = await conn.recv(); data !== null; data = await conn.recv()) await conn.send(data)
  },
  async sink(conn) {
    while ((await conn.recv()) !== null);
  },
  async source(conn) {
    for (;;) await conn.send(PIECE)
  },
}

const work = chosen(modes)

/** The load generator leaves when its time is over: what that interrupts is no failure. */
async function serve(/** @type {Socket} */ conn) {
  conn.tcpnodelay(true)
  try {
    await work(conn)
  } catch {
    // Whatever it was, this connection is over.
  }
  await conn.close()
}

const tlscfg = pem && /** @type {const} */ ({ ...pem, minVersion: 'TLSv1.3' })
const server = await stream.inet.Server.create({ host: '127.0.0.1', port: 0, tlscfg })
server.listen()
announce(server.getsockname().port)
for await (const conn of server) serve(conn)
